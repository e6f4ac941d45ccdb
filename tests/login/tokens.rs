//! The calls for those who keep tokens: `refresh` and `check`.

use std::sync::{Arc, Mutex};

use actix_wechat::{
    Reason, Tokens,
    simulator::{Endpoint, Fault, Simulator},
};

use support::{Visitor, app::TestApp};

#[actix_web::test]
async fn stored_tokens_are_checked_and_refreshed() {
    let kept: Arc<Mutex<Option<Tokens>>> = Arc::default();
    let keeping = Arc::clone(&kept);
    let (app, wechat) = TestApp::prepare(move |it| {
        it.on_login(move |login| {
            *keeping.lock().expect("the tokens") = Some(login.tokens);
            async { Ok::<(), std::io::Error>(()) }
        })
    })
    .await;
    let worker = wechat.worker();
    let key = actix_web::cookie::Key::generate();
    support::app::serve(&app.url, move |config| {
        let session = actix_session::SessionMiddleware::builder(
            actix_session::storage::CookieSessionStore::default(),
            key.clone(),
        )
        .cookie_secure(false)
        .build();
        config.service(
            actix_web::web::scope("")
                .app_data(wechat.worker())
                .wrap(session)
                .configure(support::app::routes),
        );
    });
    let openid = Visitor::new().visit(&app.at("/openid")).await.body;
    let tokens = kept.lock().expect("the tokens").take().expect("a login");
    assert_eq!(tokens.scope(), "snsapi_base");

    assert_eq!(worker.check(tokens.access_token(), &openid).await, Ok(true));
    assert_eq!(worker.check("59_wrong", &openid).await, Ok(false));
    app.clock.advance(7201);
    assert_eq!(
        worker.check(tokens.access_token(), &openid).await,
        Ok(false)
    );
    let person = app.simulator.people()[0].clone();
    let refreshed = worker
        .refresh(app.simulator.account().appid(), tokens.refresh_token())
        .await
        .expect("new tokens");
    assert_ne!(refreshed.access_token(), tokens.access_token());
    assert_eq!(
        worker.check(refreshed.access_token(), &openid).await,
        Ok(true)
    );

    for goes_bad in [Simulator::change_password, Simulator::revoke] {
        Visitor::new()
            .visit(&app.at("/openid"))
            .await
            .assert_status(200);
        let tokens = kept.lock().expect("the tokens").take().expect("a login");
        let token = tokens.access_token();
        assert_eq!(worker.check(token, &openid).await, Ok(true));
        goes_bad(&app.simulator, &person);
        assert_eq!(worker.check(token, &openid).await, Ok(false));
    }

    app.simulator
        .fault_times(Endpoint::RefreshToken, Fault::Errcode(40030), 1);
    let refused = worker
        .refresh(app.simulator.account().appid(), tokens.refresh_token())
        .await
        .expect_err("an error");
    assert_eq!(
        (refused.reason(), refused.errcode()),
        (Reason::LoginRequired, Some(40030))
    );
    assert!(refused.rid().is_some());
}
