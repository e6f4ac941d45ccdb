//! A login for each shop of a mall, at a path of its own; shops open while the server runs:
//! `curl -X POST http://127.0.0.1:8008/open/tea`, then see <http://127.0.0.1:8008/shop/tea>.

use std::{collections::HashMap, sync::RwLock};

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_web::{App, HttpResponse, HttpServer, cookie::Key, dev::ServiceRequest, web};
use actix_wechat::{
    Wechat, WechatUser, choose_account,
    simulator::{Account, Simulator},
};

struct Mall {
    url: String,
    simulator: Simulator,
    shops: RwLock<HashMap<String, Wechat>>,
}

fn shop_of(req: &ServiceRequest) -> Option<Wechat> {
    let mall: &web::Data<Mall> = req.app_data()?;
    let name = req.match_info().get("name")?;
    mall.shops.read().ok()?.get(name).cloned()
}

async fn open(mall: web::Data<Mall>, name: web::Path<String>) -> actix_web::Result<HttpResponse> {
    let (appid, secret) = (format!("wx-{name}"), "the-shops-secret"); // in earnest the owner's
    let account = Account::official(&appid, secret, "127.0.0.1").any_redirect(true);
    mall.simulator.put_account(account.gate_user_agent(false));
    let builder = Wechat::simulated(&mall.simulator).appid(appid);
    let built = builder.secret(secret).public_url(&mall.url).build();
    let wechat = built.map_err(actix_web::error::ErrorBadRequest)?;
    mall.shops.write().unwrap().insert(name.to_string(), wechat);
    Ok(HttpResponse::Created().finish())
}

async fn page(user: WechatUser) -> String {
    format!("{} at {}", user.display_name(), user.appid)
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::var("LISTEN").unwrap_or("127.0.0.1:8008".to_owned());
    let mall = web::Data::new(Mall {
        url: format!("http://{listen}"),
        simulator: Simulator::start().await?,
        shops: RwLock::default(),
    });
    let key = Key::generate();
    let server = HttpServer::new(move || {
        let session = SessionMiddleware::builder(CookieSessionStore::default(), key.clone());
        let shop = web::scope("/shop/{name}")
            .wrap(choose_account(shop_of))
            .wrap(session.cookie_secure(false).build())
            .route("", web::get().to(page));
        let app = App::new().app_data(mall.clone()).service(shop);
        app.route("/open/{name}", web::post().to(open))
    });
    Ok(server.bind(listen)?.run().await?)
}
