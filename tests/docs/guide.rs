//! What the guide says of other crates, and no other test holds.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use actix_cors::Cors;
use actix_session::{
    Session,
    config::{PersistentSession, SessionMiddlewareBuilder},
    storage::CookieSessionStore,
};
use actix_web::{
    App, HttpResponse,
    cookie::{Key, time::Duration},
    http::header,
    middleware::{DefaultHeaders, Logger, from_fn},
    test, web,
};
use actix_wechat::{Builder, Wechat, WechatUser, login, require_user};

fn wechat(settings: impl FnOnce(Builder) -> Builder) -> Wechat {
    let builder = Wechat::builder()
        .appid("wx0123456789abcdef")
        .secret("0123456789abcdef0123456789abcdef")
        .public_url("https://api.example.cn");
    settings(builder).build().expect("settings that work")
}

fn session(wechat: &Wechat) -> SessionMiddlewareBuilder<CookieSessionStore> {
    wechat.session(CookieSessionStore::default(), Key::generate())
}

async fn page(user: WechatUser) -> String {
    user.nickname
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the log").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[actix_web::test]
async fn an_access_log_of_paths_shows_no_code() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    for (format, shows_codes) in [(r#"%a "%U" %s %b %T"#, false), (r#"%a "%r" %s"#, true)] {
        log.0.lock().expect("the log").clear();
        let app = App::new().wrap(Logger::new(format));
        let app = test::init_service(app).await;
        let request = test::TestRequest::get().uri("/page?code=SPENT&state=0u1");
        test::call_service(&app, request.to_request()).await;
        let told = String::from_utf8(log.0.lock().expect("the log").clone()).expect("text");
        assert!(told.contains("/page"), "{told}");
        assert_eq!(told.contains("SPENT"), shows_codes, "{told}");
    }
}

/// The session's cookie after something was stored.
async fn session_cookie(session: SessionMiddlewareBuilder<CookieSessionStore>) -> String {
    let store = |session: Session| async move {
        let stored = session.insert("cart", "a book");
        HttpResponse::Ok().body(stored.is_ok().to_string())
    };
    let app = App::new()
        .wrap(session.build())
        .route("/", web::get().to(store));
    let app = test::init_service(app).await;
    let answer = test::call_service(&app, test::TestRequest::get().to_request()).await;
    let cookie = answer.headers().get(header::SET_COOKIE).expect("a cookie");
    cookie.to_str().expect("plain text").to_owned()
}

#[actix_web::test]
async fn a_session_ends_with_the_browser_unless_it_is_said_to_persist() {
    let wechat = wechat(|it| it);
    let as_it_comes = session_cookie(session(&wechat)).await;
    assert!(as_it_comes.starts_with("__Host-id="), "{as_it_comes}");
    for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(as_it_comes.contains(part), "{as_it_comes}");
    }
    assert!(!as_it_comes.contains("Max-Age"), "{as_it_comes}");
    let month = PersistentSession::default().session_ttl(Duration::days(30));
    let kept = session_cookie(session(&wechat).session_lifecycle(month)).await;
    assert!(kept.contains("Max-Age=2592000"), "{kept}");
}

#[actix_web::test]
async fn a_front_end_elsewhere_reads_its_401() {
    const FRONT_END: &str = "https://www.example.cn";
    let wechat = wechat(|it| it.return_origins([FRONT_END]).login_path("/login"));
    let cors = Cors::default()
        .allowed_origin(FRONT_END)
        .allowed_methods(["GET", "POST"])
        .allowed_headers([header::ACCEPT, header::CONTENT_TYPE])
        .supports_credentials();
    let app = App::new()
        .app_data(wechat.worker())
        .wrap(session(&wechat).build())
        .wrap(cors)
        .route("/api/me", web::get().to(page))
        .route("/login", web::get().to(login));
    let app = test::init_service(app).await;
    let request = test::TestRequest::get()
        .uri("/api/me")
        .insert_header((header::ORIGIN, FRONT_END))
        // What browsers tell another host of the page.
        .insert_header((header::REFERER, "https://www.example.cn/"))
        .insert_header((header::ACCEPT, "application/json"));
    let answer = test::call_service(&app, request.to_request()).await;
    assert_eq!(answer.status(), 401);
    let head = |name| answer.headers().get(name).expect("a header of CORS");
    assert_eq!(head(header::ACCESS_CONTROL_ALLOW_ORIGIN), FRONT_END);
    assert_eq!(head(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), "true");
    let json: serde_json::Value = test::read_body_json(answer).await;
    assert_eq!(
        json["login_url"],
        "https://api.example.cn/login?return_to=https%3A%2F%2Fwww.example.cn%2F"
    );
}

/// A fragment within `return_to` survives; the page itself is never told one.
#[actix_web::test]
async fn a_login_leads_back_to_a_fragment() {
    let front_end = "https://www.example.cn";
    let wechat = wechat(|it| it.return_origins([front_end]));
    let app = App::new()
        .app_data(wechat.worker())
        .wrap(session(&wechat).build())
        .route("/login", web::get().to(login));
    let app = test::init_service(app).await;
    for (return_to, location) in [
        ("/app%23/orders/7", "/app#/orders/7"),
        (
            "https%3A%2F%2Fwww.example.cn%2F%23%2Forders%2F7",
            "https://www.example.cn/#/orders/7",
        ),
    ] {
        let uri = format!("/login?return_to={return_to}");
        let request = test::TestRequest::get().uri(&uri).to_request();
        WechatUser::fake("小明").sign_in(&request);
        let answer = test::call_service(&app, request).await;
        assert_eq!(answer.status(), 303);
        assert_eq!(
            answer.headers().get(header::LOCATION).expect("a way on"),
            location
        );
    }
}

#[actix_web::test]
async fn an_old_callback_route_leads_on_without_its_code() {
    let app = App::new().service(web::redirect("/wechat/callback", "/"));
    let app = test::init_service(app).await;
    let request = test::TestRequest::get().uri("/wechat/callback?code=OLD&state=next");
    let answer = test::call_service(&app, request.to_request()).await;
    assert!(answer.status().is_redirection());
    assert_eq!(
        answer.headers().get(header::LOCATION).expect("a way on"),
        "/"
    );
}

#[actix_web::test]
async fn an_answer_about_a_person_is_for_no_shared_cache() {
    let by_default = || DefaultHeaders::new().add(("Cache-Control", "private, no-store"));
    let app = App::new()
        .wrap(by_default())
        .route("/", web::get().to(page))
        .service(
            web::scope("/guarded")
                .wrap(from_fn(require_user))
                .route("/", web::get().to(page)),
        );
    let app = test::init_service(app).await;
    for (path, expected) in [
        ("/", "private, no-store"),
        ("/guarded/", "private, no-cache"),
    ] {
        let request = test::TestRequest::get().uri(path).to_request();
        WechatUser::fake("小明").sign_in(&request);
        let answer = test::call_service(&app, request).await;
        let told = answer.headers().get(header::CACHE_CONTROL);
        assert_eq!(told.expect("a word about caches"), expected);
    }
}
