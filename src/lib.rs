// In a checkout the README's links lead to files. If a link is defined twice the first definition
// counts, and those of `links.md` lead to pages that docs.rs has.
#![doc = include_str!("guide/links.md")]
#![doc = ""]
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

mod choose_account;
mod guard;
mod hub;
mod login;
mod logout;
#[cfg(feature = "simulator")]
mod simulated;
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

mod alphanumeric;
mod clock;
mod credentials;
mod events;
mod foreign;
mod lang;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(not(feature = "metrics"))]
#[path = "no_metrics.rs"]
mod metrics;
mod parts;
mod reason;
mod scope;
mod turn;
mod user;
mod weighted;

#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(test)]
mod samples;

// For rustdoc alone: no build of an app contains it.
#[cfg(any(
    all(doc, not(doctest)),
    all(doctest, feature = "simulator", feature = "testing")
))]
pub mod guide;
#[cfg(feature = "simulator")]
pub mod simulator;
#[cfg(feature = "testing")]
pub mod testing;

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
    choose_account::{ChooseAccount, Chosen, choose_account},
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
