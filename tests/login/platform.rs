//! Logins through a third-party platform, without a secret of the account.

use std::{
    future::{pending, ready},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{cookie::Key, web};
use actix_wechat::{
    Builder, Outside, Reason, Tokens, Wechat,
    simulator::{Account, Endpoint, Fault, Simulator},
};
use serde_json::{Value, json};

use support::{
    Port, Visitor,
    app::{routes, serve, session},
    wechat,
};

use crate::events::Events;

const PLATFORM: (&str, &str) = ("wxc000000000000001", "the-platforms-secret");
const SHOPS_SECRET: &str = "the-shops-secret";

/// What the simulator gives a platform that has its secret and a ticket.
async fn component_token(simulator: &Simulator) -> String {
    let url = format!("{}{}", simulator.url(), Endpoint::ComponentToken.path());
    let body = json!({
        "component_appid": PLATFORM.0,
        "component_appsecret": PLATFORM.1,
        "component_verify_ticket": "ticket@@@any",
    });
    let mut answer = awc::Client::new()
        .post(url)
        .send_json(&body)
        .await
        .expect("an answer");
    let body = answer.body().await.expect("a body");
    let told: Value = serde_json::from_slice(&body).expect("JSON");
    told["component_access_token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

struct Site {
    /// No other site's, to tell its events by.
    appid: String,
    events: Events,
    simulator: Simulator,
    account: Wechat,
    /// The platform's token, which its source gives.
    token: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
    port: Port,
}

impl Site {
    async fn start() -> Self {
        Self::start_with(|builder| builder).await
    }

    /// Settings that win over the platform's source, which knows the token.
    async fn start_with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        static SITES: AtomicUsize = AtomicUsize::new(0);
        let appid = format!("wx{:016}", SITES.fetch_add(1, Ordering::SeqCst));
        let events = Events::of(&appid);
        let shop = Account::official(&appid, SHOPS_SECRET, "shop.example.cn")
            .gate_user_agent(false)
            .authorises(PLATFORM.0);
        let platform = Account::platform(PLATFORM.0, PLATFORM.1, "127.0.0.1").any_redirect(true);
        let both = Simulator::builder().account(shop).account(platform);
        let simulator = wechat::start(both).await;
        let token = Arc::new(Mutex::new(component_token(&simulator).await));
        let asked = Arc::new(AtomicUsize::new(0));
        let (current, count) = (Arc::clone(&token), Arc::clone(&asked));
        let port = Port::new();
        let builder = Wechat::builder()
            .appid(&appid)
            .platform(PLATFORM.0, move || {
                count.fetch_add(1, Ordering::SeqCst);
                let token = current.lock().expect("the token").clone();
                async { Ok::<_, std::io::Error>(token) }
            })
            .public_url(port.url())
            .open_url(simulator.url())
            .api_url(simulator.url());
        let account = settings(builder).build().expect("settings that work");
        let (wechat, key) = (account.clone(), Key::generate());
        serve(&port.url(), move |config| {
            config.service(
                web::scope("")
                    .app_data(wechat.worker())
                    .wrap(session(&key))
                    .configure(routes),
            );
        });
        Self {
            appid,
            events,
            simulator,
            account,
            token,
            asked,
            port,
        }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.port.url())
    }

    fn exchanges(&self) -> (usize, usize) {
        let count = |endpoint| self.simulator.count(endpoint);
        (
            count(Endpoint::ComponentAccessToken),
            count(Endpoint::AccessToken),
        )
    }
}

#[actix_web::test]
async fn a_login_goes_by_the_platforms_endpoints() {
    let site = Site::start().await;
    for (path, scope, body) in [
        ("/user?a=1&appid=mine", "snsapi_userinfo", Some("小明")),
        ("/openid", "snsapi_base", None),
    ] {
        let visitor = Visitor::new();
        let pages = visitor.travel(&site.at(path)).await;
        let [asked, back, clean, page] = &pages[..] else {
            panic!("to WeChat, back, clean: {pages:#?}");
        };
        let state = asked.location_param("state").expect("a state");
        let location = asked.header("location");
        let end = format!(
            "&response_type=code&scope={scope}&state={state}&component_appid={}#wechat_redirect",
            PLATFORM.0
        );
        assert!(location.ends_with(&end), "{location}");
        assert!(
            back.location()
                .ends_with(&format!("&state={state}&appid={}", site.appid)),
            "{back:?}"
        );
        assert_eq!(clean.location(), site.at(path));
        page.assert_status(200);
        assert!(body.is_none_or(|body| page.body == body), "{page:?}");
    }
    assert_eq!(site.exchanges(), (2, 0));
    assert_eq!(site.asked.load(Ordering::SeqCst), 2);
    let calls = site.simulator.calls();
    let exchange = calls
        .iter()
        .find(|call| call.endpoint == Endpoint::ComponentAccessToken)
        .expect("an exchange");
    assert_eq!(
        exchange.parameter("component_appid").as_deref(),
        Some(PLATFORM.0)
    );
    assert!(exchange.parameter("secret").is_none());
}

#[actix_web::test]
async fn a_used_callback_is_cleaned_of_all_that_wechat_appended() {
    let site = Site::start().await;
    let visitor = Visitor::new();
    let callback = visitor.callback(&site.at("/user?appid=mine")).await;
    assert!(
        callback.ends_with(&format!("&appid={}", site.appid)),
        "{callback}"
    );
    for _ in 0..2 {
        let page = visitor.visit(&callback).await;
        assert_eq!(page.url, site.at("/user?appid=mine"));
        assert_eq!(page.assert_status(200).body, "小明");
    }
    // A friend's link: a login of their own, at the same page.
    let friend = Visitor::new();
    let asked = friend.get(&callback).await;
    let redirect_uri = asked.location_param("redirect_uri");
    assert_eq!(redirect_uri.as_deref(), Some(&*site.at("/user?appid=mine")));
    // Whoever declined tries again at the clean page.
    let start = friend.get(&site.at("/user?a=1")).await;
    let state = start.location_param("state").expect("a state");
    let declined = site.at(&format!("/user?a=1&state={state}&appid={}", site.appid));
    let page = friend.get(&declined).await;
    assert!(
        page.assert_status(403)
            .body
            .contains(&format!("\"{}\"", site.at("/user?a=1"))),
        "{page:?}"
    );
    assert_eq!(site.exchanges(), (1, 0));
}

#[actix_web::test]
async fn returns_without_their_state_end_on_a_page() {
    let site = Site::start().await;
    for visitor in [Visitor::new(), Visitor::without_cookies()] {
        let mut url = site.at("/user");
        for sent in 0.. {
            let page = visitor.get(&url).await;
            if !page.is_authorize() {
                page.assert_status(403);
                assert!(
                    page.body.contains(&format!("\"{}\"", site.at("/user"))),
                    "{page:?}"
                );
                break;
            }
            assert!(sent < 3, "{page:?}");
            let back = page.location_param("redirect_uri").expect("an address");
            let separator = if back.contains('?') { '&' } else { '?' };
            url = format!("{back}{separator}code=C{sent}&appid={}", site.appid);
        }
    }
}

#[actix_web::test]
async fn a_doubled_callback_of_a_platform_leaves_the_clean_page() {
    let site = Site::start().await;
    let visitor = Visitor::new();
    let start = visitor.get(&site.at("/user?a=1")).await;
    let state = start.location_param("state").expect("a state");
    let back = format!("state={state}&appid={}", site.appid);
    let page = visitor
        .get(&site.at(&format!("/user?a=1&{back}&{back}")))
        .await;
    let clean = format!("\"{}\"", site.at("/user?a=1"));
    assert!(page.assert_status(403).body.contains(&clean), "{page:?}");
}

#[actix_web::test]
async fn tokens_are_refreshed_through_the_platform() {
    let kept: Arc<Mutex<Option<Tokens>>> = Arc::default();
    let keeping = Arc::clone(&kept);
    let site = Site::start_with(move |it| {
        it.on_login(move |login| {
            *keeping.lock().expect("the tokens") = Some(login.tokens);
            ready(Ok::<(), std::io::Error>(()))
        })
    })
    .await;
    Visitor::new()
        .visit(&site.at("/user"))
        .await
        .assert_status(200);
    let tokens = kept.lock().expect("the tokens").take().expect("a login");
    let worker = site.account.worker();
    let refreshed = worker.refresh(&site.appid, tokens.refresh_token()).await;
    assert_eq!(refreshed.expect("new tokens").scope(), "snsapi_userinfo");
    let count = |endpoint| site.simulator.count(endpoint);
    let refreshes = [Endpoint::ComponentRefreshToken, Endpoint::RefreshToken].map(count);
    assert_eq!(refreshes, [1, 0]);
    let refused = worker
        .refresh(&site.appid, "unknown")
        .await
        .expect_err("an error");
    assert_eq!(
        (refused.reason(), refused.errcode()),
        (Reason::LoginRequired, Some(61023))
    );
    *site.token.lock().expect("the token") = "expired".to_owned();
    let refused = worker.refresh(&site.appid, tokens.refresh_token()).await;
    assert_eq!(refused.expect_err("an error").errcode(), Some(40094));
}

#[actix_web::test]
async fn a_source_that_does_not_give_its_token_is_a_page_and_an_event() {
    type Source = fn(Builder) -> Builder;
    let fails: Source = |it| {
        it.platform(PLATFORM.0, || {
            ready(Err::<String, _>("the vault is sealed"))
        })
    };
    let hangs: Source = |it| {
        it.platform(PLATFORM.0, pending::<Result<String, std::io::Error>>)
            .deadline(Duration::from_millis(100))
    };
    let panics: Source = |it| {
        it.platform(
            PLATFORM.0,
            || -> std::future::Ready<Result<String, std::io::Error>> { panic!("in the source") },
        )
    };
    let is_empty: Source = |it| it.platform(PLATFORM.0, || ready(Ok::<_, std::io::Error>("")));
    for (source, status, reason, problem) in [
        (fails, 500, "misconfigured", Some("the vault is sealed")),
        (hangs, 504, "timed_out", None),
        (panics, 500, "misconfigured", Some("it panicked")),
        (
            is_empty,
            500,
            "misconfigured",
            Some("it gave an empty token"),
        ),
    ] {
        let site = Site::start_with(source).await;
        let page = Visitor::new().visit(&site.at("/user")).await;
        page.assert_status(status);
        assert!(page.header("content-type").starts_with("text/html"));
        assert_eq!(site.exchanges(), (0, 0));
        let failed = |field| site.events.field("wechat.login.failed", field);
        assert_eq!(failed("reason").as_deref(), Some(reason));
        assert_eq!(failed("problem").as_deref(), problem);
        let cure = failed("cure").expect("a cure");
        assert!(cure.contains("platform"), "{cure}");
    }
}

#[actix_web::test]
async fn a_code_is_good_again_once_the_source_gives_its_token() {
    let sealed = Arc::new(AtomicUsize::new(1));
    let (left, token) = (Arc::clone(&sealed), Arc::new(Mutex::new(String::new())));
    let current = Arc::clone(&token);
    let site = Site::start_with(move |it| {
        it.platform(PLATFORM.0, move || {
            let is_sealed = left.load(Ordering::SeqCst) > 0;
            let token = current.lock().expect("the token").clone();
            ready(if is_sealed { Err("sealed") } else { Ok(token) })
        })
    })
    .await;
    token
        .lock()
        .expect("the token")
        .clone_from(&site.token.lock().expect("the token"));
    let visitor = Visitor::new();
    let callback = visitor.callback(&site.at("/user")).await;
    visitor.get(&callback).await.assert_status(500);
    sealed.store(0, Ordering::SeqCst);
    assert_eq!(
        visitor.visit(&callback).await.assert_status(200).body,
        "小明"
    );
    assert_eq!(site.exchanges(), (1, 0));
}

#[actix_web::test]
async fn what_wechat_says_of_the_platform_is_told_to_the_operator() {
    for (errcode, status) in [
        (40094, 500),
        (41018, 500),
        (61007, 500),
        (61023, 500),
        (10015, 500),
        (42001, 500),
        (-1, 503),
    ] {
        let site = Site::start().await;
        site.simulator
            .fault(Endpoint::ComponentAccessToken, Fault::Errcode(errcode));
        Visitor::new()
            .visit(&site.at("/user"))
            .await
            .assert_status(status);
        let failed = |field| site.events.field("wechat.login.failed", field);
        assert_eq!(
            failed("call").as_deref(),
            Some(Endpoint::ComponentAccessToken.path())
        );
        assert_eq!(failed("errcode"), Some(errcode.to_string()));
        let cure = failed("cure").expect("a cure");
        assert_eq!(cure.contains("platform"), status == 500, "{cure}");
    }
    // A stale token, as the simulator knows it.
    let site = Site::start().await;
    *site.token.lock().expect("the token") = "stale".to_owned();
    Visitor::new()
        .visit(&site.at("/user"))
        .await
        .assert_status(500);
}

#[actix_web::test]
async fn the_platforms_token_is_shown_nowhere() {
    let site = Site::start().await;
    let token = site.token.lock().expect("the token").clone();
    let mut shown = format!("{:?} {:?}", site.account, site.account.worker());
    let visitor = Visitor::new();
    for fault in [
        None,
        Some(Fault::Errcode(40094)),
        Some(Fault::Errcode(40029)),
    ] {
        visitor.get(&site.at("/logout")).await;
        if let Some(fault) = fault {
            site.simulator.fault(Endpoint::ComponentAccessToken, fault);
        }
        for page in visitor.travel(&site.at("/user")).await {
            shown += &format!("{page:?}");
        }
    }
    shown += &site.events.text();
    for secret in [token.as_str(), PLATFORM.1, SHOPS_SECRET] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

#[actix_web::test]
async fn a_website_app_beside_it_keeps_its_own_secret() {
    let website = ("wx3eb0000000000001", "the-websites-secret");
    let site = Site::start_with(|it| it.outside(Outside::website(website.0, website.1))).await;
    site.simulator
        .put_account(Account::website(website.0, website.1, "127.0.0.1").any_redirect(true));
    let visitor = Visitor::new().with_user_agent("Firefox");
    let asked = visitor.get(&site.at("/user")).await;
    assert!(!asked.location().contains("component_appid"), "{asked:?}");
    let state = asked.location_param("state").expect("a state");
    let person = site.simulator.people()[0].clone();
    let code = site.simulator.mint_code(website.0, &person, "snsapi_login");
    let page = visitor
        .visit(&site.at(&format!("/user?code={code}&state={state}")))
        .await;
    assert_eq!(page.assert_status(200).body, "小明");
    assert_eq!(site.exchanges(), (0, 1));
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    const APPID: &str = "wx2222222222222222";
    let source = || ready(Ok::<_, std::io::Error>("a token"));
    let through = |component: &str| {
        Wechat::builder()
            .public_url("https://platform.example.cn")
            .platform(component, source)
    };
    let website = || Outside::website("wx3eb0000000000001", "x");
    for (builder, setting) in [
        (through(PLATFORM.0), "appid"),
        (through(PLATFORM.0).outside(website()), "appid"),
        (through(PLATFORM.0).appid(APPID).secret("s"), "secret"),
        (through("").appid(APPID), "platform: component_appid"),
        (through("wx;a").appid(APPID), "platform: component_appid"),
        (through(APPID).appid(APPID), "platform: component_appid"),
        (
            through(PLATFORM.0).appid(APPID).login_cookie_key([7; 31]),
            "login_cookie_key",
        ),
    ] {
        let shown = format!("{builder:?}");
        let refused = builder.build().expect_err(setting);
        assert_eq!(refused.setting(), setting, "{shown}");
    }
    assert!(
        through(PLATFORM.0)
            .appid(APPID)
            .login_cookie_key([7; 32])
            .build()
            .is_ok()
    );
}

#[actix_web::test]
async fn servers_with_one_key_see_each_others_lost_sessions() {
    for (key, other_key, is_seen) in [([7; 32], [7; 32], true), ([7; 32], [8; 32], false)] {
        let site = Site::start_with(|it| it.login_cookie_key(key)).await;
        let (appid, url) = (site.appid.clone(), site.simulator.url().to_owned());
        // The same account on another server, which keeps no session.
        let port = Port::new();
        let other = Wechat::builder()
            .appid(appid)
            .platform(PLATFORM.0, || ready(Ok::<_, std::io::Error>("a token")))
            .login_cookie_key(other_key)
            .public_url(port.url())
            .open_url(&url)
            .api_url(&url)
            .build()
            .expect("settings that work");
        serve(&port.url(), move |config| {
            config.service(web::scope("").app_data(other.worker()).configure(routes));
        });
        let visitor = Visitor::new();
        visitor.visit(&site.at("/user")).await.assert_status(200);
        visitor.carry(&site.at(""), &port.url());
        let asked = visitor.get(&format!("{}/user", port.url())).await;
        let state = asked.location_param("state").expect("a state");
        assert_eq!(state.starts_with('1'), is_seen, "{asked:?}");
    }
}
