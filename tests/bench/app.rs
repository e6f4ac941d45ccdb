//! The app that is measured: each page by the library and by hand, in one service with one session.

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_web::{HttpRequest, HttpResponse, cookie::Key, web};
use actix_wechat::{
    Wechat, WechatUser, Worker,
    simulator::{Account, Person, Simulator},
};

use crate::by_hand::{self, ByHand, Client};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Library,
    /// By hand; calls to WeChat with awc.
    Awc,
    /// By hand; calls to WeChat with reqwest.
    Reqwest,
}

impl Side {
    pub(crate) const ALL: [Self; 3] = [Self::Library, Self::Awc, Self::Reqwest];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Library => "library",
            Self::Awc => "by hand, awc",
            Self::Reqwest => "by hand, reqwest",
        }
    }

    pub(crate) const fn scope(self) -> &'static str {
        match self {
            Self::Library => "/library",
            Self::Awc => "/awc",
            Self::Reqwest => "/reqwest",
        }
    }
}

pub(crate) fn account() -> Account {
    Account::test().bound(true)
}

/// A code that the simulator takes, once.
pub(crate) fn code(simulator: &Simulator) -> String {
    simulator.mint_code(account().appid(), &Person::named("小明"), "snsapi_userinfo")
}

async fn page(user: WechatUser) -> HttpResponse {
    HttpResponse::Ok().body(user.openid)
}

async fn answer(req: HttpRequest) -> HttpResponse {
    let worker = req.app_data::<Worker>().expect("the account");
    let tokens = worker.refresh("a", "b").await.expect("an answer");
    HttpResponse::Ok().body(tokens.access_token().to_owned())
}

/// The library's pages.
pub(crate) fn library(worker: Worker) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config
            .app_data(worker)
            .route("/page", web::get().to(page))
            .route("/answer", web::get().to(answer));
    }
}

/// All pages, for the app at this address, each side in a scope of its own.
pub(crate) fn routes(
    wechat: &Wechat,
    public_url: &str,
    wechat_url: &str,
) -> impl FnOnce(&mut web::ServiceConfig) {
    let worker = wechat.worker();
    let account = account();
    let by_hand = |side: Side, client: Client| {
        by_hand::routes(ByHand {
            appid: account.appid().to_owned(),
            secret: account.secret().to_owned(),
            wechat_url: wechat_url.to_owned(),
            public_url: format!("{public_url}{}", side.scope()),
            client,
        })
    };
    // As many connections as it takes: with the usual 100 a crowd of logins would not get through.
    let unlimited = awc::Client::builder().connector(awc::Connector::new().limit(0));
    let awc = by_hand(Side::Awc, Client::Awc(unlimited.finish()));
    let reqwest = by_hand(Side::Reqwest, Client::Reqwest(reqwest::Client::new()));
    move |config| {
        config
            .service(web::scope(Side::Library.scope()).configure(library(worker)))
            .service(web::scope(Side::Awc.scope()).configure(awc))
            .service(web::scope(Side::Reqwest.scope()).configure(reqwest));
    }
}

pub(crate) fn wechat(public_url: &str, wechat_url: &str) -> Wechat {
    let account = account();
    Wechat::builder()
        .appid(account.appid())
        .secret(account.secret())
        .public_url(public_url)
        .open_url(wechat_url)
        .api_url(wechat_url)
        .build()
        .expect("settings that work")
}

/// The session of all of them.
pub(crate) fn session(key: Key) -> SessionMiddleware<CookieSessionStore> {
    SessionMiddleware::builder(CookieSessionStore::default(), key)
        .cookie_secure(false)
        .build()
}
