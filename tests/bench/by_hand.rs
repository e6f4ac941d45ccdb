//! The login that one writes by hand: what the library is measured against.
//!
//! The shortest that is correct: `state` in the session, a plain struct with the same nine fields
//! in the session, one warm client a worker. It lacks what the library is for (double callbacks,
//! lost cookies, refused codes, WeChat's broken answers), so every figure near 1 says that those
//! come for free.

use std::rc::Rc;

use actix_session::Session;
use actix_web::{
    Error, HttpResponse,
    error::{ErrorBadGateway, ErrorForbidden},
    http::header,
    web,
};
use rand::distr::{Alphanumeric, SampleString as _};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::form_urlencoded;

/// The profile, under WeChat's names: as WeChat sends it, and as the session keeps it.
#[derive(Serialize, Deserialize)]
struct Profile {
    openid: String,
    unionid: Option<String>,
    nickname: String,
    sex: u8,
    province: String,
    city: String,
    country: String,
    headimgurl: String,
    privilege: Vec<String>,
}

#[derive(Deserialize)]
struct Exchanged {
    access_token: String,
    openid: String,
}

#[derive(Deserialize)]
struct Callback {
    code: String,
    state: String,
}

/// What the calls to WeChat are made with.
#[derive(Clone)]
pub(crate) enum Client {
    Awc(awc::Client),
    Reqwest(reqwest::Client),
}

#[derive(Clone)]
pub(crate) struct ByHand {
    pub(crate) appid: String,
    pub(crate) secret: String,
    pub(crate) wechat_url: String,
    /// The address under which this app is reached, with the scope that it is mounted in.
    pub(crate) public_url: String,
    pub(crate) client: Client,
}

pub(crate) fn routes(by_hand: ByHand) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config
            .app_data(Rc::new(by_hand))
            .route("/page", web::get().to(page))
            .route("/callback", web::get().to(callback))
            .route("/answer", web::get().to(answer));
    }
}

/// An `Rc` from the app's data: a worker's own, like the library's.
struct Of(Rc<ByHand>);

impl actix_web::FromRequest for Of {
    type Error = Error;
    type Future = std::future::Ready<Result<Self, Error>>;

    fn from_request(req: &actix_web::HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let by_hand = req.app_data::<Rc<ByHand>>().cloned();
        std::future::ready(
            by_hand
                .map(Self)
                .ok_or_else(|| ErrorForbidden("not set up")),
        )
    }
}

async fn page(session: Session, Of(app): Of) -> Result<HttpResponse, Error> {
    if let Some(user) = session.get::<Profile>("user")? {
        return Ok(HttpResponse::Ok().body(user.openid));
    }
    let state = Alphanumeric.sample_string(&mut rand::rng(), 32);
    session.insert("state", &state)?;
    let redirect_uri = format!("{}/callback", app.public_url);
    Ok(redirect(&format!(
        "{}/connect/oauth2/authorize?appid={}&redirect_uri={}&response_type=code&scope=snsapi_userinfo&state={state}#wechat_redirect",
        app.wechat_url,
        app.appid,
        form_urlencoded::byte_serialize(redirect_uri.as_bytes()).collect::<String>(),
    )))
}

async fn callback(
    session: Session,
    query: web::Query<Callback>,
    Of(app): Of,
) -> Result<HttpResponse, Error> {
    if session.get::<Profile>("user")?.is_none() {
        if session.get::<String>("state")?.as_ref() != Some(&query.state) {
            return Err(ErrorForbidden("not your login"));
        }
        session.remove("state");
        let exchanged: Exchanged = app
            .call(&format!(
                "/sns/oauth2/access_token?appid={}&secret={}&code={}&grant_type=authorization_code",
                app.appid, app.secret, query.code,
            ))
            .await?;
        let user: Profile = app
            .call(&format!(
                "/sns/userinfo?access_token={}&openid={}&lang=zh_CN",
                exchanged.access_token, exchanged.openid,
            ))
            .await?;
        session.renew();
        session.insert("user", &user)?;
    }
    Ok(redirect(&format!("{}/page", app.public_url)))
}

/// One call to WeChat, and the reading of its answer.
async fn answer(Of(app): Of) -> Result<HttpResponse, Error> {
    let exchanged: Exchanged = app
        .call("/sns/oauth2/refresh_token?appid=a&grant_type=refresh_token&refresh_token=b")
        .await?;
    Ok(HttpResponse::Ok().body(exchanged.access_token))
}

fn redirect(url: &str) -> HttpResponse {
    HttpResponse::Found()
        .insert_header((header::LOCATION, url))
        .finish()
}

impl ByHand {
    async fn call<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let url = format!("{}{path}", self.wechat_url);
        let body = match &self.client {
            Client::Awc(client) => {
                let mut answer = client.get(url).send().await.map_err(ErrorBadGateway)?;
                answer.body().await.map_err(ErrorBadGateway)?
            }
            Client::Reqwest(client) => {
                let answer = client.get(url).send().await.map_err(ErrorBadGateway)?;
                answer.bytes().await.map_err(ErrorBadGateway)?
            }
        };
        // Neither client's own `json()`: awc's refuses WeChat's `text/plain`.
        serde_json::from_slice(&body).map_err(ErrorBadGateway)
    }
}
