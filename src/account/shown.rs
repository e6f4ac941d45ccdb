//! [`Shown`]: what visitors see of a login, and where it leads them.

use crate::{
    account::{outside::Outside, snapshot::Snapshot},
    pages::Pages,
    pages::localized::Localized,
};

/// What visitors see of a login, and where it leads them.
pub(crate) struct Shown {
    pub(crate) pages: Pages,
    /// The app's name on its pages.
    pub(crate) site_name: Localized,
    /// Where the `login` handler is mounted.
    pub(crate) login_path: Option<String>,
    pub(crate) outside: Outside,
    /// The app's words on the page that asks first, if that is to be shown.
    pub(crate) ask_first: Option<Localized>,
    pub(crate) snapshot: Snapshot,
}
