//! [`login`]: a page to link to.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use serde::Deserialize;

use crate::{
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
    /// Where this leads: a page of this site, else the home page.
    pub(crate) fn location(query: Option<web::Query<Self>>, req: &HttpRequest) -> String {
        let Some(worker) = req.app_data::<Worker>() else {
            // Only a test's made-up user comes here without an account.
            return "/".to_owned();
        };
        let account = &worker.wechat().0;
        let wanted = query.and_then(|query| query.into_inner().return_to);
        let wanted = wanted.as_deref().unwrap_or("/");
        if let Some(address) = account.return_origins.address(wanted) {
            return address;
        }
        let page = account.public.return_to(wanted).filter(|page| {
            // Back here would be a loop.
            page.split(['?', '#']).next() != Some(req.path())
        });
        account.public.path(page.as_deref().unwrap_or("/"))
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
    let query = web::Query::<ReturnTo>::from_query(req.query_string());
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, ReturnTo::location(query.ok(), &req)))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish())
}
