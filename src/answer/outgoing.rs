//! [`Outgoing`]: a login as it is sent to WeChat.

use crate::{
    account::Account,
    address::{callback, state::State},
    clock::Moment,
    scope::Scope,
    visit::login_cookie::{LoginCookie, Pending},
};

/// A login as it is sent to WeChat, and the login cookie that knows it when it comes back.
pub(crate) struct Outgoing {
    /// The page's address as a query's value.
    pub(crate) redirect_uri: String,
    pub(crate) state: State,
    /// The `Set-Cookie`.
    pub(crate) cookie: String,
}

impl Outgoing {
    /// A login that comes back to this page, after so many that came back and failed. One that is
    /// pending already is shared.
    pub(crate) fn new(
        account: &Account,
        current: Option<&LoginCookie>,
        page: &str,
        scope: Scope,
        rounds: u8,
        now: Moment,
    ) -> Self {
        let pending = Pending::renew(current, rounds, page, now);
        let state = State {
            rounds,
            scope,
            own_codes: callback::own_codes(page),
            challenge: pending.challenge(),
        };
        Self {
            redirect_uri: account.public.encoded_page(page),
            state,
            cookie: account.cookies.set(&LoginCookie::Pending(pending), now),
        }
    }
}
