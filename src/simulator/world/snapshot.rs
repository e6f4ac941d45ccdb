use serde::{Deserialize, Serialize};

/// How an account's pages open as snapshot pages (网页快照页).
///
/// A visitor who has not consented yet is sent back at once, with a code of a virtual user. The button "使用完整服务" that WeChat
/// lays over such a page is [`Simulator::full_service_url`](crate::simulator::Simulator::full_service_url) here: it repeats the same authorize
/// request with consent and a real user. WeChat keeps the cookies of a snapshot page apart; whoever drives the browser must do that.
///
/// ```
/// use actix_wechat::simulator::{Account, Snapshot};
///
/// let account = Account::test().snapshot(Snapshot::default().flagged(false));
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Snapshot {
    pub(crate) flagged: bool,
    pub(crate) profile: bool,
    pub(crate) real_user: bool,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            flagged: true,
            profile: true,
            real_user: false,
        }
    }
}

impl Snapshot {
    /// Whether the exchange says `is_snapshotuser`; it has been seen missing. Default: true.
    pub fn flagged(mut self, flagged: bool) -> Self {
        self.flagged = flagged;
        self
    }

    /// Whether the virtual user has a profile; else it is 48001. Default: true.
    pub fn profile(mut self, given: bool) -> Self {
        self.profile = given;
        self
    }

    /// The flag with what looks like the real user, as has been reported once. Default: false.
    pub fn real_user(mut self, real: bool) -> Self {
        self.real_user = real;
        self
    }
}
