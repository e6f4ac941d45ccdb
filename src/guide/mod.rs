//! The guide, a chapter a module. [中文][zh]
//!
#![doc = include_str!("links.md")]
//!
//! The front page, with the quick start, is the [crate's](crate).

/// In a checkout a chapter's links lead to files. If a link is defined twice the first definition
/// counts, and those of `links.md` lead to pages that docs.rs has.
macro_rules! chapter {
    ($name:ident, $file:literal) => {
        #[doc = include_str!("links.md")]
        #[doc = ""]
        #[doc = include_str!($file)]
        pub mod $name {}
    };
}

pub mod zh;

chapter!(handlers, "handlers.md");
chapter!(develop, "develop.md");
chapter!(flow, "flow.md");
chapter!(failures, "failures.md");
chapter!(defaults, "defaults.md");
chapter!(at_wechat, "at_wechat.md");
chapter!(nginx, "nginx.md");
chapter!(servers, "servers.md");
chapter!(hosts, "hosts.md");
chapter!(front_ends, "front_ends.md");
chapter!(qr_login, "qr_login.md");
chapter!(accounts, "accounts.md");
chapter!(testing, "testing.md");
chapter!(own_user, "own_user.md");
chapter!(operating, "operating.md");
chapter!(metrics, "metrics.md");
chapter!(security, "security.md");
chapter!(numbers, "numbers.md");
chapter!(migration, "migration.md");
