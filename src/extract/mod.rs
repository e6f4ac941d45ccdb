//! The way of one request: glance at the session → gather the rest → decide → act.

use std::{future::ready, pin::Pin};

use actix_session::SessionExt as _;
use actix_web::{FromRequest, HttpRequest, dev::Payload};

use crate::{
    address::callback::Callback,
    answer::{Answer, Reply},
    error::LoginError,
    extract::{
        act::act,
        gather::{Glance, gather},
        identity::Identity,
        memo::Memo,
        wants::Wants,
        watch::Watch,
    },
    scope::Scopes,
    session::Known,
    user::{WechatOpenId, WechatUser},
    visit::{Found, browser::wants_html, cookies::look_alikes, decide::decide},
    worker::Worker,
};

mod act;
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
    /// A handler's parameter.
    Parameter,
    /// `require_user`, behind which extractors of other accounts may be.
    Guard,
    /// The `login` handler, to which the visitor has tapped a link.
    Login,
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

impl WechatUser {
    /// Logs the user of this request's account out: in the session, and for the rest of this
    /// request. Nothing happens where nobody is logged in.
    ///
    /// The session ends: every entry goes, the app's own too, but for other accounts' users. A trace
    /// without an openid stays. So prefer it to purging the session: without the trace, a login
    /// within the next minute looks like one whose session was lost, and the third such is answered
    /// with a page.
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
        let worker = req.app_data::<Worker>();
        Memo::forget(req, worker.map(|worker| worker.wechat().appid()));
        if let Some(worker) = worker {
            let account = &worker.wechat().0;
            let is_planted = account.public.is_https() && !look_alikes(req.headers()).is_empty();
            if !is_planted {
                account.slot.forget(&req.get_session(), account.clock.now());
            }
        }
    }
}

/// The whole of a request's login. Without side effects until it succeeds: actix may be asked for
/// an `Option` of the identity, and then throws a failure away.
pub(crate) fn extract<I: Identity>(req: &HttpRequest, entrance: Entrance) -> Extracting<I> {
    if let Some(identity) = Memo::find(req, None) {
        return Box::pin(ready(Ok(identity)));
    }
    let Some(worker) = req.app_data::<Worker>() else {
        let html = wants_html(req.headers());
        return Box::pin(ready(Err(LoginError::new(Answer::Unregistered { html }))));
    };
    let account = &worker.wechat().0;
    let appid = &account.logins.official.appid;
    let mut glance = Glance::at(req, account, Memo::find(req, Some(appid)));
    let watch = match (&glance.callback, &glance.found) {
        (None, _) => None,
        (Some(_), Found::Enough(_)) => {
            Wants::add(req, appid, Scopes::default());
            None
        }
        (Some(_), Found::TooLittle) => {
            // Said now, decided when polled: by then all extractors of the handler have spoken.
            Wants::add(req, appid, account.logins.scopes(I::SCOPE));
            Some(Watch::start(req, appid))
        }
    };
    if glance.callback.is_none() {
        glance.found = match glance.found {
            Found::Enough(identity) => return Box::pin(ready(Ok(identity))),
            found => found,
        };
    }
    let (req, worker) = (req.clone(), worker.clone());
    Box::pin(async move {
        let visit = gather(&req, &worker.wechat().0, &glance, entrance);
        let step = decide(&visit, glance.found);
        let ended = act(&req, &worker, visit, glance.known, step).await;
        if let Some(watch) = watch {
            watch.done();
        }
        ended.map_err(|reply| LoginError::new(Answer::Registered(reply)))
    })
}

/// The answer for a request that a guard has let through with another account's callback, and that
/// nobody of that account has looked at: the page without it.
pub(crate) fn unclaimed_callback(req: &HttpRequest) -> Option<LoginError> {
    let callback = req.uri().query().and_then(Callback::find)?;
    let wechat = req.app_data::<Worker>()?.wechat();
    let account = &wechat.0;
    if Wants::include_another(req, &account.logins.official.appid) {
        return None;
    }
    let glance = Glance::<WechatUser> {
        found: Found::TooLittle,
        known: Known::Nobody,
        callback: Some(callback),
        look_alikes: Vec::new(),
    };
    let visit = gather(req, account, &glance, Entrance::Guard);
    visit.is_for_another.then(|| {
        LoginError::new(Answer::Registered(Reply::clean(
            wechat.clone(),
            visit,
            None,
        )))
    })
}

/// What a request says to an account, as its extractor would gather it.
#[cfg(test)]
pub(crate) fn visit<I: Identity>(req: &HttpRequest, wechat: &crate::Wechat) -> crate::visit::Visit {
    let glance = Glance::<I>::at(req, &wechat.0, None);
    gather(req, &wechat.0, &glance, Entrance::Parameter)
}
