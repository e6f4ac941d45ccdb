//! The account of each request by host or path, while accounts come and go.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use actix_web::{HttpResponse, cookie::Key, dev::ServiceRequest, web};
use actix_wechat::{
    Outside, Wechat, WechatUser, Worker, choose_account, logout, require_user,
    simulator::{Account, Endpoint, Person, Simulator},
};

use support::{
    Port, Visitor,
    app::{routes, serve, session},
    wechat,
};

type Shops = Arc<RwLock<HashMap<String, Wechat>>>;

struct Mall {
    wechat: Simulator,
    shops: Shops,
    port: Port,
}

impl Mall {
    /// Serves shops by what `name_of` makes of a request.
    async fn open(name_of: fn(&ServiceRequest) -> String) -> Self {
        let mall = Self {
            wechat: wechat::start(Simulator::builder().account(Account::test())).await,
            shops: Shops::default(),
            port: Port::new(),
        };
        let (shops, key) = (Arc::clone(&mall.shops), Key::generate());
        serve(&mall.port.url(), move |config| {
            let shops = Arc::clone(&shops);
            let find = move |req: &ServiceRequest| {
                let shops = shops.read().expect("the shops");
                shops.get(&name_of(req)).cloned()
            };
            let shop = |path: &str| {
                web::scope(path)
                    .wrap(session(&key))
                    .wrap(choose_account(find.clone()))
                    .route("/sign-out", web::post().to(logout))
                    .route(
                        "/appid",
                        web::get().to(async |worker: Worker| {
                            HttpResponse::Ok().body(worker.wechat().appid().to_owned())
                        }),
                    )
                    .service(
                        web::scope("/members")
                            .wrap(actix_web::middleware::from_fn(require_user))
                            .route("", web::get().to(async |user: WechatUser| user.openid)),
                    )
                    .configure(routes)
            };
            config.service(shop("/at/{shop}")).service(shop(""));
        });
        mall
    }

    /// A shop whose account has this appid; whoever is served meanwhile does not notice.
    fn add(&self, name: &str, appid: &str, url: &str) {
        let account = Account::official(appid, "s3cret", "127.0.0.1")
            .any_redirect(true)
            .gate_user_agent(false);
        self.wechat.put_account(account);
        let shop = Wechat::builder()
            .appid(appid)
            .secret("s3cret")
            .public_url(url)
            .open_url(self.wechat.url())
            .api_url(self.wechat.url())
            .build()
            .expect("a shop");
        let mut shops = self.shops.write().expect("the shops");
        shops.insert(name.to_owned(), shop);
    }

    fn openid(&self, appid: &str) -> String {
        Person::named("小明").openid(appid)
    }
}

fn by_host(req: &ServiceRequest) -> String {
    req.connection_info().host().to_owned()
}

fn by_path(req: &ServiceRequest) -> String {
    let mut parts = req.path().split('/').skip(1);
    match parts.next() {
        Some("at") => parts.next().unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

#[actix_web::test]
async fn hosts_come_and_go_while_the_server_runs() {
    let mall = Mall::open(by_host).await;
    let number = mall.port.number;
    let visitor = Visitor::new();
    let hosts = [
        (format!("127.0.0.1:{number}"), "wxa"),
        (format!("localhost:{number}"), "wxb"),
    ];
    for (host, _) in &hosts {
        for path in ["/openid", "/maybe", "/cart"] {
            visitor
                .get(&format!("http://{host}{path}"))
                .await
                .assert_status(404);
        }
    }
    for (host, appid) in &hosts {
        let url = format!("http://{host}");
        mall.add(host, appid, &url);
        for path in ["/openid", "/members"] {
            let page = visitor.visit(&format!("{url}{path}")).await;
            assert_eq!(
                page.assert_status(200).body,
                mall.openid(appid),
                "{host}{path}"
            );
        }
        assert_eq!(visitor.get(&format!("{url}/appid")).await.body, *appid);
    }
    let [(first, _), (second, appid)] = &hosts;
    mall.shops.write().expect("the shops").remove(first);
    visitor
        .get(&format!("http://{first}/openid"))
        .await
        .assert_status(404);
    let page = visitor.get(&format!("http://{second}/openid")).await;
    assert_eq!(page.assert_status(200).body, mall.openid(appid));
    // One account more for a host that had another: nobody is logged in to it.
    mall.add(second, "wxc", &format!("http://{second}"));
    let page = visitor.visit(&format!("http://{second}/openid")).await;
    assert_eq!(page.assert_status(200).body, mall.openid("wxc"));
}

#[actix_web::test]
async fn a_session_of_one_host_is_worth_nothing_at_another() {
    let mall = Mall::open(by_host).await;
    let number = mall.port.number;
    let [one, two] = ["127.0.0.1", "localhost"].map(|host| format!("http://{host}:{number}"));
    mall.add(&one[7..], "wxa", &one);
    mall.add(&two[7..], "wxb", &two);
    let visitor = Visitor::new();
    visitor
        .visit(&format!("{one}/openid"))
        .await
        .assert_status(200);
    // The session's key is that of all shops.
    visitor.carry(&one, &two);
    assert_eq!(visitor.get(&format!("{two}/maybe")).await.body, "guest");
    assert!(visitor.get(&format!("{two}/openid")).await.is_authorize());
    // One shop's callback, brought to the other with all cookies.
    let visitor = Visitor::new();
    let callback = visitor.callback(&format!("{one}/openid")).await;
    visitor.carry(&one, &two);
    let before = mall.wechat.count(Endpoint::AccessToken);
    let page = visitor.get(&callback.replace(&one, &two)).await;
    assert!(page.is_authorize(), "{page:?}");
    assert_eq!(page.location_param("appid").as_deref(), Some("wxb"));
    assert_eq!(mall.wechat.count(Endpoint::AccessToken), before);
}

#[actix_web::test]
async fn shops_at_paths_of_one_host_never_mix_their_users() {
    const SHOPS: usize = 12;
    let mall = Mall::open(by_path).await;
    let url = mall.port.url();
    let at = |shop: usize, path: &str| format!("{url}/at/{shop}{path}");
    let appid = |shop: usize| format!("wx{shop:016}");
    for shop in 0..SHOPS {
        mall.add(&shop.to_string(), &appid(shop), &url);
    }
    // One browser with one session, all shops at once, each in a tab; and another person meanwhile.
    let visitor = Visitor::new();
    let mut tabs = Vec::new();
    for shop in 0..SHOPS {
        tabs.push(visitor.callback(&at(shop, "/openid")).await);
    }
    for (shop, callback) in tabs.iter().enumerate().rev() {
        let page = visitor.visit(callback).await;
        assert_eq!(page.assert_status(200).body, mall.openid(&appid(shop)));
    }
    mall.wechat.sign_in(Person::named("小红"));
    let other = Visitor::new();
    for shop in (0..SHOPS).step_by(3) {
        let page = other.visit(&at(shop, "/openid")).await;
        let hong = Person::named("小红").openid(&appid(shop));
        assert_eq!(page.assert_status(200).body, hong);
    }
    for shop in 0..SHOPS {
        let page = visitor.get(&at(shop, "/openid")).await;
        assert_eq!(page.assert_status(200).body, mall.openid(&appid(shop)));
        let known = other.get(&at(shop, "/openid")).await;
        assert_eq!(known.is_authorize(), shop % 3 != 0, "{known:?}");
    }
    // A log-out is one shop's.
    visitor.post(&at(0, "/sign-out")).await.assert_status(303);
    assert!(visitor.get(&at(0, "/openid")).await.is_authorize());
    assert_eq!(
        visitor.get(&at(1, "/openid")).await.body,
        mall.openid(&appid(1))
    );
    visitor
        .get(&format!("{url}/at/none/openid"))
        .await
        .assert_status(404);
    // Each code went with its own shop's appid, once.
    let calls = mall.wechat.calls();
    let exchanges = calls
        .iter()
        .filter(|call| call.endpoint == Endpoint::AccessToken);
    assert_eq!(exchanges.count(), SHOPS + SHOPS / 3);
}

#[actix_web::test]
async fn an_account_that_is_registered_is_taken_where_none_is_chosen() {
    let simulator = wechat::start(Simulator::builder().account(Account::test())).await;
    let port = Port::new();
    let build =
        |builder: actix_wechat::Builder| builder.public_url(port.url()).build().expect("settings");
    let registered = build(Wechat::simulated(&simulator));
    let chosen =
        build(Wechat::simulated(&simulator).outside(Outside::website("wx3eb0000000000001", "s")));
    let key = Key::generate();
    serve(&port.url(), move |config| {
        let chosen = chosen.clone();
        let choose =
            move |req: &ServiceRequest| (req.query_string() == "chosen").then(|| chosen.clone());
        config.service(
            web::scope("")
                .app_data(registered.worker())
                .wrap(session(&key))
                .wrap(choose_account(choose))
                .configure(routes),
        );
    });
    let visitor = Visitor::new().with_user_agent("Firefox");
    for (query, path) in [
        ("", "/connect/oauth2/authorize?"),
        ("?chosen", "/connect/qrconnect?"),
    ] {
        let page = visitor.get(&format!("{}/user{query}", port.url())).await;
        assert!(page.location().contains(path), "{query}: {page:?}");
    }
}
