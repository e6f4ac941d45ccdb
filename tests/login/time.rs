//! What ends with time: pending logins, shared results, cached users.

use std::time::Duration;

use actix_wechat::simulator::Endpoint;

use support::{Page, Visitor, app::TestApp};

/// The callback that WeChat sends a visitor back with, not yet opened.
async fn callback(app: &TestApp, visitor: &Visitor, path: &str) -> String {
    let start = visitor.get(&app.at(path)).await;
    assert!(start.is_authorize(), "{start:?}");
    visitor.get(&start.location()).await.location()
}

fn rounds(page: &Page) -> String {
    page.location_param("state").expect("a state")[..1].to_owned()
}

#[actix_web::test]
async fn a_pending_login_lives_ten_minutes() {
    // WeChat's own code lives five, so the older callbacks come with a code minted late.
    for (age, is_accepted) in [(0, true), (599, true), (600, false)] {
        let app = TestApp::spawn().await;
        let visitor = Visitor::new();
        let start = visitor.get(&app.at("/user")).await;
        app.clock.advance(age);
        let callback = visitor.get(&start.location()).await.location();
        let answer = visitor.get(&callback).await;
        answer.assert_status(302);
        assert_eq!(
            answer.is_authorize(),
            !is_accepted,
            "after {age} s: {answer:?}"
        );
        let exchanges = app.simulator.count(Endpoint::AccessToken);
        assert_eq!(exchanges, usize::from(is_accepted), "after {age} s");
    }
}

#[actix_web::test]
async fn tabs_share_a_login_for_five_minutes() {
    let nonce = |page: &Page| page.location_param("state").expect("a state")[2..].to_owned();
    for (age, is_shared) in [(0, true), (299, true), (300, false)] {
        let app = TestApp::spawn().await;
        let visitor = Visitor::new();
        let first = visitor.get(&app.at("/user?tab=1")).await;
        app.clock.advance(age);
        let second = visitor.get(&app.at("/user?tab=2")).await;
        assert_eq!(nonce(&first) == nonce(&second), is_shared, "after {age} s");
        assert_eq!(rounds(&second), "0", "a plain visit is no failure");
    }
}

#[actix_web::test]
async fn a_result_is_shared_for_a_minute_and_a_code_never_sent_again() {
    for (age, is_shared) in [(0, true), (60, true), (61, false), (550, false)] {
        let app = TestApp::spawn().await;
        let visitor = Visitor::new();
        let callback = callback(&app, &visitor, "/user?a=1").await;
        let replay = visitor.snapshot();
        visitor.visit(&callback).await.assert_status(200);

        app.clock.advance(age);
        let again = replay.get(&callback).await;
        again.assert_status(302);
        assert_eq!(again.location(), app.at("/user?a=1"));
        let lands = replay.get(&app.at("/user?a=1")).await;
        assert_eq!(lands.status == 200, is_shared, "after {age} s: {lands:?}");
        if !is_shared {
            assert_eq!(
                rounds(&lands),
                "1",
                "the old callback is a login that failed"
            );
        }
        assert_eq!(
            app.simulator.count(Endpoint::AccessToken),
            1,
            "after {age} s"
        );
    }
}

#[actix_web::test]
async fn a_cached_user_ages_out_and_logs_in_afresh() {
    let app = TestApp::spawn_with(|it| it.max_age(Duration::from_secs(3600))).await;
    let visitor = Visitor::new();
    visitor.visit(&app.at("/user")).await.assert_status(200);
    app.clock.advance(3600);
    visitor.get(&app.at("/user")).await.assert_status(200);
    app.clock.advance(1);
    let again = visitor.get(&app.at("/user")).await;
    assert!(again.is_authorize(), "{again:?}");
    assert_eq!(rounds(&again), "0", "an old login is no failure");
    visitor.visit(&app.at("/user")).await.assert_status(200);
}
