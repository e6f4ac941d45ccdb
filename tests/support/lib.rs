//! What the tests share: a visitor with a cookie jar, an app in this process, the examples and
//! other programs as processes of their own.

use std::time::Duration;

use actix_web::rt;

pub mod app;
pub mod by_hand;
pub mod cargo;
pub mod crowd;
pub mod demo;
mod port;
pub mod program;
pub mod raw;
pub mod upstream;
pub mod visitor;
pub mod wechat;

pub use self::{
    port::{Port, free_port},
    visitor::{Page, Visitor},
    wechat::{wechat, wechat_of},
};

/// Waits until it holds, and half a minute at most: the caller asserts what it has waited for.
pub async fn until(holds: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if holds() {
            return;
        }
        rt::time::sleep(Duration::from_millis(5)).await;
    }
}
