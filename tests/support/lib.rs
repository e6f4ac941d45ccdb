//! What the tests share: a visitor with a cookie jar, an app in this process, the examples and other
//! programs as processes of their own.

pub mod app;
pub mod crowd;
pub mod demo;
mod port;
pub mod program;
pub mod raw;
pub mod visitor;
pub mod wechat;

pub use self::{
    port::Port,
    visitor::{Page, Visitor},
    wechat::{wechat, wechat_of},
};
