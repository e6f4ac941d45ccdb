//! What each failure of a call to WeChat means: one table.
//!
//! Failure → how often to try, what becomes of the login, and the cure for the operator.

use crate::{credentials::Credentials, reason::Reason};

/// A login makes two calls, and two more are for apps that keep a user's tokens. Where a platform
/// acts for the account, two of them have another path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// A code can be spent by it even where no answer comes.
    Exchange,
    ComponentExchange,
    /// Harmless to repeat.
    Profile,
    Refresh,
    ComponentRefresh,
    Check,
}

impl Call {
    /// The exchange of a code of this account.
    pub(crate) fn to_exchange(account: &Credentials) -> Self {
        match account.component_appid() {
            None => Self::Exchange,
            Some(_) => Self::ComponentExchange,
        }
    }

    /// The refresh of a token of this account.
    pub(crate) fn to_refresh(account: &Credentials) -> Self {
        match account.component_appid() {
            None => Self::Refresh,
            Some(_) => Self::ComponentRefresh,
        }
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Exchange => "/sns/oauth2/access_token",
            Self::ComponentExchange => "/sns/oauth2/component/access_token",
            Self::Profile => "/sns/userinfo",
            Self::Refresh => "/sns/oauth2/refresh_token",
            Self::ComponentRefresh => "/sns/oauth2/component/refresh_token",
            Self::Check => "/sns/auth",
        }
    }

    /// Its name in the metrics, whoever acts for the account.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Exchange | Self::ComponentExchange => "exchange",
            Self::Profile => "profile",
            Self::Refresh | Self::ComponentRefresh => "refresh",
            Self::Check => "check",
        }
    }

    const fn spends_a_code(self) -> bool {
        matches!(self, Self::Exchange | Self::ComponentExchange)
    }

    const fn is_a_platforms(self) -> bool {
        matches!(self, Self::ComponentExchange | Self::ComponentRefresh)
    }
}

/// How a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No connection was made, so nothing was sent.
    Unconnected,
    /// The connection closed before anything of an answer came.
    Unanswered,
    /// The connection closed within the answer, or the status was 5xx.
    Broken,
    /// The answer cannot be understood: a redirect, HTML, wrong types, too long.
    Malformed,
    TimedOut,
    /// The app gave no token of the platform, so nothing was sent.
    NoToken,
    /// The same, for the token did not come in time.
    TokenTooLate,
    Errcode(i64),
}

impl Fault {
    /// Whether something was sent to WeChat.
    pub(crate) const fn is_sent(self) -> bool {
        !matches!(self, Self::Unconnected | Self::NoToken | Self::TokenTooLate)
    }
}

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// How often the call is made in all before `ending` stands.
    pub(crate) tries: u8,
    pub(crate) ending: Ending,
    /// What the operator should do; empty where it is not theirs.
    pub(crate) cure: &'static str,
    /// A quota is used up: worth trying again after a minute.
    pub(crate) quota: bool,
    /// The call's access token is no longer good.
    pub(crate) token_is_invalid: bool,
}

/// How a failed login ends for the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Back to the clean page, where a fresh login starts.
    Restart,
    /// A page.
    Page(Reason),
}

const MISCONFIGURED: Ending = Ending::Page(Reason::Misconfigured);
const REFUSED: Ending = Ending::Page(Reason::AccountRefused);
const BUSY: Ending = Ending::Page(Reason::Busy);
const MALFORMED: Ending = Ending::Page(Reason::MalformedAnswer);
const UNREACHABLE: Ending = Ending::Page(Reason::Unreachable);
const RESTART: Ending = Ending::Restart;

struct Row {
    errcodes: &'static [i64],
    /// Tries and ending at the exchange.
    exchange: (u8, Ending),
    /// Tries and ending at the other calls.
    other: (u8, Ending),
    cure: &'static str,
}

const fn row(
    errcodes: &'static [i64],
    exchange: (u8, Ending),
    other: (u8, Ending),
    cure: &'static str,
) -> Row {
    Row {
        errcodes,
        exchange,
        other,
        cure,
    }
}

const fn both(errcodes: &'static [i64], ending: Ending, cure: &'static str) -> Row {
    row(errcodes, (1, ending), (1, ending), cure)
}

const STALE_TOKEN: &str = "the third-party platform's `component_access_token` is invalid or expired; let the source given to `platform` give the current one";

const QUOTAS: [i64; 2] = [45009, 45011];
/// Not this user's token, not a token, expired, password changed, consent taken back.
const INVALID_TOKENS: [i64; 6] = [40001, 40003, 40014, 42001, 42007, 50001];

/// WeChat's errcodes, by what follows from them.
const ERRCODES: &[Row] = &[
    row(&[-1], (2, BUSY), (3, BUSY), "WeChat is busy; wait"),
    // The code is expired, used, missing or another account's.
    row(
        &[40029, 40163, 41008, 42003],
        (1, RESTART),
        (1, MALFORMED),
        "",
    ),
    row(
        &[40001],
        (1, MISCONFIGURED),
        (2, RESTART),
        "the app secret is wrong; copy it from the account's settings",
    ),
    // Seen on tokens a moment old; the next try is answered.
    row(&[40014, 42001], (1, MALFORMED), (2, RESTART), ""),
    // The visitor changed the password, revoked, or must agree anew.
    both(&[42007, 50001, 40030], RESTART, ""),
    both(
        &[40226, 50002, 50005],
        REFUSED,
        "WeChat restricts this visitor, not the app",
    ),
    both(
        &[45009],
        BUSY,
        "the daily quota of this call is used up; clear or raise it in the account's settings",
    ),
    both(
        &[45011],
        BUSY,
        "the quota per minute of this call is used up; slow down",
    ),
    both(
        &[48001],
        MISCONFIGURED,
        "the account lacks the permission for web authorization; certify the account or ask for it",
    ),
    both(
        &[48004],
        MISCONFIGURED,
        "WeChat has blocked this interface for the account; see the account's notices",
    ),
    both(
        &[40013],
        MISCONFIGURED,
        "the appid is wrong; copy it from the account's settings",
    ),
    both(
        &[40125],
        MISCONFIGURED,
        "the app secret is wrong; copy it from the account's settings",
    ),
    both(
        &[40164],
        MISCONFIGURED,
        "this server's address is not on the account's IP whitelist; add it",
    ),
    both(
        &[41002, 41004],
        MISCONFIGURED,
        "appid or secret did not arrive; check the API endpoint and what stands before it",
    ),
    both(
        &[40002, 40003, 40066, 41001, 41003, 41009, 43001, 43003],
        MISCONFIGURED,
        "the call was refused as malformed; check the API endpoint and what stands before it",
    ),
    both(&[40094], MISCONFIGURED, STALE_TOKEN),
    both(
        &[41018],
        MISCONFIGURED,
        "the platform's `component_appid` did not arrive; set `platform` where a third-party platform acts for the account, and check what stands before the API endpoint",
    ),
    both(
        &[61007],
        MISCONFIGURED,
        "the account has not authorized the third-party platform to log its visitors in; let its administrator authorize the platform anew",
    ),
    both(
        &[61023],
        MISCONFIGURED,
        "the third-party platform holds no such refresh token of this account; the visitor has to log in again",
    ),
    both(
        &[10015],
        MISCONFIGURED,
        "the account has not authorized the third-party platform; let its administrator do so, and compare `component_appid` with the platform's settings",
    ),
    both(
        &[
            10003, 10004, 10005, 10006, 10007, 10008, 10009, 10010, 10011, 10012, 10013, 10014,
            10016,
        ],
        MISCONFIGURED,
        "WeChat refuses the account or its domain; compare the account's web authorization domain with the public URL",
    ),
];

/// What follows from a failure of this call.
pub(crate) fn verdict(call: Call, fault: Fault) -> Verdict {
    let plain = |tries, ending, cure| Verdict {
        tries,
        ending,
        cure,
        quota: false,
        token_is_invalid: false,
    };
    match (fault, call) {
        (Fault::Unconnected, call) => plain(
            if call.spends_a_code() { 2 } else { 3 },
            UNREACHABLE,
            "no connection to this host was made; check name resolution, routes, firewalls and the proxy towards it",
        ),
        (Fault::Unanswered, call) if call.spends_a_code() => plain(
            2,
            UNREACHABLE,
            "this host closes connections without an answer; check what stands before it",
        ),
        (Fault::Unanswered, _) => plain(3, UNREACHABLE, ""),
        (Fault::Broken, call) if call.spends_a_code() => plain(1, UNREACHABLE, ""),
        (Fault::Broken, _) => plain(3, UNREACHABLE, ""),
        (Fault::Malformed, _) => plain(
            1,
            MALFORMED,
            "check that the API endpoint is WeChat's and nothing rewrites its answers",
        ),
        (Fault::TimedOut, _) => plain(
            1,
            Ending::Page(Reason::TimedOut),
            "this host did not answer within the deadline; check the route to it, or raise `deadline`",
        ),
        (Fault::NoToken, _) => plain(
            1,
            MISCONFIGURED,
            "the source of the platform's `component_access_token`, given to `platform`, failed: see `problem`",
        ),
        (Fault::TokenTooLate, _) => plain(
            1,
            Ending::Page(Reason::TimedOut),
            "the source of the platform's `component_access_token`, given to `platform`, took more than half of the deadline; keep the token at hand, and renew it before it expires",
        ),
        // The refresh token has expired; no other call has one.
        (Fault::Errcode(42002), Call::Refresh)
        | (Fault::Errcode(42002 | 61023), Call::ComponentRefresh) => plain(1, RESTART, ""),
        // Of the platform's own token, which is the only one that these calls show.
        (Fault::Errcode(40001 | 40014 | 42001), call) if call.is_a_platforms() => {
            plain(1, MISCONFIGURED, STALE_TOKEN)
        }
        (Fault::Errcode(40029), Call::ComponentExchange) => plain(
            1,
            RESTART,
            "if it happens to everybody: the code was given without the platform; check that `component_appid` stays in the address on the way to WeChat",
        ),
        (Fault::Errcode(errcode), call) => {
            let Some(row) = ERRCODES.iter().find(|row| row.errcodes.contains(&errcode)) else {
                return plain(1, MALFORMED, "look the errcode up at WeChat");
            };
            let (tries, ending) = if call.spends_a_code() {
                row.exchange
            } else {
                row.other
            };
            Verdict {
                tries,
                ending,
                // Where a fresh login helps, nobody has to act.
                cure: if ending == RESTART { "" } else { row.cure },
                quota: QUOTAS.contains(&errcode),
                token_is_invalid: INVALID_TOKENS.contains(&errcode),
            }
        }
    }
}

#[cfg(test)]
#[path = "tests/errcode.rs"]
mod tests;
