//! Hostile visitors: whatever they send, nobody is logged in by it, nothing leaves the site's own
//! origin, and nothing breaks.

use std::{
    io::Write as _,
    process::Command,
    time::{Duration, Instant},
};

use actix_wechat::simulator::{Account, Endpoint, Fault, Person, Simulator};

use super::{PROFILE, assert_authorize, calls, cookie_name, openid_of, wechat, wechat_of};
use support::{
    Port, Visitor,
    demo::{Demo, command},
    raw,
};

const PATHS: [&str; 4] = [PROFILE, "/api/me", "/openid", "/login"];

fn nonce() -> String {
    "aB3".repeat(11)[..32].to_owned()
}

/// No breakdown, and no way off the public origin but to WeChat with a page of this site.
#[track_caller]
fn assert_tame(wechat: &Simulator, demo: &Demo, what: &str, answer: Option<raw::Raw>) {
    // Closed without a word: refused as no HTTP at all.
    let Some(answer) = answer else { return };
    assert!((200..500).contains(&answer.status), "{what}: {answer:?}");
    for location in answer.all("location") {
        assert!(
            !location.is_empty() && location.bytes().all(|byte| byte.is_ascii_graphic()),
            "{what}: {location:?}"
        );
        let base = url::Url::parse(&demo.url).expect("an address");
        let target = base
            .join(location)
            .unwrap_or_else(|err| panic!("{what}: {location}: {err}"));
        if target
            .as_str()
            .starts_with(&format!("{}/connect/", wechat.url()))
        {
            let uri = target
                .query_pairs()
                .find(|(name, _)| name == "redirect_uri")
                .map(|(_, uri)| uri.into_owned())
                .unwrap_or_default();
            let uri = url::Url::parse(&uri).unwrap_or_else(|err| panic!("{what}: {uri}: {err}"));
            assert_eq!(uri.origin(), base.origin(), "{what}: {location}");
        } else {
            assert_eq!(target.origin(), base.origin(), "{what}: {location}");
        }
    }
    for cookie in answer.all("set-cookie") {
        let name = cookie.split('=').next().unwrap_or_default();
        assert!(
            name == "id" || name == cookie_name(wechat),
            "{what}: a foreign cookie: {cookie}"
        );
    }
    assert!(
        !answer.head.to_lowercase().contains("\ninjected"),
        "{what}: {answer:?}"
    );
}

/// A panic closes a connection without a word, as what is no HTTP does: the log tells them apart.
async fn assert_unharmed(demo: &Demo) {
    let mark = demo.log().len();
    Visitor::new()
        .visit(&demo.at(PROFILE))
        .await
        .assert_status(200);
    demo.logged(mark, "wechat.login.completed");
    assert!(!demo.log().contains("panicked"), "{}", demo.log());
}

/// Sends it to the demo as a stranger, as somebody with a login under way, and as a known user.
struct Three {
    pending: String,
    known: String,
}

impl Three {
    async fn new(demo: &Demo) -> Self {
        let pending = Visitor::new();
        pending.get(&demo.at(PROFILE)).await;
        let known = Visitor::new();
        known.visit(&demo.at(PROFILE)).await.assert_status(200);
        Self {
            pending: pending.cookie_header(&demo.url).expect("a cookie"),
            known: known.cookie_header(&demo.url).expect("cookies"),
        }
    }

    fn send(&self, wechat: &Simulator, demo: &Demo, target: &str, headers: &[(&str, &str)]) {
        for cookies in ["", &self.pending, &self.known] {
            let mut headers = headers.to_vec();
            headers.push(("cookie", cookies));
            let answer = raw::get(&demo.url, target, &headers);
            let shown: String = target.chars().take(200).collect();
            assert_tame(wechat, demo, &format!("{shown} {headers:?}"), answer);
        }
    }
}

#[actix_web::test]
async fn odd_targets() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let three = Three::new(&demo).await;
    wechat.clear_calls();
    let state = format!("0u{}", nonce());
    let targets = [
        "//evil.example/wechat8008/index",
        "///evil.example/wechat8008/index",
        "/\\evil.example/wechat8008/index",
        "\\\\evil.example/wechat8008/index",
        "http://evil.example/wechat8008/index",
        "http://evil.example:80/wechat8008/index?a=1",
        "https://evil.example/login?return_to=/x",
        "http://user:word@evil.example/wechat8008/index",
        "http://evil.example",
        "http://evil.example?/wechat8008/index",
        "http:///wechat8008/index",
        "http://[::1/wechat8008/index",
        "http://evil.example:99999/wechat8008/index",
        "ftp://evil.example/wechat8008/index",
        "javascript:alert(1)",
        "evil.example:443",
        "*",
        "",
        "wechat8008/index",
        "@evil.example/wechat8008/index",
        "/wechat8008/index/../../evil",
        "/wechat8008/./index",
        "/%2e%2e/wechat8008/index",
        "/wechat8008%2Findex",
        "/wechat8008/index%00",
        "/wechat8008/index;//evil.example",
        "/wechat8008/index#//evil.example",
        "/wechat8008/index?//evil.example",
        "/wechat8008/index?http://evil.example",
        "/wechat8008/index?%0D%0AInjected:%20yes",
        "/wechat8008/index?a=\rInjected: yes",
        "/wechat8008/index?a=%0aInjected",
        "/wechat8008/index?%5c%5cevil.example",
        "/wechat8008/index?\\\\evil.example",
        "/wechat8008/index?return_to=//evil.example",
        "/wechat8008/index??a",
        "/wechat8008/index?&&&&",
        "/wechat8008/index?%",
        "/wechat8008/index?=",
        "/?//evil.example",
    ];
    for target in targets {
        three.send(&wechat, &demo, target, &[]);
        // And with a callback's parameters on it.
        let separator = if target.contains('?') { '&' } else { '?' };
        let with_callback = format!("{target}{separator}code=x&state={state}");
        three.send(&wechat, &demo, &with_callback, &[]);
        three.send(
            &wechat,
            &demo,
            &format!("{target}{separator}state={state}"),
            &[],
        );
    }
    assert_eq!(calls(&wechat), (0, 0));
    assert_unharmed(&demo).await;
}

/// Each byte, where a browser would have escaped it: in the path, in the query, in a parameter.
#[actix_web::test]
async fn every_byte_in_every_place() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let state = format!("0u{}", nonce());
    for byte in 0..=255_u8 {
        for (before, after) in [
            ("/wechat8008/index?a=", String::new()),
            ("/wechat8008/index?", format!("&code=x&state={state}")),
            ("/wechat8008/index?code=", format!("&state={state}")),
            ("/wechat8008/index?code=x&state=0u", nonce()),
            ("/wechat8008/ind", "ex".to_owned()),
            ("/login?return_to=/", String::new()),
        ] {
            let mut request = b"GET ".to_vec();
            request.extend_from_slice(before.as_bytes());
            request.push(byte);
            request.extend_from_slice(after.as_bytes());
            request.extend_from_slice(
                b" HTTP/1.1\r\nhost: x\r\naccept: text/html\r\nconnection: close\r\n\r\n",
            );
            let answer = raw::send(&demo.url, &request);
            assert_tame(
                &wechat,
                &demo,
                &format!("{before}{byte:#04x}{after}"),
                answer,
            );
        }
    }
    // The same bytes in headers that are read.
    for byte in 0..=255_u8 {
        for name in [
            "cookie",
            "referer",
            "accept",
            "accept-language",
            "user-agent",
            "host",
            "x-requested-with",
            "sec-fetch-mode",
            "purpose",
        ] {
            let mut request = b"GET /wechat8008/index HTTP/1.1\r\nconnection: close\r\n".to_vec();
            if name != "host" {
                request.extend_from_slice(b"host: x\r\n");
            }
            request.extend_from_slice(format!("{name}: a").as_bytes());
            request.push(byte);
            request.extend_from_slice(b"=b; c\r\n\r\n");
            let answer = raw::send(&demo.url, &request);
            assert_tame(&wechat, &demo, &format!("{name}: {byte:#04x}"), answer);
        }
    }
    assert_eq!(calls(&wechat), (0, 0));
    Visitor::new()
        .visit(&demo.at(PROFILE))
        .await
        .assert_status(200);
    assert_unharmed(&demo).await;
}

#[actix_web::test]
async fn forged_huge_and_repeated_parameters() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let three = Three::new(&demo).await;
    wechat.clear_calls();
    let nonce = nonce();
    let mut queries: Vec<String> = Vec::new();
    for round in ["0", "1", "2", "3", "4", "9", "-", "٣"] {
        for scope in ["u", "b", "l", "x", "", "U"] {
            queries.push(format!("code=x&state={round}{scope}{nonce}"));
            queries.push(format!("state={round}{scope}{nonce}"));
        }
    }
    let state = format!("0u{nonce}");
    for code in [
        "%00",
        "%FF%FE",
        "%0d%0aInjected:yes",
        "+",
        "%20",
        "a%26secret=b",
        "null",
        "undefined",
        "../../etc",
        "${7*7}",
        "{{7*7}}",
        "'or'1'='1",
    ] {
        queries.push(format!("code={code}&state={state}"));
    }
    queries.push(format!("code={}&state={state}", "x".repeat(513)));
    queries.push(format!("code={}&state={state}", "x".repeat(30_000)));
    queries.push(format!("code=x&state={}", "a".repeat(30_000)));
    queries.push(format!("{}state={state}", "code=x&".repeat(4_000)));
    queries.push(format!("code=x{}", format!("&state={state}").repeat(500)));
    queries.push("&".repeat(30_000));
    queries.push("=".repeat(30_000));
    queries.push("%".repeat(30_000));
    queries.push(format!("{}&code=x&state={state}", "%41".repeat(10_000)));
    queries.push(format!("code=x&state={}%00", &state[..33]));
    queries.push(format!("code=x&state=%30u{nonce}"));
    queries.push(format!("code=x&%73tate={state}"));
    queries.push(format!("code[]=x&state[]={state}"));
    queries.push(format!("code=x;state={state}"));
    queries.push(format!("?code=x&state={state}"));
    queries.push(format!("code=x&state={state}&state=other"));
    for path in PATHS {
        for query in &queries {
            three.send(&wechat, &demo, &format!("{path}?{query}"), &[]);
        }
    }
    assert_eq!(calls(&wechat), (0, 0), "nobody has started these");
    // More than any server reads of a head.
    for size in [200_000, 2_000_000] {
        let target = format!("{PROFILE}?{}", "x".repeat(size));
        assert_tame(
            &wechat,
            &demo,
            "a huge target",
            raw::get(&demo.url, &target, &[]),
        );
        let value = "x".repeat(size);
        assert_tame(
            &wechat,
            &demo,
            "a huge header",
            raw::get(&demo.url, PROFILE, &[("cookie", &value)]),
        );
    }
    let many: Vec<(String, String)> = (0..500)
        .map(|i| (format!("x-{i}"), "y".to_owned()))
        .collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_tame(
        &wechat,
        &demo,
        "many headers",
        raw::get(&demo.url, PROFILE, &many),
    );
    Visitor::new()
        .visit(&demo.at(PROFILE))
        .await
        .assert_status(200);
    assert_unharmed(&demo).await;
}

/// Of one's own login, a made-up code: it reaches WeChat as one value, once, and gains nothing.
#[actix_web::test]
async fn a_made_up_code_of_ones_own_login_is_one_value() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let long = "x".repeat(512);
    for (code, value) in [
        ("made-up", "made-up"),
        ("x%26secret%3Dy%26appid%3Dz", "x&secret=y&appid=z"),
        ("x%23%2F..%2F", "x#/../"),
        ("a+b%2Bc", "a b+c"),
        ("%0D%0AHost:evil", "\r\nHost:evil"),
        ("%E5%B0%8F%00", "小\0"),
        (&long, &long),
    ] {
        wechat.clear_calls();
        let visitor = Visitor::new();
        let asked = visitor.get(&demo.at(PROFILE)).await;
        let state = asked.location_param("state").expect("a state");
        for _ in 0..2 {
            let page = visitor
                .get(&demo.at(&format!("{PROFILE}?code={code}&state={state}")))
                .await;
            page.assert_status(302);
            assert_eq!(page.location(), demo.at(PROFILE));
        }
        let calls = wechat.calls();
        assert_eq!(calls.len(), 1, "{code}: {calls:?}");
        assert_eq!(calls[0].code, value);
        assert_eq!(
            calls[0].parameter("appid").as_deref(),
            Some(wechat.account().appid())
        );
        assert_eq!(
            calls[0].parameter("grant_type").as_deref(),
            Some("authorization_code")
        );
        assert_eq!(openid_of(&demo, &visitor).await, None);
    }
    // What is longer than any code is not sent at all.
    wechat.clear_calls();
    let visitor = Visitor::new();
    let state = visitor
        .get(&demo.at(PROFILE))
        .await
        .location_param("state")
        .expect("a state");
    let page = visitor
        .get(&demo.at(&format!("{PROFILE}?code={long}x&state={state}")))
        .await;
    page.assert_status(302);
    assert_eq!(calls(&wechat), (0, 0));
    assert_unharmed(&demo).await;
}

#[actix_web::test]
async fn what_a_request_says_of_its_host_is_not_believed() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let three = Three::new(&demo).await;
    wechat.clear_calls();
    let state = format!("0u{}", nonce());
    let hosts = [
        "evil.example",
        "evil.example:1",
        "",
        " ",
        "evil.example:99999",
        "[::1",
        "a b",
        "user@evil.example",
        "evil.example/path",
        "evil.example?x",
        "%00",
        "xn--",
        "..",
        ":80",
        "evil.example, other",
        "\u{fffd}",
    ];
    let headers: Vec<Vec<(&str, &str)>> = hosts
        .iter()
        .map(|host| vec![("host", *host)])
        .chain([
            vec![("host", "evil.example"), ("host", "other.example")],
            vec![("x-forwarded-host", "evil.example")],
            vec![
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", "evil.example"),
            ],
            vec![("x-forwarded-proto", "javascript")],
            vec![("x-forwarded-prefix", "//evil.example")],
            vec![
                ("x-forwarded-port", "1"),
                ("x-forwarded-for", "'\"><script>"),
            ],
            vec![("forwarded", "for=1.2.3.4;host=evil.example;proto=https")],
            vec![
                ("x-original-url", "//evil.example/"),
                ("x-rewrite-url", "//evil.example/"),
            ],
            vec![("x-http-method-override", "POST")],
            vec![("referer", "https://evil.example/"), ("origin", "null")],
        ])
        .collect();
    for headers in &headers {
        for target in [
            PROFILE.to_owned(),
            "/login?return_to=%2Fx".to_owned(),
            format!("{PROFILE}?code=x&state={state}"),
            format!("{PROFILE}?state={state}"),
            "/".to_owned(),
        ] {
            three.send(&wechat, &demo, &target, headers);
        }
        let answer = raw::get(&demo.url, PROFILE, headers).expect("an answer");
        if headers.iter().filter(|(name, _)| *name == "host").count() > 1 {
            assert_eq!(answer.status, 400, "no HTTP: {headers:?}: {answer:?}");
            continue;
        }
        assert_eq!(answer.status, 302, "{headers:?}: {answer:?}");
        let own: String =
            url::form_urlencoded::byte_serialize(demo.at(PROFILE).as_bytes()).collect();
        assert!(
            answer
                .header("location")
                .contains(&format!("redirect_uri={own}&")),
            "{headers:?}: {answer:?}"
        );
        assert!(!answer.head.contains("Secure"), "{headers:?}: {answer:?}");
        let mut headers = headers.clone();
        headers.push(("accept", "application/json"));
        let answer = raw::get(&demo.url, "/api/me", &headers).expect("an answer");
        assert_eq!(answer.status, 401, "{headers:?}: {answer:?}");
        assert!(
            answer.body.contains("\"/login?return_to=%2F\""),
            "{headers:?}: {answer:?}"
        );
    }
    // Without any, in the old tongue.
    for request in [
        "GET /wechat8008/index HTTP/1.0\r\n\r\n",
        "GET /wechat8008/index HTTP/1.1\r\nconnection: close\r\n\r\n",
        "GET /wechat8008/index\r\n\r\n",
    ] {
        assert_tame(
            &wechat,
            &demo,
            request,
            raw::send(&demo.url, request.as_bytes()),
        );
    }
    assert_eq!(calls(&wechat), (0, 0));
    assert_unharmed(&demo).await;
}

#[actix_web::test]
async fn garbage_cookies_are_no_cookies() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let name = cookie_name(&wechat);
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a date after 1970")
        .as_secs();
    // A login of its own: what the state shows is not what the cookie holds.
    let visitor = Visitor::new();
    let start = visitor.get(&demo.at(PROFILE)).await;
    let state = start.location_param("state").expect("a state");
    let pending = visitor.cookie(&demo.url, &name).expect("a login cookie");
    let [_, _, _, nonce, address] = pending.split('.').collect::<Vec<_>>()[..] else {
        panic!("five fields: {pending}");
    };
    let callback = format!("{PROFILE}?code=x&state={state}");
    let values = [
        String::new(),
        "2".to_owned(),
        ".....".to_owned(),
        format!("2.0.{now}"),
        format!("2.0.{now}.{nonce}"),
        format!("2.0.{now}.{nonce}."),
        format!("2.0.{now}.{nonce}.{address}.x"),
        format!("1.0.{now}.{nonce}.{address}"),
        format!("3.0.{now}.{nonce}.{address}"),
        format!("2.9.{now}.{nonce}.{address}"),
        format!("2.4.{now}.{nonce}.{address}"),
        format!("2.-1.{now}.{nonce}.{address}"),
        format!("2.+1.{now}.{nonce}.{address}"),
        format!("2.256.{now}.{nonce}.{address}"),
        format!("2..{now}.{nonce}.{address}"),
        format!("2.0.+{now}.{nonce}.{address}"),
        format!("2.0.-1.{nonce}.{address}"),
        format!("2.0.{}.{nonce}.{address}", now - 601),
        format!("2.0.{}.{nonce}.{address}", now + 3600),
        format!("2.0.99999999999999999999999.{nonce}.{address}"),
        format!("2.0.{}.{nonce}.{address}", u64::MAX),
        format!("2.0.{}.{nonce}.{address}", u64::MAX / 1_000),
        format!("2.0.0.{nonce}.{address}"),
        format!("2.0..{nonce}.{address}"),
        format!("2.0.{now}.{}.{address}", &nonce[1..]),
        format!("2.0.{now}.{nonce}a.{address}"),
        format!("2.0.{now}.{}!.{address}", &nonce[1..]),
        format!("2.0.{now}.{}.{address}", "é".repeat(16)),
        format!("2.0.{now}.%{}.{address}", &nonce[1..]),
        format!("2.0.{now}.{nonce}.{}", &address[1..]),
        format!("2.0.{now}.{nonce}.{address}a"),
        format!("2.0.{now}.{nonce}.{}!", &address[1..]),
        format!("\"2.0.{now}.{nonce}.{address}\""),
        format!("%32.0.{now}.{nonce}.{address}"),
        "x".repeat(8_000),
        "小明".to_owned(),
    ];
    for value in &values {
        for target in [PROFILE, callback.as_str()] {
            let cookie = format!("{name}={value}");
            let answer = raw::get(&demo.url, target, &[("cookie", &cookie)]);
            let status = answer.as_ref().map(|answer| answer.status);
            assert_tame(&wechat, &demo, &cookie, answer);
            assert_eq!(status, Some(302), "{cookie}");
        }
    }
    assert_eq!(
        calls(&wechat),
        (0, 0),
        "no such cookie has started anything"
    );
    // The one that is in order is what all of these miss: so the test can fail.
    let cookie = format!("{name}=2.0.{now}.{nonce}.{address}");
    raw::get(&demo.url, &callback, &[("cookie", &cookie)]).expect("an answer");
    assert_eq!(calls(&wechat), (1, 0));

    for session in [
        "",
        "x",
        "....",
        "%",
        "%00",
        &"A".repeat(4_000),
        "\"",
        "=",
        "a=b",
        "小明",
    ] {
        for target in [PROFILE, "/", "/api/me", "/openid", "/login"] {
            let cookie = format!("id={session}");
            assert_tame(
                &wechat,
                &demo,
                &cookie,
                raw::get(&demo.url, target, &[("cookie", &cookie)]),
            );
        }
        let visitor = Visitor::new();
        if session.is_ascii() {
            visitor.set_cookie(&demo.url, "id", session);
            visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
        }
    }
    // Another account's login cookie beside it, and other people's, disturb nothing.
    let visitor = Visitor::new();
    for other in [
        "wechat.wx0000000000000000",
        "wechat",
        "wechat.",
        "WECHAT",
        "__Host-wechat",
        "foo",
    ] {
        visitor.set_cookie(&demo.url, other, &format!("2.0.{now}.{nonce}.{address}"));
    }
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
    assert_unharmed(&demo).await;
}

/// A sibling host plants a second login cookie: neither is believed, and the visitor is told after
/// three tries at the most.
#[actix_web::test]
async fn of_two_login_cookies_neither_is_believed() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let name = cookie_name(&wechat);
    let attacker = Visitor::new();
    let attackers = attacker.callback(&demo.at(PROFILE)).await;
    let planted = attacker.cookie(&demo.url, &name).expect("a cookie");
    let victim = Visitor::new();
    let victims = victim.callback(&demo.at(PROFILE)).await;
    let own = victim.cookie(&demo.url, &name).expect("a cookie");
    wechat.clear_calls();
    let orders = [
        format!("{name}={own}; {name}={planted}"),
        format!("{name}={planted}; {name}={own}"),
        format!("{name}={planted}; {name}={planted}"),
        format!("{name}={planted}; a=b; {name}="),
    ];
    for cookies in &orders {
        for url in [&attackers, &victims] {
            let target = url.strip_prefix(&demo.url).expect("the demo's own");
            let answer = raw::get(&demo.url, target, &[("cookie", cookies)]).expect("an answer");
            assert_eq!(answer.status, 302, "{answer:?}");
            assert!(
                answer
                    .header("location")
                    .contains("/connect/oauth2/authorize"),
                "{answer:?}"
            );
        }
    }
    // In two headers, too.
    let target = victims.strip_prefix(&demo.url).expect("the demo's own");
    let (one, two) = (format!("{name}={own}"), format!("{name}={planted}"));
    let answer = raw::get(&demo.url, target, &[("cookie", &one), ("cookie", &two)]);
    assert!(
        answer
            .expect("an answer")
            .header("location")
            .contains("/connect/")
    );
    assert_eq!(calls(&wechat), (0, 0));
    victim.visit(&victims).await.assert_status(200);
    assert_unharmed(&demo).await;
}

/// On https no sibling host can plant the login cookie: one without the prefix is not looked at.
#[actix_web::test]
async fn on_https_only_the_prefixed_cookie_counts() {
    let wechat = wechat_of(Account::test().domain("shop.example.cn")).await;
    let demo = Demo::start(&wechat, &[("WECHAT_PUBLIC_URL", "https://shop.example.cn")]);
    let visitor = Visitor::new();
    let asked = visitor.get(&demo.at(PROFILE)).await;
    let back = visitor.get(&assert_authorize(&asked)).await.location();
    let back = back.replace("https://shop.example.cn", "");
    let name = cookie_name(&wechat);
    let value = visitor
        .cookie(&demo.url, &format!("__Host-{name}"))
        .expect("a cookie");
    wechat.clear_calls();
    let cookie = format!("{name}={value}");
    let answer = raw::get(&demo.url, &back, &[("cookie", &cookie)]).expect("an answer");
    assert!(
        answer.header("location").contains("/connect/"),
        "{answer:?}"
    );
    assert_eq!(calls(&wechat), (0, 0));
}

#[actix_web::test]
async fn swapped_callbacks_log_each_browser_in_as_itself() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let appid = wechat.account().appid().to_owned();
    let (ming, hong) = (Person::named("小明"), Person::named("小红"));
    let one = Visitor::new();
    let two = Visitor::new();
    wechat.sign_in(ming.clone());
    let ones = one.callback(&demo.at(PROFILE)).await;
    wechat.sign_in(hong.clone());
    let twos = two.callback(&demo.at(PROFILE)).await;
    wechat.clear_calls();
    for (visitor, url) in [(&one, &twos), (&two, &ones)] {
        let page = visitor.get(url).await;
        assert_authorize(&page);
        assert_eq!(openid_of(&demo, visitor).await, None);
    }
    // The code of the one with the state of the other.
    let part = |url: &str, name: &str| {
        let url = url::Url::parse(url).expect("an address");
        let value = url.query_pairs().find(|(key, _)| key == name);
        value
            .map(|(_, value)| value.into_owned())
            .expect("a parameter")
    };
    let mixed = demo.at(&format!(
        "{PROFILE}?code={}&state={}",
        part(&ones, "code"),
        part(&twos, "state")
    ));
    assert_authorize(&one.get(&mixed).await);
    assert_eq!(calls(&wechat), (0, 0), "nothing of it is exchanged");
    wechat.sign_in(ming.clone());
    one.visit(&ones).await.assert_status(200);
    wechat.sign_in(hong.clone());
    two.visit(&twos).await.assert_status(200);
    assert_eq!(openid_of(&demo, &one).await, Some(ming.openid(&appid)));
    assert_eq!(openid_of(&demo, &two).await, Some(hong.openid(&appid)));
}

/// Whoever has read a victim's callback address gains nothing by it once the victim came back, nor
/// while that login is under way.
#[actix_web::test]
async fn a_code_is_worth_nothing_once_its_exchange_has_begun() {
    let wechat = wechat().await;
    for under_way in [false, true] {
        let demo = Demo::start(&wechat, &[]);
        let victim = Visitor::new();
        let victims = victim.callback(&demo.at(PROFILE)).await;
        let thief = Visitor::new();
        let asked = thief.get(&demo.at(PROFILE)).await;
        let state = asked.location_param("state").expect("a state");
        let code = victims
            .split("code=")
            .nth(1)
            .and_then(|rest| rest.split('&').next())
            .expect("a code");
        let stolen = demo.at(&format!("{PROFILE}?code={code}&state={state}"));
        wechat.clear_calls();
        let login = if under_way {
            // Spent at WeChat, the answer still on its way.
            let late = Fault::Spent(Box::new(Fault::Delay(Duration::from_secs(1))));
            wechat.fault_times(Endpoint::AccessToken, late, 1);
            let login = actix_web::rt::spawn({
                let (victim, victims) = (victim.clone(), victims.clone());
                async move { victim.get(&victims).await }
            });
            support::until(|| calls(&wechat).0 > 0).await;
            assert_eq!(calls(&wechat).0, 1, "the exchange has begun");
            Some(login)
        } else {
            victim.visit(&victims).await.assert_status(200);
            None
        };
        // With a state of the thief's own, with the victim's, and with no cookie at all.
        let page = thief.get(&stolen).await;
        assert_eq!(page.location(), demo.at(PROFILE), "{page:#?}");
        assert_eq!(openid_of(&demo, &thief).await, None);
        assert_authorize(&thief.get(&victims).await);
        assert_authorize(&Visitor::new().get(&victims).await);
        assert_eq!(openid_of(&demo, &thief).await, None);
        if let Some(login) = login {
            assert_eq!(login.await.expect("an answer").location(), demo.at(PROFILE));
        }
        assert_eq!(
            calls(&wechat),
            (2, 1),
            "the thief's own login and the victim's"
        );
        assert!(
            openid_of(&demo, &victim).await.is_some(),
            "under way: {under_way}"
        );
    }
}

/// A link with the attacker's code, in the hope that the victim is then the attacker.
#[actix_web::test]
async fn a_login_cannot_be_forced_on_a_visitor() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let appid = wechat.account().appid().to_owned();
    let attacker = Visitor::new();
    wechat.sign_in(Person::named("攻击者"));
    let trap = attacker.callback(&demo.at(PROFILE)).await;
    wechat.clear_calls();
    wechat.sign_in(Person::named("小明"));
    let me = Some(Person::named("小明").openid(&appid));
    for victim in [Visitor::new(), Visitor::without_cookies()] {
        assert_authorize(&victim.get(&trap).await);
    }
    let victim = Visitor::new();
    victim.get(&demo.at(PROFILE)).await;
    assert_authorize(&victim.get(&trap).await);
    assert_eq!(calls(&wechat), (0, 0));
    victim.visit(&trap).await.assert_status(200);
    assert_eq!(openid_of(&demo, &victim).await, me);
    // Nor on somebody who is in already.
    victim.visit(&trap).await.assert_status(200);
    assert_eq!(openid_of(&demo, &victim).await, me);
}

/// Many requests in one connection, and requests that smuggle.
#[actix_web::test]
async fn odd_http_is_answered_or_closed() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let head = "host: x\r\naccept: text/html\r\n";
    let requests = [
        format!(
            "GET {PROFILE} HTTP/1.1\r\n{head}content-length: 5\r\nconnection: close\r\n\r\nhello"
        ),
        format!(
            "GET {PROFILE} HTTP/1.1\r\n{head}transfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n"
        ),
        format!(
            "GET {PROFILE} HTTP/1.1\r\n{head}content-length: 5\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n"
        ),
        format!("GET {PROFILE} HTTP/1.1\r\n{head}content-length: -1\r\nconnection: close\r\n\r\n"),
        format!("GET {PROFILE} HTTP/1.1\r\n{head} folded: x\r\nconnection: close\r\n\r\n"),
        format!("GET {PROFILE} HTTP/9.9\r\n{head}\r\n"),
        format!("get {PROFILE} HTTP/1.1\r\n{head}connection: close\r\n\r\n"),
        format!(
            "GET {PROFILE} HTTP/1.1\r\n{head}upgrade: websocket\r\nconnection: upgrade, close\r\n\r\n"
        ),
        format!(
            "GET {PROFILE} HTTP/1.1\r\n{head}expect: 100-continue\r\nconnection: close\r\n\r\n"
        ),
        format!("TRACE {PROFILE} HTTP/1.1\r\n{head}connection: close\r\n\r\n"),
        format!("OPTIONS * HTTP/1.1\r\n{head}connection: close\r\n\r\n"),
        "\r\n\r\n\r\n".to_owned(),
        "\0\0\0\0".to_owned(),
        format!(
            "POST /comment HTTP/1.1\r\n{head}content-length: 999999999999\r\nconnection: close\r\n\r\n"
        ),
    ];
    for request in &requests {
        let mut stream = raw::connect(&demo.url);
        stream.write_all(request.as_bytes()).expect("sent");
        // What is only half a request gets no answer before it ends.
        stream
            .shutdown(std::net::Shutdown::Write)
            .expect("half closed");
        let answer = raw::read(&mut stream);
        assert_tame(&wechat, &demo, request, answer);
    }
    assert_eq!(calls(&wechat), (0, 0));
    Visitor::new()
        .visit(&demo.at(PROFILE))
        .await
        .assert_status(200);
    assert_unharmed(&demo).await;
}

/// Callbacks that are made up and reset at once, while WeChat is slow: they take the places that
/// there are, which are as many as a third of the files that the demo may open, and no more.
#[actix_web::test]
async fn a_flood_of_callbacks_ends_with_the_flood() {
    const FILES: usize = 150;
    const SLOW: Duration = Duration::from_millis(1_500);
    let wechat = wechat().await;
    let port = Port::new();
    let example = command("demo");
    let mut limited = Command::new("sh");
    limited
        .args(["-c", &format!("ulimit -n {FILES} && exec \"$0\"")])
        .arg(example.get_program());
    for (name, _) in example.get_envs() {
        limited.env_remove(name);
    }
    limited
        .env("LISTEN", port.address())
        .env("WORKERS", "1")
        .env("WECHAT_APPID", wechat.account().appid())
        .env("WECHAT_APPSECRET", wechat.account().secret())
        .env("WECHAT_OPEN_URL", wechat.url())
        .env("WECHAT_API_URL", wechat.url());
    let demo = Demo::spawn(limited, port.url());
    let told = format!("a third of the {FILES} files");
    assert!(
        demo.log().contains("setting=\"in_flight\""),
        "{}",
        demo.log()
    );
    assert!(demo.log().contains(&told), "{}", demo.log());

    let attacker = Visitor::new();
    let asked = attacker.get(&demo.at(PROFILE)).await;
    let state = asked.location_param("state").expect("a state");
    let cookies = attacker.cookie_header(&demo.url).expect("a cookie");
    wechat.fault(
        Endpoint::AccessToken,
        Fault::Late(SLOW, Box::new(Fault::Errcode(40029))),
    );
    let begun = Instant::now();
    for number in 0..600 {
        let target = format!("{PROFILE}?code=madeup{number}&state={state}");
        let request = raw::request("GET", &demo.url, &target, &[("cookie", &cookies)]);
        let mut stream = raw::connect(&demo.url);
        if stream.write_all(&request).is_ok() {
            raw::reset(stream);
        }
    }
    // Each place is taken once more at most, each time that WeChat has answered.
    let sent = calls(&wechat).0;
    let turns = 1 + begun.elapsed().as_millis() / SLOW.as_millis();
    let most = FILES / 3 * usize::try_from(turns).expect("some turns");
    assert!(sent <= most, "{sent} exchanges in {turns} turns");
    wechat.clear_faults();
    // Somebody genuine is in, or told to come back, and then in.
    let visitor = Visitor::new();
    let callback = visitor.callback(&demo.at(PROFILE)).await;
    let mut answer = visitor.get(&callback).await;
    for _ in 0..30 {
        if answer.status != 503 {
            break;
        }
        assert_ne!(answer.header("retry-after"), "", "{answer:#?}");
        answer = visitor.get(&callback).await;
    }
    assert_eq!(answer.location(), demo.at(PROFILE), "{answer:#?}");
    let health = raw::get(&demo.url, "/healthz", &[]).expect("an answer");
    assert_eq!(health.status, 200);
    for _ in 0..20 {
        let page = Visitor::new().visit(&demo.at(PROFILE)).await;
        page.assert_status(200);
    }
    assert_unharmed(&demo).await;
}
