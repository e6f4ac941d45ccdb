//! Everything that a decision depends on, read from the request once.

use actix_session::{Session, SessionExt as _};
use actix_web::{
    HttpRequest,
    http::{Method, header},
};

use crate::{
    account::Account,
    address::callback::{self, Callback},
    extract::{Entrance, identity::Identity, wants::Wants},
    scope::Scope,
    session::{Known, stored::Kept},
    visit::{
        Asks, Found, Visit,
        browser::{is_wechat, navigation, wants_html},
        cookies::{are_unreadable, look_alikes},
    },
};

/// What a request's session and query say beside the user.
pub(crate) struct Glance {
    /// What the session holds where that is too little.
    pub(crate) known: Known,
    pub(crate) callback: Option<Callback>,
    pub(crate) look_alikes: Vec<Vec<u8>>,
}

impl Glance {
    /// The user, which is enough for most requests, and what else was seen on the way.
    pub(crate) fn at<I: Identity>(
        req: &HttpRequest,
        account: &Account,
        memo: Option<I>,
    ) -> (Found<I>, Self) {
        let look_alikes = if account.public.is_https() {
            look_alikes(req.headers())
        } else {
            Vec::new()
        };
        let (found, known) = match memo {
            Some(identity) => (Found::Enough(identity), Known::Nobody),
            None if look_alikes.is_empty() => find(&req.get_session(), account),
            // The session may be the one that was planted.
            None => (Found::TooLittle, Known::Nobody),
        };
        let glance = Self {
            known,
            callback: find_callback(req, account),
            look_alikes,
        };
        (found, glance)
    }
}

/// What a request's query carries of this account's logins.
pub(crate) fn find_callback(req: &HttpRequest, account: &Account) -> Option<Callback> {
    Callback::find(req.uri().query()?, account.logins.appended())
}

fn find<I: Identity>(session: &Session, account: &Account) -> (Found<I>, Known) {
    match account.slot.load(session) {
        Known::Kept(Kept::User(user))
            if I::is_met_by(&user) && account.slot.is_current(&user, account.clock.now()) =>
        {
            (Found::Enough(I::from(user)), Known::Nobody)
        }
        known => (Found::TooLittle, known),
    }
}

/// The rest, where a glance is not enough for an extractor that asks for this scope.
pub(crate) fn gather(
    req: &HttpRequest,
    account: &Account,
    glance: Glance,
    scope: Scope,
    entrance: Entrance,
    is_guarded: bool,
) -> (Visit, Known) {
    let headers = req.headers();
    let now = account.clock.now();
    let Glance {
        known,
        callback,
        look_alikes,
    } = glance;
    let is_own_origin = |origin: &[u8]| account.is_own_origin(origin);
    let is_elsewhere = || {
        callback
            .as_ref()
            .is_some_and(|callback| account.cookies.is_elsewhere(headers, &callback.state, now))
    };
    let appid = account.appid();
    let may_be_for_another = is_guarded || Wants::include_another(req, appid);
    // A guard may be content with less than the handler behind it.
    let asks_for_less = || {
        let asked = account.logins.scopes(scope);
        let is_more = |callback: &Callback| !asked.contains(callback.state.scope);
        is_guarded && callback.as_ref().is_some_and(is_more)
    };
    let visit = Visit {
        page: callback::without(req.uri().path(), req.uri().query(), callback.as_ref())
            .into_owned(),
        appended: account.logins.appended().map(ToOwned::to_owned),
        asks: match navigation(req.method(), headers, is_own_origin) {
            Some(navigation) => Asks::Person(navigation),
            None => Asks::Program {
                html: wants_html(headers),
            },
        },
        is_get: req.method() == Method::GET,
        is_outside: !account.shown.outside.is_redirect() && !is_wechat(headers),
        has_tapped: entrance == Entrance::Login,
        cookie: account.cookies.find(headers, now),
        look_alikes,
        has_unreadable_cookies: are_unreadable(headers),
        held_since: known.since(),
        scope,
        wants: Wants::of(req, appid),
        is_for_another: asks_for_less() || (may_be_for_another && is_elsewhere()),
        languages: headers.get_all(header::ACCEPT_LANGUAGE).cloned().collect(),
        referer: headers.get(header::REFERER).cloned(),
        callback,
        now,
    };
    (visit, known)
}
