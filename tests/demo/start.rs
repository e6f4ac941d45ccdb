//! Environment: what starts, what refuses to, and how it ends.

use std::{net::TcpListener, time::Duration};

use actix_wechat::simulator::{Consent, Endpoint, Fault};

use super::{PROFILE, calls, openid_of, wechat};
use support::{
    Port, Visitor,
    demo::{Demo, VARIABLES, command, end_of, refused},
};

const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\
    0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const CREDENTIALS: [(&str, &str); 2] = [
    ("WECHAT_APPID", "wx0123456789abcdef"),
    ("WECHAT_APPSECRET", "the-app-secret-of-this-test"),
];

/// What URL parsers repair in silence: another address than the one that was meant, or none.
const ODD_URLS: &[&str] = &[
    "http:///host",
    "http:////host",
    "http:host",
    "http:/host",
    "https:/host",
    "HTTP:host",
    "http:\\\\host",
    "http:/\\host",
    "http://host\\path",
    "http://host\\@other",
    "http://ho\tst",
    "http://host\t",
    "\thttp://host",
    "ht\ntp://host",
    "http://ho\nst",
    "http://host\n",
    "http://host\r\n",
    "\u{1}http://host",
    "http://ho st",
    "http://host\u{a0}",
    "\u{3000}http://host",
    "http://ho\u{3000}st",
    "http://@host",
    "http://:@host",
    "http://user:@host",
    "http://host:",
    "http://host:0",
    "http://host:080",
    "http://host:+80",
    "http://host:80:80",
    "http://host:８０",
    "http://ho%73t",
    "http://ｈｏｓｔ",
    "http://host。example。cn",
    "http://127.1",
    "http://0x7f.0.0.1",
    "http://2130706433",
    "http://0177.0.0.1",
    "http://host/a/../b",
    "http://host/a/./b",
    "http://host/%2e%2e/b",
    "http://host/..",
    "http://host//",
    "http://host/a//b",
    "http://host/?",
    "http://host/#",
    "http://host?",
    "http://[::1",
    "http://::1",
    "http://ho[st",
    "http://<host>",
    "\"http://host\"",
    "'http://host'",
    "http://host\"",
    "http://http://host",
    "http://https:/host",
    "://host",
    "http//host",
    "http;//host",
    "http//:host",
    "httpss://host",
    "ws://host",
];

const BAD_PROXIES: &[&str] = &[
    "",
    " ",
    "127.0.0.1:3128",
    "proxy.example.cn",
    "https://127.0.0.1:3128",
    "socks5://127.0.0.1:3128",
    "ftp://127.0.0.1",
    "http://",
    "http://:3128",
    "http://user:word@",
    "http://user:word@:3128",
    "http://127.0.0.1:3128/path",
    "http://127.0.0.1:3128?x",
    "http://127.0.0.1:3128#x",
    "http://127.0.0.1:99999",
    "http://127.0.0.1:x",
    "http:///127.0.0.1:3128",
    "http:127.0.0.1:3128",
    "http:\\\\127.0.0.1:3128",
    "http://127.0.0.1\t:3128",
    "http://pro xy:3128",
    "\"http://127.0.0.1:3128\"",
    "http://user:pa/ss@127.0.0.1:3128",
    "http://user:pa?ss@127.0.0.1:3128",
    "http://user:pa#ss@127.0.0.1:3128",
    "http://127.0.0.1:3128,http://127.0.0.1:3129",
];

/// One line, of the demo's own, that names what is wrong.
#[track_caller]
fn assert_refused(what: &str, (status, said): (Option<i32>, String), code: i32, names: &str) {
    assert_eq!(status, Some(code), "{what}: {said}");
    assert_eq!(
        said.lines().count(),
        1,
        "{what}: more than one line: {said}"
    );
    assert!(said.contains(&format!("`{names}`")), "{what}: {said}");
    assert!(!said.contains("panicked"), "{what}: {said}");
    assert!(!said.contains(CREDENTIALS[1].1), "{what} shows the secret");
}

#[test]
fn a_bad_value_stops_the_start_with_a_line_that_names_the_variable() {
    let long = "x".repeat(65);
    let digits_127 = &KEY[1..];
    let digits_129 = format!("{KEY}0");
    let no_digits = format!("{}g", &KEY[1..]);
    let no_ascii = "é".repeat(64);
    let rows: &[(&str, &[&str])] = &[
        (
            "WECHAT_APPID",
            &[
                "",
                " ",
                "wx 1",
                "wx/1",
                "wx;1",
                "wx=1",
                "微信",
                &long,
                "\"wx0123456789abcdef\"",
                "'wx0123456789abcdef'",
                "wx0123456789abcdef\"",
                " wx0123456789abcdef",
            ],
        ),
        (
            "WECHAT_APPSECRET",
            &[
                "",
                "  ",
                "two words",
                "new\nline",
                "\"in-quotes\"",
                "'in-quotes'",
                "`in-quotes`",
                "“in-quotes”",
                "\"half",
                "half'",
                " padded ",
                "\ttab",
            ],
        ),
        ("WECHAT_PROXY", BAD_PROXIES),
        (
            "WECHAT_RETURN_ORIGINS",
            &[
                "",
                "www.example.cn",
                "https://www.example.cn/path",
                "https://www.example.cn,",
                "https://www.example.cn;https://m.example.cn",
                "https://user@www.example.cn",
                "https:///www.example.cn",
                "*",
                "https://*",
                "https://*.example.cn",
            ],
        ),
        (
            "WECHAT_PUBLIC_URL",
            &[
                "",
                "shop.example.cn",
                "/shop",
                "//shop.example.cn",
                "ftp://shop.example.cn",
                "http://",
                "https:",
                "http://user@shop.example.cn",
                "http://user:word@shop.example.cn",
                "http://shop.example.cn?a=1",
                "http://shop.example.cn/?",
                "http://shop.example.cn/#top",
                "http://shop.example.cn:99999",
                "http://shop example.cn",
                "http://shop.example.cn//twice",
            ],
        ),
        ("WECHAT_PUBLIC_URL", ODD_URLS),
        ("WECHAT_OPEN_URL", ODD_URLS),
        ("WECHAT_API_URL", ODD_URLS),
        (
            "WECHAT_API_URL",
            &[
                ",",
                "https://api.weixin.qq.com,",
                ",https://api.weixin.qq.com",
                "https://api.weixin.qq.com,,https://api2.weixin.qq.com",
                "https://api.weixin.qq.com,api2.weixin.qq.com",
                "https://api.weixin.qq.com;https://api2.weixin.qq.com",
                "https://api.weixin.qq.com https://api2.weixin.qq.com",
                "https://api.weixin.qq.com,https:///api2.weixin.qq.com",
            ],
        ),
        (
            "WECHAT_OPEN_URL",
            &[
                "",
                "open.weixin.qq.com",
                "/x",
                "file:///x",
                "http://u:p@h",
                "http://h?x",
                "http://h#x",
            ],
        ),
        (
            "WECHAT_API_URL",
            &[
                "",
                "api.weixin.qq.com",
                "/x",
                "file:///x",
                "http://u:p@h",
                "http://h?x",
                "http://h#x",
            ],
        ),
        ("WECHAT_OUTSIDE", &["", "QR", "none", "qr,website"]),
        ("WECHAT_ASK_FIRST", &["yes", "2", "true"]),
        (
            "LISTEN",
            &[
                "",
                "8008",
                "127.0.0.1",
                "127.0.0.1:",
                "127.0.0.1:x",
                "127.0.0.1:70000",
            ],
        ),
        (
            "WORKERS",
            &["", "0", "-1", "two", "1.5", "100000000000000000000"],
        ),
        (
            "SESSION_KEY",
            &["", "abc", digits_127, &digits_129, &no_digits, &no_ascii],
        ),
        (
            "REDIS_URL",
            &["", "127.0.0.1:6379", "http://127.0.0.1:6379"],
        ),
        ("RUST_LOG", &["actix=loud", "a=b=c"]),
    ];
    for (name, values) in rows {
        for value in *values {
            let mut variables = CREDENTIALS.to_vec();
            variables.push((name, value));
            let ended = refused(&variables);
            assert_refused(&format!("{name}={value:?}"), ended, 2, name);
        }
    }
}

#[test]
fn what_belongs_together_is_missed_by_name() {
    let [appid, secret] = CREDENTIALS;
    let website = ("WECHAT_OUTSIDE", "website");
    let rows: &[(&[(&str, &str)], &str)] = &[
        (&[appid], "WECHAT_APPSECRET"),
        (&[secret], "WECHAT_APPID"),
        (&[appid, secret, website], "WECHAT_WEBSITE_APPID"),
        (
            &[appid, secret, website, ("WECHAT_WEBSITE_APPID", "wx1")],
            "WECHAT_WEBSITE_APPSECRET",
        ),
        (
            &[appid, secret, website, ("WECHAT_WEBSITE_APPSECRET", "x")],
            "WECHAT_WEBSITE_APPID",
        ),
        // A website app alone.
        (
            &[website, ("WECHAT_WEBSITE_APPID", "wx1")],
            "WECHAT_WEBSITE_APPSECRET",
        ),
        (
            &[website, ("WECHAT_WEBSITE_APPSECRET", "x")],
            "WECHAT_WEBSITE_APPID",
        ),
        (&[website, appid], "WECHAT_APPSECRET"),
        // The website app is another account than the official one.
        (
            &[
                appid,
                secret,
                website,
                ("WECHAT_WEBSITE_APPID", appid.1),
                ("WECHAT_WEBSITE_APPSECRET", "x"),
            ],
            "WECHAT_WEBSITE_APPID",
        ),
    ];
    for (variables, names) in rows {
        assert_refused(&format!("{variables:?}"), refused(variables), 2, names);
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_utf_8_is_refused_by_name() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    const WEBSITE: [(&str, &str); 3] = [
        ("WECHAT_OUTSIDE", "website"),
        ("WECHAT_WEBSITE_APPID", "wx1111111111111111"),
        ("WECHAT_WEBSITE_APPSECRET", "the-website-secret"),
    ];
    for name in VARIABLES {
        let port = Port::new();
        let mut command = command("demo");
        command
            .env("LISTEN", port.address())
            .envs(CREDENTIALS)
            .envs(WEBSITE)
            .env(name, OsStr::from_bytes(b"\xff\xfe"));
        assert_refused(name, end_of(command), 2, name);
    }
}

#[test]
fn a_server_that_lost_its_environment_lets_nobody_in() {
    let port = Port::new();
    let others = format!("0.0.0.0:{}", port.number);
    let rows: &[(&str, &str)] = &[
        ("LISTEN", &others),
        ("WECHAT_PUBLIC_URL", "https://shop.example.cn"),
        ("WECHAT_PUBLIC_URL", "http://192.0.2.1:8008"),
        ("WECHAT_PUBLIC_URL", "http://localhost.example.cn"),
        ("WECHAT_OPEN_URL", "http://127.0.0.1:9"),
        ("WECHAT_API_URL", "http://127.0.0.1:9"),
        ("WECHAT_WEBSITE_APPID", "wx1111111111111111"),
        ("WECHAT_WEBSITE_APPSECRET", "the-website-secret"),
    ];
    for row in rows {
        assert_refused(&format!("{row:?}"), refused(&[*row]), 2, "WECHAT_APPID");
    }
}

#[test]
fn a_port_that_is_taken_is_the_machines_fault() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = taken.local_addr().expect("its address").to_string();
    let mut variables = CREDENTIALS.to_vec();
    variables.push(("LISTEN", &listen));
    let (status, said) = refused(&variables);
    assert_eq!(status, Some(1), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(
        last.contains("`LISTEN`") && last.contains(&listen),
        "{said}"
    );
}

#[actix_web::test]
async fn without_credentials_it_runs_on_loopback_with_a_simulator_of_its_own() {
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let port = Port::new();
        let listen = format!("{host}:{}", port.number);
        let demo = Demo::start_with(&[("LISTEN", &listen)]);
        let visitor = Visitor::new();
        let asked = visitor.get(&demo.at(PROFILE)).await;
        let simulator = asked.location();
        let simulator = simulator.split("/connect/").next().unwrap_or_default();
        assert!(demo.log().contains(simulator), "{}", demo.log());
        assert!(simulator.starts_with("http://127.0.0.1:"), "{simulator}");

        let consent = visitor.visit(&demo.at(PROFILE)).await;
        let allow = link(&consent.body, "同意").expect("a link to allow");
        assert!(link(&consent.body, "拒绝").is_some(), "{}", consent.body);
        assert_eq!(link(&consent.body, "Allow").as_ref(), Some(&allow));
        assert!(link(&consent.body, "Deny").is_some(), "{}", consent.body);
        let allow = url::Url::parse(&consent.url).and_then(|page| page.join(&allow));
        let page = visitor.visit(allow.expect("an address").as_str()).await;
        page.assert_status(200);
        assert_eq!(page.url, demo.at(PROFILE));
        assert!(openid_of(&demo, &visitor).await.is_some());
    }
}

#[actix_web::test]
async fn the_simulator_of_its_own_plays_the_website_login_too() {
    let demo = Demo::start_with(&[("WECHAT_OUTSIDE", "website")]);
    let visitor = Visitor::new().with_user_agent("Firefox");
    let asked = visitor.get(&demo.at(PROFILE)).await;
    assert!(
        asked.location().contains("/connect/qrconnect?"),
        "{asked:?}"
    );
    let page = visitor.get(&asked.location()).await;
    page.assert_status(200);
    assert!(page.body.contains("/connect/qrcode/"), "{}", page.body);
    // The official account is played beside it.
    let inside = Visitor::new().get(&demo.at(PROFILE)).await;
    assert!(
        inside.location().contains("/connect/oauth2/authorize?"),
        "{inside:?}"
    );
}

/// The address of the link with this text.
fn link(html: &str, text: &str) -> Option<String> {
    html.split("<a ")
        .filter(|rest| {
            rest.split("</a>")
                .next()
                .is_some_and(|link| link.contains(text))
        })
        .find_map(|rest| rest.split("href=\"").nth(1)?.split('"').next())
        .map(|href| {
            href.replace("&amp;", "&")
                .replace("&#x2F;", "/")
                .replace("&#x3D;", "=")
        })
}

/// A risk is told under the name that the operator gave, for each account's own.
#[test]
fn a_risk_names_its_variable() {
    let [appid, secret] = CREDENTIALS;
    let hex = ("WECHAT_APPSECRET", "0123456789abcdef0123456789abcdef");
    let rows: &[(&[(&str, &str)], &[&str])] = &[
        (&[appid, secret], &["WECHAT_APPSECRET"]),
        (
            &[
                appid,
                ("WECHAT_APPSECRET", "0123456789ABCDEF0123456789ABCDEF"),
            ],
            &["WECHAT_APPSECRET"],
        ),
        (
            &[
                appid,
                ("WECHAT_APPSECRET", "0123456789abcdef0123456789abcde"),
            ],
            &["WECHAT_APPSECRET"],
        ),
        (
            &[("WECHAT_APPID", "ww0123456789abcdef"), hex],
            &["WECHAT_APPID"],
        ),
        (&[("WECHAT_APPID", "wx1"), hex], &["WECHAT_APPID"]),
        (
            &[appid, hex, ("WECHAT_PUBLIC_URL", "http://shop.example.cn")],
            &["WECHAT_PUBLIC_URL"],
        ),
        (
            &[
                appid,
                hex,
                ("WECHAT_PUBLIC_URL", "https://shop.example.cn:8443/shop"),
            ],
            &["WECHAT_PUBLIC_URL"],
        ),
        (
            &[
                appid,
                hex,
                ("WECHAT_OPEN_URL", "http://127.0.0.1:9"),
                ("WECHAT_API_URL", "http://127.0.0.1:9"),
            ],
            &["WECHAT_OPEN_URL"],
        ),
        (
            &[appid, hex, ("WECHAT_OPEN_URL", "https://open.example.cn")],
            &["WECHAT_OPEN_URL"],
        ),
        (
            &[
                appid,
                hex,
                (
                    "WECHAT_API_URL",
                    "https://api.weixin.qq.com,https://api.example.cn",
                ),
            ],
            &["WECHAT_API_URL"],
        ),
        // WeChat's own.
        (
            &[
                appid,
                hex,
                (
                    "WECHAT_API_URL",
                    "https://api.weixin.qq.com,https://api2.weixin.qq.com,https://sh.api.weixin.qq.com,https://sz.api.weixin.qq.com,https://hk.api.weixin.qq.com/",
                ),
            ],
            &[],
        ),
        (&[appid, hex], &[]),
    ];
    for (variables, names) in rows {
        let mut all = vec![("WECHAT_PUBLIC_URL", "https://shop.example.cn")];
        all.extend_from_slice(variables);
        let demo = Demo::start_with(&all);
        let log = demo.log();
        let risks: Vec<&str> = log
            .lines()
            .filter(|line| line.contains("wechat.config.risk"))
            .collect();
        assert_eq!(risks.is_empty(), names.is_empty(), "{variables:?}: {log}");
        for risk in &risks {
            assert!(risk.contains("appid=\"w"), "{risk}");
            let is_named = |name: &&str| risk.contains(&format!("setting=\"{name}\""));
            // How many files may be open is the machine's.
            let is_machines = risk.contains("setting=\"in_flight\"");
            assert!(
                names.iter().any(is_named) || is_machines,
                "{variables:?}: {risk}"
            );
        }
        for name in *names {
            let name = format!("setting=\"{name}\"");
            assert!(
                risks.iter().any(|risk| risk.contains(&name)),
                "{name}: {log}"
            );
        }
        assert!(
            !log.contains("0123456789abcdef0123456789abcde"),
            "the secret: {log}"
        );
    }
}

#[actix_web::test]
async fn a_trailing_slash_of_the_public_url_changes_nothing() {
    let wechat = wechat().await;
    let port = Port::new();
    let listen = port.address();
    let public_url = format!("http://{listen}/");
    let demo = Demo::start(
        &wechat,
        &[("LISTEN", &listen), ("WECHAT_PUBLIC_URL", &public_url)],
    );
    let visitor = Visitor::new();
    let asked = visitor.get(&demo.at("/wechat8008/index?a=1")).await;
    assert_eq!(
        asked.location_param("redirect_uri"),
        Some(demo.at("/wechat8008/index?a=1"))
    );
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
}

#[actix_web::test]
async fn it_runs_from_any_folder_and_with_as_many_workers_as_asked() {
    let wechat = wechat().await;
    let port = Port::new();
    let mut command = command("demo");
    command
        .current_dir("/")
        .env("WECHAT_APPID", wechat.account().appid())
        .env("WECHAT_APPSECRET", wechat.account().secret())
        .env("WECHAT_OPEN_URL", wechat.url())
        .env("WECHAT_API_URL", wechat.url())
        .env("LISTEN", port.address())
        .env("WORKERS", "3");
    let demo = Demo::spawn(command, port.url());
    assert!(demo.log().contains("3 workers"), "{}", demo.log());
    Visitor::new()
        .visit(&demo.at(PROFILE))
        .await
        .assert_status(200);
}

#[actix_web::test]
async fn a_session_outlives_a_restart_only_with_a_key_of_ones_own() {
    for (key, survives) in [(Some(KEY), true), (None, false)] {
        let wechat = wechat().await;
        let port = Port::new();
        let listen = port.address();
        let mut variables = vec![("LISTEN", listen.as_str())];
        variables.extend(key.map(|key| ("SESSION_KEY", key)));
        let mut demo = Demo::start(&wechat, &variables);
        let visitor = Visitor::new();
        visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
        assert_eq!(demo.log().contains("`SESSION_KEY`"), !survives);
        demo.terminate();
        let demo = Demo::start(&wechat, &variables);
        // A client of its own, for the connections of the first one are dead.
        let visitor = visitor.elsewhere();
        assert_eq!(openid_of(&demo, &visitor).await.is_some(), survives);
    }
}

#[actix_web::test]
async fn a_new_key_ends_sessions_but_no_login_under_way() {
    let wechat = wechat().await;
    let port = Port::new();
    let listen = port.address();
    let start = |key: &str| Demo::start(&wechat, &[("LISTEN", &listen), ("SESSION_KEY", key)]);
    let (coming, known) = (Visitor::new(), Visitor::new());
    let old = start(KEY);
    let callback = coming.callback(&old.at(PROFILE)).await;
    known.visit(&old.at(PROFILE)).await.assert_status(200);
    drop(old);
    let new = start(&KEY.replace('0', "1"));
    let (coming, known) = (coming.elsewhere(), known.elsewhere());
    let page = coming.visit(&callback).await;
    assert_eq!(page.assert_status(200).url, new.at(PROFILE));
    assert_eq!(calls(&wechat), (2, 2), "one each, and none again");
    // Who had a session is asked again, but not by the silent page.
    wechat.set_consent(Consent::Refuse);
    assert_eq!(openid_of(&new, &known).await, None);
    known.visit(&new.at("/openid")).await.assert_status(200);
    assert!(openid_of(&new, &coming).await.is_some());
}

#[actix_web::test]
async fn failures_are_logged_without_rust_log() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    wechat.fault(Endpoint::AccessToken, Fault::Errcode(40125));
    Visitor::new()
        .visit(&demo.at(PROFILE))
        .await
        .assert_status(500);
    let log = demo.logged(0, "wechat.login.failed");
    // Plain text: what an operator searches for.
    assert!(log.contains("reason=\"misconfigured\""), "{log}");
    assert!(log.contains("errcode=40125"), "{log}");
    assert!(log.contains("rid="), "{log}");
    assert!(log.contains("elapsed_ms="), "{log}");
}

#[actix_web::test]
async fn at_sigterm_logins_under_way_finish() {
    let wechat = wechat().await;
    let mut demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let callback = visitor.callback(&demo.at(PROFILE)).await;
    wechat.fault(Endpoint::AccessToken, Fault::Delay(Duration::from_secs(2)));
    let login = actix_web::rt::spawn({
        let visitor = visitor.clone();
        async move { visitor.get(&callback).await }
    });
    support::until(|| calls(&wechat).0 > 0).await;
    assert_eq!(calls(&wechat).0, 1, "the login is under way");
    let url = demo.at(PROFILE);
    let status = actix_web::rt::task::spawn_blocking(move || demo.terminate())
        .await
        .expect("its end");
    let page = login.await.expect("an answer");
    assert_eq!(page.status, 302, "{page:#?}");
    assert_eq!(page.location(), url);
    assert_eq!(page.set_cookies().len(), 2, "{page:#?}");
    assert_eq!(status.code(), Some(0), "{status}");
}
