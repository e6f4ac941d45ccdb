//! Each end of a login is counted once, whatever its visitor does; row by row.

use std::time::Duration;

use actix_wechat::{
    Builder,
    simulator::{Endpoint, Fault, Person, Simulator},
};

use support::{Port, Visitor};

use crate::{
    exporter::Exporter,
    site::{HUB, Site, Way, open_website, visit_hub, with_website},
};

/// Settings, what is so at WeChat, what a visitor does, and what is counted.
type Case<'a> = (
    &'a str,
    fn(Builder) -> Builder,
    &'a dyn Fn(&Simulator),
    Way,
    &'a [&'a str],
);

fn as_it_is(builder: Builder) -> Builder {
    builder
}

fn one_place(builder: Builder) -> Builder {
    builder.in_flight(1)
}

fn hook_fails(builder: Builder) -> Builder {
    builder.on_login(|_| async { Err(std::io::Error::other("the database is gone")) })
}

fn asks_first(builder: Builder) -> Builder {
    builder.ask_first("for your orders")
}

/// Nobody listens there.
fn unconnected(builder: Builder) -> Builder {
    let port = Port::new();
    builder.api_url(port.url())
}

fn hurries(builder: Builder) -> Builder {
    builder.deadline(Duration::from_millis(300))
}

/// It renders until there is a reason.
fn odd_page(builder: Builder) -> Builder {
    let odd = "{% if reason %}{{ nothing.of.that }}{% endif %}";
    builder.template("busy.html", odd)
}

fn well(_: &Simulator) {}

fn snapshot(wechat: &Simulator) {
    let user = r#"{"access_token":"t","openid":"oVirtual","is_snapshotuser":1}"#;
    wechat.fault(Endpoint::AccessToken, Fault::Body(user.to_owned()));
}

fn privileged(wechat: &Simulator) {
    let privileges = (0..200).map(|number| format!("privilege {number}"));
    wechat.sign_in(Person::named("小明").privilege(privileges));
}

/// An openid that no cookie holds.
fn huge(wechat: &Simulator) {
    let openid = "o".repeat(1_000);
    let tokens = format!(r#"{{"access_token":"t","openid":"{openid}"}}"#);
    let profile = format!(r#"{{"openid":"{openid}"}}"#);
    wechat.fault(Endpoint::AccessToken, Fault::Body(tokens));
    wechat.fault(Endpoint::UserInfo, Fault::Body(profile));
}

fn exchange(fault: Fault) -> impl Fn(&Simulator) {
    move |wechat| wechat.fault(Endpoint::AccessToken, fault.clone())
}

fn first_exchange(fault: Fault) -> impl Fn(&Simulator) {
    move |wechat| wechat.fault_times(Endpoint::AccessToken, fault.clone(), 1)
}

fn profile(fault: Fault) -> impl Fn(&Simulator) {
    move |wechat| wechat.fault(Endpoint::UserInfo, fault.clone())
}

#[actix_web::test]
async fn each_end_of_a_login_is_counted_once() {
    let errcode = |number| exchange(Fault::Errcode(number));
    let code_refused = errcode(40029);
    let code_refused_once = first_exchange(Fault::Errcode(40029));
    let hangs = exchange(Fault::Hang);
    let hangs_once = first_exchange(Fault::Hang);
    let late_once = first_exchange(Fault::Delay(Duration::from_millis(500)));
    const STARTED: &str = "logins_started snsapi_userinfo 1";
    const ALL_WELL: [&str; 4] = [
        "calls exchange ok 1",
        "calls profile ok 1",
        "logins completed 1",
        STARTED,
    ];
    let cases: &[Case<'_>] = &[
        ("completed", as_it_is, &well, Way::Opens("/user"), &ALL_WELL),
        (
            "completed in silence",
            as_it_is,
            &well,
            Way::Opens("/openid"),
            &[
                "calls exchange ok 1",
                "logins completed 1",
                "logins_started snsapi_base 1",
            ],
        ),
        (
            "completed outside WeChat",
            with_website,
            &open_website,
            Way::Scans,
            &[
                "calls exchange ok 1",
                "calls profile ok 1",
                "logins completed 1",
                "logins_started snsapi_login 1",
            ],
        ),
        (
            "a QR code in a page of the app's own",
            with_website,
            &open_website,
            Way::ShowsTheCode,
            &["logins_started snsapi_login 1"],
        ),
        (
            "copies of one callback",
            as_it_is,
            &well,
            Way::ComesBack(20),
            &ALL_WELL,
        ),
        (
            "copies while it is under way",
            as_it_is,
            &late_once,
            Way::ComesBack(20),
            &ALL_WELL,
        ),
        (
            "asked first",
            asks_first,
            &well,
            Way::Opens("/user"),
            &[STARTED],
        ),
        ("HEAD", as_it_is, &well, Way::Heads, &[]),
        ("a script", as_it_is, &well, Way::Fetches, &[]),
        (
            "an optional user",
            as_it_is,
            &well,
            Way::Opens("/maybe"),
            &[],
        ),
        (
            "declined",
            as_it_is,
            &well,
            Way::Declines,
            &["logins declined 1", STARTED],
        ),
        (
            "the code refused once",
            as_it_is,
            &code_refused_once,
            Way::Opens("/user"),
            &[
                "calls exchange login_required 1",
                "calls exchange ok 1",
                "calls profile ok 1",
                "logins code_refused 1",
                "logins completed 1",
                "logins_started snsapi_userinfo 2",
            ],
        ),
        (
            // The fourth answer is the page, and no login.
            "each code refused",
            as_it_is,
            &code_refused,
            Way::Opens("/user"),
            &[
                "calls exchange login_required 3",
                "logins code_refused 3",
                "logins_started snsapi_userinfo 3",
            ],
        ),
        (
            "copies with a refused code",
            as_it_is,
            &code_refused,
            Way::ComesBack(20),
            &[
                "calls exchange login_required 1",
                "logins code_refused 1",
                STARTED,
            ],
        ),
        (
            "WeChat busy",
            as_it_is,
            &errcode(-1),
            Way::ComesBack(20),
            &["calls exchange busy 2", "logins busy 1", STARTED],
        ),
        (
            "a quota used up",
            as_it_is,
            &errcode(45011),
            Way::Opens("/user"),
            &["calls exchange busy 1", "logins busy 1", STARTED],
        ),
        (
            "no place, and no answer in time",
            one_place,
            &hangs_once,
            Way::FindsNoPlace,
            &[
                "calls exchange timed_out 1",
                "logins busy 1",
                "logins timed_out 1",
                "logins_started snsapi_userinfo 2",
            ],
        ),
        (
            "copies without an answer in time",
            hurries,
            &hangs,
            Way::ComesBack(20),
            &["calls exchange timed_out 1", "logins timed_out 1", STARTED],
        ),
        (
            "WeChat down",
            unconnected,
            &well,
            Way::Opens("/user"),
            &[
                "calls exchange unreachable 2",
                "logins unreachable 1",
                STARTED,
            ],
        ),
        (
            "a profile that never comes",
            as_it_is,
            &profile(Fault::Status(500)),
            Way::Opens("/user"),
            &[
                "calls exchange ok 1",
                "calls profile unreachable 3",
                "logins unreachable 1",
                STARTED,
            ],
        ),
        (
            "nonsense",
            as_it_is,
            &exchange(Fault::Html),
            Way::Opens("/user"),
            &[
                "calls exchange malformed_answer 1",
                "logins malformed_answer 1",
                STARTED,
            ],
        ),
        (
            "a wrong secret",
            as_it_is,
            &errcode(40125),
            Way::Opens("/user"),
            &[
                "calls exchange misconfigured 1",
                "logins misconfigured 1",
                STARTED,
            ],
        ),
        (
            "a restricted visitor",
            as_it_is,
            &errcode(50002),
            Way::Opens("/user"),
            &[
                "calls exchange account_refused 1",
                "logins account_refused 1",
                STARTED,
            ],
        ),
        (
            "copies with a hook that fails",
            hook_fails,
            &well,
            Way::ComesBack(20),
            &[
                "calls exchange ok 1",
                "calls profile ok 1",
                "logins hook_failed 1",
                STARTED,
            ],
        ),
        (
            "copies of a snapshot",
            as_it_is,
            &snapshot,
            Way::ComesBack(20),
            &["calls exchange ok 1", "logins snapshot 1", STARTED],
        ),
        (
            "a lost session",
            as_it_is,
            &well,
            Way::LosesTheSession,
            &[
                "calls exchange ok 2",
                "calls profile ok 2",
                "logins completed 2",
                "logins session_lost 1",
                "logins_started snsapi_userinfo 2",
            ],
        ),
        (
            "cookies off",
            as_it_is,
            &well,
            Way::OpensWithoutCookies,
            &["logins cookies_off 1", "logins_started snsapi_userinfo 3"],
        ),
        (
            "the state lost",
            as_it_is,
            &well,
            Way::LosesTheState,
            &["logins state_lost 1", "logins_started snsapi_userinfo 3"],
        ),
        (
            "a visitor who goes away",
            as_it_is,
            &late_once,
            Way::GoesAway,
            &[
                "calls exchange ok 1",
                "calls profile ok 1",
                "events wechat.login.dropped 1",
                "logins completed 1",
                STARTED,
            ],
        ),
        (
            "a user too large for a cookie",
            as_it_is,
            &privileged,
            Way::Opens("/user"),
            &[
                "calls exchange ok 1",
                "calls profile ok 1",
                "events wechat.user.cut 1",
                "logins completed 1",
                STARTED,
            ],
        ),
        (
            "an openid too large for a cookie",
            as_it_is,
            &huge,
            Way::ComesBack(20),
            &[
                "calls exchange ok 1",
                "calls profile ok 1",
                "events wechat.user.too_large 1",
                "logins misconfigured 1",
                STARTED,
            ],
        ),
        (
            "a page that does not render",
            odd_page,
            &errcode(45011),
            Way::Opens("/user"),
            &[
                "calls exchange busy 1",
                "events wechat.page.failed 1",
                "logins busy 1",
                STARTED,
            ],
        ),
        (
            "no account",
            as_it_is,
            &well,
            Way::Opens("/unregistered/user"),
            &["events wechat.config.missing 1"],
        ),
        (
            "a sibling that answers",
            as_it_is,
            &well,
            Way::IsPreempted,
            &[
                "calls exchange ok 1",
                "calls profile ok 1",
                "events wechat.login.preempted 1",
                "logins completed 1",
                STARTED,
            ],
        ),
    ];
    let exporter = Exporter::of_this_test().await;
    for (name, settings, at_wechat, way, expected) in cases {
        let site = Site::start(settings).await;
        at_wechat(site.wechat());
        let before = exporter.counts();
        site.visit(*way, &exporter).await;
        let new = exporter.counts().since(&before);
        let mut lines: Vec<_> = new.iter().map(|(_, line)| line.as_str()).collect();
        lines.sort_unstable();
        assert_eq!(lines, *expected, "{name}");
        for (account, line) in &new {
            let has_none = ["calls", "events wechat.config.missing"];
            let has_none = has_none.iter().any(|it| line.starts_with(it));
            let expected = if has_none { "" } else { site.account().appid() };
            assert_eq!(account, expected, "{name}: {line}");
        }
    }
}

#[actix_web::test]
async fn a_long_address_is_counted_and_one_that_is_too_long_starts_nothing() {
    let exporter = Exporter::of_this_test().await;
    let site = Site::start(as_it_is).await;
    for (length, expected) in [
        (
            1_000,
            vec![
                "events wechat.login.long_url 1",
                "logins_started snsapi_userinfo 1",
            ],
        ),
        (3_000, vec!["events wechat.login.long_url 1"]),
    ] {
        let before = exporter.counts();
        let page = site.at(&format!("/user?q={}", "x".repeat(length)));
        Visitor::new().get(&page).await;
        let new = exporter.counts().since(&before);
        let lines: Vec<_> = new.into_iter().map(|(_, line)| line).collect();
        assert_eq!(lines, expected, "{length}");
    }
}

#[actix_web::test]
async fn a_risk_is_counted_as_often_as_it_is_told() {
    let exporter = Exporter::of_this_test().await;
    let before = exporter.counts();
    let site = Site::start(|it| it.public_url("http://shop.example.cn")).await;
    let risks = site.account().doctor().findings().len();
    assert!(risks > 0);
    let new = exporter.counts().since(&before);
    let line = format!("events wechat.config.risk {risks}");
    assert_eq!(new, [(site.account().appid().to_owned(), line)]);
}

/// The calls of an app that keeps tokens. WeChat's word that a token is bad is an answer.
#[actix_web::test]
async fn the_calls_for_kept_tokens_are_timed() {
    let exporter = Exporter::of_this_test().await;
    let site = Site::start(as_it_is).await;
    let (worker, appid) = (site.account().worker(), site.account().appid());
    let before = exporter.counts();
    let refreshed = worker.refresh(appid, "59_wrong").await;
    refreshed.expect_err("no such token");
    for errcode in [40001, 40003, 42001] {
        let wechat = site.wechat();
        wechat.fault_times(Endpoint::Auth, Fault::Errcode(errcode), 1);
        assert_eq!(worker.check("59_wrong", "oX").await, Ok(false));
    }
    site.wechat().fault(Endpoint::Auth, Fault::Errcode(-1));
    worker.check("59_wrong", "oX").await.expect_err("busy");
    let new = exporter.counts().since(&before);
    let lines: Vec<_> = new.into_iter().map(|(_, line)| line).collect();
    let expected = [
        "calls check busy 1",
        "calls check ok 3",
        "calls refresh login_required 1",
    ];
    assert_eq!(lines, expected);
}

#[actix_web::test]
async fn a_hub_counts_whom_it_refuses_by_problem() {
    let exporter = Exporter::of_this_test().await;
    // It begins at nothing.
    visit_hub(&[]).await;
    let before = exporter.counts();
    let to = |target: &str| format!("appid=wx1&redirect_uri={target}");
    let long = format!("https://shop.example.com/{}", "x".repeat(1_000));
    visit_hub(&[
        to("https://shop.example.com/"),
        to(&long),
        "appid=wx1".to_owned(),
        to("/nowhere"),
        to("https://shop.example.com/&appid=wx2"),
        to("https://evil.example/"),
        "appid=wx2&redirect_uri=https://shop.example.com/".to_owned(),
        to(&format!("{HUB}/return")),
    ])
    .await;
    let new = exporter.counts().since(&before);
    let expected = [
        "events wechat.hub.long_url 1",
        "hub_refusals appid_not_allowed 1",
        "hub_refusals nested 1",
        "hub_refusals no_address 1",
        "hub_refusals no_target 1",
        "hub_refusals origin_not_allowed 1",
        "hub_refusals repeated 1",
    ];
    let expected = expected.map(|line| (String::new(), line.to_owned()));
    assert_eq!(new, expected, "a visitor's appid is no label");
}

/// Prometheus sees no increase where a series begins with 1.
#[actix_web::test]
async fn the_series_of_an_account_begin_at_nothing() {
    const APPID: &str = "wx-that-nobody-logs-in-to";
    let exporter = Exporter::of_this_test().await;
    let _site = Site::start(|it| it.appid(APPID)).await;
    let counts = exporter.counts();
    let own = counts.of(APPID);
    for line in [
        "logins completed",
        "logins misconfigured",
        "logins_started snsapi_base",
        "logins_started snsapi_userinfo",
        "events wechat.user.cut",
    ] {
        assert_eq!(own.get(line), Some(&0.0), "{line}");
    }
    // It has no website app.
    assert_eq!(own.get("logins_started snsapi_login"), None);
    assert_eq!(own.len(), 23, "as the guide says: {own:?}");
}
