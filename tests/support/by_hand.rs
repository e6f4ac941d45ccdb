//! An app that knows nothing of this crate: its login is what a tutorial shows, with a plain HTTP
//! client.

use std::collections::HashMap;

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, cookie::Cookie, dev::ServerHandle, http::header,
    rt, web,
};
use actix_wechat::simulator::Simulator;

/// Runs until it is dropped.
pub struct ByHand {
    pub url: String,
    server: ServerHandle,
}

#[derive(Clone)]
struct Settings {
    url: String,
    appid: String,
    secret: String,
    /// The authorize host, the one thing that a hub changes.
    open: String,
    api: String,
}

impl ByHand {
    /// Browsers reach it at this host.
    pub fn start(host: &str, port: u16, wechat: &Simulator, open: &str) -> Self {
        let url = format!("http://{host}:{port}");
        let settings = Settings {
            url: url.clone(),
            appid: wechat.account().appid().to_owned(),
            secret: wechat.account().secret().to_owned(),
            open: open.to_owned(),
            api: wechat.url().to_owned(),
        };
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(settings.clone()))
                .route("/page", web::get().to(page))
        })
        .workers(1)
        .bind(("127.0.0.1", port))
        .expect("a free port")
        .run();
        let handle = server.handle();
        rt::spawn(server);
        Self {
            url,
            server: handle,
        }
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        rt::spawn(self.server.stop(false));
    }
}

async fn page(
    request: HttpRequest,
    query: web::Query<HashMap<String, String>>,
    app: web::Data<Settings>,
) -> HttpResponse {
    let pending = request.cookie("state").map(|it| it.value().to_owned());
    let tab = query.get("tab").cloned().unwrap_or_default();
    let own = format!("{}/page?tab={tab}", app.url);
    if let Some(who) = request.cookie("who") {
        return match query.get("code") {
            Some(_) => HttpResponse::Found()
                .insert_header((header::LOCATION, own))
                .finish(),
            None => HttpResponse::Ok().body(who.value().to_owned()),
        };
    }
    match (query.get("code"), query.get("state")) {
        (None, None) => {
            let state = pending.unwrap_or_else(|| format!("{:032x}", rand::random::<u128>()));
            let authorize = format!(
                "{}/connect/oauth2/authorize?appid={}&redirect_uri={}&response_type=code&scope=snsapi_userinfo&state={state}#wechat_redirect",
                app.open,
                app.appid,
                encode(&own)
            );
            HttpResponse::Found()
                .insert_header((header::LOCATION, authorize))
                .cookie(Cookie::new("state", state))
                .finish()
        }
        (_, state) if state != pending.as_ref() => {
            HttpResponse::BadRequest().body("not this browser's login")
        }
        (None, _) => HttpResponse::Forbidden().body("declined"),
        (Some(code), _) => match exchange(&app, code).await {
            Some(openid) => HttpResponse::Found()
                .insert_header((header::LOCATION, own))
                .cookie(Cookie::new("who", openid))
                .finish(),
            None => HttpResponse::BadGateway().body("no openid"),
        },
    }
}

async fn exchange(app: &Settings, code: &str) -> Option<String> {
    let url = format!(
        "{}/sns/oauth2/access_token?appid={}&secret={}&code={}&grant_type=authorization_code",
        app.api,
        app.appid,
        app.secret,
        encode(code)
    );
    let answer = reqwest::get(url).await.ok()?.text().await.ok()?;
    let answer: serde_json::Value = serde_json::from_str(&answer).ok()?;
    Some(answer["openid"].as_str()?.to_owned())
}

fn encode(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}
