//! Who is let in, and who is not.

use std::io::ErrorKind;

use actix_web::rt::System;
use actix_wechat::simulator::Simulator;

use super::client::*;

const PATHS: [&str; 4] = [
    "/connect/oauth2/authorize",
    "/sns/auth",
    "/_control/v1/calls",
    "/nothing/here",
];

fn code(answer: &Answer) -> String {
    let error = &answer.json()["error"];
    assert!(error["message"].is_string(), "{error}");
    error["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_foreign_host_is_refused_everywhere() {
    let sim = start(
        Simulator::builder()
            .control_api(true)
            .allow_host("wechat-sim"),
    );
    let served = |host: &str, path: &str| {
        let answer = get_as(&sim, path, &[("Host", host)]);
        if answer.status == 403 {
            assert_eq!(code(&answer), "foreign_host");
            assert!(answer.text().contains("--allow-host"));
        }
        answer.status != 403
    };
    for path in PATHS {
        for host in [
            "localhost",
            "LOCALHOST:7301",
            "localhost.",
            "shop.localhost:8008",
            "127.0.0.1",
            "127.8.9.10:80",
            "[::1]",
            "[::1]:7301",
            "open.weixin.qq.com",
            "API.weixin.qq.com:443",
            "lp.open.weixin.qq.com",
            "res.wx.qq.com",
            "wechat-sim:7301",
        ] {
            assert!(served(host, path), "{host} {path}");
        }
        for host in [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:7301",
            "evil.example:127.0.0.1",
            "open.weixin.qq.com.evil.example",
            "xopen.weixin.qq.com",
            "weixin.qq.com",
            "wechat-sim.evil.example",
            "192.168.0.7:7301",
            "0.0.0.0",
            "[::]",
            "user@localhost",
            "locälhost",
        ] {
            assert!(!served(host, path), "{host} {path}");
        }
    }
    // A proxy's form of the same: each name counts.
    let whole = |authority: &str, host: &str| {
        get_as(
            &sim,
            &format!("http://{authority}/sns/auth"),
            &[("Host", host)],
        )
        .status
    };
    assert_eq!(whole("api.weixin.qq.com", "api.weixin.qq.com"), 200);
    assert_eq!(whole("evil.example", "localhost"), 403);
    assert_eq!(whole("localhost", "evil.example"), 403);
}

#[test]
fn a_foreign_origin_is_refused_everywhere() {
    let sim = start(
        Simulator::builder()
            .control_api(true)
            .allow_host("shop.example.test"),
    );
    for path in PATHS {
        for (origin, refused) in [
            ("http://localhost:8008", false),
            ("http://127.0.0.1", false),
            ("http://[::1]:3000", false),
            ("https://open.weixin.qq.com", false),
            ("https://shop.example.test", false),
            ("https://evil.example", true),
            ("http://localhost.evil.example", true),
            ("null", true),
            ("", true),
        ] {
            let answer = get_as(&sim, path, &[("Origin", origin)]);
            assert_eq!(answer.status == 403, refused, "{origin} {path}");
            if refused {
                assert_eq!(code(&answer), "foreign_origin");
            }
        }
    }
}

#[test]
fn what_changes_state_comes_as_json() {
    let sim = start(Simulator::builder().control_api(true));
    for (content_type, status) in [
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonp", 415),
        ("", 415),
    ] {
        for (method, path, body) in [
            ("PUT", "/_control/v1/session", "{\"consent\":\"refuse\"}"),
            ("DELETE", "/_control/v1/faults", ""),
        ] {
            let headers = [("Content-Type", content_type)];
            let answer = request(&sim, method, path, &headers, body).expect("an answer");
            assert_eq!(answer.status, status, "{method} {content_type}");
            if status != 200 {
                assert_eq!(code(&answer), "unsupported_content_type");
            }
        }
    }
}

#[test]
fn more_than_loopback_takes_a_host_and_a_token() {
    let everywhere = || Simulator::builder().listen(([0, 0, 0, 0], 0).into());
    for half in [
        everywhere().allow_host("wechat-sim"),
        everywhere().token("t"),
    ] {
        let error = System::new().block_on(half.start()).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    let both = everywhere()
        .allow_host("wechat-sim")
        .token("t0ken")
        .control_api(true);
    let sim = start(both);
    assert!(sim.url().starts_with("http://127.0.0.1:"), "{}", sim.url());
    for (given, status) in [
        ("Bearer t0ken", 200),
        ("bearer t0ken", 200),
        ("Bearer t0ke", 401),
        ("Basic t0ken", 401),
        ("t0ken", 401),
        ("", 401),
    ] {
        let headers = [("Authorization", given), ("Host", "wechat-sim")];
        let answer = get_as(&sim, "/_control/v1/calls", &headers);
        assert_eq!(answer.status, status, "{given}");
        if status != 200 {
            assert_eq!(code(&answer), "token_required");
        }
    }
    // A login needs no token.
    assert_eq!(
        get_as(&sim, "/sns/auth", &[("Host", "wechat-sim")]).errcode(),
        41001
    );
}
