//! What a request says and means. Pure.

pub(crate) mod browser;
pub(crate) mod decide;
pub(crate) mod login_cookie;
