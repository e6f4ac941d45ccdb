//! Behaviour of a login that goes well: the way out, the way back, the session.

use actix_web::http::Method;
use actix_wechat::simulator::{Account, Consent, Endpoint, Fault, Person, Simulator};

use super::{
    PROFILE, assert_authorize, assert_headers, calls, cookie_name, openid_of, wechat, wechat_of,
};
use support::{
    Page, Port, Visitor,
    demo::{Demo, me},
    raw,
};

#[actix_web::test]
async fn a_visitor_gets_from_nothing_to_the_profile_page() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let page = visitor.visit(&demo.at("/wechat8008/index?a=1")).await;
    page.assert_status(200);
    assert!(page.body.contains("小明"), "{}", page.body);
    assert_eq!(page.url, demo.at("/wechat8008/index?a=1"));
    assert_eq!(calls(&wechat), (1, 1));
    // From now on nobody is asked any more.
    wechat.clear_calls();
    let pages = visitor.travel(&demo.at(PROFILE)).await;
    assert_eq!(pages.len(), 1);
    assert_eq!(calls(&wechat), (0, 0));
}

#[actix_web::test]
async fn the_way_to_wechat_is_as_wechat_wants_it() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let page = Visitor::new()
        .get(&demo.at("/wechat8008/index?b=%2F&a=1+2"))
        .await;
    page.assert_status(302);
    assert_headers(&page);
    let state = page.location_param("state").expect("a state");
    let host = demo.url.replace(':', "%3A").replace('/', "%2F");
    assert_eq!(
        page.header("location"),
        format!(
            "{}/connect/oauth2/authorize?appid={}&redirect_uri={host}%2Fwechat8008%2Findex%3Fb%3D%252F%26a%3D1%2B2&response_type=code&scope=snsapi_userinfo&state={state}#wechat_redirect",
            wechat.url(),
            wechat.account().appid(),
        )
    );
    let cookies = page.set_cookies();
    assert_eq!(cookies.len(), 1, "one cookie, and no session: {page:#?}");
    let cookie = &cookies[0];
    assert!(
        cookie.starts_with(&format!("{}=", cookie_name(&wechat))),
        "{cookie}"
    );
    assert!(cookie.len() < 256, "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
        assert!(cookie.contains(attribute), "{attribute}: {cookie}");
    }
    assert!(
        !cookie.contains("Secure"),
        "on http it would be lost: {cookie}"
    );
}

#[actix_web::test]
async fn a_state_is_letters_and_digits_and_cannot_be_guessed() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let mut states = Vec::new();
    for _ in 0..64 {
        let page = Visitor::new().get(&demo.at(PROFILE)).await;
        let state = page.location_param("state").expect("a state");
        assert!(state.len() <= 128, "{state}");
        assert!(
            state.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{state}"
        );
        states.push(state);
    }
    let length = states[0].len();
    let mut random = 0;
    for at in 0..length {
        let mut seen: Vec<u8> = states.iter().map(|state| state.as_bytes()[at]).collect();
        seen.sort_unstable();
        seen.dedup();
        // 64 draws from 62 characters bring some 40 of them.
        random += usize::from(seen.len() > 20);
    }
    // Of 5.95 bits each.
    assert!(
        random * 595 / 100 >= 128,
        "{random} random characters: {}",
        states[0]
    );
}

#[actix_web::test]
async fn a_head_is_answered_like_a_get_without_a_cookie() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let page = visitor.send(Method::HEAD, &demo.at(PROFILE), &[]).await;
    assert_authorize(&page);
    assert!(page.set_cookies().is_empty(), "{page:#?}");
    // A callback is not completed by it, and still good afterwards.
    let callback = visitor.callback(&demo.at(PROFILE)).await;
    visitor.send(Method::HEAD, &callback, &[]).await;
    assert_eq!(calls(&wechat), (0, 0));
    visitor.visit(&callback).await.assert_status(200);
    visitor
        .send(Method::HEAD, &demo.at(PROFILE), &[])
        .await
        .assert_status(200);
}

#[actix_web::test]
async fn the_way_back_leads_to_the_page_as_it_was() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    // Whatever the page's own query is, it stays byte for byte.
    let targets = [
        "/wechat8008/index",
        "/wechat8008/index?",
        "/wechat8008/index?a=1&b=2",
        "/wechat8008/index?b=2&a=1&a=3&a=1",
        "/wechat8008/index?&&a==&b&=c",
        "/wechat8008/index?q=a+b%2Bc%20d&e=%e5%B0%8F",
        "/wechat8008/index?bad=%FF%fe%80&half=%e5%b0&odd=%&zz=%zz",
        "/wechat8008/index?from=singlemessage&isappinstalled=0",
        "/wechat8008/index?codec=1&stated=2&xcode=3&code2=4&CODE=5&State=6",
        "/wechat8008/index?json={a:[1,2]}&x=^`|~'*",
        "/wechat8008/index?u=https://evil.example/?code=1%26state=2",
        "/wechat8008/index?return_to=/x;y=z",
        "/wechat8008/inde%78?a=1",
    ];
    for target in targets {
        let visitor = Visitor::new();
        let asked = visitor.get(&demo.at(target)).await;
        assert_authorize(&asked);
        let wanted = demo.at(target.trim_end_matches('?'));
        assert_eq!(
            asked
                .location_param("redirect_uri")
                .map(|uri| uri.trim_end_matches('?').to_owned()),
            Some(wanted.clone()),
            "{target}"
        );
        let back = visitor.get(&asked.location()).await;
        assert_eq!(back.status, 302, "{target}: {back:#?}");
        let callback = back.header("location").to_owned();
        let clean = visitor.get(&callback).await;
        clean.assert_status(302);
        assert_headers(&clean);
        assert_eq!(
            clean.header("location").trim_end_matches('?'),
            wanted,
            "{target}, come back as {callback}"
        );
        visitor
            .get(clean.header("location"))
            .await
            .assert_status(200);
    }
}

/// Only the last `code` and the last `state` are WeChat's, and only if that state is of our shape.
#[actix_web::test]
async fn a_pages_own_code_and_state_are_left_alone() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let long = format!("code=own&state=0u{}", "a".repeat(33));
    let scope = format!("code=own&state=0z{}", "a".repeat(32));
    let round = format!("code=own&state=4u{}", "a".repeat(32));
    let signs = format!("code=own&state=0u{}", "a%41".repeat(8));
    let queries = [
        "code=own",
        "code=",
        "code",
        "state=own",
        "state",
        "code=own&state=theirs",
        "state=theirs&code=own",
        "code=a&code=b&state=x&state=y",
        "code=a&code=b&x=1&code=c",
        "state=&code=",
        "code=SUMMER20&x=1",
        "code=authdeny",
        "code=authdeny&state=theirs",
        &long,
        &scope,
        &round,
        &signs,
    ];
    for query in queries {
        let page = demo.at(&format!("/wechat8008/index?{query}"));
        let visitor = Visitor::new();
        let asked = visitor.get(&page).await;
        assert_authorize(&asked);
        assert_eq!(
            asked.location_param("redirect_uri"),
            Some(page.clone()),
            "{query}"
        );
        let back = visitor.get(&asked.location()).await;
        let clean = visitor.get(back.header("location")).await;
        clean.assert_status(302);
        assert_eq!(clean.header("location"), page, "{query}");
        let after = visitor.get(&page).await;
        after.assert_status(200);
        assert!(after.body.contains("小明"));
    }
    assert_eq!(calls(&wechat), (queries.len(), queries.len()));
    // Who refuses brings no code, and none of the page's own is taken for WeChat's.
    wechat.set_consent(Consent::Refuse);
    for query in queries {
        let visitor = Visitor::new();
        let page = demo.at(&format!("/wechat8008/index?{query}"));
        let declined = visitor.visit(&page).await;
        declined.assert_status(403);
        assert_eq!(declined.link("再试一次"), page, "{query}");
    }
    assert_eq!(calls(&wechat), (queries.len(), queries.len()));
}

/// The answer to a callback, as it is on the wire.
async fn raw_completion(visitor: &Visitor, demo: &Demo, target: &str) -> raw::Raw {
    let callback = visitor.callback(&demo.at(target)).await;
    let cookies = visitor.cookie_header(&demo.url).unwrap_or_default();
    let target = callback.strip_prefix(&demo.url).expect("the demo's own");
    raw::get(&demo.url, target, &[("cookie", &cookies)]).expect("an answer")
}

#[actix_web::test]
async fn the_session_cookie_is_small_and_safe() {
    let many: Vec<String> = (0..200).map(|i| format!("privilege{i:04}")).collect();
    let far = "很".repeat(300);
    let people = [
        Person::named("小明"),
        Person::named("很长很长的名字".repeat(60)),
        Person::named("\"\\".repeat(400)),
        Person::named("👨‍👩‍👧‍👦".repeat(100)),
        Person::named("小红")
            .privilege(many)
            .region(&far, &far, &far)
            .headimgurl(&format!(
                "https://thirdwx.qlogo.cn/{}/132",
                "x".repeat(2000)
            )),
    ];
    for person in people {
        let wechat = wechat_of(Account::test().bound(true)).await;
        wechat.sign_in(person.clone());
        let demo = Demo::start(&wechat, &[]);
        let visitor = Visitor::new();
        let prefix = "/wechat8008/index?q=";
        let target = format!(
            "{prefix}{}",
            "x".repeat(512 - demo.url.len() - prefix.len())
        );
        let answer = raw_completion(&visitor, &demo, &target).await;
        assert_eq!(answer.status, 302, "{answer:?}");
        assert!(
            answer.head.len() < 4096,
            "{} bytes: {answer:?}",
            answer.head.len()
        );
        let cookies = answer.all("set-cookie");
        let session = cookies
            .iter()
            .find(|cookie| cookie.starts_with("id="))
            .expect("a session");
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(session.contains(attribute), "{attribute}: {session}");
        }
        assert!(!session.contains("Secure"), "{session}");
        // An empty session takes some 150 bytes of its own.
        let value = session.split(';').next().unwrap_or_default();
        assert!(
            value.len() < 1_500 + 200,
            "{} bytes: {session}",
            value.len()
        );
        for told in [
            person.name(),
            &person.openid(wechat.account().appid()),
            "openid",
        ] {
            assert!(!session.contains(told), "not encrypted: {session}");
        }
        let session = session.split(';').next().expect("a pair").to_owned();
        let me = raw::get(&demo.url, "/api/me", &[("cookie", &session)]).expect("an answer");
        assert_eq!(me.status, 200, "{me:?}");
        let openid = person.openid(wechat.account().appid());
        assert!(
            me.body.contains(&openid) && me.body.contains(&person.unionid()),
            "{me:?}"
        );
        if person.name() != "小明" {
            demo.logged(0, "wechat.user.cut");
        }
    }
}

#[actix_web::test]
async fn behind_https_all_cookies_are_secure() {
    let wechat = wechat_of(Account::test().domain("shop.example.cn")).await;
    let demo = Demo::start(&wechat, &[("WECHAT_PUBLIC_URL", "https://shop.example.cn")]);
    let visitor = Visitor::new();
    let asked = visitor.get(&demo.at(PROFILE)).await;
    assert_eq!(
        asked.location_param("redirect_uri").as_deref(),
        Some("https://shop.example.cn/wechat8008/index")
    );
    let name = format!("__Host-{}", cookie_name(&wechat));
    let cookies = asked.set_cookies();
    assert!(cookies[0].starts_with(&format!("{name}=")), "{cookies:?}");
    let back = visitor.get(&assert_authorize(&asked)).await.location();
    let clean = visitor
        .get(&back.replace("https://shop.example.cn", &demo.url))
        .await;
    assert_eq!(clean.location(), "https://shop.example.cn/wechat8008/index");
    let mut all = cookies;
    all.extend(clean.set_cookies());
    assert_eq!(all.len(), 3, "{all:?}");
    for cookie in all {
        assert!(cookie.contains("Secure"), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    visitor.get(&demo.at(PROFILE)).await.assert_status(200);
}

#[actix_web::test]
async fn a_prefix_that_a_proxy_strips_is_in_every_address() {
    let wechat = wechat().await;
    let port = Port::new();
    let listen = port.address();
    let public = format!("http://{listen}/shop/app");
    let demo = Demo::start(
        &wechat,
        &[
            ("LISTEN", &listen),
            ("WECHAT_PUBLIC_URL", &format!("{public}/")),
        ],
    );
    // What the proxy does.
    let strip = |url: &str| {
        let rest = url
            .strip_prefix(&public)
            .unwrap_or_else(|| panic!("{url} leaves the prefix"));
        assert!(rest.starts_with('/'), "{url}");
        demo.at(rest)
    };
    let visitor = Visitor::new();
    let asked = visitor.get(&demo.at("/wechat8008/index?a=1")).await;
    assert_eq!(
        asked.location_param("redirect_uri"),
        Some(format!("{public}/wechat8008/index?a=1"))
    );
    let back = visitor.get(&assert_authorize(&asked)).await.location();
    let clean = visitor.get(&strip(&back)).await;
    assert_eq!(clean.location(), format!("{public}/wechat8008/index?a=1"));
    visitor
        .get(&strip(&clean.location()))
        .await
        .assert_status(200);

    // With the prefix, without it, and whole: as scripts know the address.
    for (wanted, page) in [
        ("/wechat8008/index", "/wechat8008/index"),
        ("/shop/app/wechat8008/index", "/wechat8008/index"),
        (
            "/shop/app/wechat8008/index?a=1%23b",
            "/wechat8008/index?a=1#b",
        ),
        ("/shop/app", "/"),
        ("/shop/app/", "/"),
        ("/shop/app?a=1", "/?a=1"),
        ("/shop/apple", "/shop/apple"),
        ("/shop", "/shop"),
        (
            &format!("{public}/wechat8008/index?a=1"),
            "/wechat8008/index?a=1",
        ),
        (&public, "/"),
        // Another app's pages of this host.
        (&format!("http://{listen}/other"), "/"),
        (&format!("http://{listen}/shop/apple"), "/"),
        ("/shop/app//evil.example", "/"),
        ("/shop/app/%5Cevil.example", "/"),
        ("/shop/app/../../x", "/"),
    ] {
        let login = visitor
            .get(&demo.at(&format!("/login?return_to={wanted}")))
            .await;
        assert_eq!(login.location(), format!("{public}{page}"), "{wanted}");
    }
    // The login page itself, however the address is spelled.
    for own in [
        "/login",
        "/login?return_to=/",
        "/./login",
        "/shop/app/login",
        "/shop/app/./login",
        &format!("{public}/login"),
    ] {
        let page = visitor
            .get(&demo.at(&format!("/login?return_to={own}")))
            .await;
        assert_eq!(page.location(), format!("{public}/"), "{own}");
    }
    let out = visitor.post(&demo.at("/logout")).await;
    assert_eq!(out.location(), format!("{public}/"));

    // The answer to a program names the page that it ran on, without the prefix within it.
    let asked = Visitor::new()
        .get_with(
            &demo.at("/api/me"),
            &[
                ("accept", "application/json"),
                ("referer", &format!("{public}/wechat8008/index?a=1")),
            ],
        )
        .await;
    asked.assert_status(401);
    let json: serde_json::Value = serde_json::from_str(&asked.body).expect("JSON");
    assert_eq!(
        json["login_url"],
        "/shop/app/login?return_to=%2Fwechat8008%2Findex%3Fa%3D1"
    );
    // A page of a neighbour under the same host is none of this app's.
    let asked = Visitor::new()
        .get_with(
            &demo.at("/api/me"),
            &[
                ("accept", "application/json"),
                ("referer", &format!("http://{listen}/shop/apple/x")),
            ],
        )
        .await;
    let json: serde_json::Value = serde_json::from_str(&asked.body).expect("JSON");
    assert_eq!(json["login_url"], "/shop/app/login?return_to=%2F");
    // Links within the pages.
    let home = Visitor::new().get(&demo.at("/")).await;
    assert!(
        home.body
            .replace("&#x2F;", "/")
            .contains("href=\"/shop/app/login?"),
        "{}",
        home.body
    );
}

#[actix_web::test]
async fn a_long_address_is_warned_about_and_a_longer_one_refused() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let mut seen = (false, false, false);
    for length in [10, 600, 900, 1500, 2500, 2800, 5000, 20_000] {
        let mark = demo.log().len();
        let visitor = Visitor::new();
        let page = visitor
            .get(&demo.at(&format!("/wechat8008/index?q={}", "x".repeat(length))))
            .await;
        let warned = || {
            // Something that is logged for certain, behind whatever there is.
            demo.log()[mark..].matches("wechat.login.long_url").count()
        };
        if page.status == 414 {
            assert_headers(&page);
            assert!(page.set_cookies().is_empty(), "{length}: {page:#?}");
            assert!(length >= 2500, "{length}");
            demo.logged(mark, "wechat.login.long_url");
            seen.2 = true;
            continue;
        }
        let url = page.header("location");
        assert_authorize(&page);
        assert!(url.len() <= 3_000, "{} bytes are sent", url.len());
        if url.len() > 1_000 {
            demo.logged(mark, "wechat.login.long_url");
            assert_eq!(warned(), 1, "{length}");
            visitor.visit(&page.location()).await.assert_status(200);
            seen.1 = true;
        } else {
            visitor.visit(&page.location()).await.assert_status(200);
            assert_eq!(warned(), 0, "{length}");
            seen.0 = true;
        }
    }
    assert_eq!(seen, (true, true, true));
}

#[actix_web::test]
async fn odd_profiles_are_accepted_and_shown_as_text() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let mut people = Person::fixtures();
    let evil = "\"'><script>alert(1)</script>";
    people.push(Person::named("region").region(evil, evil, evil));
    people.push(Person::named("picture").headimgurl(evil));
    for person in people {
        wechat.sign_in(person.clone());
        let visitor = Visitor::new();
        let page = visitor.visit(&demo.at(PROFILE)).await;
        page.assert_status(200);
        assert!(!page.body.contains("<script>alert"), "{}", page.body);
        // Not read as a template either.
        let is_odd = person.name().contains("{{");
        assert_eq!(page.body.contains("{{ name }}"), is_odd, "{}", page.body);
        let me = me(&visitor, &demo.url).await;
        let me: serde_json::Value = serde_json::from_str(&me.body).expect("JSON");
        assert_eq!(
            me["openid"],
            person.openid(wechat.account().appid()),
            "{}",
            person.name()
        );
        let nickname = me["nickname"].as_str().expect("text");
        assert!(!nickname.chars().any(char::is_control), "{nickname:?}");
        visitor.get(&demo.at("/")).await.assert_status(200);
    }
}

#[actix_web::test]
async fn answers_in_odd_shapes_are_accepted() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let openid = "oABCDEFGHIJKLMNOPQRSTUVWXYZ0";
    let exchanges = [
        format!(
            r#"{{"access_token":"59_a","expires_in":7200,"refresh_token":"59_r","openid":"{openid}","scope":"snsapi_userinfo"}}"#
        ),
        format!(r#"{{"openid":"{openid}","access_token":"59_a"}}"#),
        format!(
            r#"{{"errcode":0,"errmsg":"ok","openid":"{openid}","access_token":"59_a","expires_in":"7200","new":{{"a":[1]}}}}"#
        ),
        format!(
            "\u{feff} {{\"openid\":\"{openid}\",\r\n\"access_token\":\"59_a\",\"refresh_token\":null,\"scope\":\"\",\"unionid\":\"\",\"is_snapshotuser\":0}} \r\n"
        ),
        format!(
            r#"{{"errcode":"0","openid":"{openid}","access_token":"59_a","unionid":null,"expires_in":-1}}"#
        ),
    ];
    let profiles = [
        (
            format!(r#"{{"openid":"{openid}","nickname":"甲","sex":"1","privilege":[]}}"#),
            "甲",
            1,
        ),
        (
            format!(r#"{{"openid":"{openid}","nickname":"乙","sex":2}}"#),
            "乙",
            2,
        ),
        (
            format!(r#"{{"openid":"{openid}","nickname":"丙","sex":null,"privilege":null}}"#),
            "丙",
            0,
        ),
        (
            format!(
                r#"{{"openid":"{openid}","nickname":"丁","sex":9,"privilege":"none","city":7}}"#
            ),
            "丁",
            0,
        ),
        (
            format!(r#"{{"openid":"{openid}","errcode":0,"unknown":true,"nickname":null}}"#),
            "",
            0,
        ),
        (
            format!(r#"{{"openid":"{openid}","nickname":["x"],"sex":{{}},"headimgurl":false}}"#),
            "",
            0,
        ),
        (
            format!(r#"{{"openid":"{openid}","nickname":"\ud83d\ude00 \u0007戊","sex":""}}"#),
            "😀 戊",
            0,
        ),
    ];
    for exchange in &exchanges {
        for (profile, nickname, sex) in &profiles {
            wechat.fault_times(Endpoint::AccessToken, Fault::Body(exchange.clone()), 1);
            wechat.fault_times(Endpoint::UserInfo, Fault::Body(profile.clone()), 1);
            let visitor = Visitor::new();
            let page = visitor.visit(&demo.at("/api/me")).await;
            assert_eq!(page.status, 200, "{exchange} {profile}: {page:#?}");
            let me: serde_json::Value = serde_json::from_str(&page.body).expect("JSON");
            assert_eq!(me["openid"], openid);
            assert_eq!(me["sex"], *sex, "{profile}");
            assert!(me.get("unionid").is_none(), "{exchange}");
            let told = me["nickname"].as_str().expect("text").replace("  ", " ");
            assert_eq!(told, *nickname, "{profile}");
        }
    }
    for kind in [
        "application/json",
        "text/html",
        "image/png",
        "",
        "nonsense",
        "text/plain; charset=gbk",
    ] {
        for endpoint in [Endpoint::AccessToken, Endpoint::UserInfo] {
            wechat.fault_times(endpoint, Fault::ContentType(kind.to_owned()), 1);
        }
        Visitor::new()
            .visit(&demo.at(PROFILE))
            .await
            .assert_status(200);
    }
}

/// The answers to the two calls, the rest of them as a user's.
async fn answered_as(wechat: &Simulator, demo: &Demo, exchange: &[u8], profile: &[u8]) -> Page {
    let openid = br#""openid":"oABCDEFGHIJKLMNOPQRSTUVWXYZ0","#;
    let exchange = [
        br#"{"access_token":"59_a","#,
        openid.as_slice(),
        exchange,
        b"}",
    ]
    .concat();
    let profile = [b"{", openid.as_slice(), profile, b"}"].concat();
    wechat.clear_faults();
    wechat.fault(Endpoint::AccessToken, Fault::Bytes(exchange));
    wechat.fault(Endpoint::UserInfo, Fault::Bytes(profile));
    Visitor::new().visit(&demo.at("/api/me")).await
}

#[track_caller]
fn json_of(page: &Page) -> serde_json::Value {
    page.assert_status(200);
    serde_json::from_str(&page.body).expect("JSON")
}

/// What is damaged in a nickname is shown as damaged, and locks nobody out.
#[actix_web::test]
async fn damaged_text_is_mended_as_far_as_it_goes() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    // As it stands in the answer's JSON, and what is left of it around the damage.
    let rows: &[(&[u8], &str, &str)] = &[
        (br"a\ud83d", "a", ""),
        (br"a\uD83D b", "a", " b"),
        (br"\ude00b", "", "b"),
        (br"a\ud83d\u0041", "a", "A"),
        (br"a\ud83d\ud83d\ude00", "a", "😀"),
        (br"\ud83d\ude00\ude00", "😀", ""),
        (br"\ud83d\n", "", " "),
        (br"\ud83d\\ude00", "", "\\ude00"),
        (br"a\x0ab", "a", "b"),
        (br"a\'b", "a", "b"),
        (br"a\ b", "a", "b"),
        (br"\0", "", ""),
        ("a\\小b".as_bytes(), "a", "b"),
        (br"a\U0001F600", "a", "F600"),
        (br"a\u12", "a", ""),
        (br"a\u", "a", ""),
        (br"a\uZZZZb", "a", "ZZb"),
        (br"a\ud83", "a", ""),
        (br"a\u+123", "a", "23"),
        (b"a\xff", "a", ""),
        (b"\xe5\xb0b", "", "b"),
        (b"\xed\xa0\xbd\xed\xb8\x80b", "", "b"),
        (b"\xff\\ud83d\x07\\x0a", "", "a"),
    ];
    for (nickname, before, after) in rows {
        let field = [b"\"nickname\":\"", *nickname, b"\""].concat();
        let row = String::from_utf8_lossy(&field).into_owned();
        let page = answered_as(&wechat, &demo, b"\"scope\":\"\"", &field).await;
        assert_eq!(page.status, 200, "{row}: {page:#?}");
        let me = json_of(&page);
        let shown = me["nickname"].as_str().expect("text");
        assert!(shown.starts_with(before), "{row}: {shown:?}");
        assert!(shown.ends_with(after), "{row}: {shown:?}");
        assert!(shown.contains('\u{fffd}'), "{row}: {shown:?}");
        assert!(!shown.contains(char::is_control), "{row}: {shown:?}");
    }
    // Wherever it is: in other fields, in unknown ones and their names, and at the exchange.
    for (exchange, profile) in [
        (r#""scope":"\ud83d""#, r#""nickname":"x""#),
        (r#""new":["\x"]"#, r#""nickname":"x""#),
        (r#""\x":0"#, r#""nickname":"x""#),
        (r#""expires_in":7200"#, r#""nickname":"x","city":"\ude00""#),
        (
            r#""expires_in":7200"#,
            r#""nickname":"x","new":{"\q":"\ud800"}"#,
        ),
        (
            r#""expires_in":7200"#,
            r#""nickname":"x","privilege":["\ud83d"]"#,
        ),
    ] {
        let page = answered_as(&wechat, &demo, exchange.as_bytes(), profile.as_bytes()).await;
        assert_eq!(page.status, 200, "{exchange} {profile}: {page:#?}");
        assert_eq!(json_of(&page)["nickname"], "x", "{exchange} {profile}");
    }
    // Sound escapes are no damage.
    for (nickname, shown) in [
        (r"\ud83d\ude00", "😀"),
        (r"\u5c0f\u660e", "小明"),
        (r#"\"\\\/\b\f\n\r\t"#, "\"\\/     "),
        (r"\\ud83d", r"\ud83d"),
        (r"\\x0a", r"\x0a"),
        (r"\\\\u", r"\\u"),
    ] {
        let field = format!("\"nickname\":\"{nickname}\"");
        let page = answered_as(&wechat, &demo, b"\"scope\":\"\"", field.as_bytes()).await;
        assert_eq!(json_of(&page)["nickname"], shown, "{nickname}");
    }
}

/// A picture's address ends in `<img src>`: it is one of the web, or there is none.
#[actix_web::test]
async fn a_picture_is_an_address_of_the_web_or_nothing() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let good = [
        "http://thirdwx.qlogo.cn/mmopen/vi_32/abc/132",
        "https://thirdwx.qlogo.cn/mmopen/vi_32/abc/132",
        "HTTPS://example.cn/x.png",
        "http://127.0.0.1:8009/picture/1",
        "https://example.cn/a?b=c&d=%22#e",
        "https://[::1]/x",
    ];
    let bad = [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\\nscript:alert(1)",
        "data:image/png;base64,AAAA",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://example.cn/x",
        "blob:https://example.cn/x",
        "//evil.example/x",
        "/\\\\evil.example/x",
        "\\\\\\\\evil.example/x",
        "/logout",
        "logout",
        "?x",
        "#x",
        "http:",
        "http:/x",
        "http:x",
        "http://",
        "http:///x",
        "https://?x",
        "https://#x",
        "https://:80/x",
        "https://@/x",
        "https:\\\\evil.example",
        "http:/\\\\evil.example",
        " http://example.cn/x",
        "http://example.cn/x ",
        "http://example.cn/a b",
        "http://exam\\tple.cn/x",
        "http://example.cn/\\\"onerror=x",
        "http://example.cn/'x",
        "http://example.cn/<x>",
        "http://[::1/x",
        "http://example.cn:port/x",
        "http://example.cn:99999/x",
        "http://exa%00mple.cn/x",
        "hthttp://tp://x",
    ];
    let rows = good
        .iter()
        .map(|it| (*it, *it))
        .chain(bad.iter().map(|it| (*it, "")));
    for (address, told) in rows {
        let field = format!("\"headimgurl\":\"{address}\"");
        let page = answered_as(&wechat, &demo, b"\"scope\":\"\"", field.as_bytes()).await;
        assert_eq!(json_of(&page)["headimgurl"], told, "{address}");
        let page = Visitor::new().visit(&demo.at(PROFILE)).await;
        page.assert_status(200);
        let source = page.body.split("<img").nth(1).map(|rest| {
            let source = rest.split("src=\"").nth(1).expect("a source");
            let source = source.split('"').next().unwrap_or_default();
            source.replace("&#x2F;", "/").replace("&amp;", "&")
        });
        let is_web = |it: &str| it.to_lowercase().starts_with("http");
        assert_eq!(
            source.is_some(),
            !told.is_empty(),
            "{address}: {}",
            page.body
        );
        assert!(
            source.as_deref().is_none_or(is_web),
            "{address}: {source:?}"
        );
    }
    for (json, told) in [
        ("null", ""),
        ("false", ""),
        ("7", ""),
        ("[]", ""),
        ("{}", ""),
    ] {
        let field = format!("\"headimgurl\":{json}");
        let page = answered_as(&wechat, &demo, b"\"scope\":\"\"", field.as_bytes()).await;
        assert_eq!(json_of(&page)["headimgurl"], told, "{json}");
    }
}

/// A name of which nothing shows is as good as none.
#[actix_web::test]
async fn who_has_no_name_to_see_is_a_user_of_wechat() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let invisible = [
        "",
        " ",
        "\t",
        "\u{a0}",
        "\u{ad}",
        "\u{34f}",
        "\u{61c}",
        "\u{115f}",
        "\u{1160}",
        "\u{17b4}",
        "\u{180b}",
        "\u{180e}",
        "\u{2003}",
        "\u{200b}",
        "\u{200c}",
        "\u{200d}",
        "\u{200e}",
        "\u{2028}",
        "\u{202e}",
        "\u{2060}",
        "\u{2064}",
        "\u{206f}",
        "\u{2800}",
        "\u{3000}",
        "\u{3164}",
        "\u{fe0f}",
        "\u{feff}",
        "\u{ffa0}",
        "\u{1d173}",
        "\u{e0020}",
        "\u{e0100}",
        "\u{200b}\u{3164} \u{200d}\u{2800}",
    ];
    let visible = [
        "小",
        "\u{200b}小",
        "·",
        ".",
        "\u{fffd}",
        "😀",
        "\u{200d}❤\u{fe0f}",
        "\u{3163}",
    ];
    let rows = invisible
        .iter()
        .map(|it| (it, true))
        .chain(visible.iter().map(|it| (it, false)));
    for (nickname, is_unnamed) in rows {
        let field = format!("\"nickname\":{}", serde_json::json!(nickname));
        answered_as(&wechat, &demo, b"\"scope\":\"\"", field.as_bytes()).await;
        let visitor = Visitor::new();
        for path in [PROFILE, "/"] {
            let page = visitor.visit(&demo.at(path)).await;
            page.assert_status(200);
            let says = page.body.contains("微信用户");
            assert_eq!(says, is_unnamed, "{nickname:?} {path}: {}", page.body);
        }
    }
}

#[actix_web::test]
async fn one_browser_is_always_who_consented_last() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let appid = wechat.account().appid().to_owned();
    let visitor = Visitor::new();
    let mut stale = Vec::new();
    for round in 0..12 {
        let person = Person::named(["小明", "小红", "老王"][round % 3]);
        wechat.sign_in(person.clone());
        // A tab that stays open on its way, one that comes back, and the callback of each former
        // one.
        let abandoned = visitor.get(&demo.at("/wechat8008/index?tab=left")).await;
        assert_authorize(&abandoned);
        let callback = visitor.callback(&demo.at(PROFILE)).await;
        let page = visitor.visit(&callback).await;
        page.assert_status(200);
        assert!(
            page.body.contains(person.name()),
            "round {round}: {}",
            page.body
        );
        let is =
            |page: Option<String>| assert_eq!(page, Some(person.openid(&appid)), "round {round}");
        is(openid_of(&demo, &visitor).await);
        stale.push(callback);
        for old in stale.iter().rev().take(4) {
            visitor.visit(old).await.assert_status(200);
            is(openid_of(&demo, &visitor).await);
        }
        visitor.post(&demo.at("/logout")).await.assert_status(303);
        assert_eq!(openid_of(&demo, &visitor).await, None);
        // With nobody logged in an old callback logs nobody else in.
        wechat.sign_in(person.clone());
        for old in stale.iter().rev().skip(1).take(3) {
            visitor.visit(old).await.assert_status(200);
            is(openid_of(&demo, &visitor).await);
            visitor.post(&demo.at("/logout")).await.assert_status(303);
        }
    }
    let codes: Vec<String> = wechat
        .calls()
        .into_iter()
        .filter(|call| call.endpoint == actix_wechat::simulator::Endpoint::AccessToken)
        .map(|call| call.code)
        .collect();
    let mut distinct = codes.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(codes.len(), distinct.len(), "a code was posted twice");
}

#[actix_web::test]
async fn a_silent_login_asks_for_no_profile_and_a_page_that_needs_one_asks_once_more() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let asked = visitor.get(&demo.at("/openid")).await;
    assert_authorize(&asked);
    assert_eq!(
        asked.location_param("scope").as_deref(),
        Some("snsapi_base")
    );
    let page = visitor.visit(&demo.at("/openid")).await;
    page.assert_status(200);
    assert!(
        page.header("content-type").starts_with("text/plain"),
        "{page:#?}"
    );
    let openid = Person::named("小明").openid(wechat.account().appid());
    assert_eq!(page.body, openid);
    assert_eq!(calls(&wechat), (1, 0));
    assert_eq!(
        openid_of(&demo, &visitor).await,
        None,
        "an openid alone is no user"
    );

    let asked = visitor.get(&demo.at(PROFILE)).await;
    assert_authorize(&asked);
    assert_eq!(
        asked.location_param("scope").as_deref(),
        Some("snsapi_userinfo")
    );
    let state = asked.location_param("state").expect("a state");
    assert!(state.starts_with('0'), "a step up is no failure: {state}");
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
    assert_eq!(calls(&wechat), (2, 1));
    for path in [PROFILE, "/openid", "/api/me"] {
        let pages: Vec<Page> = visitor.travel(&demo.at(path)).await;
        assert_eq!(pages.len(), 1, "{pages:#?}");
        pages[0].assert_status(200);
    }
    assert_eq!(calls(&wechat), (2, 1));
    // The reverse never asks again.
    let other = Visitor::new();
    other.visit(&demo.at(PROFILE)).await.assert_status(200);
    assert_eq!(other.get(&demo.at("/openid")).await.body, openid);
}
