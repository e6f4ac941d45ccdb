use std::time::Duration;

use actix_wechat::simulator::{Account, Consent, Endpoint, Person, Simulator};

use super::client::*;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn official() -> Account {
    Account::official("wx0123456789abcdef", "secret", "shop.example.cn").gate_user_agent(false)
}

fn at(account: &Account, redirect_uri: &str, scope: &str, state: &str) -> String {
    format!(
        "/connect/oauth2/authorize?appid={}&redirect_uri={redirect_uri}&response_type=code&scope={scope}&state={state}",
        account.appid()
    )
}

#[test]
fn wechats_own_errors_are_pages_and_never_reach_the_site() {
    let long = "x".repeat(129);
    let shop = "https%3A%2F%2Fshop.example.cn%2F";
    let case =
        |account: Account, redirect_uri: &str, scope: &str, state: &str, shown: &'static str| {
            let path = at(&account, redirect_uri, scope, state);
            (account, path, shown)
        };
    let website = Account::website("wx0123456789abcdef", "secret", "shop.example.cn");
    for (account, path, shown) in [
        (official(), "/connect/oauth2/authorize".to_owned(), "10012"),
        (
            official(),
            format!("/connect/oauth2/authorize?redirect_uri={shop}"),
            "10012",
        ),
        case(official(), "", "snsapi_base", "s", "10011"),
        case(official(), shop, "", "s", "10010"),
        case(
            official().require_state(true),
            shop,
            "snsapi_base",
            "",
            "10013",
        ),
        (
            official(),
            at(&Account::test(), shop, "snsapi_base", "s"),
            "AppID 参数错误",
        ),
        case(official(), shop, "snsapi_login", "s", "10005"),
        case(official(), shop, "snsapi_base,snsapi_login", "s", "10005"),
        case(
            official().scopes(["snsapi_base"]),
            shop,
            "snsapi_userinfo",
            "s",
            "10005",
        ),
        case(
            official(),
            "https%3A%2F%2Fexample.cn%2F",
            "snsapi_base",
            "s",
            "10003",
        ),
        case(
            official(),
            "https%3A%2F%2Fwww.shop.example.cn%2F",
            "snsapi_base",
            "s",
            "10003",
        ),
        case(
            official(),
            "https%3A%2F%2Fshop.example.cn%3A8443%2F",
            "snsapi_base",
            "s",
            "10003",
        ),
        case(
            official(),
            "http%3A%2F%2F127.0.0.1%3A8008%2F",
            "snsapi_base",
            "s",
            "10003",
        ),
        case(
            official(),
            "shop.example.cn%2F",
            "snsapi_base",
            "s",
            "redirect_uri 参数错误",
        ),
        // Encoded twice is no address after decoding once.
        case(
            official(),
            "https%253A%252F%252Fshop.example.cn%252F",
            "snsapi_base",
            "s",
            "redirect_uri 参数错误",
        ),
        case(
            official(),
            "https%3A%2F%2Fshop.example.cn%2F%0d%0aX%3A1",
            "snsapi_base",
            "s",
            "redirect_uri 参数错误",
        ),
        case(Account::test(), shop, "snsapi_base", "s", "10003"),
        case(official(), shop, "snsapi_base", &long, "state参数过长"),
        case(official().blocked(true), shop, "snsapi_base", "s", "10004"),
        case(website, shop, "snsapi_base", "s", "10016"),
        (
            official(),
            at(&official(), shop, "snsapi_base", "s")
                .replace("response_type=code", "response_type=token"),
            "该链接无法访问",
        ),
    ] {
        let sim = with(account);
        let answer = get(&sim, &path);
        assert_eq!(
            (answer.status, answer.header("location")),
            (200, None),
            "{path}"
        );
        assert!(
            answer.text().contains(shown),
            "{path}: {shown} not in {}",
            answer.text()
        );
    }
}

#[test]
fn the_way_back_is_wechats() {
    let back = |account: Account, redirect_uri: &str, state: &str| {
        let path = at(&account, redirect_uri, "snsapi_base", state);
        let answer = get(&with(account), &path);
        answer.location().replace(&answer.code(), "CODE")
    };
    let official = || official().domain("pay.example.cn/app");
    for (redirect_uri, state, expected) in [
        (
            "https%3A%2F%2Fshop.example.cn%2Fp",
            "a1B2c3",
            "https://shop.example.cn/p?code=CODE&state=a1B2c3",
        ),
        (
            "https%3A%2F%2Fshop.example.cn",
            "s",
            "https://shop.example.cn/?code=CODE&state=s",
        ),
        (
            "http%3A%2F%2Fshop.example.cn%2Fp%3Fx%3D%252B%26x%3D1%26code%3Dc",
            "s",
            "http://shop.example.cn/p?x=%2B&x=1&code=c&code=CODE&state=s",
        ),
        (
            "https%3A%2F%2Fshop.example.cn%2Fp%23%2Froute",
            "s",
            "https://shop.example.cn/p?code=CODE&state=s#/route",
        ),
        (
            "https%3A%2F%2FSHOP.example.cn%3A443%2Fp",
            "s",
            "https://SHOP.example.cn:443/p?code=CODE&state=s",
        ),
        (
            "https://pay.example.cn/app/x",
            "s",
            "https://pay.example.cn/app/x?code=CODE&state=s",
        ),
        (
            "https://shop.example.cn/%E4%B8%AD%20%E6%96%87",
            "s",
            "https://shop.example.cn/%E4%B8%AD%20%E6%96%87?code=CODE&state=s",
        ),
        (
            "https://shop.example.cn/",
            "a%22%2Bb.c-%252B",
            "https://shop.example.cn/?code=CODE&state=a%22%2Bb.c-%252B",
        ),
        (
            "https://shop.example.cn/a+b",
            "a+b",
            "https://shop.example.cn/a%20b?code=CODE&state=a+b",
        ),
        (
            "https://shop.example.cn/",
            "",
            "https://shop.example.cn/?code=CODE&state=",
        ),
    ] {
        assert_eq!(back(official(), redirect_uri, state), expected);
    }
    let longest = "x".repeat(128);
    assert!(back(official(), "https://shop.example.cn/", &longest).ends_with(&longest));
    let mangled = back(
        official().mangle_state(true),
        "https://shop.example.cn/",
        "%257B%2522a%2522%257D%2526",
    );
    assert_eq!(
        mangled,
        "https://shop.example.cn/?code=CODE&state=%7Ba%7D%26"
    );
}

#[test]
fn a_test_account_goes_to_this_machine_and_where_it_is_set_up_to() {
    let goes = |account: Account, redirect_uri: &str| {
        get(
            &with(account.clone()),
            &at(&account, redirect_uri, "snsapi_base", "s"),
        )
        .status
            == 302
    };
    for loopback in [
        "http://127.0.0.1:8008/",
        "http://localhost/p",
        "https://[::1]:1/",
        "http://app.localhost:8008/",
    ] {
        assert!(goes(Account::test(), loopback), "{loopback}");
        assert!(!goes(official(), loopback), "{loopback}");
    }
    assert!(goes(
        Account::test().domain("10.0.0.7:8008"),
        "http://10.0.0.7:8008/x"
    ));
    assert!(!goes(
        Account::test().domain("10.0.0.7:8008"),
        "http://10.0.0.7/x"
    ));
    assert!(!goes(Account::test(), "http://127.0.0.1.evil.example/"));
    assert!(goes(
        official().any_redirect(true),
        "http://anything.example:99/"
    ));
    let three = || {
        official()
            .domain("two.example.cn")
            .domain("three.example.cn")
    };
    assert!(
        goes(three(), "https://shop.example.cn/") && goes(three(), "https://three.example.cn/")
    );
    assert!(!goes(three(), "https://two.example.cn/"));
}

#[test]
fn only_wechat_is_let_in() {
    let sim = with(Account::official(
        "wx0123456789abcdef",
        "secret",
        "shop.example.cn",
    ));
    let path = at(
        sim.account(),
        "https://shop.example.cn/",
        "snsapi_base",
        "s",
    );
    let let_in = |agent: &str| {
        let answer = get_as(&sim, &path, &[("User-Agent", agent)]);
        assert!(answer.status == 302 || answer.text().contains("请在微信客户端打开链接"));
        answer.status == 302
    };
    assert!(let_in(WECHAT));
    assert!(let_in(
        &format!("{WECHAT} miniProgram/wx2c1c63e28bb33be1").to_lowercase()
    ));
    assert!(!let_in("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"));
    assert!(!let_in(
        "Mozilla/5.0 (iPhone) wxwork/4.1.30 MicroMessenger/7.0.1 Language/zh"
    ));
    assert!(!let_in(""));
    assert_eq!(get(&sim, &path).status, 200, "no user agent at all");
}

#[test]
fn a_person_is_asked_and_can_be_anybody() {
    let sim = start(Simulator::builder());
    let page = get(&sim, &authorize(sim.account(), "snsapi_userinfo"));
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    for word in ["同意", "拒绝"] {
        assert_eq!(page.text().matches(word).count(), 1, "{word}");
    }
    assert!(page.text().contains(sim.account().appid()));
    assert!(
        !page.text().contains("<script"),
        "a name must not become a script"
    );
    for link in ["同意 Allow", "拒绝 Deny"] {
        let href = page.link(link);
        assert!(href.starts_with(sim.url()) && !href.contains('&'), "{href}");
    }

    let who = |answer: &Answer| {
        get(&sim, &access_token(sim.account(), &answer.code())).json()["openid"].clone()
    };
    let openid = |person: &Person| person.openid(sim.account().appid());
    let allowed = get(&sim, &page.link("同意"));
    assert!(
        allowed
            .location()
            .starts_with("http://127.0.0.1:8008/page?code=")
    );
    assert!(allowed.location().ends_with("&state=a1B2c3"));
    assert_eq!(who(&allowed), openid(&Person::named("小明")));
    assert_eq!(
        get(&sim, &page.link("拒绝")).location(),
        "http://127.0.0.1:8008/page?state=a1B2c3"
    );

    for person in Person::cast()
        .into_iter()
        .filter(|person| !person.name().is_empty())
    {
        let chosen = page.text();
        let id = format!("choose/{}?", person.id());
        let start = chosen
            .find(&id)
            .unwrap_or_else(|| panic!("{person:?} to choose"));
        let href = chosen[start..].split('"').next().unwrap_or_default();
        let chosen = get(&sim, &format!("/connect/oauth2/{href}"));
        assert_eq!(who(&get(&sim, &chosen.link("同意"))), openid(&person));
    }
    // The page counts as one call however often it is chosen from.
    assert_eq!(sim.count(Endpoint::Authorize), 1);
}

#[test]
fn a_browser_stays_who_it_chose_to_be() {
    let sim = start(Simulator::builder());
    let hong = Person::named("小红");
    let page = get(&sim, &authorize(sim.account(), "snsapi_userinfo"));
    let chosen = get(&sim, &page.link("小红"));
    let allowed = get(&sim, &chosen.link("同意"));
    let cookie = allowed.header("set-cookie").expect("a cookie");
    assert!(cookie.contains("Path=/connect;"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap_or_default();

    let base = authorize(sim.account(), "snsapi_base");
    let who = |headers: &[(&str, &str)]| {
        let code = get_as(&sim, &base, headers).code();
        get(&sim, &access_token(sim.account(), &code)).json()["openid"].clone()
    };
    let openid = |person: &Person| person.openid(sim.account().appid());
    assert_eq!(who(&[("Cookie", cookie)]), openid(&hong));
    sim.set_consent(Consent::Automatic);
    assert_eq!(who(&[("Cookie", cookie)]), openid(&Person::named("小明")));
    sim.set_consent(Consent::Ask);
    assert_eq!(who(&[]), openid(&Person::named("小明")));
    assert_eq!(
        who(&[("Cookie", "wechat_simulator_person=x.y")]),
        openid(&Person::named("小明"))
    );
    sim.sign_in(Person::named("老王"));
    assert_eq!(who(&[("Cookie", cookie)]), openid(&Person::named("老王")));
    let stranger = Person::named("路人");
    sim.sign_in(stranger.clone());
    assert_eq!(who(&[]), openid(&stranger));
    assert!(sim.people().contains(&stranger));
}

#[test]
fn refusing() {
    let path = |account: &Account| at(account, "https://shop.example.cn/", "snsapi_userinfo", "s");
    let sim = with(official());
    sim.set_consent(Consent::Refuse);
    let stays = get(&sim, &path(sim.account()));
    assert_eq!((stays.status, stays.header("location")), (200, None));
    assert_eq!(
        get(&sim, &path(sim.account()).replace("userinfo", "base")).status,
        302,
        "base asks nobody"
    );
    let sim = with(official().refusal_returns(true));
    sim.set_consent(Consent::Refuse);
    assert_eq!(
        get(&sim, &path(sim.account())).location(),
        "https://shop.example.cn/?state=s"
    );
}

#[test]
fn consent_is_remembered_for_thirty_days() {
    let sim = with(official());
    let path = at(
        sim.account(),
        "https://shop.example.cn/",
        "snsapi_userinfo",
        "s",
    );
    let is_asked = || get(&sim, &path).status == 200;
    get(&sim, &path).code();
    sim.set_consent(Consent::Ask);
    assert!(!is_asked());
    assert_eq!(get(&sim, &format!("{path}&forcePopup=true")).status, 200);
    sim.advance(30 * DAY - MINUTE);
    assert!(!is_asked());
    sim.advance(MINUTE);
    assert!(is_asked());
    get(&sim, &get(&sim, &path).link("同意")).code();
    assert!(!is_asked());
    sim.revoke(&Person::named("小明"));
    assert!(is_asked());

    let sim = with(official().remember_consent(false));
    get(&sim, &path).code();
    sim.set_consent(Consent::Ask);
    assert_eq!(get(&sim, &path).status, 200);
    let sim = with(official().entered_from_menu(true));
    sim.set_consent(Consent::Ask);
    assert_eq!(get(&sim, &path).status, 302);
    sim.sign_in(Person::named("路人").follower(false));
    assert_eq!(get(&sim, &path).status, 200);
}

#[test]
fn a_test_account_lets_in_followers_only() {
    let sim = automatic();
    sim.sign_in(Person::named("路人").follower(false));
    for scope in ["snsapi_base", "snsapi_userinfo"] {
        let answer = get(&sim, &authorize(sim.account(), scope));
        assert!(answer.status == 200 && answer.text().contains("10006"));
    }
    let sim = with(Account::test().follower_only(false));
    sim.sign_in(Person::named("路人").follower(false));
    assert_eq!(
        get(&sim, &authorize(sim.account(), "snsapi_base")).status,
        302
    );
}

#[test]
fn the_page_may_redirect_to_itself_first_and_mind_the_order() {
    let sim = with(official().connect_redirect(true));
    let path = at(
        sim.account(),
        "https://shop.example.cn/",
        "snsapi_base",
        "s",
    );
    let itself = get(&sim, &path);
    assert_eq!(
        itself.location(),
        format!("{path}&connect_redirect=1#wechat_redirect")
    );
    assert_eq!(
        get(
            &sim,
            itself.location().split('#').next().unwrap_or_default()
        )
        .location()
        .split('?')
        .next(),
        Some("https://shop.example.cn/")
    );

    let other_order = format!(
        "/connect/oauth2/authorize?appid={}&scope=snsapi_base&response_type=code&redirect_uri=https://shop.example.cn/&state=s",
        official().appid()
    );
    let strict = with(official().strict_order(true));
    assert!(get(&strict, &other_order).text().contains("该链接无法访问"));
    assert_eq!(
        get(&strict, &format!("{path}&connect_redirect=1&unknown=x")).status,
        302
    );
    assert_eq!(get(&with(official()), &other_order).status, 302);
}

#[test]
fn hostile_requests_get_no_server_error() {
    let sim = start(Simulator::builder().control_api(true));
    let id = Person::named("小明").id().to_owned();
    let huge = "x".repeat(20_000);
    let queries = [
        String::new(),
        "&&&=&=&%".to_owned(),
        "appid=%ff%fe&redirect_uri=%00&scope=%&state=%zz".to_owned(),
        format!(
            "appid={}&redirect_uri=http%3A%2F%2F127.0.0.1%2F%ff%0d%0a&response_type=code&scope=snsapi_base&state=%0d%0aX:1",
            Account::test().appid()
        ),
        format!(
            "appid={}&redirect_uri=http%3A%2F%2F127.0.0.1%2F%E2%80%AE&response_type=code&scope=snsapi_base&state=%E4%B8%AD",
            Account::test().appid()
        ),
        format!("appid={huge}&code={huge}&uuid={huge}&ask={huge}&access_token={huge}"),
        "ask=ask%3Dask&uuid='\"<script>&last=99999999999".replace(['"', '<', '>'], "%22"),
    ];
    let paths = [
        "/".to_owned(),
        "/connect/oauth2/authorize".to_owned(),
        "/connect/full_service".to_owned(),
        "/connect/qrconnect".to_owned(),
        "/connect/l/qrconnect".to_owned(),
        "/connect/confirm".to_owned(),
        "/connect/qrcode/x".to_owned(),
        "/connect/qrcode/%ff".to_owned(),
        "/mmopen/vi_32/%E4%B8%AD/132".to_owned(),
        "/mmopen/vi_32/x/9999999".to_owned(),
        "/sns/oauth2/access_token".to_owned(),
        "/sns/oauth2/refresh_token".to_owned(),
        "/sns/userinfo".to_owned(),
        "/sns/auth".to_owned(),
        "/_control/v1/calls".to_owned(),
        format!("/connect/oauth2/allow/{id}"),
        format!("/connect/oauth2/choose/{id}"),
        format!("/connect/oauth2/deny/{id}"),
        "/connect/oauth2/allow/nobody".to_owned(),
        format!("/connect/confirm/allow/{id}"),
        format!("/connect/confirm/deny/{id}"),
    ];
    for path in &paths {
        // A page never reads a body, and the server would wait for the rest of it.
        let form = if path.starts_with("/sns") {
            "a=%ff&&"
        } else {
            ""
        };
        for query in &queries {
            for (method, body) in [("GET", ""), ("HEAD", ""), ("POST", form), ("DELETE", "")] {
                let raw = exchange(
                    &sim,
                    method,
                    &format!("{path}?{query}"),
                    &[("Cookie", "wechat_simulator_person=%ff")],
                    body,
                );
                let raw = String::from_utf8_lossy(&raw.expect("an answer")).into_owned();
                let status = raw.split(' ').nth(1).unwrap_or_default().to_owned();
                assert!(
                    status.starts_with(['2', '3', '4']),
                    "{method} {path}?{query}: {raw}"
                );
                assert!(!raw.contains("\r\nX:1"), "{raw}");
            }
        }
    }
}

#[test]
fn pictures_are_drawn_here() {
    let sim = automatic();
    let tokens = log_in(&sim, &Person::named("小明"), "snsapi_userinfo");
    let url = get(&sim, &userinfo(&tokens)).json()["headimgurl"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    for (size, pixels) in [
        ("132", "132"),
        ("0", "640"),
        ("46", "46"),
        ("64", "64"),
        ("96", "96"),
    ] {
        let picture = get(
            &sim,
            &format!("{}/{size}", url.rsplit_once('/').expect("a size").0),
        );
        assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
        assert!(
            picture.text().contains(&format!("width='{pixels}'")),
            "{}",
            picture.text()
        );
    }
    assert_eq!(get(&sim, "/mmopen/vi_32/x/133").status, 404);
}
