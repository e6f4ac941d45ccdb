//! [`Shown`]: what visitors see of a login, and where it leads them.

use crate::{
    account::{outside::Outside, snapshot::Snapshot},
    pages::Pages,
};

/// What visitors see of a login, and where it leads them.
pub(crate) struct Shown {
    pub(crate) pages: Pages,
    /// Where the `login` handler is mounted.
    pub(crate) login_path: Option<String>,
    pub(crate) outside: Outside,
    /// The app's words on the page that asks first, if that is to be shown.
    pub(crate) ask_first: Option<String>,
    pub(crate) snapshot: Snapshot,
}
