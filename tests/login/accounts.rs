//! Several accounts in one app, by scope.

use actix_web::{cookie::Key, web};
use support::{
    Visitor,
    app::{routes, serve, session, two_accounts},
};

#[actix_web::test]
async fn accounts_are_logged_in_to_and_out_of_apart() {
    let ([one, two], port) = two_accounts().await;
    let url = port.url();
    let key = Key::generate();
    serve(&url, move |config| {
        config.service(
            web::scope("")
                .wrap(session(&key))
                .service(web::scope("/one").app_data(one.worker()).configure(routes))
                .service(web::scope("/two").app_data(two.worker()).configure(routes)),
        );
    });
    let at = |path: &str| format!("{url}{path}");
    let visitor = Visitor::new();
    let first = visitor.visit(&at("/one/openid")).await;
    assert_eq!(visitor.get(&at("/two/maybe")).await.body, "guest");
    let second = visitor.visit(&at("/two/openid")).await;
    assert_ne!(
        first.assert_status(200).body,
        second.assert_status(200).body
    );

    visitor.get(&at("/two/logout")).await.assert_status(200);
    assert!(visitor.get(&at("/two/openid")).await.is_authorize());
    assert_eq!(visitor.get(&at("/one/openid")).await.body, first.body);
}
