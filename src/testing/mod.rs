//! What an app's own tests need: made-up users, and a browser for whole logins.
//!
//! A test of a handler needs a user and no login: [`WechatUser::fake`](crate::WechatUser::fake). A
//! test of a login needs a [`Browser`], and WeChat's side to log in at: the
//! [`Simulator`](crate::simulator::Simulator).
//!
//! The chapter [testing](crate::guide::testing) shows both, and the five cases that every app
//! should test.

mod browser;
mod fake;

pub use self::browser::{Browser, BrowserError, Page};
