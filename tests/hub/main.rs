//! The hub keeps its contract: over real sockets, against the example as a process of its own.

mod attacks;
mod contract;
mod logins;
mod start;

use std::process::Command;

use support::{
    demo::{Demo, command},
    free_port,
    raw::{self, Raw},
};

/// The targets of most tests; nobody listens there.
const ORIGINS: &str = "https://shop.example.com, http://localhost:8008,https://example.cn/shop";
/// A hub that is not asked to send anybody on needs no WeChat.
const OPEN: &str = "https://open.weixin.qq.com";

/// The example with just these variables; those given win.
fn hub_command(variables: &[(&str, &str)]) -> Command {
    let mut command = command("hub");
    command
        .env_remove("WECHAT_HUB_APPIDS")
        .env("WECHAT_HUB_ORIGINS", ORIGINS)
        .env("LISTEN", format!("127.0.0.1:{}", free_port()))
        .envs(variables.iter().copied());
    command
}

fn start(variables: &[(&str, &str)]) -> Demo {
    let given = variables.iter().find(|(name, _)| *name == "LISTEN");
    let listen = match given {
        Some((_, listen)) => (*listen).to_owned(),
        None => format!("127.0.0.1:{}", free_port()),
    };
    let mut command = hub_command(variables);
    command.env("LISTEN", &listen);
    Demo::spawn(command, format!("http://{listen}"))
}

fn get(hub: &Demo, target: &str) -> Raw {
    raw::get(&hub.url, target, &[]).unwrap_or_else(|| panic!("no answer to {target}"))
}

fn encode(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// Where it sends the browser, with the headers that such an answer has.
#[track_caller]
fn sent_to(answer: &Raw) -> &str {
    assert_eq!(answer.status, 302, "{answer:#?}");
    assert_eq!(answer.header("cache-control"), "no-store", "{answer:#?}");
    assert_eq!(
        answer.header("referrer-policy"),
        "no-referrer",
        "{answer:#?}"
    );
    assert!(answer.all("set-cookie").is_empty(), "{answer:#?}");
    assert_eq!(answer.all("location").len(), 1, "{answer:#?}");
    answer.header("location")
}

/// A page, and never a redirect.
#[track_caller]
fn assert_page(answer: &Raw, status: u16) {
    assert_eq!(answer.status, status, "{answer:#?}");
    assert_eq!(answer.header("location"), "", "{answer:#?}");
    assert!(answer.all("set-cookie").is_empty(), "{answer:#?}");
    assert_eq!(answer.header("refresh"), "", "{answer:#?}");
    assert_eq!(answer.header("cache-control"), "no-store", "{answer:#?}");
    assert_eq!(
        answer.header("referrer-policy"),
        "no-referrer",
        "{answer:#?}"
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("default-src 'none'"), "{answer:#?}");
    assert!(!policy.contains("script-src"), "{answer:#?}");
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(!answer.body.contains("<script"), "{answer:#?}");
    assert!(!answer.body.contains("http-equiv"), "{answer:#?}");
    assert!(!answer.body.contains("<a "), "{answer:#?}");
}
