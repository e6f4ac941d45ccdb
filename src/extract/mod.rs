//! The way of one request: glance at the session → gather the rest → decide → answer, or complete
//! the login.

use std::{
    future::{Ready, ready},
    pin::Pin,
};

use actix_session::SessionExt as _;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload, http::Method};

use crate::{
    account::Wechat,
    answer::{Answer, Reply},
    error::LoginError,
    extract::{
        complete::complete,
        gather::{Glance, find_callback, gather},
        identity::Identity,
        memo::Memo,
        wants::Wants,
        watch::Watch,
    },
    scope::Scopes,
    session::Known,
    turn::Turn,
    user::{WechatOpenId, WechatUser},
    visit::{
        Asks, Found, Visit,
        browser::wants_html,
        cookies::look_alikes,
        decide::{Step, decide, decide_again},
    },
    worker::Worker,
};

mod complete;
mod gather;
pub(crate) mod identity;
pub(crate) mod memo;
pub(crate) mod wants;
mod watch;

/// What an extractor becomes.
pub(crate) type Extracting<I> = Pin<Box<dyn Future<Output = Result<I, LoginError>>>>;

/// Where a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// A handler's parameter, or a guard's.
    Parameter,
    /// The `login` handler, to which the visitor has tapped a link.
    Login,
}

/// While it lives, a request's extractors are a guard's. Extractors of other accounts may follow.
pub(crate) struct Guarding(HttpRequest);

struct IsGuarded;

impl Guarding {
    pub(crate) fn start(req: &HttpRequest) -> Self {
        req.extensions_mut().insert(IsGuarded);
        Self(req.clone())
    }

    /// Drops its share of the request: a service must be the only owner to pass it on.
    pub(crate) fn stop(self) {
        self.0.extensions_mut().remove::<IsGuarded>();
    }

    fn is_on(req: &HttpRequest) -> bool {
        req.extensions().contains::<IsGuarded>()
    }
}

impl FromRequest for WechatUser {
    type Error = LoginError;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        extract(req, Entrance::Parameter)
    }
}

impl FromRequest for WechatOpenId {
    type Error = LoginError;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        extract(req, Entrance::Parameter)
    }
}

/// The account's worker, for handlers that call WeChat for a user, or that write links.
impl FromRequest for Worker {
    type Error = LoginError;
    type Future = Ready<Result<Self, LoginError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(req).ok_or_else(|| unregistered(req)))
    }
}

fn unregistered(req: &HttpRequest) -> LoginError {
    let html = wants_html(req.headers());
    LoginError::new(Answer::Unregistered { html })
}

impl WechatUser {
    /// Logs the user of this request's account out, in the session and for the rest of this
    /// request. Nothing happens where nobody is logged in.
    ///
    /// The session ends: every entry goes, also the app's own; other accounts' users stay. Prefer
    /// it to purging the session. It leaves a trace, without an openid, that a log-out took place.
    /// Without the trace a login within the next minute looks like one whose session was lost, and
    /// the third of them is answered with a page.
    ///
    /// With sessions kept in a cookie, a copy of the old cookie stays good until its login is older
    /// than [`max_age`](crate::Builder::max_age); sessions kept on the server end at once.
    ///
    /// ```
    /// use actix_web::{HttpRequest, HttpResponse};
    /// use actix_wechat::WechatUser;
    ///
    /// async fn logout(req: HttpRequest) -> HttpResponse {
    ///     WechatUser::forget(&req);
    ///     HttpResponse::SeeOther().insert_header(("Location", "/")).finish()
    /// }
    /// ```
    pub fn forget(req: &HttpRequest) {
        let worker = Worker::of(req);
        Memo::forget(req, worker.as_ref().map(|worker| worker.wechat().appid()));
        if let Some(worker) = worker {
            let account = &worker.wechat().0;
            let is_planted = account.public.is_https() && !look_alikes(req.headers()).is_empty();
            if !is_planted {
                account.slot.forget(&req.get_session(), account.clock.now());
            }
        }
    }
}

impl WechatUser {
    /// Logs the user out ([`forget`](Self::forget)), and returns the error that sends the visitor
    /// to log in once more. For apps that have lost the user behind a session, a row of their
    /// database for example.
    ///
    /// A script gets 401. A visitor whose last login was a moment ago is sent to WeChat three times
    /// at most, then reads a page, because logging in again does not help.
    ///
    /// ```
    /// use actix_web::{HttpRequest, Responder};
    /// use actix_wechat::{LoginError, WechatUser};
    ///
    /// async fn page(user: WechatUser, req: HttpRequest) -> Result<impl Responder, LoginError> {
    ///     let row: Option<String> = None; // … look the user up …
    ///     row.ok_or_else(|| WechatUser::log_in_again(&req))
    /// }
    /// ```
    #[must_use = "the error is the answer that logs in"]
    pub fn log_in_again(req: &HttpRequest) -> LoginError {
        Self::forget(req);
        let Some(worker) = Worker::of(req) else {
            return unregistered(req);
        };
        let wechat = worker.wechat();
        let visit = visit::<Self>(req, wechat);
        let instead = decide_again(&visit);
        answer(Reply::new(wechat.clone(), visit, instead))
    }
}

/// The whole of a request's login. It has no side effects until it succeeds: a handler may take an
/// `Option` of the identity, and then actix throws a failure away.
pub(crate) fn extract<I: Identity>(req: &HttpRequest, entrance: Entrance) -> Extracting<I> {
    if let Some(identity) = Memo::find(req, None) {
        return Box::pin(ready(Ok(identity)));
    }
    let Some(worker) = Worker::of(req) else {
        return Box::pin(ready(Err(unregistered(req))));
    };
    let account = &worker.wechat().0;
    let appid = account.appid();
    let (found, glance) = Glance::at(req, account, Memo::find(req, Some(appid)));
    if glance.callback.is_none() {
        // Whatever else the handler takes changes nothing.
        return Box::pin(ready(match found {
            Found::Enough(identity) => Ok(identity),
            Found::TooLittle => {
                let (visit, _) = gather(req, account, glance, I::SCOPE, entrance, false);
                let instead = visit.without_callback();
                Err(answer(Reply::new(worker.wechat().clone(), visit, instead)))
            }
        }));
    }
    let turn = Turn::default();
    let watch = match &found {
        Found::Enough(_) => {
            Wants::add(req, worker.wechat(), Scopes::default());
            None
        }
        Found::TooLittle => {
            // Told now and decided when polled, after all extractors of the handler were made.
            Wants::add(req, worker.wechat(), account.logins.scopes(I::SCOPE));
            // A login comes back by GET; of anything else a refusal says nothing.
            (req.method() == Method::GET).then(|| Watch::start(req, worker.wechat(), &turn))
        }
    };
    let is_guarded = Guarding::is_on(req);
    let req = req.clone();
    Box::pin(async move {
        let ended = match begin(req, worker, found, glance, entrance, is_guarded, turn) {
            Begun::Ended(ended) => ended,
            Begun::Completing(reply) => Err(answer(reply.await)),
        };
        if let Some(watch) = watch {
            watch.done();
        }
        ended
    })
}

/// What a request with a callback becomes.
enum Begun<I> {
    Ended(Result<I, LoginError>),
    Completing(Pin<Box<dyn Future<Output = Reply>>>),
}

/// Apart from what waits for a login's end, so that what is gathered here is not kept so long.
fn begin<I: Identity>(
    req: HttpRequest,
    worker: Worker,
    found: Found<I>,
    glance: Glance,
    entrance: Entrance,
    is_guarded: bool,
    turn: Turn,
) -> Begun<I> {
    let wechat = worker.wechat();
    let (visit, known) = gather(&req, &wechat.0, glance, I::SCOPE, entrance, is_guarded);
    match decide(&visit, found) {
        Step::Run(identity) => Begun::Ended(Ok(identity)),
        Step::Answer(instead) => {
            Begun::Ended(Err(answer(Reply::new(wechat.clone(), visit, instead))))
        }
        Step::Exchange(login) => {
            Begun::Completing(Box::pin(complete(req, worker, visit, known, login, turn)))
        }
    }
}

fn answer(reply: Reply) -> LoginError {
    LoginError::new(Answer::Registered(reply))
}

/// The answer to a person's request that a guard has let through with a callback that it does not
/// wait for, and nobody else did either: the page without it.
pub(crate) fn unclaimed_callback(req: &HttpRequest, wechat: &Wechat) -> Option<LoginError> {
    let account = &wechat.0;
    let callback = find_callback(req, account)?;
    if Wants::include_another(req, account.appid()) {
        return None;
    }
    let glance = Glance {
        known: Known::Nobody,
        callback: Some(callback),
        look_alikes: Vec::new(),
    };
    let (scope, entrance) = (WechatUser::SCOPE, Entrance::Parameter);
    let (visit, _) = gather(req, account, glance, scope, entrance, true);
    let is_unclaimed = visit.is_for_another || Wants::of(req, account.appid()).is_empty();
    (matches!(visit.asks, Asks::Person(_)) && is_unclaimed)
        .then(|| answer(Reply::clean(wechat.clone(), visit, None)))
}

/// What a request says to an account, as its extractor would gather it.
pub(crate) fn visit<I: Identity>(req: &HttpRequest, wechat: &Wechat) -> Visit {
    let (_, glance) = Glance::at::<I>(req, &wechat.0, None);
    gather(req, &wechat.0, glance, I::SCOPE, Entrance::Parameter, false).0
}
