//! The events of the guide's table, with the levels and fields that it promises.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, Once},
    time::Duration,
};

use actix_web::{
    App, HttpRequest,
    cookie::Key,
    http::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE},
    rt::time::timeout,
    test, web,
};
use actix_wechat::{
    Builder, Hub, LoginError, WechatUser,
    simulator::{Endpoint, Fault, Person, Simulator},
};
use futures_util::future::join_all;
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt as _},
};

use support::{
    Visitor,
    app::{TestApp, routes, serve, session},
};

/// One event as a log would have it: level, name, fields.
#[derive(Clone, Debug)]
struct Event {
    level: String,
    name: &'static str,
    fields: BTreeMap<&'static str, String>,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Event>>>);

thread_local! {
    /// The log of the test that runs on this thread.
    static LOG: RefCell<Option<Log>> = const { RefCell::new(None) };
}

/// Hands each event to its thread's log. A subscriber of each test's own would miss some: whether
/// anybody listens is remembered for the whole process.
struct ByThread;

impl ByThread {
    fn start(log: &Log) {
        Self::install();
        LOG.set(Some(log.clone()));
    }

    fn install() {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            let all = Registry::default().with(Self);
            tracing::subscriber::set_global_default(all).expect("the only one");
        });
    }
}

/// The events of one account, on whatever thread they happen.
pub(crate) struct Events(String);

static ALL: Mutex<Vec<Event>> = Mutex::new(Vec::new());

impl Events {
    /// Told from now on; no other test has this appid.
    pub(crate) fn of(appid: &str) -> Self {
        ByThread::install();
        Self(appid.to_owned())
    }

    fn all(&self) -> Vec<Event> {
        let all = ALL.lock().expect("the events");
        let is_ours = |event: &&Event| event.fields.get("appid") == Some(&self.0);
        all.iter().filter(is_ours).cloned().collect()
    }

    /// A field of the last one of this name.
    pub(crate) fn field(&self, name: &str, field: &str) -> Option<String> {
        let event = self.all().into_iter().rfind(|event| event.name == name)?;
        event.fields.get(field).cloned()
    }

    pub(crate) fn text(&self) -> String {
        format!("{:?}", self.all())
    }
}

impl<S: tracing::Subscriber> Layer<S> for ByThread {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if !event.metadata().target().starts_with("actix_wechat") {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let event = Event {
            level: event.metadata().level().as_str().to_lowercase(),
            name: event.metadata().name(),
            fields: fields.0,
        };
        ALL.lock().expect("the events").push(event.clone());
        LOG.with_borrow(|log| {
            if let Some(Log(events)) = log {
                events.lock().expect("the log").push(event);
            }
        });
    }
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl tracing::field::Visit for Fields {
    fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

/// What happens to the one visitor of a case.
enum Way {
    /// All the way to WeChat and back.
    Back,
    /// The same, and the callback once more.
    BackAgain,
    /// Back, and then the page, where the session is gone.
    BackWithoutSession,
    /// Back, having refused.
    Refused,
    /// Back to a page with an extractor that refuses the callback's URL.
    Preempted,
    /// These visitors, by number, come back at once, and their connections are reset before a login is
    /// complete.
    Dropped(&'static [usize]),
    /// This page, and no further.
    Page(String),
}

/// A promo code of the app's own.
#[derive(serde::Deserialize)]
struct Promotion {
    #[serde(rename = "state")]
    _state: Option<u32>,
}

async fn orders(user: WechatUser, _: web::Query<Promotion>) -> String {
    user.nickname
}

/// Sends one visitor through an app of these settings, all on this thread, and returns what was
/// logged meanwhile.
async fn logged(
    settings: impl FnOnce(Builder) -> Builder,
    is_registered: bool,
    at_wechat: impl FnOnce(&Simulator),
    way: Way,
) -> Vec<Event> {
    let log = Log::default();
    ByThread::start(&log);
    let (app, wechat) = TestApp::prepare(settings).await;
    at_wechat(&app.simulator);
    let service = test::init_service(
        App::new()
            .configure(|config| {
                if is_registered {
                    config.app_data(wechat.worker());
                }
            })
            .wrap(session(&Key::generate()))
            .configure(routes)
            .route("/orders/{number}", web::get().to(orders)),
    )
    .await;
    // Where an answer leads to, and the login cookie that it sets.
    let get = async |path: &str, cookie: &str| {
        let request = test::TestRequest::get()
            .uri(path)
            .insert_header((ACCEPT, "text/html"))
            .insert_header((COOKIE, cookie));
        let answer = test::call_service(&service, request.to_request()).await;
        let texts = |name| {
            let values = answer.headers().get_all(name);
            values.map(|value| value.to_str().expect("plain text").to_owned())
        };
        let cookie = texts(SET_COOKIE)
            .filter_map(|cookie| Some(cookie.split_once(';')?.0.to_owned()))
            .find(|cookie| cookie.starts_with("wechat."));
        (
            texts(LOCATION).next().unwrap_or_default(),
            cookie.unwrap_or_default(),
        )
    };
    let own = |url: &str| {
        url.strip_prefix(&app.url)
            .expect("the app's own")
            .to_owned()
    };
    match way {
        Way::Page(path) => drop(get(&path, "").await),
        Way::Dropped(visitors) => {
            let mut callbacks = Vec::new();
            for _ in 0..=*visitors.iter().max().expect("a visitor") {
                let (authorize, cookie) = get("/user", "").await;
                let callback = Visitor::new().get(&authorize).await.location();
                callbacks.push((own(&callback), cookie));
            }
            let answering = visitors.iter().map(|number| {
                let (callback, cookie) = &callbacks[*number];
                get(callback, cookie)
            });
            let given_up = timeout(Duration::from_millis(50), join_all(answering)).await;
            assert!(given_up.is_err(), "WeChat hangs");
        }
        Way::Preempted => {
            let (authorize, cookie) = get("/orders/7", "").await;
            let callback = Visitor::new().get(&authorize).await.location();
            let (page, _) = get(&own(&callback), &cookie).await;
            assert_eq!(page, "", "the sibling has answered");
            // Told once a route.
            get(&own(&callback).replace("/7", "/8"), &cookie).await;
        }
        Way::Back | Way::BackAgain | Way::BackWithoutSession | Way::Refused => {
            let (authorize, cookie) = get("/user", "").await;
            let mut callback = Visitor::new().get(&authorize).await.location();
            if let Way::Refused = way {
                let code = callback
                    .split(['?', '&'])
                    .find(|pair| pair.starts_with("code="));
                callback = callback.replace(&format!("{}&", code.expect("a code")), "");
            }
            if let Way::BackAgain = way {
                get(&own(&callback), &cookie).await;
            }
            let (page, cookie) = get(&own(&callback), &cookie).await;
            if let Way::BackWithoutSession = way {
                get(&own(&page), &cookie).await;
            }
        }
    }
    log.0.lock().expect("the log").clone()
}

/// What a hub logs of one visitor on the way to WeChat.
async fn logged_by_a_hub(redirect_uri: &str) -> Vec<Event> {
    let log = Log::default();
    ByThread::start(&log);
    let hub = Hub::builder()
        .public_url("https://login.example.cn")
        .origins(["https://shop.example.com"])
        .build()
        .expect("settings that work");
    let hub = test::init_service(App::new().service(hub)).await;
    let path = format!("/connect/oauth2/authorize?appid=wx1&redirect_uri={redirect_uri}");
    let request = test::TestRequest::get().uri(&path).to_request();
    test::call_service(&hub, request).await;
    log.0.lock().expect("the log").clone()
}

/// The guide's table: an event's levels and fields.
fn promised() -> BTreeMap<&'static str, (BTreeSet<&'static str>, BTreeSet<&'static str>)> {
    let code = |cell: &'static str| cell.split('`').skip(1).step_by(2);
    let levels = |cell: &'static str| {
        ["error", "warn", "info", "debug"]
            .into_iter()
            .filter(|level| cell.contains(level))
            .collect()
    };
    let rows = include_str!("../../src/guide/operating.md")
        .lines()
        .filter_map(|line| {
            let cells: Vec<_> = line.strip_prefix("| `wechat.")?.split(" | ").collect();
            let name = line.split('`').nth(1)?;
            let fields = cells.get(2).map(|cell| code(cell).collect());
            Some((name, (levels(cells.get(1)?), fields?)))
        });
    rows.collect()
}

#[actix_web::test]
async fn whoever_goes_away_is_not_taken_for_preempted() {
    let table: [(&str, &'static [usize]); 3] = [
        ("one", &[0]),
        ("one, and a copy that shares the exchange", &[0, 0]),
        ("one, and another who waits for a place", &[0, 1]),
    ];
    for (who, visitors) in table {
        let hangs = |simulator: &Simulator| simulator.fault(Endpoint::AccessToken, Fault::Hang);
        let one_place = |builder: Builder| builder.in_flight(1);
        let log = logged(one_place, true, hangs, Way::Dropped(visitors)).await;
        let names = log.iter().map(|event| event.name);
        let names: Vec<_> = names
            .filter(|name| name.starts_with("wechat.login."))
            .collect();
        assert_eq!(names, vec!["wechat.login.dropped"; visitors.len()], "{who}");
    }
}

#[actix_web::test]
async fn each_event_has_the_level_and_the_fields_of_the_guide() {
    fn as_it_is(builder: Builder) -> Builder {
        builder
    }
    fn fails(builder: Builder) -> Builder {
        builder.on_login(|_| async { Err(std::io::Error::other("the database is gone")) })
    }
    fn on_http(builder: Builder) -> Builder {
        builder.public_url("http://shop.example.cn")
    }
    /// It renders until there is a reason.
    fn odd_page(builder: Builder) -> Builder {
        builder.template(
            "busy.html",
            "{% if reason %}{{ nothing.of.that }}{% endif %}",
        )
    }
    fn errcode(number: i64) -> impl FnOnce(&Simulator) {
        move |simulator| simulator.fault(Endpoint::AccessToken, Fault::Errcode(number))
    }
    fn privileged(simulator: &Simulator) {
        let privileges = (0..200).map(|number| format!("privilege {number}"));
        simulator.sign_in(Person::named("小明").privilege(privileges));
    }
    /// An openid that no cookie holds.
    fn huge(simulator: &Simulator) {
        let openid = "o".repeat(1_000);
        let tokens = format!(r#"{{"access_token":"t","openid":"{openid}"}}"#);
        let profile = format!(r#"{{"openid":"{openid}"}}"#);
        simulator.fault(Endpoint::AccessToken, Fault::Body(tokens));
        simulator.fault(Endpoint::UserInfo, Fault::Body(profile));
    }
    fn well(_: &Simulator) {}
    fn hangs(simulator: &Simulator) {
        simulator.fault(Endpoint::AccessToken, Fault::Hang);
    }

    let all = [
        logged(as_it_is, true, well, Way::Back).await,
        logged(as_it_is, true, errcode(40125), Way::Back).await,
        logged(as_it_is, true, errcode(40029), Way::Back).await,
        logged(as_it_is, true, well, Way::Refused).await,
        logged(fails, true, well, Way::Back).await,
        logged(
            as_it_is,
            true,
            well,
            Way::Page(format!("/user?q={}", "x".repeat(1500))),
        )
        .await,
        logged(as_it_is, true, privileged, Way::Back).await,
        logged(as_it_is, true, huge, Way::Back).await,
        logged(on_http, true, well, Way::Page("/user".to_owned())).await,
        logged(as_it_is, false, well, Way::Page("/user".to_owned())).await,
        logged(odd_page, true, errcode(-1), Way::Back).await,
        logged(as_it_is, true, well, Way::Preempted).await,
        logged(as_it_is, true, hangs, Way::Dropped(&[0])).await,
        logged_by_a_hub("https://evil.example").await,
        logged_by_a_hub(&format!("https://shop.example.com/{}", "x".repeat(1000))).await,
    ];
    let preempted = all.iter().flatten();
    let preempted = preempted.filter(|event| event.name == "wechat.login.preempted");
    let routes: Vec<_> = preempted.map(|event| &event.fields["route"]).collect();
    assert_eq!(routes, ["/orders/{number}"]);
    let events: Vec<_> = all.iter().flatten().collect();
    let promised = promised();
    for (name, (levels, fields)) in &promised {
        let own = || events.iter().filter(|event| event.name == *name);
        let seen: BTreeSet<_> = own().map(|event| event.level.as_str()).collect();
        assert_eq!(seen, *levels, "the levels of {name}: {events:#?}");
        let seen: BTreeSet<_> = own()
            .flat_map(|event| event.fields.keys().copied())
            .filter(|field| *field != "message")
            .collect();
        assert_eq!(seen, *fields, "the fields of {name}: {events:#?}");
    }
    for event in events {
        assert!(
            promised.contains_key(event.name),
            "{event:?} is not in the guide"
        );
        let message = event.fields.get("message").map_or("", String::as_str);
        assert!(
            message.starts_with(event.name),
            "where only texts are kept: {event:?}"
        );
    }
}

/// A field that was empty is not told as left out.
#[actix_web::test]
async fn only_what_was_there_is_cut() {
    let many = || (0..200).map(|number| format!("privilege {number}"));
    let long = || Person::named("长".repeat(400));
    for (person, cut) in [
        (Person::named("小明"), vec![]),
        (Person::named("小明").privilege(many()), vec!["privilege"]),
        (long(), vec!["headimgurl", "nickname"]),
        (
            long().region("中国", "北京", "").privilege(many()),
            vec!["privilege", "region", "headimgurl", "nickname"],
        ),
    ] {
        let sign_in = |simulator: &Simulator| simulator.sign_in(person.clone());
        let events = logged(|it| it, true, sign_in, Way::Back).await;
        let fields: Vec<_> = events
            .iter()
            .filter(|event| event.name == "wechat.user.cut")
            .filter_map(|event| event.fields.get("field"))
            .collect();
        assert_eq!(fields, cut, "{person:?}");
    }
}

#[actix_web::test]
async fn a_lost_session_is_told_of_at_the_first_login() {
    let mut events = logged(|it| it, true, |_| {}, Way::BackWithoutSession).await;
    events.retain(|event| event.name == "wechat.login.failed");
    let [lost] = events.as_slice() else {
        panic!("one event, and not {events:#?}")
    };
    let (level, reason) = (lost.level.as_str(), lost.fields["reason"].as_str());
    assert_eq!((level, reason), ("error", "session_lost"));
    assert!(
        lost.fields["cure"].contains("`SessionMiddleware`"),
        "{lost:?}"
    );
}

/// Each copy of a callback is answered with the page; the login is told of once.
#[actix_web::test]
async fn a_snapshot_is_told_of_once() {
    fn snapshot(simulator: &Simulator) {
        let user = r#"{"access_token":"t","openid":"oVirtual","is_snapshotuser":1}"#;
        simulator.fault(Endpoint::AccessToken, Fault::Body(user.to_owned()));
    }
    let mut events = logged(|it| it, true, snapshot, Way::BackAgain).await;
    events.retain(|event| event.name == "wechat.login.failed");
    let [failed] = events.as_slice() else {
        panic!("one event, and not {events:#?}")
    };
    assert_eq!(failed.fields["reason"], "snapshot");
}

#[actix_web::test]
async fn only_a_hook_that_fails_has_its_problem_told() {
    for (settings, problem) in [(None, None), (Some("no such table"), Some("no such table"))] {
        let hooked = move |builder: Builder| match settings {
            None => builder,
            Some(text) => {
                builder.on_login(move |_| async move { Err(std::io::Error::other(text)) })
            }
        };
        let fault = |simulator: &Simulator| {
            if settings.is_none() {
                simulator.fault(Endpoint::AccessToken, Fault::Errcode(40125));
            }
        };
        let mut events = logged(hooked, true, fault, Way::Back).await;
        events.retain(|event| event.name == "wechat.login.failed");
        let [failed] = events.as_slice() else {
            panic!("one event, and not {events:#?}")
        };
        assert_eq!(failed.fields.get("problem").map(String::as_str), problem);
        assert_eq!(failed.fields.contains_key("cure"), problem.is_none());
    }
}

/// Nobody else's event has this cure, so that it is found among those of all tests.
#[actix_web::test]
async fn an_app_that_loses_each_user_is_told_what_to_look_at() {
    async fn page(_: WechatUser, req: HttpRequest) -> Result<String, LoginError> {
        Err(WechatUser::log_in_again(&req))
    }
    ByThread::install();
    let (app, wechat) = TestApp::prepare(|it| it).await;
    let key = Key::generate();
    serve(&app.url, move |config| {
        let scope = web::scope("").app_data(wechat.worker()).wrap(session(&key));
        config.service(scope.route("/lost", web::get().to(page)));
    });
    let end = Visitor::new().visit(&app.at("/lost")).await;
    end.assert_status(403);
    assert_eq!(app.simulator.count(Endpoint::AccessToken), 3);
    let all = ALL.lock().expect("the events");
    let cure = |event: &Event| event.fields.get("cure").cloned().unwrap_or_default();
    let told: Vec<_> = all
        .iter()
        .filter(|event| cure(event).contains("log_in_again"))
        .collect();
    let [event] = told.as_slice() else {
        panic!("one event, and not {told:#?}")
    };
    assert_eq!(
        (event.name, &*event.level),
        ("wechat.login.failed", "error")
    );
    assert_eq!(event.fields["reason"], "code_refused");
}
