use std::time::Duration;

use super::*;
use crate::Outside;

const APPID: &str = "wx0123456789abcdef";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const HOME: &str = "https://shop.example.cn";

fn builder() -> Builder {
    Wechat::builder()
        .appid(APPID)
        .secret(SECRET)
        .public_url(HOME)
        .client(awc::Client::default)
}

#[test]
fn a_setting_that_cannot_work_is_refused_by_name() {
    let table = [
        ("appid", "missing", Wechat::builder()),
        ("appid", "blank", builder().appid("")),
        ("appid", "blank", builder().appid(" ")),
        ("appid", "spaces", builder().appid("wx01 23")),
        ("appid", "spaces", builder().appid("wx0123\n")),
        ("appid", "letters, digits", builder().appid("wx;a=b")),
        ("appid", "quotes", builder().appid("\"wx0123456789abcdef\"")),
        ("appid", "quotes", builder().appid("'wx0123456789abcdef'")),
        ("appid", "quotes", builder().appid("“wx0123456789abcdef”")),
        ("appid", "letters, digits", builder().appid("wx微信")),
        ("appid", "letters, digits", builder().appid("w".repeat(65))),
        ("secret", "missing", Wechat::builder().appid(APPID)),
        ("secret", "blank", builder().secret("")),
        ("secret", "blank", builder().secret("\t")),
        ("secret", "spaces", builder().secret("not a secret")),
        (
            "secret",
            "spaces",
            builder().secret([SECRET, "\n"].concat()),
        ),
        (
            "secret",
            "quotes",
            builder().secret(["\"", SECRET, "\""].concat()),
        ),
        ("secret", "quotes", builder().secret(["'", SECRET].concat())),
        ("secret", "quotes", builder().secret([SECRET, "`"].concat())),
        (
            "secret",
            "quotes",
            builder().secret(["‘", SECRET, "’"].concat()),
        ),
        (
            "secret",
            "quotes",
            builder().secret(["「", SECRET, "」"].concat()),
        ),
        (
            "public_url",
            "missing",
            Wechat::builder().appid(APPID).secret(SECRET),
        ),
        ("public_url", "absolute", builder().public_url("")),
        ("public_url", "absolute", builder().public_url("/shop")),
        (
            "public_url",
            "absolute",
            builder().public_url("shop.example.cn"),
        ),
        (
            "public_url",
            "begin with",
            builder().public_url("ftp://shop.example.cn"),
        ),
        (
            "public_url",
            "begin with",
            builder().public_url("javascript:alert(1)"),
        ),
        ("public_url", "absolute", builder().public_url("https://")),
        (
            "public_url",
            "before any",
            builder().public_url("https://shop.example.cn/?a=1"),
        ),
        (
            "public_url",
            "before any",
            builder().public_url("https://shop.example.cn/#a"),
        ),
        (
            "public_url",
            "user name",
            builder().public_url("https://me@shop.example.cn"),
        ),
        (
            "public_url",
            "user name",
            builder().public_url("https://me:pw@shop.example.cn"),
        ),
        (
            "public_url",
            "empty part",
            builder().public_url("https://shop.example.cn//a"),
        ),
        (
            "open_url",
            "absolute",
            builder().open_url("open.weixin.qq.com"),
        ),
        (
            "api_url",
            "before any",
            builder().api_url("https://api.weixin.qq.com?a"),
        ),
        // Of several one is bad.
        ("api_url", "absolute", builder().api_url("")),
        (
            "api_url",
            "absolute",
            builder().api_url("https://api.weixin.qq.com,"),
        ),
        (
            "api_url",
            "absolute",
            builder().api_url(",https://api.weixin.qq.com"),
        ),
        (
            "api_url",
            "absolute",
            builder().api_url("https://api.weixin.qq.com,api2.weixin.qq.com"),
        ),
        (
            "api_url",
            "begin with",
            builder().api_url("https://api.weixin.qq.com,ftp://api2.weixin.qq.com"),
        ),
        (
            "api_url",
            "spaces",
            builder().api_url("https://api.weixin.qq.com https://api2.weixin.qq.com"),
        ),
        (
            "api_url",
            "spaces",
            builder().api_url("https://api.weixin.qq.com,\nhttps://api2.weixin.qq.com"),
        ),
        ("proxy", "like `http://", over_http().proxy("")),
        (
            "proxy",
            "like `http://",
            over_http().proxy("127.0.0.1:3128"),
        ),
        (
            "proxy",
            "like `http://",
            over_http().proxy("https://proxy.example.cn"),
        ),
        (
            "proxy",
            "like `http://",
            over_http().proxy(format!("http://user:{SECRET}@proxy.example.cn/path")),
        ),
        (
            "proxy",
            "beside `client`",
            builder().proxy("http://127.0.0.1:3128"),
        ),
        ("in_flight", "at least 1", builder().in_flight(0)),
        ("deadline", "longer", builder().deadline(Duration::ZERO)),
        (
            "max_age",
            "minute",
            builder().max_age(Duration::from_secs(59)),
        ),
        ("session_key", "1 to 64", builder().session_key("")),
        (
            "session_key",
            "1 to 64",
            builder().session_key("k".repeat(65)),
        ),
        (
            "login_path",
            "path of this site",
            builder().login_path("login"),
        ),
        (
            "login_path",
            "path of this site",
            builder().login_path("//evil"),
        ),
        ("login_path", "path of this site", builder().login_path("/")),
        (
            "login_path",
            "path of this site",
            builder().login_path("/login?a#b"),
        ),
        (
            "snapshot",
            "path of this site",
            builder().snapshot(Snapshot::Guest("https://evil".to_owned())),
        ),
        (
            "template",
            "none of",
            builder().template("nothing.html", ""),
        ),
        (
            "template",
            "is not a template",
            builder().template("busy.html", "{{ open"),
        ),
        (
            "template",
            "does not render",
            builder().template("busy.html", "{{ nobody.home }}"),
        ),
        (
            "outside: appid",
            "own",
            builder().outside(Outside::website(APPID, SECRET)),
        ),
        (
            "outside: appid",
            "blank",
            builder().outside(Outside::website("", SECRET)),
        ),
        (
            "outside: appid",
            "letters, digits",
            builder().outside(Outside::website("wx.2", SECRET)),
        ),
        (
            "outside: secret",
            "blank",
            builder().outside(Outside::website("wx2", " ")),
        ),
        (
            "outside: secret",
            "quotes",
            builder().outside(Outside::website("wx2", ["\"", SECRET, "\""].concat())),
        ),
    ];
    for (setting, problem, builder) in table {
        let shown = format!("{builder:?}");
        let refused = builder.build().expect_err(setting);
        assert_eq!(refused.setting(), setting, "{shown}: {refused}");
        let said = refused.to_string();
        assert!(said.contains(problem), "{shown}: {said}");
        assert!(!said.contains('\n') && !said.contains(SECRET), "{said}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[test]
fn without_tls_an_https_endpoint_needs_a_client_of_the_apps_own() {
    let builder = Wechat::builder()
        .appid(APPID)
        .secret(SECRET)
        .public_url(HOME);
    let refused = builder.build().err();
    let setting = refused.as_ref().map(ConfigError::setting);
    let expected = (!cfg!(feature = "rustls")).then_some("api_url");
    assert_eq!(setting, expected);
    over_http().build().expect("http needs no TLS");
}

/// Without a client of the app's own.
fn over_http() -> Builder {
    Wechat::builder()
        .appid(APPID)
        .secret(SECRET)
        .public_url(HOME)
        .api_url("http://127.0.0.1:9000/")
}

#[test]
fn a_public_url_may_have_a_prefix_and_a_trailing_slash() {
    for (public_url, page) in [
        ("https://shop.example.cn", "https://shop.example.cn/cart"),
        ("https://shop.example.cn/", "https://shop.example.cn/cart"),
        (
            "https://Shop.Example.cn:443/",
            "https://shop.example.cn/cart",
        ),
        (
            "http://example.cn:8080/shop/",
            "http://example.cn:8080/shop/cart",
        ),
        (" https://例子.cn/a/b ", "https://xn--fsqu00a.cn/a/b/cart"),
    ] {
        let wechat = builder().public_url(public_url).build().expect(public_url);
        assert_eq!(wechat.0.public.page("/cart"), page);
    }
}

#[test]
fn api_hosts_are_tried_in_the_order_given() {
    let table: [(&str, &[&str]); 4] = [
        ("http://127.0.0.1:9000", &["http://127.0.0.1:9000/"]),
        ("http://127.0.0.1:9000/a/", &["http://127.0.0.1:9000/a/"]),
        (
            "https://api.weixin.qq.com,https://api2.weixin.qq.com",
            &["https://api.weixin.qq.com/", "https://api2.weixin.qq.com/"],
        ),
        (
            " https://sz.api.weixin.qq.com , https://api.weixin.qq.com ",
            &[
                "https://sz.api.weixin.qq.com/",
                "https://api.weixin.qq.com/",
            ],
        ),
    ];
    for (api_url, expected) in table {
        let wechat = builder().api_url(api_url).build().expect(api_url);
        let bases = wechat.0.endpoints.bases.iter().map(Url::as_str);
        assert_eq!(bases.collect::<Vec<_>>(), expected, "{api_url}");
    }
}

#[test]
fn setting_that_works_is_taken() {
    let table = [
        ("appid", builder().appid("gh_0123456789-ab")),
        ("appid", builder().appid("w".repeat(64))),
        ("secret", builder().secret("s3cret")),
        (
            "proxy",
            over_http().proxy("http://user:pass@127.0.0.1:3128"),
        ),
        ("in_flight", builder().in_flight(1)),
        ("in_flight", builder().in_flight(usize::MAX)),
        ("deadline", builder().deadline(Duration::from_nanos(1))),
        ("max_age", builder().max_age(Duration::from_secs(60))),
        ("session_key", builder().session_key("k".repeat(64))),
        ("login_path", builder().login_path("/login")),
        (
            "snapshot",
            builder().snapshot(Snapshot::Guest("/".to_owned())),
        ),
        (
            "outside",
            builder().outside(Outside::website("wx2", SECRET)),
        ),
    ];
    for (setting, builder) in table {
        assert!(builder.build().is_ok(), "{setting}");
    }
}

#[test]
fn nothing_shows_a_secret() {
    let outside = Outside::website("wxfedcba9876543210", SECRET);
    assert!(!format!("{outside:?}").contains(SECRET));
    let wechat = builder()
        .outside(outside)
        .build()
        .expect("settings that work");
    assert!(!format!("{wechat:?} {:?}", wechat.worker()).contains(SECRET));
    let proxied = over_http().proxy(format!("http://user:{SECRET}@127.0.0.1:3128"));
    assert!(!format!("{proxied:?}").contains(SECRET));
    let proxied = proxied.build().expect("settings that work");
    let shown = format!("{proxied:?} {:?}", proxied.0.endpoints.proxy);
    assert!(!shown.contains(SECRET), "{shown}");
}

#[test]
fn settings_are_shared_between_threads() {
    fn assert_shared<T: Send + Sync + Clone>() {}
    assert_shared::<Wechat>();
}
