use std::time::Duration;

use super::*;

const APPID: &str = "wx0123456789abcdef";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const HOME: &str = "https://shop.example.cn";

fn builder() -> Builder {
    Wechat::builder()
        .appid(APPID)
        .secret(SECRET)
        .public_url(HOME)
        .own_client()
}

#[test]
fn a_setting_that_cannot_work_is_refused_by_name() {
    let table: [(&str, &str, Builder); 37] = [
        ("appid", "missing", Wechat::builder()),
        ("appid", "blank", builder().appid("")),
        ("appid", "blank", builder().appid(" ")),
        ("appid", "spaces", builder().appid("wx01 23")),
        ("appid", "spaces", builder().appid("wx0123\n")),
        ("appid", "letters, digits", builder().appid("wx;a=b")),
        ("secret", "missing", Wechat::builder().appid(APPID)),
        ("secret", "blank", builder().secret("")),
        ("secret", "blank", builder().secret("\t")),
        ("secret", "spaces", builder().secret("not a secret")),
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
    let refused = builder.build().err().map(|refused| refused.setting());
    let expected = (!cfg!(feature = "rustls")).then_some("api_url");
    assert_eq!(refused, expected);
    builder_over_http().build().expect("http needs no TLS");
}

fn builder_over_http() -> Builder {
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
fn nothing_shows_a_secret() {
    let outside = Outside::website("wxfedcba9876543210", SECRET);
    assert!(!format!("{outside:?}").contains(SECRET));
    let wechat = builder()
        .outside(outside)
        .build()
        .expect("settings that work");
    assert!(!format!("{wechat:?} {:?}", wechat.worker()).contains(SECRET));
}

#[test]
fn settings_are_shared_between_threads() {
    fn assert_shared<T: Send + Sync + Clone>() {}
    assert_shared::<Wechat>();
}
