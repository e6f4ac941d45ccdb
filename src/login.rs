//! [`login`]: a page to link to, for guests and for programs that are not logged in.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use serde::Deserialize;

use crate::{
    error::LoginError,
    extract::{Entrance, extract},
    user::WechatUser,
    worker::Worker,
};

#[derive(Deserialize)]
struct LoginQuery {
    return_to: Option<String>,
}

/// Logs the visitor in and goes on to `?return_to=`, a path of this site; everything else, and the
/// login page itself, becomes `/`.
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
    let query = web::Query::<LoginQuery>::from_query(req.query_string());
    let return_to = query.ok().and_then(|query| query.into_inner().return_to);
    let location = match req.app_data::<Worker>() {
        Some(worker) => {
            let public = &worker.wechat().0.public;
            let page = return_to
                .and_then(|wanted| public.return_to(&wanted))
                .filter(|page| page.split(['?', '#']).next() != Some(req.path()))
                .unwrap_or_else(|| "/".to_owned());
            public.path(&page)
        }
        // Only a test's made-up user comes here without an account.
        None => "/".to_owned(),
    };
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish())
}
