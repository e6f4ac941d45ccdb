//! The demo keeps its contract: each row over real sockets, against the demo as a process of its
//! own, with the simulator in this process as WeChat.

mod altered;
mod callbacks;
mod cookies;
mod faults;
mod hostile;
mod login;
mod network;
mod pages;
mod programs;
mod routes;
mod secrets;
mod start;
mod visitors;

use actix_wechat::simulator::{Endpoint, Simulator};
use support::{
    Page, Visitor,
    demo::{Demo, openid},
    wechat, wechat_of,
};

const PROFILE: &str = "/wechat8008/index";

/// How many exchanges and how many profile calls there were.
fn calls(wechat: &Simulator) -> (usize, usize) {
    (
        wechat.count(Endpoint::AccessToken),
        wechat.count(Endpoint::UserInfo),
    )
}

fn cookie_name(wechat: &Simulator) -> String {
    format!("wechat.{}", wechat.account().appid())
}

/// The address at WeChat that a page leads to.
#[track_caller]
fn assert_authorize(page: &Page) -> String {
    assert!(
        page.is_authorize(),
        "{} does not lead to WeChat: {page:#?}",
        page.url
    );
    page.location()
}

/// The openid that a browser is logged in with; `None` for nobody.
async fn openid_of(demo: &Demo, visitor: &Visitor) -> Option<String> {
    openid(visitor, &demo.url).await
}

/// Every answer of the login itself has these headers; pages more.
#[track_caller]
fn assert_headers(page: &Page) {
    assert_eq!(page.header("cache-control"), "no-store", "{page:#?}");
    assert_eq!(page.header("referrer-policy"), "no-referrer", "{page:#?}");
    if page.header("content-type").starts_with("application/json") {
        assert_eq!(
            page.header("x-content-type-options"),
            "nosniff",
            "{page:#?}"
        );
    }
    if page.header("content-type").starts_with("text/html") {
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{page:#?}");
        assert!(!policy.contains("script-src"), "{page:#?}");
        assert!(!page.body.contains("<script"), "{page:#?}");
        assert!(!page.body.contains(" onclick"), "{page:#?}");
        assert_eq!(
            page.header("x-content-type-options"),
            "nosniff",
            "{page:#?}"
        );
    }
}
