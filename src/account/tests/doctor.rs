use super::*;
use crate::Wechat;

const APPID: &str = "wx0123456789abcdef";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const HOME: &str = "https://shop.example.cn";

#[test]
fn each_risk_is_named_with_its_cure() {
    // Appid, public URL, endpoint of both kinds; then the settings that are complained of.
    let table: [(&str, &str, Option<&str>, &[(&str, &str)]); 13] = [
        (APPID, HOME, None, &[]),
        ("wx0123456789ABCDEF", HOME, None, &[("appid", "40013")]),
        ("wx0123456789abcde", HOME, None, &[("appid", "40013")]),
        (
            APPID,
            "http://localhost:8008",
            Some("http://localhost:9000"),
            &[("open_url", "as is `api_url`: a simulator")],
        ),
        ("ww0123456789abcdef", HOME, None, &[("appid", "WeCom")]),
        ("gh_0123456789ab", HOME, None, &[("appid", "16 hex digits")]),
        (
            APPID,
            "https://shop.example.cn:8443",
            None,
            &[("public_url", "10003")],
        ),
        (
            APPID,
            "http://203.0.113.7",
            None,
            &[("public_url", "10003"), ("public_url", "serve https")],
        ),
        (
            APPID,
            "http://127.0.0.1:8008",
            None,
            &[("public_url", "no phone reaches")],
        ),
        (
            APPID,
            "https://example.cn/shop/",
            None,
            &[("public_url", "`/shop`")],
        ),
        (
            APPID,
            "http://127.0.0.1:8008",
            Some("http://127.0.0.1:9000"),
            &[("open_url", "a simulator")],
        ),
        (
            APPID,
            HOME,
            Some("https://gateway.example.cn"),
            &[("open_url", "not WeChat's"), ("api_url", "not WeChat's")],
        ),
        (
            APPID,
            HOME,
            Some("http://gateway.example.cn"),
            &[("open_url", "in the clear"), ("api_url", "in the clear")],
        ),
    ];
    for (appid, public_url, endpoint, expected) in table {
        let settings = |builder: Builder| {
            let builder = builder.appid(appid).public_url(public_url);
            match endpoint {
                Some(endpoint) => builder.open_url(endpoint).api_url(endpoint),
                None => builder,
            }
        };
        assert_found(settings, expected);
    }
}

/// The doctor's findings on these settings, but for what this machine and its features bring.
fn assert_found(settings: impl FnOnce(Builder) -> Builder, expected: &[(&str, &str)]) {
    let builder = Wechat::builder()
        .appid(APPID)
        .secret(SECRET)
        .public_url(HOME)
        .in_flight(1)
        .client(awc::Client::default);
    let builder = settings(builder);
    let shown = format!("{builder:?}");
    let doctor = builder.build().expect(&shown).doctor();
    let found: Vec<_> = doctor
        .findings()
        .iter()
        .filter(|finding| !finding.advice().contains("the feature `rustls` is off"))
        .collect();
    assert_eq!(found.len(), expected.len(), "{shown}: {doctor}");
    for (finding, (setting, advice)) in found.iter().zip(expected) {
        assert_eq!(finding.setting(), *setting, "{doctor}");
        assert!(finding.advice().contains(advice), "{doctor}");
    }
}

#[test]
fn secret_has_the_shape_of_wechats_and_is_never_shown() {
    let refused: &[(&str, &str)] = &[("secret", "32 hex digits")];
    let table = [
        (SECRET, &[][..]),
        ("ffffffffffffffffffffffffffffffff", &[]),
        ("s3cret", refused),
        // A digit short, one too many, and capital letters.
        (&SECRET[1..], refused),
        ("0123456789abcdef0123456789abcdef0", refused),
        ("0123456789ABCDEF0123456789ABCDEF", refused),
        ("0123456789abcdef0123456789abcdeg", refused),
    ];
    for (secret, expected) in table {
        assert_found(|builder| builder.secret(secret), expected);
        let builder = Wechat::builder()
            .appid(APPID)
            .secret(secret)
            .public_url(HOME);
        let wechat = builder.client(awc::Client::default).build().unwrap();
        assert!(!wechat.doctor().to_string().contains(secret), "{secret}");
    }
}

#[test]
fn wechats_other_api_hosts_are_no_risk() {
    let foreign: &[(&str, &str)] = &[("api_url", "not WeChat's `https://api.weixin.qq.com`")];
    let table = [
        ("https://api.weixin.qq.com", &[][..]),
        ("https://api.weixin.qq.com/", &[]),
        ("https://API.weixin.qq.com:443", &[]),
        ("https://api2.weixin.qq.com", &[]),
        (
            "https://sh.api.weixin.qq.com,https://sz.api.weixin.qq.com, https://hk.api.weixin.qq.com",
            &[],
        ),
        ("https://weixin.qq.com", foreign),
        ("https://api3.weixin.qq.com", foreign),
        ("https://api.weixin.qq.com.example.cn", foreign),
        ("https://api.weixin.qq.com:8443", foreign),
        ("https://api.weixin.qq.com/gateway", foreign),
        ("http://127.0.0.1:9000", foreign),
        (
            "https://api.weixin.qq.com,https://gateway.example.cn",
            foreign,
        ),
        ("http://api.weixin.qq.com", &[("api_url", "in the clear")]),
        (
            "http://gateway.example.cn,https://api.weixin.qq.com,https://gateway.example.cn",
            &[("api_url", "in the clear"), ("api_url", "not WeChat's")],
        ),
    ];
    for (api_url, expected) in table {
        assert_found(|builder| builder.api_url(api_url), expected);
    }
}

/// Both of WeChat's hosts at one address of this machine.
#[test]
fn simulator_is_told_from_two_endpoints() {
    let here = "http://127.0.0.1:9000";
    let two: &[(&str, &str)] = &[("open_url", "not WeChat's"), ("api_url", "not WeChat's")];
    let one: &[(&str, &str)] = &[("open_url", "a simulator")];
    for (api_url, expected) in [
        (here, one),
        ("http://127.0.0.1:9000/,http://127.0.0.1:9000", one),
        ("http://127.0.0.1:9001", two),
        ("http://localhost:9000", two),
    ] {
        assert_found(|it| it.open_url(here).api_url(api_url), expected);
    }
}

#[test]
fn doctor_says_a_line_for_each_finding() {
    let builder = Wechat::builder().appid(APPID).public_url(HOME).in_flight(1);
    let builder = builder
        .client(awc::Client::default)
        .api_url("http://127.0.0.1:9000");
    let doctor = builder.secret("s3cret").build().unwrap().doctor();
    let said = doctor.to_string();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), doctor.findings().len());
    assert!(
        lines[0].starts_with("`secret` is not 32 hex digits"),
        "{said}"
    );
    assert!(
        lines[1].starts_with("`api_url` is `http://127.0.0.1:9000/`"),
        "{said}"
    );
}

/// What this process may have open decides, unless the account asks for no more than that.
#[test]
fn limit_that_the_open_files_set_is_named() {
    let limit = process_limit();
    let is_low = limit < 2_000;
    let findings = |in_flight: Option<usize>| {
        let builder = Wechat::builder()
            .appid(APPID)
            .secret(SECRET)
            .public_url(HOME);
        let builder = builder.client(awc::Client::default);
        let builder = match in_flight {
            Some(in_flight) => builder.in_flight(in_flight),
            None => builder,
        };
        let doctor = builder.build().unwrap().doctor();
        let of_limit = |finding: &&Finding| finding.setting() == "in_flight";
        doctor.findings().iter().filter(of_limit).count()
    };
    for (in_flight, expected) in [
        (None, is_low),
        (Some(limit + 1), is_low),
        (Some(limit), false),
        (Some(1), false),
    ] {
        assert_eq!(findings(in_flight), usize::from(expected), "{in_flight:?}");
    }
}
