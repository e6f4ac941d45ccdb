// In a checkout the README's links lead to files. Of two definitions of a link the first counts, and these
// stand before it, for a page that has no such files beside it.
//! [demo]: https://docs.rs/crate/actix-wechat/latest/source/examples/demo.rs
//! [guard]: https://docs.rs/crate/actix-wechat/latest/source/examples/guard.rs
//! [hub]: https://docs.rs/crate/actix-wechat/latest/source/examples/hub.rs
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
    any(not(doctest), all(feature = "simulator", feature = "testing")),
    doc = include_str!("../README.md")
)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// A visitor's input must never bring a worker down; tests may.
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

mod guard;
mod hub;
mod login;
mod logout;
#[cfg(feature = "simulator")]
mod simulated;
#[cfg(feature = "testing")]
mod testing;
mod verification;
mod wx_login;

mod extract;

mod error;
mod worker;

mod account;
mod address;
mod answer;
mod exchange;
mod pages;
mod session;
mod sns;
mod visit;

mod clock;
mod credentials;
mod foreign;
mod lang;
mod reason;
mod scope;
mod user;
mod weighted;

#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(test)]
mod samples;

#[cfg(feature = "simulator")]
pub mod simulator;

pub use actix_session;
pub use actix_web;
pub use awc;

pub use crate::{
    account::{
        Wechat,
        builder::Builder,
        config_error::ConfigError,
        doctor::{Doctor, Finding},
        outside::Outside,
        snapshot::Snapshot,
    },
    error::LoginError,
    exchange::hook::Login,
    guard::{Guarded, Require, require, require_user},
    hub::{Hub, builder::HubBuilder},
    lang::Lang,
    login::login,
    logout::logout,
    pages::localized::Localized,
    reason::Reason,
    sns::{error::CallError, tokens::Tokens},
    user::{PictureSize, WechatOpenId, WechatUser},
    verification::verification_file,
    worker::Worker,
    wx_login::wx_login,
};
