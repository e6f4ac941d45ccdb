//! `on_login`: once per exchange, before any answer, and readable when it fails.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use actix_web::rt;
use actix_wechat::{
    Login,
    simulator::{Endpoint, Fault, Person},
};

use support::{Visitor, app::TestApp};

/// What its hook is told is there to look at.
async fn app_that_keeps_logins() -> (TestApp, Arc<Mutex<Vec<Login>>>) {
    let logins: Arc<Mutex<Vec<Login>>> = Arc::default();
    let kept = Arc::clone(&logins);
    let app = TestApp::spawn_with(move |it| {
        it.on_login(move |login| {
            kept.lock().expect("the logins").push(login);
            async { Ok::<(), std::io::Error>(()) }
        })
    })
    .await;
    (app, logins)
}

#[actix_web::test]
async fn it_runs_once_however_often_the_callback_comes() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let app = TestApp::spawn_with(move |it| {
        it.on_login(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            async { Ok::<(), std::io::Error>(()) }
        })
    })
    .await;
    let visitor = Visitor::new();
    let start = visitor.get(&app.at("/user")).await;
    let callback = visitor.get(&start.location()).await.location();
    let copies: Vec<_> = (0..10)
        .map(|_| {
            let (visitor, callback) = (visitor.snapshot(), callback.clone());
            rt::spawn(async move { visitor.visit(&callback).await })
        })
        .collect();
    for copy in copies {
        assert_eq!(
            copy.await.expect("an answer").assert_status(200).body,
            "小明"
        );
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[actix_web::test]
async fn it_is_told_who_who_was_before_and_the_tokens() {
    let (app, logins) = app_that_keeps_logins().await;
    let visitor = Visitor::new();
    visitor.visit(&app.at("/openid")).await.assert_status(200);
    visitor.visit(&app.at("/user")).await.assert_status(200);
    visitor.get(&app.at("/logout")).await;
    app.simulator.sign_in(Person::named("小红"));
    visitor.visit(&app.at("/user")).await.assert_status(200);

    let logins = logins.lock().expect("the logins");
    let appid = app.simulator.account().appid();
    let (ming, hong) = (
        Person::named("小明").openid(appid),
        Person::named("小红").openid(appid),
    );
    let told: Vec<_> = logins
        .iter()
        .map(|login| {
            let user = &login.user;
            (
                user.openid.clone(),
                user.scope,
                user.nickname.as_str(),
                login.known_openid.clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (ming.clone(), "snsapi_base", "", None),
            (ming.clone(), "snsapi_userinfo", "小明", Some(ming.clone())),
            (hong, "snsapi_userinfo", "小红", Some(ming)),
        ]
    );
    for login in logins.iter() {
        let shown = format!("{login:?}");
        assert!(!shown.contains(login.tokens.access_token()), "{shown}");
        assert!(!shown.contains(login.tokens.refresh_token()), "{shown}");
        assert_eq!(login.tokens.expires_in().as_secs(), 7200);
    }
}

#[actix_web::test]
async fn it_is_told_the_unionid_that_either_answer_tells() {
    const TOLD: &str = r#","unionid":"oXYZ""#;
    let (app, logins) = app_that_keeps_logins().await;
    // The page, what the exchange and the profile tell, and what the app is told.
    let table = [
        ("/user", "", "", None),
        ("/user", TOLD, "", Some("oXYZ")),
        ("/user", "", TOLD, Some("oXYZ")),
        ("/openid", TOLD, "", Some("oXYZ")),
        ("/openid", "", TOLD, None),
    ];
    for (path, exchange, profile, expected) in table {
        let exchange = format!(r#"{{"access_token":"59_a","openid":"oABC"{exchange}}}"#);
        let profile = format!(r#"{{"openid":"oABC"{profile}}}"#);
        let simulator = &app.simulator;
        simulator.fault(Endpoint::AccessToken, Fault::Body(exchange));
        simulator.fault(Endpoint::UserInfo, Fault::Body(profile.clone()));
        Visitor::new().visit(&app.at(path)).await.assert_status(200);
        let login = logins.lock().expect("the logins").pop().expect("a login");
        assert_eq!(login.user.unionid.as_deref(), expected, "{path} {profile}");
    }
}

/// A panic that `crowd::panics` does not count, for its tests run in this process, too.
fn bug_in_the_app() {
    std::panic::resume_unwind(Box::new("a bug in the app"));
}

#[actix_web::test]
async fn a_panic_before_its_future_is_a_page_too() {
    let app = TestApp::spawn_with(|it| {
        it.on_login(|_| {
            bug_in_the_app();
            async { Ok::<(), std::io::Error>(()) }
        })
    })
    .await;
    let page = Visitor::new().visit(&app.at("/user")).await;
    page.assert_status(500);
    assert!(page.body.contains("暂时无法登录"), "{}", page.body);
}

#[actix_web::test]
async fn its_failure_is_a_page_and_the_code_is_spent() {
    for how in ["an error", "a panic", "no end"] {
        let running = Arc::new(());
        let held = Arc::downgrade(&running);
        let app = TestApp::spawn_with(|it| {
            it.on_login(move |_| {
                let running = Arc::clone(&running);
                async move {
                    let _running = running;
                    if how == "a panic" {
                        bug_in_the_app();
                    }
                    if how == "no end" {
                        std::future::pending::<()>().await;
                    }
                    Err::<(), _>(std::io::Error::other("the database is gone"))
                }
            })
        })
        .await;
        let visitor = Visitor::new();
        let page = visitor.visit(&app.at("/user")).await;
        page.assert_status(500);
        assert!(page.body.contains("暂时无法登录"), "{how}: {}", page.body);
        assert!(!page.body.contains("the database is gone"), "{how}");
        assert_eq!(visitor.get(&app.at("/maybe")).await.body, "guest", "{how}");
        let reload = visitor.get(&page.url).await;
        assert_eq!(reload.location(), app.at("/user"), "{how}");
        assert_eq!(app.simulator.count(Endpoint::AccessToken), 1, "{how}");
        // It ends on a worker of its own, be it a moment after the answer.
        support::until(|| held.strong_count() == 1).await;
        assert_eq!(held.strong_count(), 1, "{how}: it goes on");
    }
}
