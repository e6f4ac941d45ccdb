use std::time::Duration;

use actix_wechat::simulator::{Account, Consent, Endpoint, Person, Rid, Simulator};

use super::client::*;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Compares with an expected text in which `<name:length>` stands for that many token characters.
#[track_caller]
fn assert_shape(actual: &str, expected: &str) {
    let mut rest = actual;
    let mut parts = expected.split('<');
    let mut literal = parts.next();
    loop {
        let text = literal.unwrap_or_default();
        rest = rest
            .strip_prefix(text)
            .unwrap_or_else(|| panic!("expected {text} at {rest}\nin {actual}"));
        let Some(part) = parts.next() else { break };
        let (hole, after) = part.split_once('>').expect("a closed hole");
        let length = hole
            .split_once(':')
            .and_then(|(_, length)| length.parse().ok())
            .expect("a length");
        let (token, tail) = rest.split_at(length);
        assert!(
            token
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
            "{hole}: {token}"
        );
        rest = tail;
        literal = Some(after);
    }
    assert_eq!(rest, "", "in {actual}");
}

#[test]
fn answers_are_byte_for_byte_wechats() {
    let sim = automatic();
    let answer = get(
        &sim,
        &access_token(
            sim.account(),
            &sim.mint_code(
                sim.account().appid(),
                &Person::named("小明"),
                "snsapi_userinfo",
            ),
        ),
    );
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("text/plain"))
    );
    assert_shape(
        &answer.text(),
        r#"{"access_token":"59_<token:107>","expires_in":7200,"refresh_token":"59_<token:107>","openid":"o<id:27>","scope":"snsapi_userinfo"}"#,
    );
    let profile = get(&sim, &userinfo(&answer.json()));
    assert_eq!(
        (profile.status, profile.header("content-type")),
        (200, Some("text/plain"))
    );
    let picture = sim.url().replace('/', "\\/");
    assert_shape(
        &profile.text(),
        &format!(
            r#"{{"openid":"o<id:27>","nickname":"小明","sex":0,"language":"","city":"","province":"","country":"","headimgurl":"{picture}\/mmopen\/vi_32\/<id:16>\/132","privilege":[]}}"#
        ),
    );
    let used = get(&sim, &access_token(sim.account(), &answer_code(&sim)));
    assert_eq!(
        (used.status, used.header("content-type")),
        (200, Some("text/plain"))
    );
    assert_shape(
        &used.text(),
        r#"{"errcode":40163,"errmsg":"code been used, rid: <time:8>-<a:8>-<b:8>"}"#,
    );
}

/// A code that was spent.
fn answer_code(sim: &Simulator) -> String {
    let calls = sim.calls();
    let spent = calls
        .iter()
        .rfind(|call| call.endpoint == Endpoint::AccessToken);
    spent.map(|call| call.code.clone()).expect("an exchange")
}

#[test]
fn bound_accounts_and_base_scope_differ_in_the_unionid() {
    // (account, scope) → unionid in the exchange, errcode or unionid of the profile call.
    let account = Account::test;
    for (account, scope, exchange, profile) in [
        (account(), "snsapi_userinfo", false, Ok(false)),
        (account().bound(true), "snsapi_userinfo", true, Ok(true)),
        (account().bound(true), "snsapi_base", false, Err(48001)),
        (
            account().bound(true).unionid_for_base(true),
            "snsapi_base",
            true,
            Err(48001),
        ),
        (
            account().unionid_for_base(true),
            "snsapi_base",
            false,
            Err(48001),
        ),
    ] {
        let sim = with(account);
        let ming = Person::named("小明");
        let tokens = log_in(&sim, &ming, scope);
        assert_eq!(tokens["scope"], scope);
        assert_eq!(tokens["openid"], ming.openid(sim.account().appid()));
        assert_eq!(
            tokens["unionid"] == ming.unionid().as_str(),
            exchange,
            "{tokens}"
        );
        assert_eq!(tokens.get("is_snapshotuser"), None);
        let info = get(&sim, &userinfo(&tokens));
        match profile {
            Ok(given) => assert_eq!(info.json()["unionid"] == ming.unionid().as_str(), given),
            Err(errcode) => assert_eq!(info.errcode(), errcode),
        }
    }
}

#[test]
fn the_exchange_refuses_in_wechats_order() {
    let other = Account::official("wx0000000000000002", "another-secret", "shop.example.cn");
    let sim = start(Simulator::builder().account(Account::test()).account(other));
    let (appid, secret) = (sim.account().appid(), sim.account().secret());
    let ming = Person::named("小明");
    let code = sim.mint_code(appid, &ming, "snsapi_base");
    let foreign = sim.mint_code("wx0000000000000002", &ming, "snsapi_base");
    let nobody = sim.mint_code("wx0000000000000009", &ming, "snsapi_base");
    let grant = "grant_type=authorization_code";
    let lower = code.to_lowercase();
    assert_ne!(lower, code);
    for (query, errcode) in [
        (String::new(), 41002),
        (format!("appid=&secret={secret}&code={code}&{grant}"), 41002),
        (format!("appid={appid}&code={code}&{grant}"), 41004),
        (
            format!("appid={appid}&secret={secret}&code=&{grant}"),
            41008,
        ),
        (
            format!("appid=wxnone&secret={secret}&code={code}&grant_type=refresh_token"),
            40002,
        ),
        (
            format!("appid=wxnone&secret=bad&code={code}&{grant}"),
            40013,
        ),
        (
            format!("appid={appid}&secret=bad&code={code}&{grant}"),
            40125,
        ),
        (
            format!("appid={appid}&secret={secret}&code=nonsense&{grant}"),
            40029,
        ),
        (
            format!("appid={appid}&secret={secret}&code={lower}&{grant}"),
            40029,
        ),
        (
            format!("appid={appid}&secret={secret}&code={foreign}&{grant}"),
            40029,
        ),
        (
            format!("appid={appid}&secret={secret}&code={nobody}&{grant}"),
            40029,
        ),
        (
            format!("appid={appid}&secret={secret}&code=%ff%00&{grant}"),
            40029,
        ),
    ] {
        let answer = get(&sim, &format!("/sns/oauth2/access_token?{query}"));
        assert_eq!((answer.status, answer.errcode()), (200, errcode), "{query}");
    }
    // None of it has spent the code, and repeated parameters count once.
    let twice = format!("{}&code=other", access_token(sim.account(), &code));
    assert_eq!(get(&sim, &twice).json()["scope"], "snsapi_base");
}

#[test]
fn a_code_lives_five_minutes_and_once() {
    let sim = automatic();
    let ming = Person::named("小明");
    let mint = || sim.mint_code(sim.account().appid(), &ming, "snsapi_base");
    let (in_time, late) = (mint(), mint());
    assert_eq!((in_time.len(), in_time.starts_with('0')), (32, true));
    sim.advance(4 * MINUTE + 59 * SECOND);
    assert_eq!(
        get(&sim, &access_token(sim.account(), &in_time)).json()["expires_in"],
        7200
    );
    sim.advance(SECOND);
    assert_eq!(
        get(&sim, &access_token(sim.account(), &late)).errcode(),
        40029
    );
    assert_eq!(
        get(&sim, &access_token(sim.account(), &in_time)).errcode(),
        40163
    );
    sim.advance(5 * MINUTE);
    assert_eq!(
        get(&sim, &access_token(sim.account(), &in_time)).errcode(),
        40029
    );
}

#[test]
fn a_code_is_good_for_one_of_many_at_once() {
    let sim = automatic();
    let code = sim.mint_code(sim.account().appid(), &Person::named("小明"), "snsapi_base");
    let path = access_token(sim.account(), &code);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| get(&sim, &path).json()))
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect()
    });
    let good = answers
        .iter()
        .filter(|answer| answer["openid"].is_string())
        .count();
    let used = answers
        .iter()
        .filter(|answer| answer["errcode"] == 40163)
        .count();
    assert_eq!((good, used), (1, 15));
}

#[test]
fn the_profile_call_refuses() {
    let sim = automatic();
    let (ming, hong) = (Person::named("小明"), Person::named("小红"));
    let tokens = log_in(&sim, &ming, "snsapi_userinfo");
    let token = tokens["access_token"].as_str().unwrap_or_default();
    let openid = tokens["openid"].as_str().unwrap_or_default();
    let hers = hong.openid(sim.account().appid());
    for path in ["/sns/userinfo", "/sns/auth"] {
        for (query, errcode) in [
            (String::new(), 41001),
            (format!("openid={openid}"), 41001),
            (format!("access_token={token}"), 41009),
            (format!("access_token=59_nonsense&openid={openid}"), 40001),
            (format!("access_token={token}&openid={hers}"), 40003),
        ] {
            assert_eq!(
                get(&sim, &format!("{path}?{query}")).errcode(),
                errcode,
                "{path} {query}"
            );
        }
    }
    let both = [
        userinfo(&tokens),
        userinfo(&tokens).replace("userinfo", "auth"),
    ];
    let errcodes = || {
        both.each_ref()
            .map(|path| get(&sim, path).json()["errcode"].as_i64())
    };
    assert_eq!(get(&sim, &both[1]).text(), r#"{"errcode":0,"errmsg":"ok"}"#);
    assert_eq!(errcodes(), [None, Some(0)]);
    sim.freeze(&ming);
    assert_eq!(errcodes(), [Some(50002); 2]);
    sim.unfreeze(&ming);
    sim.revoke(&hong);
    sim.advance(7199 * SECOND);
    assert_eq!(errcodes(), [None, Some(0)]);
    sim.advance(SECOND);
    assert_eq!(errcodes(), [Some(42001); 2]);

    let revoked = log_in(&sim, &ming, "snsapi_userinfo");
    sim.revoke(&ming);
    assert_eq!(get(&sim, &userinfo(&revoked)).errcode(), 50001);
    let changed = log_in(&sim, &ming, "snsapi_userinfo");
    sim.change_password(&ming);
    assert_eq!(get(&sim, &userinfo(&changed)).errcode(), 42007);
    let fresh = log_in(&sim, &ming, "snsapi_userinfo");
    assert_eq!(get(&sim, &userinfo(&fresh)).json()["nickname"], "小明");

    let sim = with(Account::test().bad_token_errcode(40014));
    assert_eq!(
        get(&sim, "/sns/userinfo?access_token=59_x&openid=o").errcode(),
        40014
    );
}

#[test]
fn a_base_token_has_a_profile_after_consent_only_where_that_is_switched_on() {
    for (given, errcode) in [(true, None), (false, Some(48001))] {
        let sim = with(Account::test().base_profile(given));
        let code = get(&sim, &authorize(sim.account(), "snsapi_base")).code();
        let before = get(&sim, &access_token(sim.account(), &code)).json();
        assert_eq!(get(&sim, &userinfo(&before)).errcode(), 48001);
        get(&sim, &authorize(sim.account(), "snsapi_userinfo")).code();
        assert_eq!(
            get(&sim, &userinfo(&before)).json()["errcode"].as_i64(),
            errcode
        );
        sim.advance(1800 * SECOND);
        assert_eq!(
            get(&sim, &userinfo(&before)).json()["errcode"].as_i64(),
            errcode
        );
    }
}

#[test]
fn refreshing() {
    let refresh_of = |sim: &Simulator, tokens: &serde_json::Value| {
        format!(
            "/sns/oauth2/refresh_token?appid={}&grant_type=refresh_token&refresh_token={}",
            sim.account().appid(),
            tokens["refresh_token"].as_str().unwrap_or_default()
        )
    };
    let other = Account::official("wx0000000000000002", "another-secret", "shop.example.cn");
    let sim = start(Simulator::builder().account(Account::test()).account(other));
    let ming = Person::named("小明");
    let tokens = log_in(&sim, &ming, "snsapi_userinfo");
    let refresh = refresh_of(&sim, &tokens);
    for (path, errcode) in [
        ("/sns/oauth2/refresh_token".to_owned(), 41002),
        (refresh.replace("refresh_token=59_", "x="), 41003),
        (
            refresh.replace("grant_type=refresh_token", "grant_type=authorization_code"),
            40002,
        ),
        (refresh.replace(sim.account().appid(), "wxnone"), 40013),
        (
            refresh.replace(sim.account().appid(), "wx0000000000000002"),
            40030,
        ),
        (refresh.replace("=59_", "=60_"), 40030),
    ] {
        assert_eq!(get(&sim, &path).errcode(), errcode, "{path}");
    }
    sim.advance(7100 * SECOND);
    let extended = get(&sim, &refresh);
    assert_shape(
        &extended.text(),
        r#"{"access_token":"59_<token:107>","expires_in":7200,"refresh_token":"59_<token:107>","openid":"o<id:27>","scope":"snsapi_userinfo"}"#,
    );
    assert_eq!(extended.json(), tokens, "the same token with a longer life");
    sim.advance(7100 * SECOND);
    assert_eq!(get(&sim, &userinfo(&tokens)).json()["nickname"], "小明");
    sim.advance(101 * SECOND);
    let renewed = get(&sim, &refresh).json();
    assert_ne!(renewed["access_token"], tokens["access_token"]);
    assert_eq!(renewed["refresh_token"], tokens["refresh_token"]);
    assert_eq!(get(&sim, &userinfo(&renewed)).json()["nickname"], "小明");
    assert_eq!(get(&sim, &userinfo(&tokens)).errcode(), 42001);
    assert_eq!(
        get(&sim, &refresh).json()["access_token"],
        renewed["access_token"]
    );

    log_in(&sim, &ming, "snsapi_base");
    assert_eq!(
        get(&sim, &refresh).json()["expires_in"],
        7200,
        "a base login ends nothing here"
    );
    sim.advance(30 * DAY);
    assert_eq!(get(&sim, &refresh).errcode(), 42002);

    for end in [Simulator::revoke, Simulator::change_password] {
        let tokens = log_in(&sim, &ming, "snsapi_userinfo");
        end(&sim, &ming);
        assert_eq!(get(&sim, &refresh_of(&sim, &tokens)).errcode(), 42007);
    }

    // Extended again and again, a token outlives the time that it would have been kept for.
    let tokens = log_in(&sim, &ming, "snsapi_userinfo");
    for _ in 0..20 {
        sim.advance(7100 * SECOND);
        log_in(&sim, &ming, "snsapi_base");
        let extended = get(&sim, &refresh_of(&sim, &tokens)).json();
        assert_eq!(extended["access_token"], tokens["access_token"]);
    }

    let sim = with(Account::test().refresh_dies_on_base(true));
    let tokens = log_in(&sim, &ming, "snsapi_userinfo");
    log_in(&sim, &Person::named("小红"), "snsapi_base");
    assert_eq!(
        get(&sim, &refresh_of(&sim, &tokens)).json()["expires_in"],
        7200
    );
    let base = log_in(&sim, &ming, "snsapi_base");
    assert_eq!(get(&sim, &refresh_of(&sim, &tokens)).errcode(), 40030);
    assert_eq!(
        get(&sim, &refresh_of(&sim, &base)).json()["expires_in"],
        7200
    );
}

#[test]
fn the_end_of_errmsg_can_be_chosen() {
    for (rid, expected) in [
        (Rid::Current, "invalid appsecret, rid: <time:8>-<a:8>-<b:8>"),
        (Rid::Hints, "invalid appsecret, hints: [ req_id: <a:8> ]"),
        (Rid::None, "invalid appsecret"),
    ] {
        let sim = with(Account::test().rid(rid));
        let path = format!(
            "/sns/oauth2/access_token?appid={}&secret=x&code=y&grant_type=authorization_code",
            sim.account().appid()
        );
        assert_shape(
            &get(&sim, &path).text(),
            &format!(r#"{{"errcode":40125,"errmsg":"{expected}"}}"#),
        );
    }
}

#[test]
fn the_rid_begins_with_the_clocks_time() {
    let at = std::time::UNIX_EPOCH + Duration::from_secs(0x65a7_7521);
    let sim = start(Simulator::builder().clock(move || at));
    let answer = get(&sim, "/sns/oauth2/access_token");
    assert!(
        answer.text().contains("rid: 65a77521-"),
        "{}",
        answer.text()
    );
    assert_eq!(sim.calls()[0].at, at);
}

#[test]
fn a_form_is_taken_like_a_query_unless_refused() {
    let form = |sim: &Simulator| {
        let code = sim.mint_code(sim.account().appid(), &Person::named("小明"), "snsapi_base");
        let path = access_token(sim.account(), &code);
        let (path, form) = path.split_once('?').expect("a query");
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        request(sim, "POST", path, &headers, form)
            .expect("an answer")
            .json()
    };
    let sim = automatic();
    assert_eq!(form(&sim)["scope"], "snsapi_base");
    assert_eq!(sim.calls()[0].method, "POST");
    assert_eq!(sim.calls()[0].parameter("secret").as_deref(), Some("***"));
    assert_eq!(
        form(&with(Account::test().post_refused(true)))["errcode"],
        43001
    );
    assert_eq!(
        request(&sim, "PUT", "/sns/userinfo", &[], "")
            .expect("an answer")
            .errcode(),
        43001
    );
}

#[test]
fn profiles_of_old_and_of_odd_people() {
    let profile = |person: Person| {
        let sim = with(Account::official(
            "wx0123456789abcdef",
            "secret",
            "shop.example.cn",
        ));
        let tokens = log_in(&sim, &person, "snsapi_userinfo");
        let text = get(&sim, &userinfo(&tokens)).text();
        text.split_once(r#","nickname":"#)
            .expect("a nickname")
            .1
            .to_owned()
    };
    let picture = r#""headimgurl":"https:\/\/thirdwx.qlogo.cn\/mmopen\/vi_32\/<id:16>\/132""#;
    assert_shape(
        &profile(Person::named("老王").legacy()),
        &format!(
            r#""老王","sex":"1","language":"zh_CN","city":"广州","province":"广东","country":"CN",{picture},"privilege":[]}}"#
        ),
    );
    assert_shape(
        &profile(
            Person::named("a\"b\\c/d\n")
                .sex(2)
                .headimgurl("")
                .privilege(["chinaunicom", "x"]),
        ),
        r#""a\"b\\c\/d\u000a","sex":2,"language":"","city":"","province":"","country":"","headimgurl":"","privilege":["chinaunicom","x"]}"#,
    );
}

#[test]
fn raw_nicknames_are_sent_as_they_are() {
    let sim = automatic();
    for nickname in [
        &b"bell\x07\x08\x14"[..],
        b"\xff\xfe",
        "王".as_bytes().split_last().expect("bytes").1,
    ] {
        let tokens = log_in(
            &sim,
            &Person::with_raw_nickname("odd", nickname.to_vec()),
            "snsapi_userinfo",
        );
        let answer = get(&sim, &userinfo(&tokens));
        let expected = [br#""nickname":""#, nickname, br#"","sex":0"#].concat();
        assert!(
            answer
                .body
                .windows(expected.len())
                .any(|window| window == expected),
            "{}",
            answer.text()
        );
    }
    for person in Person::fixtures() {
        let tokens = log_in(&sim, &person, "snsapi_userinfo");
        assert_eq!(get(&sim, &userinfo(&tokens)).status, 200);
    }
}

#[test]
fn each_person_has_one_openid_per_account() {
    let people = Person::fixtures();
    let mut openids: Vec<_> = people
        .iter()
        .flat_map(|person| [person.openid("wx1"), person.openid("wx2"), person.unionid()])
        .collect();
    assert!(
        openids
            .iter()
            .all(|openid| openid.len() == 28 && openid.starts_with('o'))
    );
    openids.sort();
    openids.dedup();
    assert_eq!(openids.len(), 3 * people.len());
    // Written down: stored openids must outlive a new release.
    assert_eq!(
        Person::named("小明").openid("wx7e57000000000001"),
        "oEFlOii_ZRhybT3ITk98dtZbl-mD"
    );
    assert_eq!(Person::named("x").with_unionid("oU").unionid(), "oU");
}

#[test]
fn secrets_stay_out_of_the_log_and_of_debug() {
    let sim = start(Simulator::builder().consent(Consent::Automatic));
    let tokens = log_in(&sim, &Person::named("小明"), "snsapi_userinfo");
    get(&sim, &userinfo(&tokens));
    get(
        &sim,
        &format!("/sns/userinfo?openid={}", sim.account().secret()),
    );
    get(
        &sim,
        &format!(
            "/sns/oauth2/access_token?code={}&appid=x&secret=y",
            sim.account().secret()
        ),
    );
    let shown = format!(
        "{:?} {:?} {:?} {:?}",
        sim,
        sim.account(),
        Simulator::builder().account(Account::test()),
        sim.calls()
    );
    for secret in [
        sim.account().secret(),
        tokens["access_token"].as_str().expect("a token"),
        tokens["refresh_token"].as_str().expect("a token"),
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
