//! Visitors outside WeChat's browser.

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_wechat::simulator::{Account, Consent, Endpoint, Person, Simulator};

use super::{PROFILE, assert_authorize, assert_headers, calls, openid_of, wechat, wechat_of};
use support::{
    Page, Visitor,
    demo::{Demo, me},
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const WECOM: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
    (KHTML, like Gecko) Mobile/15E148 wxwork/4.1.30 MicroMessenger/7.0.1 Language/zh";
const MINI_PROGRAM: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2_1 like Mac OS X) \
    AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.76(0x18004c24) \
    NetType/WIFI Language/zh_CN miniProgram/wx2c1c63e28bb33be1";
const DESKTOP_WECHAT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36 NetType/WIFI \
    MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090a13) XWEB/18163 Flue";
const WEBSITE: (&str, &str) = ("wx7e57000000000002", "website-secret-of-this-test");

#[actix_web::test]
async fn by_default_everybody_is_sent_to_wechat() {
    let wechat = wechat().await;
    for variables in [&[][..], &[("WECHAT_OUTSIDE", "redirect")]] {
        let demo = Demo::start(&wechat, variables);
        for agent in [FIREFOX, WECOM, MINI_PROGRAM, DESKTOP_WECHAT] {
            let visitor = Visitor::new().with_user_agent(agent);
            let asked = visitor.get(&demo.at(PROFILE)).await;
            assert_authorize(&asked);
            assert_eq!(
                asked.location_param("scope").as_deref(),
                Some("snsapi_userinfo")
            );
        }
    }
}

#[actix_web::test]
async fn outside_wechat_a_page_shows_its_address_as_a_qr_code() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[("WECHAT_OUTSIDE", "qr")]);
    for agent in [FIREFOX, WECOM, "", "curl/8"] {
        let visitor = Visitor::new();
        for path in ["/wechat8008/index?a=1", "/openid", "/login?return_to=%2Fx"] {
            let page = visitor
                .get_with(&demo.at(path), &[("user-agent", agent)])
                .await;
            page.assert_status(200);
            assert_headers(&page);
            assert!(page.set_cookies().is_empty(), "{agent}: {page:#?}");
            assert!(page.body.contains("<svg"), "{}", page.body);
            let text = page
                .body
                .replace("&#x2F;", "/")
                .replace("&#x3D;", "=")
                .replace("&amp;", "&");
            assert!(
                text.contains(&format!("<code>{}</code>", demo.at(path))),
                "{text}"
            );
        }
    }
    // What WeChat appended is not for the phone that scans.
    let state = format!("0u{}", "a".repeat(32));
    let page = Visitor::new()
        .with_user_agent(FIREFOX)
        .get(&demo.at(&format!("{PROFILE}?a=1&code=x&state={state}")))
        .await;
    page.assert_status(200);
    assert!(!page.body.contains(&state), "{}", page.body);
    for agent in [MINI_PROGRAM, DESKTOP_WECHAT] {
        let visitor = Visitor::new().with_user_agent(agent);
        visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
        assert!(openid_of(&demo, &visitor).await.is_some(), "{agent}");
    }
    assert_eq!(calls(&wechat), (2, 2));
    // Programs are told as ever, and the long address has its own page.
    Visitor::new()
        .with_user_agent(FIREFOX)
        .get_with(&demo.at("/api/me"), &[("accept", "application/json")])
        .await
        .assert_status(401);
    let long = Visitor::new()
        .with_user_agent(FIREFOX)
        .get(&demo.at(&format!("{PROFILE}?{}", "x".repeat(5000))))
        .await;
    long.assert_status(414);
}

/// A page's code, which is no icon; empty where there is none.
fn drawn_code(page: &Page) -> &str {
    let start = page.body.find("<svg xmlns").unwrap_or(page.body.len());
    page.body[start..]
        .split("</svg>")
        .next()
        .unwrap_or_default()
}

/// The dark modules of a code, by row and column, as its path draws them.
fn dark_modules(code: &str) -> BTreeSet<(usize, usize)> {
    /// The light border around it.
    const BORDER: usize = 4;
    let path = code.split("<path d=\"").nth(1).expect("a path");
    let path = path.split('"').next().unwrap_or_default();
    let mut dark = BTreeSet::new();
    for run in path.split('M').skip(1) {
        let numbers: Vec<usize> = run
            .split([' ', 'h', 'v'])
            .take(3)
            .map(|number| number.parse().expect("a number"))
            .collect();
        let [x, y, width] = numbers[..] else {
            panic!("no rectangle: {run}");
        };
        dark.extend((x..x + width).map(|x| (y - BORDER, x - BORDER)));
    }
    dark
}

/// Those of the code for a text.
fn modules(text: &str) -> BTreeSet<(usize, usize)> {
    let code = qrcode::QrCode::new(text).expect("a code");
    let colors = code.to_colors();
    let dark = colors.iter().enumerate();
    dark.filter(|(_, color)| **color == qrcode::Color::Dark)
        .map(|(at, _)| (at / code.width(), at % code.width()))
        .collect()
}

/// Past 500 bytes of address there is the link alone, for no phone reads such a code.
#[actix_web::test]
async fn a_long_address_is_a_link_without_a_code() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[("WECHAT_OUTSIDE", "qr")]);
    let outside = Visitor::new().with_user_agent(FIREFOX);
    let short = demo.at(&format!("{PROFILE}?")).len();
    for (length, is_drawn) in [
        (100, true),
        (499, true),
        (500, true),
        (501, false),
        (1_000, false),
        (2_850, false),
    ] {
        let target = format!("{PROFILE}?{}", "x".repeat(length - short));
        for method in [Method::GET, Method::HEAD] {
            let page = outside.send(method.clone(), &demo.at(&target), &[]).await;
            page.assert_status(200);
            assert_headers(&page);
            assert!(page.set_cookies().is_empty(), "{page:#?}");
            if method == Method::HEAD {
                assert!(page.body.is_empty(), "{length}");
                continue;
            }
            let text = page.body.replace("&#x2F;", "/");
            assert!(text.contains(&demo.at(&target)), "{length}: {text}");
            let code = drawn_code(&page);
            assert_eq!(!code.is_empty(), is_drawn, "{length}");
            let (paths, rectangles) =
                (code.matches("<path").count(), code.matches("<rect").count());
            assert_eq!(paths, usize::from(is_drawn), "{length}");
            assert!(rectangles <= 1, "{length}: {rectangles} rectangles");
            if is_drawn {
                let drawn = dark_modules(code);
                assert_eq!(drawn, modules(&demo.at(&target)), "{length}");
            }
            let most = if is_drawn {
                40 * 1024
            } else {
                10 * 1024 + 3 * length
            };
            assert!(page.body.len() < most, "{length}: {}", page.body.len());
        }
    }
    // A HEAD draws nothing, so that it cannot tell how long the page would be.
    let not = outside.send(Method::HEAD, &demo.at(PROFILE), &[]).await;
    assert_eq!(not.header("content-length"), "", "{not:#?}");
    assert_eq!(calls(&wechat), (0, 0));
}

async fn both() -> Simulator {
    let wechat = Simulator::builder()
        .account(Account::test().bound(true))
        .account(Account::website(WEBSITE.0, WEBSITE.1, "127.0.0.1").any_redirect(true))
        .consent(Consent::Automatic)
        .start()
        .await
        .expect("a simulator");
    wechat.sign_in(Person::named("小明"));
    wechat
}

fn with_website<'a>() -> [(&'a str, &'a str); 3] {
    [
        ("WECHAT_OUTSIDE", "website"),
        ("WECHAT_WEBSITE_APPID", WEBSITE.0),
        ("WECHAT_WEBSITE_APPSECRET", WEBSITE.1),
    ]
}

#[actix_web::test]
async fn outside_wechat_the_website_login_shows_wechats_qr_page() {
    let wechat = both().await;
    let demo = Demo::start(&wechat, &with_website());
    let person = Person::named("小明");
    for path in ["/wechat8008/index?a=1", "/openid"] {
        let visitor = Visitor::new().with_user_agent(FIREFOX);
        let asked = visitor.get(&demo.at(path)).await;
        assert_authorize(&asked);
        assert_headers(&asked);
        let state = asked.location_param("state").expect("a state");
        let redirect_uri: String =
            url::form_urlencoded::byte_serialize(demo.at(path).as_bytes()).collect();
        assert_eq!(
            asked.header("location"),
            format!(
                "{}/connect/qrconnect?appid={}&redirect_uri={redirect_uri}&response_type=code&scope=snsapi_login&state={state}#wechat_redirect",
                wechat.url(),
                WEBSITE.0
            )
        );
        let page = visitor.get(&asked.location()).await;
        page.assert_status(200);
        // The page's script comes back with the code of whoever scanned.
        let code = wechat.mint_code(WEBSITE.0, &person, "snsapi_login");
        let separator = if path.contains('?') { '&' } else { '?' };
        let back = format!("{}{separator}code={code}&state={state}", demo.at(path));
        let page = visitor.visit(&back).await;
        page.assert_status(200);
        assert_eq!(page.url, demo.at(path));
        let me = me(&visitor, &demo.url).await;
        let me: serde_json::Value = serde_json::from_str(&me.body).expect("JSON");
        assert_eq!(me["openid"], person.openid(WEBSITE.0));
        assert_eq!(me["unionid"], person.unionid());
    }
    // Each exchange with the appid that the code is of.
    let appids: Vec<_> = wechat
        .calls()
        .into_iter()
        .filter(|call| call.endpoint == Endpoint::AccessToken)
        .map(|call| call.parameter("appid").unwrap_or_default())
        .collect();
    assert_eq!(appids, [WEBSITE.0, WEBSITE.0]);
    // Within WeChat the official account's.
    let visitor = Visitor::new();
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
    assert_eq!(
        openid_of(&demo, &visitor).await,
        Some(person.openid(wechat.account().appid()))
    );
}

#[actix_web::test]
async fn a_site_with_a_website_app_alone_asks_wechats_visitors_to_another_browser() {
    let wechat = both().await;
    let mut variables = with_website().to_vec();
    variables.extend([
        ("WECHAT_OPEN_URL", wechat.url()),
        ("WECHAT_API_URL", wechat.url()),
    ]);
    let demo = Demo::start_with(&variables);
    for path in [
        "/wechat8008/index?a=%22",
        "/openid",
        "/login?return_to=/openid",
    ] {
        let inside = Visitor::new().get(&demo.at(path)).await;
        inside.assert_status(200);
        assert_headers(&inside);
        assert_eq!(inside.set_cookies(), Vec::<String>::new());
        let address = format!("<code>{}</code>", demo.at(path));
        assert!(inside.body.contains(&address), "{path}: {}", inside.body);
        assert!(inside.body.contains("浏览器"), "{}", inside.body);
    }
    let head = Visitor::new()
        .send(Method::HEAD, &demo.at(PROFILE), &[])
        .await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    let script = [("x-requested-with", "XMLHttpRequest")];
    let refused = Visitor::new().get_with(&demo.at(PROFILE), &script).await;
    refused.assert_status(401);
    let visitor = Visitor::new().with_user_agent(FIREFOX);
    let asked = visitor.get(&demo.at("/openid")).await;
    let start = format!("{}/connect/qrconnect?appid={}&", wechat.url(), WEBSITE.0);
    assert!(asked.location().starts_with(&start), "{asked:?}");
    let name = format!("wechat.{}=", WEBSITE.0);
    assert!(asked.set_cookies()[0].starts_with(&name), "{asked:?}");
    let state = asked.location_param("state").expect("a state");
    let person = Person::named("小明");
    let code = wechat.mint_code(WEBSITE.0, &person, "snsapi_login");
    let page = visitor
        .visit(&demo.at(&format!("/openid?code={code}&state={state}")))
        .await;
    assert_eq!(page.assert_status(200).body, person.openid(WEBSITE.0));
    // One login serves both kinds of page.
    visitor.get(&demo.at(PROFILE)).await.assert_status(200);
    assert_eq!(calls(&wechat), (1, 1));
    assert!(demo.log().contains(WEBSITE.0));
    assert!(!demo.log().contains(WEBSITE.1));
}

#[actix_web::test]
async fn the_desktop_page_shows_wechats_qr_code_within_it() {
    let wechat = both().await;
    let demo = Demo::start(&wechat, &with_website());
    let visitor = Visitor::new().with_user_agent(FIREFOX);
    let page = visitor.get(&demo.at("/desktop")).await;
    page.assert_status(200);
    assert!(page.set_cookies().is_empty());
    let script = format!("{}/connect/zh_CN/htmledition/js/wxLogin.js", wechat.url());
    assert!(page.body.contains(&script), "{}", page.body);
    visitor.get(&script).await.assert_status(200);
    let policy = page.header("content-security-policy");
    for part in [
        format!("script-src 'self' {}", wechat.url()),
        format!("frame-src {}", wechat.url()),
        "connect-src 'self'".to_owned(),
    ] {
        assert!(policy.split("; ").any(|it| it == part), "{policy}");
    }
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    let own = visitor.get(&demo.at("/desktop.js")).await;
    assert!(own.assert_status(200).body.contains("new WxLogin("));

    for (variables, script) in [
        (&[][..], None),
        (&[("WECHAT_OUTSIDE", "qr")], None),
        // WeChat's own hosts.
        (
            &[
                ("WECHAT_OUTSIDE", "website"),
                ("WECHAT_WEBSITE_APPID", WEBSITE.0),
                ("WECHAT_WEBSITE_APPSECRET", WEBSITE.1),
                ("WECHAT_OPEN_URL", "https://open.weixin.qq.com"),
            ],
            Some("https://res.wx.qq.com"),
        ),
    ] {
        let demo = Demo::start(&wechat, variables);
        let page = visitor.get(&demo.at("/desktop")).await;
        page.assert_status(if script.is_some() { 200 } else { 404 });
        let policy = page.header("content-security-policy");
        if let Some(script) = script {
            assert!(
                policy.contains(&format!("script-src 'self' {script};")),
                "{policy}"
            );
            assert!(
                policy.contains("frame-src https://open.weixin.qq.com;"),
                "{policy}"
            );
        }
    }
}

#[actix_web::test]
async fn a_qr_login_with_the_official_accounts_appid_alone_is_not_offered() {
    let wechat = wechat_of(Account::test()).await;
    let demo = Demo::start(&wechat, &[]);
    let state = format!("0l{}", "a".repeat(32));
    // Of our shape, but nothing that this demo has asked for.
    let page = Visitor::new()
        .get(&demo.at(&format!("{PROFILE}?code=x&state={state}")))
        .await;
    assert_authorize(&page);
    assert_eq!(calls(&wechat), (0, 0));
}
