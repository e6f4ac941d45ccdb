//! Several accounts in one app, by scope.

use actix_web::{cookie::Key, middleware::from_fn, web};
use actix_wechat::{
    WechatOpenId, require, require_user,
    simulator::{Endpoint, Person, Simulator},
};
use support::{
    Port, Visitor,
    app::{OTHER, routes, serve, session, two_accounts},
};

#[actix_web::test]
async fn accounts_are_logged_in_to_and_out_of_apart() {
    let ([one, two], port, _simulator) = two_accounts().await;
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

/// One account for the whole site, and another one below `/pay`, also within what the first guards.
async fn shop_and_pay() -> (String, Port, Simulator) {
    let ([shop, pay], port, simulator) = two_accounts().await;
    let url = port.url();
    let key = Key::generate();
    serve(&url, move |config| {
        let pays = || web::scope("/pay").app_data(pay.worker()).configure(routes);
        let files = || actix_files::Files::new("/files", env!("CARGO_MANIFEST_DIR"));
        let nothing = || web::get().to(async || "no user at all");
        config.service(
            web::scope("")
                .app_data(shop.worker())
                .wrap(session(&key))
                .service(pays())
                .service(
                    web::scope("/in")
                        .wrap(from_fn(require_user))
                        .service(pays())
                        .service(files())
                        .route("/nothing", nothing())
                        .configure(routes),
                )
                .service(
                    web::scope("/silent")
                        .wrap(require::<WechatOpenId>())
                        .service(pays())
                        .service(files())
                        .route("/nothing", web::route().to(async || "no user at all"))
                        .configure(routes),
                )
                .route("/nothing", nothing())
                .configure(routes),
        );
    });
    (url, port, simulator)
}

/// The guard is content with less than its handler, whose callback it must leave alone.
#[actix_web::test]
async fn a_silent_guard_leaves_the_callback_to_the_handler_that_asks_for_more() {
    let (url, _port, simulator) = shop_and_pay().await;
    let at = |path: &str| format!("{url}{path}");
    for query in ["", "?a=1&code=own"] {
        for comes_from in ["/nothing", "/openid"] {
            let visitor = Visitor::new();
            visitor.visit(&at(comes_from)).await.assert_status(200);
            let user = at(&format!("/silent/user{query}"));
            let page = visitor.visit(&user).await;
            assert_eq!(page.assert_status(200).body, "小明", "{comes_from}{query}");
            assert_eq!(page.url, user);
        }
    }
    // Where the handler does not ask for more, nothing of it stays in the address.
    for path in [
        "/silent/nothing",
        "/silent/openid",
        "/silent/files/LICENSE-MIT",
    ] {
        let visitor = Visitor::new();
        visitor.visit(&at("/openid")).await.assert_status(200);
        let callback = visitor.callback(&at("/user")).await;
        let moved = callback.replace("/user?", &format!("{path}?"));
        let exchanges = simulator.count(Endpoint::AccessToken);
        let page = visitor.get(&moved).await;
        assert_eq!(page.status, 302, "{path}: {page:?}");
        assert_eq!(page.location(), at(path));
        assert_eq!(simulator.count(Endpoint::AccessToken), exchanges, "{path}");
        // A program is not led anywhere.
        let answer = visitor.post(&moved).await;
        assert_ne!(answer.status, 302, "{path}: {answer:?}");
    }
}

/// Nobody of the other account looks at its callback, so nothing of it stays in the address: no
/// handler runs on a URL with a code.
#[actix_web::test]
async fn another_accounts_callback_is_cleaned_where_nobody_waits_for_it() {
    let (url, _port, simulator) = shop_and_pay().await;
    let at = |path: &str| format!("{url}{path}");
    for path in [
        "/user",
        "/openid",
        "/both",
        "/login",
        "/in/user",
        "/in/openid",
        "/in/maybe",
        "/in/nothing",
        "/in/cart",
        "/in/files/LICENSE-MIT",
        "/silent/nothing",
        "/silent/files/LICENSE-MIT",
    ] {
        for query in ["", "?a=1&code=own"] {
            let visitor = Visitor::new();
            // The shop's user, with a login at the other account under way.
            visitor.visit(&at("/user")).await.assert_status(200);
            let callback = visitor.callback(&at(&format!("/pay/openid{query}"))).await;
            let moved = callback.replace("/pay/openid", path);
            let exchanges = simulator.count(Endpoint::AccessToken);
            let page = visitor.get(&moved).await;
            assert_eq!(page.status, 302, "{path}{query}: {page:?}");
            assert_eq!(page.location(), at(&format!("{path}{query}")), "{query}");
            assert_eq!(simulator.count(Endpoint::AccessToken), exchanges, "{path}");
            // It was not for this page: on its own it is as good as it was.
            let page = visitor.visit(&callback).await;
            assert_eq!(
                page.assert_status(200).body,
                Person::named("小明").openid(OTHER)
            );
            assert_eq!(page.url, at(&format!("/pay/openid{query}")));
        }
    }
}

/// And left alone where somebody of that account does wait, whatever else the handler takes.
#[actix_web::test]
async fn another_accounts_callback_is_completed_where_somebody_waits_for_it() {
    let (url, _port, simulator) = shop_and_pay().await;
    let at = |path: &str| format!("{url}{path}");
    for path in [
        "/pay/openid",
        "/pay/user",
        "/pay/both",
        "/in/pay/openid",
        "/in/pay/user",
        "/in/pay/both",
        "/silent/pay/openid",
        "/silent/pay/user",
    ] {
        let visitor = Visitor::new();
        visitor.visit(&at("/user")).await.assert_status(200);
        let exchanges = simulator.count(Endpoint::AccessToken);
        let page = visitor.visit(&at(&format!("{path}?a=1"))).await;
        page.assert_status(200);
        assert_eq!(page.url, at(&format!("{path}?a=1")));
        let expected = if path.ends_with("openid") {
            Person::named("小明").openid(OTHER)
        } else {
            "小明".to_owned()
        };
        assert_eq!(page.body, expected, "{path}");
        // A silent login, then one with the profile, where both are asked.
        let steps = if path.ends_with("both") { 2 } else { 1 };
        let exchanged = simulator.count(Endpoint::AccessToken) - exchanges;
        assert_eq!(exchanged, steps, "{path}");
        // Satisfied in both accounts: the back button is cleaned, too.
        let state = format!("0u{}", "a".repeat(32));
        let back = visitor
            .get(&at(&format!("{path}?a=1&code=x&state={state}")))
            .await;
        assert_eq!(back.location(), at(&format!("{path}?a=1")), "{path}");
    }
    // From nothing: the guard's login first, then the other account's.
    for path in ["/in/pay/user", "/silent/pay/user"] {
        let page = Visitor::new().visit(&at(path)).await;
        assert_eq!(page.assert_status(200).body, "小明", "{path}");
    }
}
