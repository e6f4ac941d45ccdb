//! [`require_user`]: the login in front of a whole scope, or of handlers that take no user.

use actix_web::{
    Error, HttpMessage as _, ResponseError as _,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use crate::{
    extract::memo::Memo,
    extract::{Tapped, extract},
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
/// Register the account with the [`App`](actix_web::App) or an outer scope: a scope's own
/// `app_data` is not yet known to a middleware around that scope.
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
    match extract::<WechatUser>(req.request(), Tapped(false)).await {
        Ok(user) => {
            let appid = req
                .app_data::<Worker>()
                .map(|worker| worker.wechat.appid().to_owned());
            req.extensions_mut().insert(Memo { appid, user });
            next.call(req)
                .await
                .map(ServiceResponse::map_into_left_body)
        }
        Err(err) => Ok(req
            .into_response(err.error_response())
            .map_into_right_body()),
    }
}
