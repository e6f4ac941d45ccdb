use std::{io::Read as _, time::Duration};

use actix_wechat::simulator::{Account, Consent, Endpoint, Person, Simulator};

use super::client::*;

fn website() -> Account {
    Account::website("wxfedcba9876543210", "website-secret", "shop.example.cn")
}

fn page_path(account: &Account) -> String {
    format!(
        "/connect/qrconnect?appid={}&redirect_uri=https%3A%2F%2Fshop.example.cn%2Fp%3Fx%3D1%23r&response_type=code&scope=snsapi_login&state=s-%22",
        account.appid()
    )
}

fn uuid(page: &Answer) -> String {
    let text = page.text();
    let after = text
        .split("src=\"/connect/qrcode/")
        .nth(1)
        .unwrap_or_else(|| panic!("no picture in {text}"));
    after.split('"').next().unwrap_or_default().to_owned()
}

fn poll(sim: &Simulator, uuid: &str, last: &str) -> String {
    let answer = get(
        sim,
        &format!("/connect/l/qrconnect?uuid={uuid}{last}&_=1700000000000"),
    );
    assert_eq!(answer.header("content-type"), Some("text/javascript"));
    answer.text()
}

#[test]
fn the_code_comes_through_the_poll() {
    let sim = with(website());
    let page = get(&sim, &page_path(sim.account()));
    let uuid = uuid(&page);
    assert_eq!(uuid.len(), 16);
    assert!(page.text().contains("var before = \"https://shop.example.cn/p?x=1\\u0026code=\", after = \"\\u0026state=s-%22\\u0023r\";"), "{}", page.text());
    let picture = get(&sim, &format!("/connect/qrcode/{uuid}"));
    assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
    assert!(picture.text().contains("<svg"));
    assert_eq!(get(&sim, "/connect/qrcode/unknown").status, 404);

    assert_eq!(
        poll(&sim, &uuid, ""),
        "window.wx_errcode=404;window.wx_code='';"
    );
    let confirmed = poll(&sim, &uuid, "&last=404");
    let code = confirmed
        .strip_prefix("window.wx_errcode=405;window.wx_code='")
        .and_then(|rest| rest.strip_suffix("';"));
    let code = code.unwrap_or_else(|| panic!("no code in {confirmed}"));
    assert_eq!(poll(&sim, &uuid, "&last=404"), confirmed, "asked again");
    let tokens = get(&sim, &access_token(sim.account(), code)).json();
    assert_eq!(tokens["scope"], "snsapi_login");
    assert_eq!(tokens["unionid"], Person::named("小明").unionid());
    assert_eq!(get(&sim, &userinfo(&tokens)).json()["nickname"], "小明");
    assert_eq!(sim.count(Endpoint::QrConnect), 1);
}

#[test]
fn a_person_scans_and_decides_on_the_phone() {
    let sim = start(Simulator::builder().account(website()));
    let page = get(&sim, &page_path(sim.account()));
    let uuid = uuid(&page);
    let phone = get(&sim, &page.link("模拟扫码"));
    assert_eq!(
        poll(&sim, &uuid, ""),
        "window.wx_errcode=404;window.wx_code='';"
    );
    for word in ["同意", "拒绝"] {
        assert_eq!(phone.text().matches(word).count(), 1);
    }
    assert_eq!(get(&sim, &phone.link("拒绝")).status, 200);
    assert_eq!(
        poll(&sim, &uuid, "&last=404"),
        "window.wx_errcode=403;window.wx_code='';"
    );
    // Scanned again, by somebody else.
    let phone = get(&sim, &get(&sim, &page.link("模拟扫码")).link("小红"));
    assert_eq!(
        poll(&sim, &uuid, "&last=403"),
        "window.wx_errcode=404;window.wx_code='';"
    );
    // The poll is on its way before the phone confirms: it has the connection already.
    let path = format!("/connect/l/qrconnect?uuid={uuid}&last=404&_=1700000000000");
    let mut waiting = send(&sim, "GET", &path, &[], "").expect("a connection");
    assert_eq!(
        get(&sim, &phone.link("同意")).header("location"),
        None,
        "the phone never calls the site"
    );
    let mut confirmed = String::new();
    waiting
        .read_to_string(&mut confirmed)
        .expect("the end of the wait");
    let code = confirmed.split('\'').nth(1).unwrap_or_default();
    assert!(confirmed.contains("405"), "{confirmed}");
    let tokens = get(&sim, &access_token(sim.account(), code)).json();
    assert_eq!(
        tokens["openid"],
        Person::named("小红").openid(sim.account().appid())
    );
}

#[test]
fn refusing_and_expiring() {
    let sim = with(website());
    sim.set_consent(Consent::Refuse);
    let first = uuid(&get(&sim, &page_path(sim.account())));
    assert!(poll(&sim, &first, "").contains("=404;"));
    assert_eq!(
        poll(&sim, &first, "&last=404"),
        "window.wx_errcode=403;window.wx_code='';"
    );
    sim.set_consent(Consent::Ask);
    let page = get(&sim, &page_path(sim.account()));
    sim.advance(Duration::from_secs(300));
    assert_eq!(
        poll(&sim, &uuid(&page), ""),
        "window.wx_errcode=402;window.wx_code='';"
    );
    assert!(
        get(&sim, &page.link("模拟扫码"))
            .text()
            .contains("二维码已失效")
    );
    assert!(poll(&sim, "unknown", "").contains("=402;"));
}

#[test]
fn a_website_code_lives_ten_minutes() {
    let sim = with(website());
    let ming = Person::named("小明");
    let mint = || sim.mint_code(sim.account().appid(), &ming, "snsapi_login");
    let (in_time, late) = (mint(), mint());
    sim.advance(Duration::from_secs(599));
    assert_eq!(
        get(&sim, &access_token(sim.account(), &in_time)).json()["scope"],
        "snsapi_login"
    );
    sim.advance(Duration::from_secs(1));
    assert_eq!(
        get(&sim, &access_token(sim.account(), &late)).errcode(),
        40029
    );
}

#[test]
fn the_page_checks_too() {
    let sim = start(
        Simulator::builder()
            .account(website())
            .account(Account::test()),
    );
    let path = page_path(sim.account());
    let test = Account::test();
    for (path, shown) in [
        ("/connect/qrconnect".to_owned(), "10012"),
        (path.replace("snsapi_login", "snsapi_userinfo"), "10005"),
        (path.replace(sim.account().appid(), test.appid()), "10005"),
        (path.replace("shop.example.cn", "evil.example.cn"), "10003"),
    ] {
        let answer = get(&sim, &path);
        assert!(
            answer.status == 200 && answer.text().contains(shown),
            "{path}: {}",
            answer.text()
        );
    }
    // The embedded form has no response_type; a long state is no trouble here; any browser will do.
    let embedded = path.replace("&response_type=code", "")
        + &"x".repeat(200)
        + "&login_type=jssdk&self_redirect=true";
    let page = get(&sim, &embedded);
    assert!(page.text().contains("(window).location"), "{}", page.text());
    assert!(get(&sim, &path).text().contains("(window.top).location"));
}

#[test]
fn nothing_ends_the_script_early() {
    let sim = with(website());
    let hostile =
        page_path(sim.account()).replace("%3Fx%3D1", "%3C%2Fscript%3E%22%27%5B%3C!--%E2%80%A8");
    let page = get(&sim, &hostile).text();
    assert_eq!(page.matches("</script>").count(), 1, "{page}");
    assert!(
        page.contains("\\u003c/script\\u003e\\u0022\\u0027"),
        "{page}"
    );
}

#[test]
fn the_script_for_frames_is_at_wechats_path() {
    let sim = with(website());
    for (path, status) in [
        ("/connect/zh_CN/htmledition/js/wxLogin.js", 200),
        ("/connect/en_US/htmledition/js/wxLogin.js?v=1", 200),
        ("/connect/zh_CN/htmledition/js/wxlogin.js", 200),
        ("/connect/zh_CN/htmledition/js/jweixin.js", 404),
    ] {
        let answer = get_as(&sim, path, &[("Host", "res.wx.qq.com")]);
        assert_eq!(answer.status, status, "{path}");
        if status == 200 {
            let content_type = answer.header("content-type").unwrap_or_default();
            assert!(
                content_type.starts_with("text/javascript"),
                "{content_type}"
            );
            assert!(answer.text().contains("window.WxLogin"));
        }
    }
}

#[test]
fn the_frames_page_takes_a_style() {
    let sim = with(website());
    let path = page_path(sim.account()).replace("&response_type=code", "&login_type=jssdk");
    let css = "data:text/css;base64,LmluZm97ZGlzcGxheTpub25lfQ==";
    for (appended, expected, there) in [
        (
            "&href=https%3A%2F%2Fa.cn%2Fa.css",
            "href=\"https:&#x2F;&#x2F;a.cn&#x2F;a.css\"",
            true,
        ),
        (
            "&href=data%3Atext%2Fcss%3Bbase64%2CLmluZm97ZGlzcGxheTpub25lfQ%3D%3D",
            "rel=\"stylesheet\"",
            true,
        ),
        ("&href=javascript%3Aalert(1)", "javascript:", false),
        (
            "&href=http%3A%2F%2Fa.cn%2Fa.css",
            "rel=\"stylesheet\"",
            false,
        ),
        (
            "&stylelite=1&href=https%3A%2F%2Fa.cn%2Fa.css",
            "rel=\"stylesheet\"",
            false,
        ),
        (
            "&href=https%3A%2F%2Fa.cn%2F%22%3E%3Cscript%3E",
            "<script>\"",
            false,
        ),
    ] {
        let page = get(&sim, &format!("{path}{appended}")).text();
        let unescaped = page.replace("&#x2F;", "/");
        let expected = expected.replace("&#x2F;", "/");
        assert_eq!(unescaped.contains(&expected), there, "{appended}: {page}");
        assert_eq!(page.matches("</script>").count(), 1, "{css}");
    }
}
