//! What ends with time: pending logins, shared results, cached users.

use actix_wechat::simulator::Endpoint;

use support::{Page, Visitor, app::TestApp};

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
        if !is_accepted {
            // For the clean page, where the login ends all the same.
            let page = answer.location_param("redirect_uri");
            assert_eq!(page, Some(app.at("/user")));
            visitor.visit(&callback).await.assert_status(200);
        }
    }
}

/// Within a minute of a login an anonymous visit tells that its session did not stick; later it is
/// a visit like any other.
#[actix_web::test]
async fn a_completed_login_is_remembered_for_a_minute() {
    for (millis, is_lost) in [
        (0, true),
        (1, true),
        (59_999, true),
        (60_000, false),
        (600_000, false),
    ] {
        let app = TestApp::spawn().await;
        let visitor = Visitor::new();
        let callback = visitor.callback(&app.at("/user")).await;
        let answer = visitor.get(&callback).await;
        let marker = answer.set_cookies();
        let marker = marker.iter().find(|line| line.starts_with("wechat."));
        let marker = marker.expect("a marker");
        assert!(marker.ends_with("; Max-Age=60"), "{marker}");
        visitor.drop_cookie(&app.url, "id");
        app.clock.advance_millis(millis);
        let again = visitor.get(&app.at("/user")).await;
        assert!(again.is_authorize(), "{again:?}");
        assert_eq!(rounds(&again) == "1", is_lost, "after {millis} ms");
    }
    // From a server whose clock is ahead.
    for (ahead, is_believed) in [(60, true), (61, false)] {
        let app = TestApp::spawn().await;
        let visitor = Visitor::new();
        visitor.visit(&app.at("/user")).await.assert_status(200);
        visitor.drop_cookie(&app.url, "id");
        app.clock.turn_back(ahead);
        let again = visitor.get(&app.at("/user")).await;
        assert_eq!(rounds(&again) == "1", is_believed, "{ahead} s ahead");
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
    for (age, is_shared) in [
        (0, true),
        (59, true),
        (60, true),
        (61, false),
        (550, false),
        (599, false),
    ] {
        let app = TestApp::spawn().await;
        let visitor = Visitor::new();
        let callback = visitor.callback(&app.at("/user?a=1")).await;
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
        // Who has a session is simply in.
        let pages = visitor.travel(&callback).await;
        assert_eq!(pages.len(), 2, "after {age} s: {pages:#?}");
        pages[1].assert_status(200);
        let count = |endpoint| app.simulator.count(endpoint);
        let calls = (count(Endpoint::AccessToken), count(Endpoint::UserInfo));
        assert_eq!(calls, (1, 1), "after {age} s");
    }
}
