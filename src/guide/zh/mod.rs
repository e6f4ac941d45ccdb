//! The guide in Chinese. It begins with the front page.
//!
#![doc = include_str!("links.md")]
#![doc = ""]
#![doc = include_str!("../../../README.zh-CN.md")]

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
