//! [`require_user`]: the login in front of a whole scope, or of handlers that take no user.

use actix_web::{
    Error, HttpMessage as _, ResponseError as _,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{CACHE_CONTROL, HeaderValue},
    middleware::Next,
};

use crate::{
    extract::{Entrance, extract, memo::Memo, unclaimed_callback},
    user::WechatUser,
    worker::Worker,
};

/// Lets only requests of a logged-in [`WechatUser`] through, as middleware for
/// [`from_fn`](actix_web::middleware::from_fn) over a scope, a resource or static files.
///
/// It runs before the extractors of a handler. So a handler with a strict
/// [`web::Query`](actix_web::web::Query) beside the user belongs behind it: on the callback URL
/// such a query would refuse WeChat's parameters before the login is complete.
///
/// An answer that says nothing of caches gets `Cache-Control: private, no-cache`, so that nobody
/// else is served what was meant for one.
///
/// ```
/// use actix_web::{App, middleware::from_fn, web};
/// use actix_wechat::{WechatUser, require_user};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Filter {
///     page: Option<u32>,
/// }
///
/// async fn orders(user: WechatUser, filter: web::Query<Filter>) -> String {
///     format!("{}: page {}", user.display_name(), filter.page.unwrap_or(1))
/// }
///
/// let app = App::new().service(
///     web::scope("/shop")
///         .wrap(from_fn(require_user))
///         .route("/orders", web::get().to(orders)),
/// );
/// # let _ = app;
/// ```
///
/// # Errors
///
/// Only those of what it wraps: it answers with a response where nobody is logged in, because an
/// error out of a middleware would pass the session by.
pub async fn require_user<B>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error>
where
    B: MessageBody + 'static,
{
    let user = match extract::<WechatUser>(req.request(), Entrance::Guard).await {
        Ok(user) => user,
        Err(err) => {
            return Ok(req
                .into_response(err.error_response())
                .map_into_right_body());
        }
    };
    let appid = req
        .app_data::<Worker>()
        .map(|worker| worker.wechat().appid().to_owned());
    req.extensions_mut().insert(Memo { appid, user });
    let mut answered = next.call(req).await?;
    if let Some(err) = unclaimed_callback(answered.request()) {
        let response = err.error_response();
        return Ok(answered.into_response(response).map_into_right_body());
    }
    let headers = answered.headers_mut();
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    Ok(answered.map_into_left_body())
}
