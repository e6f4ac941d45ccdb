//! Environment: what starts, what refuses to, and how it ends.

use std::net::TcpListener;

use super::{get, hub_command, sent_to, start};
use support::demo::end_of;

#[test]
fn a_bad_value_stops_the_start_with_a_line_that_names_the_variable() {
    let addresses = [
        "",
        " ",
        "shop.example.cn",
        "/shop",
        "//shop.example.cn",
        "ftp://shop.example.cn",
        "http://",
        "http:",
        "http:host",
        "http:/host",
        "http:///host",
        "http:\\\\host",
        "http://host\\path",
        "http://ho\tst",
        "\thttp://host",
        "http://host/a b",
        "http://user@host",
        "http://user:word@host",
        "http://host?a=1",
        "http://host/?",
        "http://host/#top",
        "http://host:99999",
        "http://host:",
        "http://127.1",
        "http://host//twice",
        "http://host/a/../b",
        "\"http://host\"",
        "'http://host'",
    ];
    let rows: &[(&str, &[&str])] = &[
        ("WECHAT_PUBLIC_URL", &addresses),
        ("WECHAT_OPEN_URL", &addresses),
        ("WECHAT_HUB_ORIGINS", &addresses),
        (
            "WECHAT_HUB_ORIGINS",
            &[
                "*",
                "https://*",
                "https://*.example.com",
                "https://shop.example.com/*",
                ",",
                "https://shop.example.com,",
                ",https://shop.example.com",
                "https://shop.example.com https://example.cn",
                "https://shop.example.com;https://example.cn",
                "https://shop.example.com,null",
            ],
        ),
        (
            "WECHAT_HUB_APPIDS",
            &[
                "", " ", "wx 1", "wx/1", "wx1,", ",wx1", "wx1,,wx2", "微信", "\"wx1\"", "*",
            ],
        ),
        (
            "LISTEN",
            &[
                "",
                "8009",
                "127.0.0.1",
                "127.0.0.1:",
                "127.0.0.1:x",
                "127.0.0.1:70000",
            ],
        ),
        ("RUST_LOG", &["actix=loud", "a=b=c"]),
    ];
    for (name, values) in rows {
        for value in *values {
            let (status, said) = end_of(hub_command(&[(name, value)]));
            assert_eq!(status, Some(2), "{name}={value:?}: {said}");
            assert_eq!(said.lines().count(), 1, "{name}={value:?}: {said}");
            assert!(
                said.contains(&format!("`{name}`")),
                "{name}={value:?}: {said}"
            );
        }
    }
    let mut command = hub_command(&[]);
    command.env_remove("WECHAT_HUB_ORIGINS");
    let (status, said) = end_of(command);
    assert_eq!(
        (status, said.as_str()),
        (Some(2), "hub: `WECHAT_HUB_ORIGINS` is missing\n")
    );
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_utf_8_is_refused_by_name() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    for name in [
        "LISTEN",
        "WECHAT_PUBLIC_URL",
        "WECHAT_HUB_ORIGINS",
        "WECHAT_HUB_APPIDS",
        "WECHAT_OPEN_URL",
        "RUST_LOG",
    ] {
        let mut command = hub_command(&[]);
        command.env(name, OsStr::from_bytes(b"\xff\xfe"));
        let (status, said) = end_of(command);
        assert_eq!(status, Some(2), "{name}: {said}");
        assert!(said.contains(&format!("`{name}`")), "{said}");
    }
}

#[test]
fn a_port_that_is_taken_is_the_machines_fault() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = taken.local_addr().expect("its address").to_string();
    let (status, said) = end_of(hub_command(&[("LISTEN", &listen)]));
    assert_eq!(status, Some(1), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.contains("`LISTEN`"), "{said}");
}

#[test]
fn at_sigterm_it_ends_well() {
    let mut hub = start(&[]);
    assert_eq!(get(&hub, "/healthz").status, 200);
    let status = hub.terminate();
    assert_eq!(status.code(), Some(0), "{status}");
}

#[test]
fn it_needs_nothing_but_its_list() {
    let hub = start(&[("WECHAT_HUB_ORIGINS", "http://localhost:8008")]);
    let answer = get(
        &hub,
        "/connect/oauth2/authorize?appid=wx1&redirect_uri=http%3A%2F%2Flocalhost%3A8008%2F",
    );
    assert!(sent_to(&answer).starts_with("https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&redirect_uri=http%3A%2F%2F127.0.0.1%3A"));
}
