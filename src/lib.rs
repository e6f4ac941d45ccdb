//! WeChat (微信) login for actix-web.
#[cfg(feature = "simulator")]
pub mod simulator;
