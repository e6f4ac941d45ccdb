//! Snapshot users, as each policy wants them.

use std::sync::{Arc, Mutex};

use actix_wechat::{Snapshot, simulator::Endpoint};

use support::{Visitor, app::TestApp};

/// The app, and the mark of each user that its hook was told of.
async fn snapshot_app(policy: Snapshot) -> (TestApp, Arc<Mutex<Vec<bool>>>) {
    let marks: Arc<Mutex<Vec<bool>>> = Arc::default();
    let kept = Arc::clone(&marks);
    let app = TestApp::spawn_with(move |it| {
        it.snapshot(policy).on_login(move |login| {
            let mut marks = kept.lock().expect("the marks");
            marks.push(login.user.is_snapshotuser);
            async { Ok::<(), std::io::Error>(()) }
        })
    })
    .await;
    app.simulator.fault(
        Endpoint::AccessToken,
        actix_wechat::simulator::Fault::Body(
            r#"{"access_token":"59_t","expires_in":7200,"refresh_token":"59_r","openid":"oVirtual","scope":"snsapi_userinfo","is_snapshotuser":1}"#.to_owned(),
        ),
    );
    app.simulator.fault(
        Endpoint::UserInfo,
        actix_wechat::simulator::Fault::Body(
            r#"{"openid":"oVirtual","nickname":"微信用户"}"#.to_owned(),
        ),
    );
    (app, marks)
}

#[actix_web::test]
async fn by_default_a_page_says_how_and_nobody_is_logged_in() {
    let (app, marks) = snapshot_app(Snapshot::Page).await;
    let visitor = Visitor::new();
    let page = visitor.visit(&app.at("/user")).await;
    page.assert_status(200);
    assert!(page.body.contains("使用完整服务"), "{}", page.body);
    assert_eq!(visitor.get(&app.at("/maybe")).await.body, "guest");
    assert!(marks.lock().expect("the marks").is_empty());
    assert_eq!(app.simulator.count(Endpoint::UserInfo), 0);
    visitor.get(&page.url).await.assert_status(200);
}

#[actix_web::test]
async fn a_guest_page_takes_them_without_a_login() {
    let (app, marks) = snapshot_app(Snapshot::Guest("/maybe".to_owned())).await;
    let page = Visitor::new().visit(&app.at("/user")).await;
    assert_eq!(page.assert_status(200).body, "guest");
    assert_eq!(page.url, app.at("/maybe"));
    assert!(marks.lock().expect("the marks").is_empty());
}

#[actix_web::test]
async fn a_guest_page_that_needs_a_user_ends_on_a_page() {
    let (app, _) = snapshot_app(Snapshot::Guest("/user".to_owned())).await;
    let pages = Visitor::new().travel(&app.at("/user")).await;
    pages.last().expect("a page").assert_status(403);
}

#[actix_web::test]
async fn accepted_they_are_users_with_a_mark() {
    let (app, marks) = snapshot_app(Snapshot::Accept).await;
    let page = Visitor::new().visit(&app.at("/user")).await;
    assert_eq!(page.assert_status(200).body, "微信用户");
    assert_eq!(*marks.lock().expect("the marks"), [true]);
}
