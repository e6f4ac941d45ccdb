//! WeChat's QR code within a page of the app's own: the options for its script.

use actix_web::{cookie::Key, http::Method, web};
use actix_wechat::{
    Builder, Outside, Wechat,
    simulator::{Account, Endpoint, Person, Simulator},
    wx_login,
};
use serde_json::Value;

use support::{
    Page, Port, Visitor,
    app::{routes, serve, session},
    wechat,
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const WEBSITE: (&str, &str) = ("wx3eb0000000000001", "s3cret");
const SCRIPT: [(&str, &str); 4] = [
    ("accept", "application/json"),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-dest", "empty"),
];

struct Site {
    wechat: Simulator,
    port: Port,
}

impl Site {
    async fn start(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let website = Account::website(WEBSITE.0, WEBSITE.1, "127.0.0.1").any_redirect(true);
        let both = Simulator::builder()
            .account(Account::test())
            .account(website);
        let (wechat, port) = (wechat::start(both).await, Port::new());
        let builder = Wechat::simulated(&wechat).public_url(port.url());
        let account = settings(builder).build().expect("settings that work");
        let key = Key::generate();
        serve(&port.url(), move |config| {
            config.service(
                web::scope("")
                    .app_data(account.worker())
                    .wrap(session(&key))
                    .route("/wx_login", web::to(wx_login))
                    .configure(routes),
            );
        });
        Self { wechat, port }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.port.url())
    }

    async fn ask(&self, visitor: &Visitor, query: &str) -> Value {
        let page = visitor
            .get_with(&self.at(&format!("/wx_login{query}")), &SCRIPT)
            .await;
        page.assert_status(200);
        serde_json::from_str(&page.body).expect("JSON")
    }

    fn code(&self) -> String {
        let person = Person::named("小明");
        self.wechat.mint_code(WEBSITE.0, &person, "snsapi_login")
    }
}

fn with_website(builder: Builder) -> Builder {
    builder.outside(Outside::website(WEBSITE.0, WEBSITE.1))
}

/// Where the options lead, decoded as WeChat decodes it.
fn redirect_uri(options: &Value) -> String {
    let encoded = options["redirect_uri"].as_str().expect("an address");
    let query = format!("redirect_uri={encoded}");
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.next().expect("a parameter").1.into_owned()
}

#[actix_web::test]
async fn whoever_scans_lands_on_the_page() {
    let site = Site::start(with_website).await;
    for (path, sees) in [
        ("/user?a=1&b=%22", "小明"),
        ("/user", "小明"),
        ("/openid?code=7", ""),
    ] {
        let visitor = Visitor::new().with_user_agent(FIREFOX);
        let return_to: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        let url = site.at(&format!("/wx_login?return_to={return_to}"));
        let page = visitor.get_with(&url, &SCRIPT).await;
        page.assert_status(200);
        for (name, value) in [
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(page.header(name), value);
        }
        let [cookie] = &page.set_cookies()[..] else {
            panic!("one cookie: {page:?}");
        };
        for part in [
            "wechat.wx7e57000000000001=",
            "HttpOnly",
            "SameSite=Lax",
            "Path=/",
            "Max-Age=600",
        ] {
            assert!(cookie.contains(part), "{cookie}");
        }
        let options: Value = serde_json::from_str(&page.body).expect("JSON");
        let state = options["state"].as_str().expect("a state");
        assert_eq!(options.as_object().expect("an object").len(), 5);
        assert_eq!(options["appid"], WEBSITE.0);
        assert_eq!(options["scope"], "snsapi_login");
        assert_eq!(options["self_redirect"], false);
        assert_eq!(redirect_uri(&options), site.at(path));
        let separator = if path.contains('?') { '&' } else { '?' };
        let back = format!(
            "{}{separator}code={}&state={state}",
            site.at(path),
            site.code()
        );
        let landed = visitor.visit(&back).await;
        assert_eq!(landed.assert_status(200).url, site.at(path));
        assert!(landed.body.contains(sees));
    }
    assert_eq!(site.wechat.count(Endpoint::AccessToken), 3);
}

#[actix_web::test]
async fn the_pending_login_is_the_one_of_every_page() {
    let site = Site::start(with_website).await;
    let visitor = Visitor::new().with_user_agent(FIREFOX);
    let first = site.ask(&visitor, "?return_to=/user").await;
    let again = site.ask(&visitor, "?return_to=/openid").await;
    let page = visitor.get(&site.at("/user")).await;
    assert_eq!(first["state"], again["state"]);
    assert_eq!(
        page.location_param("state").as_deref(),
        first["state"].as_str()
    );
    // Somebody else's browser completes none of it.
    let state = first["state"].as_str().expect("a state");
    let back = site.at(&format!("/user?code={}&state={state}", site.code()));
    let stranger = Visitor::new().with_user_agent(FIREFOX);
    assert!(
        stranger
            .visit(&back)
            .await
            .url
            .contains("/connect/qrconnect")
    );
    // Inside a frame nobody is logged in.
    let framed = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
    visitor.get_with(&back, &framed).await.assert_status(401);
    assert_eq!(site.wechat.count(Endpoint::AccessToken), 0);
    assert_eq!(visitor.visit(&back).await.assert_status(200).body, "小明");
}

#[actix_web::test]
async fn return_to_names_a_page_of_this_app() {
    let site = Site::start(|it| {
        let host = it.return_origins(["https://www.example.cn"]);
        with_website(host)
    })
    .await;
    let visitor = Visitor::new().with_user_agent(FIREFOX);
    let shared = format!("%2Fuser%3Fcode%3Dx%26state%3D0l{}", "a".repeat(32));
    for (return_to, page) in [
        ("", "/"),
        ("%2Fuser", "/user"),
        ("%2Fuser%23top", "/user"),
        ("%2F..%2Fuser", "/user"),
        (&shared, "/user"),
        ("%2Fwx_login", "/"),
        ("%2F%2Fevil.example", "/"),
        ("https%3A%2F%2Fevil.example%2F", "/"),
        ("https%3A%2F%2Fwww.example.cn%2F", "/"),
        ("javascript%3Aalert(1)", "/"),
    ] {
        let options = site.ask(&visitor, &format!("?return_to={return_to}")).await;
        assert_eq!(redirect_uri(&options), site.at(page), "{return_to}");
    }
    let options = site.ask(&visitor, "").await;
    assert_eq!(redirect_uri(&options), site.at("/"));
    let own = site.at("/user?a=1");
    let options = site.ask(&visitor, &format!("?return_to={own}")).await;
    assert_eq!(redirect_uri(&options), own);
}

#[actix_web::test]
async fn only_this_sites_scripts_are_told() {
    let site = Site::start(with_website).await;
    let visitor = Visitor::new().with_user_agent(FIREFOX);
    let url = site.at("/wx_login");
    let own = site.at("");
    for (headers, status) in [
        (vec![], 200),
        (vec![("sec-fetch-site", "same-origin")], 200),
        (vec![("sec-fetch-site", "none")], 200),
        (vec![("origin", own.as_str())], 200),
        (vec![("sec-fetch-site", "same-site")], 403),
        (vec![("sec-fetch-site", "cross-site")], 403),
        (vec![("sec-fetch-site", "")], 200),
        (vec![("origin", "https://evil.example")], 403),
        (vec![("origin", "null")], 403),
        (
            vec![
                ("sec-fetch-site", "same-origin"),
                ("origin", "https://evil.example"),
            ],
            403,
        ),
    ] {
        let page = visitor.get_with(&url, &headers).await;
        page.assert_status(status);
        assert_eq!(page.set_cookies().is_empty(), status != 200, "{headers:?}");
        assert_eq!(page.header("cache-control"), "no-store", "{headers:?}");
    }
    for method in [Method::POST, Method::HEAD, Method::PUT] {
        let page = visitor.send(method, &url, &[]).await;
        page.assert_status(405);
        assert!(page.set_cookies().is_empty());
    }
    let long = format!("?return_to=%2Fuser%3Fa%3D{}", "a".repeat(3_000));
    assert_told(
        &visitor.get(&format!("{url}{long}")).await,
        414,
        "address_too_long",
    );
    let plain = Site::start(|it| it).await;
    let page = visitor.get(&plain.at("/wx_login")).await;
    assert_told(&page, 404, "no_website_app");
}

#[track_caller]
fn assert_told(page: &Page, status: u16, error: &str) {
    page.assert_status(status);
    assert_eq!(page.body, format!("{{\"error\":\"{error}\"}}"));
    assert!(page.set_cookies().is_empty());
}
