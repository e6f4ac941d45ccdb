//! [`choose_account`]: the account of a request by its host, its path, or what an app goes by.

use std::{
    cell::RefCell,
    fmt,
    future::{Future, Ready, ready},
    pin::Pin,
    rc::Rc,
};

use actix_web::{
    Error, HttpMessage as _, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};

use crate::{account::Wechat, worker::Worker};

/// Kept by a worker thread for the next account with the same settings of the API.
const MOST_CLIENTS: usize = 64;

/// A middleware that chooses the account of each request: for sites with many accounts, which come
/// and go while the server runs.
///
/// `choose` looks the account up, in a map or a cache of the app's: it runs for each request, on the
/// worker's thread, and must not block. Where it gives `None`, the account that is registered
/// (`App::app_data`) stays; without one the answer is 404. So routes that need no account stand
/// outside. The account chosen comes before a registered one, for everything of this crate.
///
/// A visitor's cookies and session entries are named after the appid: whoever is logged in at one
/// account is nobody at the next, also where both share a host and a session. The accounts of one
/// worker share its connections to WeChat, as long as they call it in the same way.
///
/// ```
/// use std::{collections::HashMap, sync::{Arc, RwLock}};
/// use actix_web::{App, dev::ServiceRequest, http::header, web};
/// use actix_wechat::{Wechat, WechatUser, choose_account};
///
/// async fn page(user: WechatUser) -> String {
///     user.nickname
/// }
///
/// let shops: Arc<RwLock<HashMap<String, Wechat>>> = Arc::default();
/// let app = move || {
///     let shops = Arc::clone(&shops);
///     let by_host = move |req: &ServiceRequest| {
///         // Not `connection_info`, which believes a visitor's `X-Forwarded-Host`.
///         let host = req.headers().get(header::HOST)?.to_str().ok()?;
///         shops.read().ok()?.get(host).cloned()
///     };
///     App::new()
///         .wrap(choose_account(by_host))
///         .route("/", web::get().to(page))
/// };
/// # let _ = app;
/// ```
///
/// A proxy in front has to pass the visitor's `Host` on.
///
/// A look-up that has to wait goes into a middleware of the app's own around this one, which leaves
/// what it found in the request's extensions.
pub fn choose_account<F>(choose: F) -> ChooseAccount<F>
where
    F: Fn(&ServiceRequest) -> Option<Wechat> + 'static,
{
    ChooseAccount(Rc::new(choose))
}

/// The middleware that [`choose_account`] makes.
///
/// ```
/// use actix_web::dev::ServiceRequest;
/// use actix_wechat::{ChooseAccount, Wechat, choose_account};
///
/// fn nobody(_: &ServiceRequest) -> Option<Wechat> {
///     None
/// }
/// let choosing: ChooseAccount<fn(&ServiceRequest) -> Option<Wechat>> = choose_account(nobody);
/// ```
pub struct ChooseAccount<F>(Rc<F>);

impl<F> Clone for ChooseAccount<F> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<F> fmt::Debug for ChooseAccount<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChooseAccount")
    }
}

impl<F, S, B> Transform<S, ServiceRequest> for ChooseAccount<F>
where
    F: Fn(&ServiceRequest) -> Option<Wechat> + 'static,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = Chosen<F, S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Chosen {
            service,
            choose: Rc::clone(&self.0),
            workers: RefCell::default(),
        }))
    }
}

/// A service with a choice of the account in front.
pub struct Chosen<F, S> {
    service: S,
    choose: Rc<F>,
    /// One for each way to call WeChat, the last used first.
    workers: RefCell<Vec<Worker>>,
}

impl<F, S> fmt::Debug for Chosen<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chosen")
    }
}

impl<F, S> Chosen<F, S> {
    fn worker(&self, wechat: &Wechat) -> Worker {
        let mut workers = self.workers.borrow_mut();
        let known = workers.iter().position(|known| known.can_serve(wechat));
        if let Some(at) = known {
            workers[..=at].rotate_right(1);
        } else {
            workers.truncate(MOST_CLIENTS - 1);
            workers.insert(0, wechat.worker());
        }
        workers[0].serving(wechat)
    }
}

impl<F, S, B> Service<ServiceRequest> for Chosen<F, S>
where
    F: Fn(&ServiceRequest) -> Option<Wechat> + 'static,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(service);

    fn call(&self, req: ServiceRequest) -> Self::Future {
        if let Some(wechat) = (self.choose)(&req) {
            let worker = self.worker(&wechat);
            req.extensions_mut().insert(worker);
        } else if Worker::of(req.request()).is_none() {
            let not_found = req.into_response(HttpResponse::NotFound().finish());
            return Box::pin(ready(Ok(not_found.map_into_right_body())));
        }
        let answering = self.service.call(req);
        Box::pin(async move { answering.await.map(ServiceResponse::map_into_left_body) })
    }
}
