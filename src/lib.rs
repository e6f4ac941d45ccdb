// In a checkout the README's links lead to files. Of two definitions of a link the first counts, and these
// stand before it, for a page that has no such files beside it.
//! [demo]: https://docs.rs/crate/actix-wechat/latest/source/examples/demo.rs
//! [guard]: https://docs.rs/crate/actix-wechat/latest/source/examples/guard.rs
//! [member]: https://docs.rs/crate/actix-wechat/latest/source/examples/member.rs
//! [redis]: https://docs.rs/crate/actix-wechat/latest/source/examples/redis.rs
//! [spa]: https://docs.rs/crate/actix-wechat/latest/source/examples/spa.rs
//! [python]: https://docs.rs/crate/actix-wechat/latest/source/examples/python/README.md
//! [node]: https://docs.rs/crate/actix-wechat/latest/source/examples/node/README.md
//! [java]: https://docs.rs/crate/actix-wechat/latest/source/examples/java/README.md
//! [go]: https://docs.rs/crate/actix-wechat/latest/source/examples/go/README.md
//! [php]: https://docs.rs/crate/actix-wechat/latest/source/examples/php/README.md
//! [container]: https://docs.rs/crate/actix-wechat/latest/source/examples/container/README.md
//! [mit]: https://docs.rs/crate/actix-wechat/latest/source/LICENSE-MIT
//! [apache]: https://docs.rs/crate/actix-wechat/latest/source/LICENSE-APACHE
//! [zh]: https://docs.rs/crate/actix-wechat/latest/source/README.zh-CN.md
//!
#![cfg_attr(
    any(not(doctest), feature = "simulator"),
    doc = include_str!("../README.md")
)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// A visitor's input must never bring a worker down; tests may.
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

mod answer;
mod api;
mod asked;
mod asking;
mod authorize;
mod browser;
mod builder;
mod call_error;
mod callback;
mod config;
mod departure;
mod doctor;
mod env;
mod errcode;
mod error;
mod exchange;
mod extract;
#[cfg(feature = "simulator")]
mod fake;
mod flow;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod hook;
mod identity;
mod login;
mod memo;
mod outside;
mod pages;
mod pending;
mod public_url;
mod reason;
mod response;
#[cfg(test)]
mod samples;
mod scope;
mod session;
mod snapshot;
mod state;
mod tried;
mod user;
mod verification;
mod wechat;
mod wire;

#[cfg(feature = "simulator")]
pub mod simulator;

pub use actix_session;
pub use actix_web;
pub use awc;

pub use crate::{
    api::Worker,
    builder::Builder,
    call_error::CallError,
    config::ConfigError,
    doctor::{Doctor, Finding},
    error::LoginError,
    guard::require_user,
    hook::{Login, Tokens},
    login::login,
    outside::Outside,
    reason::Reason,
    snapshot::Snapshot,
    user::{PictureSize, WechatOpenId, WechatUser},
    verification::verification_file,
    wechat::Wechat,
};
