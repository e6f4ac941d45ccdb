//! Every URL in and out. Pure.

pub(crate) mod authorize;
pub(crate) mod callback;
pub(crate) mod origins;
pub(crate) mod public_url;
pub(crate) mod state;
