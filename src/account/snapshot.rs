//! [`Snapshot`]: what becomes of the made-up users of WeChat's snapshot pages.

/// What to do with a snapshot user.
///
/// If a page asks for a login too early, WeChat opens it as a read-only snapshot and answers for a
/// made-up user (WeChat's announcement of 2022-05-09).
///
/// ```
/// assert_eq!(actix_wechat::Snapshot::default(), actix_wechat::Snapshot::Page);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Snapshot {
    /// A page that says how to get the full service; nobody is logged in.
    #[default]
    Page,
    /// A redirect to a page of this site that needs no user, given as a path.
    Guest(String),
    /// Logs the made-up user in, with [`is_snapshotuser`](crate::WechatUser::is_snapshotuser) set.
    /// For apps that check it wherever they store anything.
    Accept,
}
