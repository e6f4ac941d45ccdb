//! The extractors: gather what a request says, let [`decide`] say what it means, carry it out.

pub(crate) mod identity;
pub(crate) mod memo;
pub(crate) mod wants;

use std::{future::ready, pin::Pin};

use actix_session::SessionExt as _;
use actix_web::{FromRequest, HttpRequest, dev::Payload};

use crate::{
    account::Settings,
    address::callback::Callback,
    answer::Answer,
    answer::asked::Asked,
    error::LoginError,
    exchange::{Conclusion, Ticket, exchange},
    extract::identity::Identity,
    extract::memo::Memo,
    extract::wants::Asking,
    reason::Reason,
    session::{Known, TooLarge, seconds},
    user::{WechatOpenId, WechatUser},
    visit::browser,
    visit::decide::{Step, Visit, decide},
    visit::login_cookie::LoginCookie,
    worker::Worker,
};

/// What an extractor becomes.
pub(crate) type Extracting<I> = Pin<Box<dyn Future<Output = Result<I, LoginError>>>>;

impl FromRequest for WechatUser {
    type Error = LoginError;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        extract(req, Tapped(false))
    }
}

impl FromRequest for WechatOpenId {
    type Error = LoginError;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        extract(req, Tapped(false))
    }
}

impl WechatUser {
    /// Logs the user of this request's account out: in the session, and for the rest of this
    /// request. Nothing happens where nobody is logged in.
    ///
    /// Prefer it to purging the session: without a trace of the log-out, a login within the next
    /// minute looks like one whose session was lost, and the third such is answered with a page.
    ///
    /// Other accounts' users and the app's own entries stay in the session; the next user at this
    /// account does not inherit them. With sessions kept in a cookie, a copy of the old cookie
    /// stays good until it expires; sessions kept on the server end at once.
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
        Memo::forget(req, worker.map(|worker| worker.wechat.appid()));
        if let Some(worker) = worker {
            let settings = &worker.wechat.0;
            settings.slot().forget(&req.get_session(), settings.now());
        }
    }
}

/// The visitor has tapped a link to log in: asking first would be asking twice.
#[derive(Clone, Copy)]
pub(crate) struct Tapped(pub(crate) bool);

/// What the session holds for an extractor.
enum Held<I> {
    Enough(I),
    /// A silent login, an old one, or the trace of a log-out.
    TooLittle {
        since: u64,
    },
    Nothing,
}

impl<I: Identity> Held<I> {
    fn find(req: &HttpRequest, worker: &Worker) -> Self {
        let settings = &worker.wechat.0;
        if let Some(identity) = Memo::find(req, Some(&settings.account.appid)) {
            return Self::Enough(identity);
        }
        match settings.slot().load(&req.get_session()) {
            None => Self::Nothing,
            Some(Known::User(user)) if I::is_met_by(&user) && is_fresh(settings, &user) => {
                Self::Enough(I::from(user))
            }
            Some(known) => Self::TooLittle {
                since: known.since(),
            },
        }
    }
}

fn is_fresh(settings: &Settings, user: &WechatUser) -> bool {
    settings.max_age.is_none_or(|max_age| {
        settings.now().saturating_sub(seconds(user.logged_in_at)) <= max_age.as_secs()
    })
}

/// The whole of a request's login. Without side effects until it succeeds: actix may be asked for
/// an `Option` of the identity, and then throws a failure away.
pub(crate) fn extract<I: Identity>(req: &HttpRequest, tapped: Tapped) -> Extracting<I> {
    if let Some(identity) = Memo::find(req, None) {
        return Box::pin(ready(Ok(identity)));
    }
    let Some(worker) = req.app_data::<Worker>() else {
        let html = browser::wants_html(req.headers());
        return Box::pin(ready(Err(LoginError::new(Answer::Unregistered { html }))));
    };
    let held = Held::find(req, worker);
    let callback = req.uri().query().and_then(Callback::find);
    match held {
        Held::Enough(identity) if callback.is_none() => Box::pin(ready(Ok(identity))),
        held => {
            if callback.is_some() && !matches!(held, Held::Enough(_)) {
                // Said now, decided when polled: by then all extractors of the handler have spoken.
                Asking::add::<I>(req, &worker.wechat);
            }
            let (req, worker) = (req.clone(), worker.clone());
            Box::pin(async move { settle(&req, &worker, held, callback, tapped).await })
        }
    }
}

fn is_logged_out_since(known: Option<&Known>, user: &WechatUser) -> bool {
    matches!(known, Some(Known::LoggedOut { at, .. }) if *at > user.logged_in_at)
}

async fn settle<I: Identity>(
    req: &HttpRequest,
    worker: &Worker,
    held: Held<I>,
    callback: Option<Callback>,
    tapped: Tapped,
) -> Result<I, LoginError> {
    let settings = &worker.wechat.0;
    let now = settings.now();
    let cookie = LoginCookie::find(req.headers(), &settings.cookie_name, now);
    let asked = Asked::new(
        &worker.wechat,
        req,
        callback.as_ref(),
        cookie.clone(),
        I::SCOPE,
        now,
    );
    let visit = Visit {
        satisfied: matches!(held, Held::Enough(_)),
        held_since: match &held {
            Held::TooLittle { since } => Some(*since),
            Held::Enough(_) | Held::Nothing => None,
        },
        navigation: browser::navigation(req.method(), req.headers()),
        is_elsewhere: callback.as_ref().is_some_and(|callback| {
            let secure = settings.public.is_https();
            LoginCookie::is_elsewhere(
                req.headers(),
                &settings.cookie_name,
                secure,
                &callback.state,
                now,
            )
        }),
        callback,
        cookie,
        scopes: Asking::of(req, &worker.wechat),
        now,
    };
    let session_lost = visit.has_lost_session();
    let step = decide(visit);
    let refused = |asked| Answer::Refused {
        asked,
        html: browser::wants_html(req.headers()),
    };
    Err(LoginError::new(match step {
        Step::Run => match held {
            Held::Enough(identity) => return Ok(identity),
            Held::TooLittle { .. } | Held::Nothing => refused(asked),
        },
        Step::Refuse => refused(asked),
        Step::Clean { completed } => Answer::Clean {
            asked,
            cookie: completed.map(|rounds| LoginCookie::Completed {
                rounds,
                issued_at: now,
            }),
        },
        Step::Login { rounds, cookie } => Answer::Login {
            asked,
            rounds,
            cookie,
            tapped: tapped.0,
            session_lost,
        },
        Step::Stop(reason) => Answer::stopped(asked, reason),
        Step::Exchange {
            code,
            state,
            rounds,
        } => {
            let slot = settings.slot();
            let known = slot.load(&req.get_session());
            let ticket = Ticket {
                scope: state.scope,
                // The cookie's, which nobody but this browser has seen.
                nonce: asked.nonce().to_owned(),
                code,
            };
            let known_openid = known.as_ref().map(|known| known.openid().to_owned());
            match exchange(worker, ticket, known_openid).await {
                // The back button after a log-out: that login is over, however fresh its result.
                Conclusion::LoggedIn(user) if is_logged_out_since(known.as_ref(), &user) => {
                    let cookie = asked.one_round_more();
                    Answer::Clean { asked, cookie }
                }
                Conclusion::LoggedIn(user) => match slot.store(&req.get_session(), &user) {
                    Ok(()) => Answer::Clean {
                        asked,
                        cookie: Some(LoginCookie::Completed {
                            rounds,
                            issued_at: seconds(user.logged_in_at),
                        }),
                    },
                    Err(TooLarge) => Answer::stopped(asked, Reason::Misconfigured),
                },
                Conclusion::Restart => {
                    let cookie = asked.one_round_more();
                    Answer::Clean { asked, cookie }
                }
                Conclusion::Snapshot => Answer::stopped(asked, Reason::Snapshot),
                Conclusion::Failed(failure) => Answer::Stopped { asked, failure },
            }
        }
    }))
}
