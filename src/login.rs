//! [`login`]: a page to link to.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use serde::Deserialize;

use crate::{
    account::Account,
    answer::head,
    error::LoginError,
    extract::{Entrance, extract},
    user::WechatUser,
    worker::Worker,
};

/// Where a visitor wants to go on.
#[derive(Deserialize)]
pub(crate) struct ReturnTo {
    return_to: Option<String>,
}

impl ReturnTo {
    /// What a request's query says of it.
    pub(crate) fn of(req: &HttpRequest) -> Self {
        let query = web::Query::<Self>::from_query(req.query_string());
        query.map_or(Self { return_to: None }, web::Query::into_inner)
    }

    /// Where this leads: a page of this site, else the home page.
    pub(crate) fn location(&self, req: &HttpRequest) -> String {
        let Some(worker) = Worker::of(req) else {
            // Only a test's made-up user comes here without an account.
            return "/".to_owned();
        };
        let account = &worker.wechat().0;
        let foreign = account.return_origins.address(self.wanted());
        foreign.unwrap_or_else(|| account.public.path(&self.page(req, account)))
    }

    /// The page of this app that this names, as the app knows it; else the home page.
    pub(crate) fn page(&self, req: &HttpRequest, account: &Account) -> String {
        let page = account.public.return_to(self.wanted());
        // Back to the page that asks would be a loop.
        page.filter(|page| page.split(['?', '#']).next() != Some(req.path()))
            .unwrap_or_else(|| "/".to_owned())
    }

    fn wanted(&self) -> &str {
        self.return_to.as_deref().unwrap_or("/")
    }
}

/// Logs the visitor in and goes on to `?return_to=`.
///
/// `return_to` is a path of this site, with or without the public prefix, or an absolute address of
/// this site or of one of the [`return_origins`](crate::Builder::return_origins). Everything else,
/// and the login page itself, becomes `/`.
///
/// Mount it where you like, and tell [`login_path`](crate::Builder::login_path) where.
///
/// ```
/// use actix_web::{App, web};
///
/// let app = App::new().route("/login", web::get().to(actix_wechat::login));
/// # let _ = app;
/// ```
///
/// # Errors
///
/// The login's own, as on any page that takes a [`WechatUser`].
pub async fn login(req: HttpRequest) -> Result<HttpResponse, LoginError> {
    extract::<WechatUser>(&req, Entrance::Login).await?;
    Ok(head::plain(StatusCode::SEE_OTHER)
        .insert_header((header::LOCATION, ReturnTo::of(&req).location(&req)))
        .finish())
}
