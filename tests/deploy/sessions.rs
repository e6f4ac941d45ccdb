//! What a session promises, over each place that it may be kept in: all of it in a cookie, and a
//! key in the cookie with the rest in Redis.

use std::time::Duration;

use actix_session::{
    SessionMiddleware,
    storage::{CookieSessionStore, RedisSessionStore, SessionStore},
};
use actix_web::{cookie::Key, rt, web};
use actix_wechat::{
    Builder, Wechat,
    simulator::{Endpoint, Person},
};
use libtest_mimic::Trial;

use super::redis::Redis;
use support::{
    Page, Visitor,
    app::{TestApp, routes, serve},
    program::trial,
};

/// Each promise as a trial over each store.
macro_rules! promises {
    ($($promise:ident),+ $(,)?) => {
        vec![$(
            trial(
                concat!(module_path!(), "::cookie::", stringify!($promise)),
                &[],
                || $promise(Store::Cookie),
            ),
            trial(
                concat!(module_path!(), "::redis::", stringify!($promise)),
                &["redis-server"],
                || $promise(Store::Redis(Box::new(Redis::start()))),
            ),
        )+]
    };
}

pub(crate) fn trials() -> Vec<Trial> {
    promises![
        a_login_lasts,
        guests_leave_no_trace,
        the_key_is_renewed_at_each_login,
        a_planted_session_is_nobodys,
        a_log_out_ends_the_session,
        a_copy_outlives_a_log_out_only_in_a_cookie,
        the_back_button_after_a_log_out_logs_nobody_in,
        logging_out_and_in_again_counts_as_no_failure,
        a_guests_cart_survives_the_login,
        nobody_inherits_another_users_session,
        a_step_up_by_somebody_else_is_somebody_else,
        both_copies_of_a_callback_are_logged_in,
        a_log_out_wins_against_the_back_button_however_soon,
        a_login_after_a_log_out_holds_however_soon,
        what_a_session_keeps_of_a_log_out_is_nobodys,
        what_is_stored_after_a_log_out_stays,
        a_user_who_cannot_be_read_leaves_nothing_behind,
        a_login_lasts_thirty_days,
        a_login_from_the_future_is_none,
        a_login_ages_out_and_begins_afresh,
        a_session_that_keeps_the_older_login_is_a_lost_one,
    ]
}

enum Store {
    Cookie,
    Redis(Box<Redis>),
}

/// An app with its sessions in one of the stores.
struct Site {
    app: TestApp,
    store: Store,
}

impl Site {
    async fn start(store: Store) -> Self {
        Self::start_with(store, |builder| builder).await
    }

    async fn start_with(store: Store, settings: impl FnOnce(Builder) -> Builder) -> Self {
        let (app, wechat) = TestApp::prepare(settings).await;
        match &store {
            Store::Cookie => serve_over(&app, wechat, CookieSessionStore::default),
            Store::Redis(redis) => {
                let pool = deadpool_redis::Config::from_url(redis.url())
                    .create_pool(Some(deadpool_redis::Runtime::Tokio1))
                    .expect("a pool");
                let sessions = RedisSessionStore::builder_pooled(pool).build().await;
                let sessions = sessions.expect("a Redis that answers");
                serve_over(&app, wechat, move || sessions.clone());
            }
        }
        Self { app, store }
    }

    fn at(&self, path: &str) -> String {
        self.app.at(path)
    }

    fn openid(&self, name: &str) -> String {
        Person::named(name).openid(self.app.simulator.account().appid())
    }

    /// The value of the session's cookie.
    fn session(&self, visitor: &Visitor) -> Option<String> {
        visitor.cookie(&self.app.url, "id")
    }

    /// Who is logged in, without beginning a login.
    async fn who(&self, visitor: &Visitor) -> String {
        visitor.get(&self.at("/maybe")).await.body
    }

    async fn log_in(&self, visitor: &Visitor) -> Page {
        let page = visitor.visit(&self.at("/user")).await;
        page.assert_status(200);
        page
    }

    async fn log_out(&self, visitor: &Visitor) {
        visitor.get(&self.at("/logout")).await.assert_status(200);
    }

    /// To WeChat and back: the callback's address, not yet opened.
    async fn callback(&self, visitor: &Visitor) -> String {
        visitor.callback(&self.at("/user")).await
    }

    fn calls(&self) -> (usize, usize) {
        let count = |endpoint| self.app.simulator.count(endpoint);
        (count(Endpoint::AccessToken), count(Endpoint::UserInfo))
    }
}

fn serve_over<S: SessionStore + 'static>(
    app: &TestApp,
    wechat: Wechat,
    store: impl Fn() -> S + Clone + Send + 'static,
) {
    let key = Key::generate();
    serve(&app.url, move |config| {
        let session = SessionMiddleware::builder(store(), key.clone())
            .cookie_secure(false)
            .build();
        let site = web::scope("").app_data(wechat.worker()).wrap(session);
        config.service(site.configure(routes));
    });
}

async fn a_login_lasts(store: Store) {
    let site = Site::start(store).await;
    let visitor = Visitor::new();
    site.log_in(&visitor).await;
    let calls = site.calls();
    assert_eq!(calls, (1, 1));
    for (path, body) in [
        ("/user", "小明".to_owned()),
        ("/maybe", "小明".to_owned()),
        ("/openid", site.openid("小明")),
    ] {
        let page = visitor.get(&site.at(path)).await;
        assert_eq!(page.assert_status(200).body, body, "{path}");
        assert_eq!(page.set_cookies(), Vec::<String>::new(), "{path}");
    }
    assert_eq!(site.calls(), calls, "a session asks nobody");
}

async fn guests_leave_no_trace(store: Store) {
    let site = Site::start(store).await;
    let visitor = Visitor::new();
    let page = visitor.get(&site.at("/maybe")).await;
    assert_eq!(page.assert_status(200).body, "guest");
    assert_eq!(page.set_cookies(), Vec::<String>::new());
    assert!(visitor.get(&site.at("/user")).await.is_authorize());
    assert_eq!(site.session(&visitor), None);
    if let Store::Redis(redis) = &site.store {
        assert_eq!(redis.keys(), Vec::<String>::new());
    }
    site.log_in(&visitor).await;
    assert_eq!(site.who(&visitor).await, "小明");
}

/// Who knows the session from before a login knows nothing of it afterwards.
async fn the_key_is_renewed_at_each_login(store: Store) {
    let site = Site::start(store).await;
    let visitor = Visitor::new();
    visitor.visit(&site.at("/openid")).await.assert_status(200);
    let before = site.session(&visitor).expect("a session");
    let keys = match &site.store {
        Store::Redis(redis) => redis.keys(),
        Store::Cookie => Vec::new(),
    };
    let known = visitor.snapshot();
    site.log_in(&visitor).await;
    assert_ne!(site.session(&visitor), Some(before));
    assert_eq!(site.who(&known).await, "guest");
    if let Store::Redis(redis) = &site.store {
        let renewed = redis.keys();
        assert_eq!((keys.len(), renewed.len()), (1, 1));
        assert_ne!(renewed, keys, "the key of before the login is still there");
        redis.assert_all_expire();
    }
}

async fn a_planted_session_is_nobodys(store: Store) {
    let site = Site::start(store).await;
    let (attacker, victim) = (Visitor::new(), Visitor::new());
    site.app.simulator.sign_in(Person::named("攻击者"));
    site.log_in(&attacker).await;
    site.log_out(&attacker).await;
    let planted = site.session(&attacker).expect("a session");
    site.app.simulator.sign_in(Person::named("小明"));
    victim.set_cookie(&site.app.url, "id", &planted);
    site.log_in(&victim).await;
    assert_ne!(site.session(&victim), Some(planted));
    assert_eq!(site.who(&victim).await, "小明");
    assert_eq!(site.who(&attacker).await, "guest");
}

async fn a_log_out_ends_the_session(store: Store) {
    let site = Site::start(store).await;
    let visitor = Visitor::new();
    site.log_in(&visitor).await;
    site.log_out(&visitor).await;
    assert_eq!(site.who(&visitor).await, "guest");
    assert!(visitor.get(&site.at("/user")).await.is_authorize());
    if let Store::Redis(redis) = &site.store {
        redis.assert_all_expire();
    }
}

/// What is in a cookie alone cannot be recalled: there `max_age` is the end.
async fn a_copy_outlives_a_log_out_only_in_a_cookie(store: Store) {
    let hour = Duration::from_secs(3600);
    let site = Site::start_with(store, |it| it.max_age(hour)).await;
    let visitor = Visitor::new();
    site.log_in(&visitor).await;
    let copy = visitor.snapshot();
    site.log_out(&visitor).await;
    assert_eq!(site.who(&visitor).await, "guest", "this browser forgets");
    let remembered = match &site.store {
        Store::Cookie => "小明",
        Store::Redis(_) => "guest",
    };
    assert_eq!(site.who(&copy).await, remembered);
    site.app.clock.advance(3601);
    assert_eq!(site.who(&copy).await, "guest");
}

async fn the_back_button_after_a_log_out_logs_nobody_in(store: Store) {
    let site = Site::start(store).await;
    let visitor = Visitor::new();
    let callback = site.callback(&visitor).await;
    let name = format!("wechat.{}", site.app.simulator.account().appid());
    let pending = visitor.cookie(&site.app.url, &name);
    let pending = pending.expect("a login cookie");
    visitor.visit(&callback).await.assert_status(200);
    site.app.clock.advance(5);
    site.log_out(&visitor).await;
    // A second tab's late answer has put the pending login back.
    visitor.set_cookie(&site.app.url, &name, &pending);
    let back = visitor.get(&callback).await;
    assert_eq!(back.location(), site.at("/user"));
    assert_eq!(site.who(&visitor).await, "guest");
}

/// In the same millisecond, in the same second, as long as a result is shared, and after that.
async fn a_log_out_wins_against_the_back_button_however_soon(store: Store) {
    let site = Site::start(store).await;
    let name = format!("wechat.{}", site.app.simulator.account().appid());
    for (before, after) in [
        (0, 0),
        (0, 1),
        (1, 0),
        (999, 0),
        (0, 999),
        (1_000, 1),
        (59_000, 900),
        (61_000, 0),
    ] {
        let visitor = Visitor::new();
        let callback = site.callback(&visitor).await;
        let pending = visitor.cookie(&site.app.url, &name);
        let pending = pending.expect("a login cookie");
        visitor.visit(&callback).await.assert_status(200);
        let calls = site.calls();
        site.app.clock.advance_millis(before);
        site.log_out(&visitor).await;
        site.app.clock.advance_millis(after);
        for _ in 0..3 {
            // A second tab's late answer has put the pending login back.
            visitor.set_cookie(&site.app.url, &name, &pending);
            let back = visitor.get(&callback).await;
            let row = format!("{before} ms, then {after} ms");
            assert_eq!(back.location(), site.at("/user"), "{row}");
            assert_eq!(site.who(&visitor).await, "guest", "{row}");
        }
        assert_eq!(site.calls(), calls, "its code is not sent again");
        site.log_in(&visitor).await;
        assert_eq!(site.who(&visitor).await, "小明");
    }
}

/// A login that began after the log-out, and its copies, be it in the same millisecond.
async fn a_login_after_a_log_out_holds_however_soon(store: Store) {
    let site = Site::start(store).await;
    for name in ["小明", "小红"] {
        for millis in [0, 1, 1_000] {
            let visitor = Visitor::new();
            site.app.simulator.sign_in(Person::named("小明"));
            site.log_in(&visitor).await;
            site.log_out(&visitor).await;
            site.app.simulator.sign_in(Person::named(name));
            let callback = site.callback(&visitor).await;
            let copy = visitor.snapshot();
            site.app.clock.advance_millis(millis);
            let page = visitor.visit(&callback).await;
            assert_eq!(page.assert_status(200).body, name, "{millis} ms");
            // Its result is shared: as old as the log-out, it could be the login before it.
            copy.visit(&callback).await.assert_status(200);
            assert_eq!(site.who(&copy).await, name, "{millis} ms");
            site.log_out(&visitor).await;
        }
    }
}

async fn what_a_session_keeps_of_a_log_out_is_nobodys(store: Store) {
    let site = Site::start(store).await;
    let visitor = Visitor::new();
    site.log_in(&visitor).await;
    visitor.get(&site.at("/cart/add")).await.assert_status(200);
    visitor.get(&site.at("/plant?uid=7&name=%22x%22")).await;
    site.log_out(&visitor).await;
    let trace = format!("wechat.{}", site.app.simulator.account().appid());
    assert_eq!(visitor.get(&site.at("/entries")).await.body, trace);
    // A second one changes nothing, and a guest's leaves no trace at all.
    site.log_out(&visitor).await;
    assert_eq!(visitor.get(&site.at("/entries")).await.body, trace);
    let guest = Visitor::new();
    let page = guest.get(&site.at("/logout")).await;
    assert_eq!(page.set_cookies(), Vec::<String>::new());
    guest.get(&site.at("/plant?uid=7")).await.assert_status(200);
    site.log_out(&guest).await;
    assert_eq!(guest.get(&site.at("/entries")).await.body, "uid");
    if let Store::Redis(redis) = &site.store {
        redis.assert_all_expire();
    }
}

/// A login of the app's own, by a password: it is not the former WeChat user's.
async fn what_is_stored_after_a_log_out_stays(store: Store) {
    let site = Site::start(store).await;
    for (millis, name) in [(0, "小明"), (0, "小红"), (5_000, "小红"), (70_000, "小红")] {
        let visitor = Visitor::new();
        site.app.simulator.sign_in(Person::named("小明"));
        site.log_in(&visitor).await;
        visitor.get(&site.at("/plant?of_ming=1")).await;
        site.log_out(&visitor).await;
        visitor.get(&site.at("/plant?uid=7")).await;
        site.app.clock.advance_millis(millis);
        site.app.simulator.sign_in(Person::named(name));
        assert_eq!(site.log_in(&visitor).await.body, name);
        let entries = visitor.get(&site.at("/entries")).await.body;
        assert!(entries.starts_with("uid "), "{name} {millis}: {entries}");
        assert!(!entries.contains("of_ming"), "{name} {millis}: {entries}");
    }
}

/// Of another version, or of an account that is offered no more: it may be anybody.
async fn a_user_who_cannot_be_read_leaves_nothing_behind(store: Store) {
    let site = Site::start(store).await;
    let appid = site.app.simulator.account().appid().to_owned();
    let odd = [
        "\"9u\\u007f1700000000000\\u007foABC\"",
        "\"1u\\u007f1700000000\\u007foABC\"",
        "\"2l\\u007f1700000000000\\u007foABC\\u007f\\u007f\\u007f\\u007f\\u007f\\u007f\\u007f\\u007fwx1\"",
        "\"2u\\u007fyesterday\\u007foABC\"",
        "\"2u\"",
        "\"\"",
        "null",
        "7",
        "[\"2u\",1]",
        "{\"openid\":\"oABC\"}",
    ];
    for stored in odd {
        let stored: String = url::form_urlencoded::byte_serialize(stored.as_bytes()).collect();
        for (name, leaves) in [("小明", false), ("小红", false), ("小红", true)] {
            let visitor = Visitor::new();
            let plant = format!("/plant?uid=7&wechat.{appid}={stored}");
            visitor.get(&site.at(&plant)).await.assert_status(200);
            assert_eq!(site.who(&visitor).await, "guest", "{stored}");
            if leaves {
                site.log_out(&visitor).await;
            }
            site.app.simulator.sign_in(Person::named(name));
            assert_eq!(site.log_in(&visitor).await.body, name, "{stored}");
            let entries = visitor.get(&site.at("/entries")).await.body;
            assert_eq!(entries, format!("wechat.{appid}"), "{stored}");
        }
    }
}

async fn a_login_lasts_thirty_days(store: Store) {
    const DAYS: u64 = 30 * 24 * 3600;
    let site = Site::start(store).await;
    let (visitor, silent) = (Visitor::new(), Visitor::new());
    site.log_in(&visitor).await;
    silent.visit(&site.at("/openid")).await.assert_status(200);
    site.app.clock.advance(DAYS);
    let copy = visitor.snapshot();
    assert_eq!(site.who(&visitor).await, "小明");
    silent.get(&site.at("/openid")).await.assert_status(200);
    site.app.clock.advance_millis(1);
    for visitor in [&visitor, &copy] {
        assert_eq!(site.who(visitor).await, "guest");
        assert!(visitor.get(&site.at("/user")).await.is_authorize());
        let me = visitor
            .get_with(&site.at("/user"), &[("accept", "application/json")])
            .await;
        me.assert_status(401);
    }
    assert!(silent.get(&site.at("/openid")).await.is_authorize());
    site.log_in(&visitor).await;
    assert_eq!(site.who(&visitor).await, "小明");
}

/// Servers' clocks may differ by a minute; what lies further ahead, no clock has said.
async fn a_login_from_the_future_is_none(store: Store) {
    let site = Site::start(store).await;
    for (ahead, is_known) in [(1, true), (60, true), (61, false), (3_600, false)] {
        let visitor = Visitor::new();
        site.log_in(&visitor).await;
        site.app.clock.turn_back(ahead);
        let who = site.who(&visitor).await;
        assert_eq!(who == "小明", is_known, "{ahead} s ahead: {who}");
        let page = visitor.get(&site.at("/user")).await;
        assert_eq!(page.is_authorize(), !is_known, "{ahead} s ahead: {page:?}");
        // By this server's clock it is a login like any other.
        site.log_in(&visitor).await;
        assert_eq!(site.who(&visitor).await, "小明", "{ahead} s ahead");
        site.app.clock.advance(ahead);
    }
}

async fn logging_out_and_in_again_counts_as_no_failure(store: Store) {
    let site = Site::start(store).await;
    let visitor = Visitor::new();
    for name in ["小明", "小红", "小明", "小红", "小明"] {
        site.app.simulator.sign_in(Person::named(name));
        assert_eq!(site.log_in(&visitor).await.body, name);
        site.log_out(&visitor).await;
        assert_eq!(site.who(&visitor).await, "guest");
    }
}

async fn a_guests_cart_survives_the_login(store: Store) {
    let site = Site::start(store).await;
    let visitor = Visitor::new();
    visitor.get(&site.at("/cart/add")).await.assert_status(200);
    site.log_in(&visitor).await;
    assert_eq!(visitor.get(&site.at("/cart")).await.body, "a book");
}

/// A log-out empties the session; what comes into it after that is nobody's, and stays.
async fn nobody_inherits_another_users_session(store: Store) {
    let site = Site::start(store).await;
    let visitor = Visitor::new();
    site.log_in(&visitor).await;
    for name in ["小明", "小红"] {
        visitor.get(&site.at("/cart/add")).await.assert_status(200);
        site.log_out(&visitor).await;
        assert_eq!(visitor.get(&site.at("/cart")).await.body, "", "{name}");
        site.app.simulator.sign_in(Person::named(name));
        site.log_in(&visitor).await;
        assert_eq!(visitor.get(&site.at("/cart")).await.body, "", "{name}");
        site.log_out(&visitor).await;
        visitor.get(&site.at("/cart/add")).await.assert_status(200);
        site.log_in(&visitor).await;
        assert_eq!(
            visitor.get(&site.at("/cart")).await.body,
            "a book",
            "{name}"
        );
    }
}

/// Known silently as one person, then consenting as another: nothing of the first is left.
async fn a_step_up_by_somebody_else_is_somebody_else(store: Store) {
    let site = Site::start(store).await;
    let visitor = Visitor::new();
    let silent = visitor.visit(&site.at("/openid")).await;
    assert_eq!(silent.body, site.openid("小明"));
    site.app.simulator.sign_in(Person::named("小红"));
    site.log_in(&visitor).await;
    let hong = site.openid("小红");
    assert_eq!(visitor.get(&site.at("/openid")).await.body, hong);
    assert_eq!(site.who(&visitor).await, "小红");
}

async fn both_copies_of_a_callback_are_logged_in(store: Store) {
    let site = Site::start(store).await;
    let visitor = Visitor::new();
    let callback = site.callback(&visitor).await;
    let tabs = [visitor.snapshot(), visitor.snapshot()];
    let answers = tabs.clone().map(|tab| {
        let callback = callback.clone();
        rt::spawn(async move { tab.get(&callback).await })
    });
    for answer in answers {
        let answer = answer.await.expect("an answer");
        assert_eq!(answer.assert_status(302).location(), site.at("/user"));
    }
    for tab in &tabs {
        assert_eq!(site.who(tab).await, "小明");
    }
    assert_eq!(site.calls(), (1, 1));
}

async fn a_login_ages_out_and_begins_afresh(store: Store) {
    let hour = Duration::from_secs(3600);
    let site = Site::start_with(store, |it| it.max_age(hour)).await;
    let visitor = Visitor::new();
    site.log_in(&visitor).await;
    site.app.clock.advance(3600);
    visitor.get(&site.at("/user")).await.assert_status(200);
    site.app.clock.advance(1);
    let again = visitor.get(&site.at("/user")).await;
    assert!(again.is_authorize(), "{again:?}");
    let state = again.location_param("state").expect("a state");
    assert!(state.starts_with('0'), "an old login is no failure");
    site.log_in(&visitor).await;
}

async fn a_session_that_keeps_the_older_login_is_a_lost_one(store: Store) {
    let site = Site::start(store).await;
    let visitor = Visitor::new();
    visitor.visit(&site.at("/openid")).await.assert_status(200);
    let old = site.session(&visitor).expect("a session");
    site.app.clock.advance(1);
    // The browser keeps the old cookie, as it does when the new one is too large.
    let mut redirects = 0;
    let mut page = visitor.get(&site.at("/user")).await;
    while page.status == 302 && redirects < 10 {
        redirects += usize::from(page.is_authorize() && page.url.starts_with(&site.app.url));
        visitor.set_cookie(&site.app.url, "id", &old);
        page = visitor.get(&page.location()).await;
    }
    page.assert_status(500);
    assert_eq!(redirects, 3);
}
