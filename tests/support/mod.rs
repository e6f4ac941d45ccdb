//! What the tests share: a visitor with a cookie jar, and the demo as a process of its own.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its part, and is no library"
)]

pub mod crowd;
pub mod demo;
pub mod raw;
pub mod visitor;

#[allow(unused_imports, reason = "not every test binary names a page")]
pub use visitor::{Page, Visitor};

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port on loopback")
        .port()
}
