//! [`require_user`] and [`require`]: the login in front of scopes and of handlers without a user.

use std::{
    any::Any,
    fmt,
    future::{Future, Ready, ready},
    marker::PhantomData,
    pin::Pin,
    rc::Rc,
};

use actix_web::{
    Error, FromRequest, HttpMessage as _,
    body::{EitherBody, MessageBody},
    dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::header::{CACHE_CONTROL, HeaderValue},
    middleware::Next,
};

use crate::{
    extract::{Guarding, memo::Memo, unclaimed_callback},
    user::WechatUser,
    worker::Worker,
};

/// Lets only requests of a logged-in [`WechatUser`] through, as middleware for
/// [`from_fn`](actix_web::middleware::from_fn) over a scope, a resource or static files.
///
/// It runs before the extractors of a handler. A handler with a strict
/// [`web::Query`](actix_web::web::Query) beside the user belongs behind it: on the callback URL
/// such a query would refuse WeChat's parameters before the login is complete.
///
/// The account may be registered around the guard or at the guarded scope itself.
///
/// Answers without a `Cache-Control` get `private, no-cache`, so that no shared cache keeps them.
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
/// Only those of what it wraps. Where nobody is logged in it answers with a response, because the
/// session would not be written after an error.
pub async fn require_user<B>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error>
where
    B: MessageBody + 'static,
{
    guard::<WechatUser, _, _>(req, |req| next.call(req)).await
}

/// The same as [`require_user`] for any extractor: [`WechatOpenId`](crate::WechatOpenId), or a user
/// of the app's own that is looked up from one.
///
/// ```
/// use actix_web::{App, web};
/// use actix_wechat::{WechatOpenId, require};
///
/// async fn vote() -> &'static str {
///     "thank you"
/// }
///
/// let app = App::new().service(
///     web::scope("/poll")
///         .wrap(require::<WechatOpenId>())
///         .route("/vote", web::get().to(vote)),
/// );
/// # let _ = app;
/// ```
#[must_use]
pub fn require<T>() -> Require<T> {
    Require(PhantomData)
}

/// The middleware that [`require`] makes.
///
/// ```
/// let guard: actix_wechat::Require<actix_wechat::WechatOpenId> = actix_wechat::require();
/// ```
pub struct Require<T>(PhantomData<fn() -> T>);

impl<T> Clone for Require<T> {
    fn clone(&self) -> Self {
        require()
    }
}

impl<T> fmt::Debug for Require<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Require")
    }
}

impl<T, S, B> Transform<S, ServiceRequest> for Require<T>
where
    T: FromRequest + 'static,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = Guarded<T, S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Guarded {
            service: Rc::new(service),
            requires: PhantomData,
        }))
    }
}

/// A service with a guard in front.
pub struct Guarded<T, S> {
    service: Rc<S>,
    requires: PhantomData<fn() -> T>,
}

impl<T, S> fmt::Debug for Guarded<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guarded")
    }
}

impl<T, S, B> Service<ServiceRequest> for Guarded<T, S>
where
    T: FromRequest + 'static,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(service);

    fn call(&self, req: ServiceRequest) -> Self::Future {
        let service = Rc::clone(&self.service);
        Box::pin(guard::<T, _, _>(req, move |req| service.call(req)))
    }
}

async fn guard<T, B, F>(
    req: ServiceRequest,
    next: impl FnOnce(ServiceRequest) -> F,
) -> Result<ServiceResponse<EitherBody<B>>, Error>
where
    T: FromRequest + 'static,
    B: MessageBody + 'static,
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    let worker = Worker::of(req.request());
    let guarding = Guarding::start(req.request());
    let extracted = T::from_request(req.request(), &mut Payload::None).await;
    guarding.stop();
    let identity = match extracted {
        Ok(identity) => identity,
        Err(err) => {
            let response = err.into().error_response();
            return Ok(req.into_response(response).map_into_right_body());
        }
    };
    if let Some(user) = (&identity as &dyn Any).downcast_ref::<WechatUser>() {
        let appid = worker.as_ref().map(|it| it.wechat().appid().to_owned());
        let user = user.clone();
        req.extensions_mut().insert(Memo { appid, user });
    }
    let mut answered = next(req).await?;
    if let Some(worker) = worker
        && let Some(err) = unclaimed_callback(answered.request(), worker.wechat())
    {
        let response = Error::from(err).error_response();
        return Ok(answered.into_response(response).map_into_right_body());
    }
    let headers = answered.headers_mut();
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    Ok(answered.map_into_left_body())
}
