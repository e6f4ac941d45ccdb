//! Cookies that other hosts of the domain planted: none passes for one of this site's.

use std::time::{SystemTime, UNIX_EPOCH};

use actix_wechat::simulator::{Account, Person, Simulator};

use super::{PROFILE, assert_authorize, calls, cookie_name, openid_of, wechat, wechat_of};
use support::{Visitor, demo::Demo, raw};

const SITE: &str = "https://shop.example.cn";

/// White space of Unicode, and what browsers trim no more than that.
const BLANKS: [&str; 14] = [
    "\u{85}", "\u{a0}", "\u{1680}", "\u{2000}", "\u{2003}", "\u{200a}", "\u{2028}", "\u{2029}",
    "\u{202f}", "\u{205f}", "\u{3000}", "\u{200b}", "\u{feff}", "\u{2060}",
];

/// The demo as browsers reach it by https, behind a proxy.
struct Shop {
    wechat: Simulator,
    demo: Demo,
}

impl Shop {
    async fn open() -> Self {
        Self::open_at(SITE).await
    }

    async fn open_at(public_url: &str) -> Self {
        let wechat = wechat_of(Account::test().domain("shop.example.cn")).await;
        let demo = Demo::start(&wechat, &[("WECHAT_PUBLIC_URL", public_url)]);
        Self { wechat, demo }
    }

    fn login_cookie(&self) -> String {
        format!("__Host-{}", cookie_name(&self.wechat))
    }

    /// Somebody's way to WeChat and back: the pending login's cookie, and the callback's target.
    async fn pending(&self) -> (String, String) {
        let visitor = Visitor::new();
        let asked = visitor.get(&self.demo.at(PROFILE)).await;
        let back = visitor.get(&assert_authorize(&asked)).await.location();
        let value = visitor.cookie(&self.demo.url, &self.login_cookie());
        let target = back.strip_prefix(SITE).expect("the public URL");
        (value.expect("a login cookie"), target.to_owned())
    }

    /// Somebody's session.
    async fn session(&self) -> String {
        let (cookie, target) = self.pending().await;
        let cookie = format!("{}={cookie}", self.login_cookie());
        let back = self.get(&target, &[cookie.as_bytes()]);
        let session = back
            .all("set-cookie")
            .into_iter()
            .find_map(|it| it.strip_prefix("__Host-id="));
        let session = session.unwrap_or_else(|| panic!("no session: {back:?}"));
        session.split(';').next().unwrap_or_default().to_owned()
    }

    #[track_caller]
    fn get(&self, target: &str, cookies: &[&[u8]]) -> raw::Raw {
        raw::get_with_cookies(&self.demo.url, target, &[], cookies).expect("an answer")
    }
}

/// Other spellings of a cookie's name, which some server would take for it.
fn spellings(name: &str) -> Vec<Vec<u8>> {
    let rest = name.strip_prefix("__Host-").expect("a prefix");
    let mut all: Vec<Vec<u8>> = BLANKS
        .iter()
        .flat_map(|blank| {
            [
                format!("{blank}{name}"),
                format!("{name}{blank}"),
                format!(" {blank} {name}"),
            ]
        })
        .map(String::into_bytes)
        .collect();
    for text in [
        format!("%5F%5FHost-{rest}"),
        format!("%5f_Host-{rest}"),
        format!("_%5FHost-{rest}"),
        format!("__%48ost-{rest}"),
        format!("__Host%2D{rest}"),
        format!("%20{name}"),
        format!("%E2%80%80{name}"),
        format!("%00{name}"),
        format!("__host-{rest}"),
        format!("__HOST-{rest}"),
        format!("__Host-{}", rest.to_uppercase()),
        format!("__Host-{rest}%20"),
        format!("__Host-%{:02X}{}", rest.as_bytes()[0], &rest[1..]),
        format!("\"{name}\""),
        format!("${name}"),
        format!("x {name}"),
        format!("{name}."),
        rest.to_owned(),
    ] {
        all.push(text.into_bytes());
    }
    all.push([b"\xa0", name.as_bytes()].concat());
    all.push([b"\xff\xfe", name.as_bytes()].concat());
    all.push([name.as_bytes(), b"\x85"].concat());
    all
}

fn pair(name: &[u8], value: &str) -> Vec<u8> {
    [name, b"=", value.as_bytes()].concat()
}

/// The victim's way with a planted cookie: the attacker's code is never exchanged for it.
#[actix_web::test]
async fn a_planted_login_cookie_is_another_cookie() {
    let shop = Shop::open().await;
    let name = shop.login_cookie();
    let (attackers, trap) = shop.pending().await;
    for spelling in spellings(&name) {
        let row = String::from_utf8_lossy(&spelling).into_owned();
        let planted = pair(&spelling, &attackers);
        // Alone, and beside the victim's own, in one header and in two.
        let (own, callback) = shop.pending().await;
        let own = pair(name.as_bytes(), &own);
        let [before, after] = [
            [planted.as_slice(), b"; ", &own].concat(),
            [own.as_slice(), b"; ", &planted].concat(),
        ];
        shop.wechat.clear_calls();
        let alone: [&[&[u8]]; 4] = [&[&planted], &[&before], &[&after], &[&own, &planted]];
        for cookies in alone {
            let answer = shop.get(&trap, cookies);
            assert_eq!(answer.status, 302, "{row}: {answer:?}");
            let location = answer.header("location");
            assert!(location.starts_with(shop.wechat.url()), "{row}: {answer:?}");
        }
        assert_eq!(
            calls(&shop.wechat),
            (0, 0),
            "{row} was taken for the cookie"
        );
        // The victim's own login is good beside it.
        for cookies in &alone[1..] {
            let answer = shop.get(&callback, cookies);
            assert_eq!(answer.status, 302, "{row}: {answer:?}");
            assert_eq!(
                answer.header("location"),
                format!("{SITE}{PROFILE}"),
                "{row} makes the real cookie invalid"
            );
        }
        assert_eq!(calls(&shop.wechat), (1, 1), "{row}");
    }
    // The trap is one: with the right name the attacker's code would be exchanged.
    shop.wechat.clear_calls();
    shop.get(&trap, &[&pair(name.as_bytes(), &attackers)]);
    assert_eq!(calls(&shop.wechat), (1, 1));
}

/// Around a name and a value browsers and servers leave room for spaces and tabs alone.
#[actix_web::test]
async fn the_login_cookie_is_found_among_others() {
    let shop = Shop::open().await;
    let name = shop.login_cookie();
    let long = format!("a={}", "x".repeat(3_000));
    for (before, around, after) in [
        ("", "", ""),
        (" \t ", "\t ", " \t"),
        ("a=b; ", "", "; c=d"),
        ("a;", "", ";b"),
        (";;=; = ;", "", ";;"),
        ("=a;", "", "; =b"),
        ("a==b;", "", ";c=d=e"),
        ("a=\"b;", "", ";\""),
        (&format!("{long};"), "", ""),
    ] {
        let (own, callback) = shop.pending().await;
        shop.wechat.clear_calls();
        let cookies = format!("{before}{around}{name}{around}={around}{own}{around}{after}");
        let answer = shop.get(&callback, &[cookies.as_bytes()]);
        assert_eq!(answer.status, 302, "{cookies}: {answer:?}");
        assert_eq!(calls(&shop.wechat), (1, 1), "{cookies}");
    }
    // Bytes that are no text hide other cookies from servers, but not this one.
    for noise in [
        b"a=\xff\xfe".as_slice(),
        b"\xc3=b",
        b"\x80\x81",
        b"\xe2\x80=\xe2",
    ] {
        let (own, callback) = shop.pending().await;
        shop.wechat.clear_calls();
        let cookies = [noise, b"; ", &pair(name.as_bytes(), &own)].concat();
        let answer = shop.get(&callback, &[&cookies]);
        assert_eq!(answer.header("location"), format!("{SITE}{PROFILE}"));
        assert_eq!(calls(&shop.wechat), (1, 1), "{noise:?}");
    }
    assert!(!shop.demo.log().contains("ERROR"), "{}", shop.demo.log());
}

/// A jar as browsers keep it, for one https site: by name, domain and path, byte for byte.
#[derive(Default)]
struct Jar(Vec<Kept>);

#[derive(Clone, Debug, PartialEq)]
struct Kept {
    name: Vec<u8>,
    value: Vec<u8>,
    domain: Option<String>,
    path: String,
}

impl Jar {
    /// What a server of this host or of a sibling sets; the prefix's rule is the browser's.
    fn set(&mut self, line: &[u8]) {
        let mut parts = line.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let pair = parts.next().unwrap_or_default();
        let at = pair.iter().position(|byte| *byte == b'=').expect("a pair");
        let mut kept = Kept {
            name: pair[..at].to_vec(),
            value: pair[at + 1..].to_vec(),
            domain: None,
            path: "/".to_owned(),
        };
        let mut is_gone = false;
        for attribute in parts {
            let attribute = String::from_utf8_lossy(attribute);
            match attribute.split_once('=') {
                Some(("Domain", domain)) => kept.domain = Some(domain.to_owned()),
                Some(("Path", path)) => kept.path = path.to_owned(),
                Some(("Max-Age", age)) => is_gone = age == "0",
                _ => {}
            }
        }
        let is_bound = kept.domain.is_none() && kept.path == "/";
        if kept.name.starts_with(b"__Host-") && !is_bound {
            return;
        }
        self.0.retain(|it| {
            (&it.name, &it.domain, &it.path) != (&kept.name, &kept.domain, &kept.path)
        });
        if !is_gone {
            self.0.push(kept);
        }
    }

    /// The header for a page, the longest paths first.
    fn header(&self, target: &str) -> Vec<u8> {
        let path = target.split('?').next().unwrap_or_default();
        let is_under = |cookie: &&Kept| {
            path.strip_prefix(&cookie.path).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || cookie.path.ends_with('/')
            })
        };
        let mut sent: Vec<&Kept> = self.0.iter().filter(is_under).collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<Vec<u8>> = sent
            .iter()
            .map(|cookie| [cookie.name.as_slice(), b"=", &cookie.value].concat())
            .collect();
        pairs.join(b"; ".as_slice())
    }

    /// One request for a page of the shop, at an address behind its proxy.
    fn get(&mut self, shop: &Shop, prefix: &str, target: &str) -> raw::Raw {
        let header = self.header(&format!("{prefix}{target}"));
        let cookies: &[&[u8]] = if header.is_empty() { &[] } else { &[&header] };
        let answer = shop.get(target, cookies);
        for line in answer.all("set-cookie") {
            self.set(line.as_bytes());
        }
        answer
    }
}

/// Names that actix-session takes for `__Host-id`, or another server for another such cookie.
fn look_alikes() -> Vec<String> {
    let mut all: Vec<String> = BLANKS[..11]
        .iter()
        .flat_map(|blank| [format!("{blank}__Host-id"), format!("{blank}%5F_Host-id")])
        .collect();
    all.extend(
        [
            "%5F%5FHost-id",
            "%5f%5fHost-id",
            "_%5FHost-id",
            "__%48ost-id",
            "__Host%2Did",
            "%5F%5F%48%6F%73%74%2D%69%64",
            "%20__Host-id",
            "%09%5F%5FHost-id",
            "%E3%80%80__Host-id",
            "%5F%5FHost-id%20",
            "%5F%5FHost-another",
            "%5F%5FHost-",
            "%5F%5FHost-wechat",
        ]
        .map(ToOwned::to_owned),
    );
    all
}

/// The attacker's session under a name that passes for the victim's: nobody is logged in by it.
#[actix_web::test]
async fn a_look_alike_of_the_sessions_cookie_logs_nobody_in() {
    let shop = Shop::open().await;
    shop.wechat.sign_in(Person::named("攻击者"));
    let attackers = shop.session().await;
    shop.wechat.sign_in(Person::named("小明"));
    let own = format!("__Host-id={}", shop.session().await);
    let (pending, callback) = shop.pending().await;
    let pending = format!("{}={pending}", shop.login_cookie());
    let me = shop.get("/api/me", &[own.as_bytes()]);
    assert!(me.body.contains("小明"), "{me:?}");
    shop.wechat.clear_calls();
    let json = [("accept", "application/json")];
    let mark = shop.demo.log().len();
    for name in look_alikes() {
        let planted = format!("{name}={attackers}");
        for cookies in [
            planted.clone(),
            format!("{planted}; {own}"),
            format!("{own}; {planted}"),
            format!("{pending}; {planted}; {own}"),
            format!("{name}=; {own}; {pending}"),
        ] {
            let cookies: &[&[u8]] = &[cookies.as_bytes()];
            let home = shop.get("/", cookies);
            assert_eq!(home.status, 200, "{name}: {home:?}");
            for known in ["小明", "攻击者", "/logout"] {
                assert!(!home.body.contains(known), "{name}: {home:?}");
            }
            assert_untouched(&name, &home);

            let url = &shop.demo.url;
            let me = raw::get_with_cookies(url, "/api/me", &json, cookies).expect("an answer");
            assert_eq!(me.status, 401, "{name}: {me:?}");
            assert!(me.body.contains("login_required"), "{name}: {me:?}");
            assert_untouched(&name, &me);
            for target in ["/comment", "/logout"] {
                let request = raw::request("POST", url, target, &[]);
                let posted = raw::send(url, &raw::with_cookies(request, cookies));
                let posted = posted.expect("an answer");
                let status = if target == "/logout" { 303 } else { 401 };
                assert_eq!(posted.status, status, "{name}: {posted:?}");
                assert_untouched(&name, &posted);
            }
            for target in [PROFILE, "/openid", "/api/me", "/login", &callback] {
                let page = shop.get(target, cookies);
                assert_eq!(page.status, 403, "{name} {target}: {page:?}");
                assert!(page.body.contains("Cookie"), "{name}: {page:?}");
                assert_eq!(page.header("cache-control"), "no-store", "{page:?}");
                let removed = page.all("set-cookie");
                assert!(!removed.is_empty(), "{name} {target}: {page:?}");
                for line in removed {
                    assert!(line.contains("Max-Age=0"), "{name}: {line}");
                    assert!(!line.starts_with("__Host-id="), "{name}: {line}");
                }
            }
        }
    }
    assert_eq!(
        calls(&shop.wechat),
        (0, 0),
        "nothing is exchanged meanwhile"
    );
    let log = shop.demo.logged(mark, "reason=\"cookies_off\"");
    assert!(log.contains("planted"), "the cure: {log}");
    assert!(!log.contains("ERROR"), "{log}");
    // None of it has ended the session, nor spent the code.
    let me = shop.get("/api/me", &[own.as_bytes()]);
    assert!(me.body.contains("小明"), "{me:?}");
    let back = shop.get(&callback, &[pending.as_bytes()]);
    assert_eq!(back.header("location"), format!("{SITE}{PROFILE}"));
    assert_eq!(calls(&shop.wechat), (1, 1));
}

/// A pure look, a refusal and a log-out write nothing.
#[track_caller]
fn assert_untouched(name: &str, answer: &raw::Raw) {
    assert_eq!(answer.all("set-cookie"), Vec::<&str>::new(), "{name}");
}

/// What only the host itself can set, what resembles no `__Host-` cookie, and what resembles the
/// login cookie.
#[actix_web::test]
async fn what_is_no_look_alike_disturbs_nobody() {
    let shop = Shop::open().await;
    let own = format!("__Host-id={}", shop.session().await);
    let login = shop.login_cookie();
    let rest = login.strip_prefix("__Host-").expect("a prefix");
    for other in [
        "__Host-other".to_owned(),
        "__Host-id%20".to_owned(),
        "__host-id".to_owned(),
        "__Secure-id".to_owned(),
        "%5F%5FSecure-id".to_owned(),
        "Host-id".to_owned(),
        "x%5F%5FHost-id".to_owned(),
        "%255F%255FHost-id".to_owned(),
        "\u{200b}__Host-id".to_owned(),
        "id".to_owned(),
        "%69d".to_owned(),
        "小明".to_owned(),
        login.clone(),
        format!("%5F%5FHost-{rest}"),
        format!("\u{2000}{login}"),
        "\u{3000}__Host-wechat.wx0000000000000000".to_owned(),
    ] {
        for cookies in [format!("{other}=x; {own}"), format!("{own}; {other}=x")] {
            let me = shop.get("/api/me", &[cookies.as_bytes()]);
            assert_eq!(me.status, 200, "{cookies}: {me:?}");
            assert!(me.body.contains("小明"), "{cookies}: {me:?}");
        }
    }
    // On plain http no cookie has that prefix, and nothing resembles it.
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
    for name in ["%5F%5FHost-id", "__Host-id", "%5F%5FHost-other"] {
        visitor.set_cookie(&demo.url, name, "x");
    }
    assert!(openid_of(&demo, &visitor).await.is_some());
}

/// The page takes the cookie back wherever it can have been set, so that its button works.
#[actix_web::test]
async fn the_page_takes_a_look_alike_back() {
    for prefix in ["", "/shop/app"] {
        let shop = Shop::open_at(&format!("{SITE}{prefix}")).await;
        let mut paths = vec!["/", "/wechat8008", "/wechat8008/", PROFILE];
        if !prefix.is_empty() {
            paths = vec!["/", "/shop", "/shop/", "/shop/app", "/shop/app/"];
        }
        for name in [
            "%5F%5FHost-id",
            "\u{2000}__Host-id",
            "\u{3000}%5F_Host-id",
            "%E2%80%80__Host-id",
        ] {
            for domain in ["", "; Domain=shop.example.cn", "; Domain=example.cn"] {
                for path in &paths {
                    let row = format!("{name}{domain} {path} behind {prefix:?}");
                    let mut jar = Jar::default();
                    jar.set(format!("{name}=planted; Path={path}{domain}").as_bytes());
                    jar.set(b"other=kept; Path=/; Domain=example.cn");
                    let page = jar.get(&shop, prefix, &format!("{PROFILE}?a=1"));
                    assert_eq!(page.status, 403, "{row}: {page:?}");
                    let button = format!("{SITE}{prefix}{PROFILE}?a=1");
                    let text = page.body.replace("&#x2F;", "/");
                    assert!(
                        text.contains(&format!("href=\"{button}\"")),
                        "{row}: {text}"
                    );
                    for line in page.all("set-cookie") {
                        assert!(!line.contains("Domain=cn"), "no browser takes it: {line}");
                    }
                    assert!(page.head.len() < 4_096, "{row}: {}", page.head.len());
                    assert_eq!(jar.0.len(), 1, "{row}: {:?}: {page:?}", jar.0);
                    // The button, and all the way.
                    let asked = jar.get(&shop, prefix, &format!("{PROFILE}?a=1"));
                    assert_eq!(asked.status, 302, "{row}: {asked:?}");
                    let back = Visitor::new()
                        .get(asked.header("location"))
                        .await
                        .location();
                    let target = back.strip_prefix(&format!("{SITE}{prefix}"));
                    jar.get(&shop, prefix, target.expect("the public URL"));
                    let page = jar.get(&shop, prefix, &format!("{PROFILE}?a=1"));
                    assert_eq!(page.status, 200, "{row}: {page:?}");
                    assert!(page.body.contains("小明"), "{row}: {page:?}");
                }
            }
        }
    }
}

/// A mark of a login that this server has not completed brings about nothing: no failure page, no
/// event above `warn`.
#[actix_web::test]
async fn a_forged_completed_marker_is_no_cookie() {
    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let name = cookie_name(&wechat);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a date after 1970");
    let (seconds, millis) = (now.as_secs(), now.as_millis());
    // A real one, and one of a server with another secret.
    let marker = async |demo: &Demo, name: &str| {
        let visitor = Visitor::new();
        let callback = visitor.callback(&demo.at(PROFILE)).await;
        let answer = visitor.get(&callback).await;
        let lines = answer.set_cookies();
        let line = lines.iter().find(|line| line.starts_with(name));
        let line = line.expect("a marker").clone();
        (visitor.cookie(&demo.url, name).expect("a marker"), line)
    };
    let (real, line) = marker(&demo, &name).await;
    assert!(line.contains("; Max-Age=60"), "{line}");
    let other_wechat = wechat_of(
        Account::official(wechat.account().appid(), SECRET, "127.0.0.1").any_redirect(true),
    )
    .await;
    let other = Demo::start(&other_wechat, &[]);
    let (foreign, _) = marker(&other, &name).await;
    let another_account = wechat_of(
        Account::official("wx1234567890abcdef", wechat.account().secret(), "127.0.0.1")
            .any_redirect(true),
    )
    .await;
    let another = Demo::start(&another_account, &[]);
    let (anothers, _) = marker(&another, &cookie_name(&another_account)).await;

    let [version, rounds, at, voucher] = real.split('.').collect::<Vec<_>>()[..] else {
        panic!("four fields: {real}");
    };
    let later = at.parse::<u64>().expect("milliseconds") + 1;
    let other_case = if voucher.to_lowercase() == voucher {
        voucher.to_uppercase()
    } else {
        voucher.to_lowercase()
    };
    let mut forged = vec![
        foreign,
        anothers,
        format!("{version}.{rounds}.{later}.{voucher}"),
        format!("{version}.{rounds}.0{at}.{other_case}"),
        format!("{version}.1.{at}.{voucher}"),
        format!("{version}.3.{at}.{voucher}"),
        format!("{version}.{rounds}.{at}.{}", &voucher[1..]),
        format!("{version}.{rounds}.{at}.{voucher}0"),
        format!("{version}.{rounds}.{at}.{other_case}"),
        format!("{version}.{rounds}.{at}."),
        format!("{version}.{rounds}.{at}"),
        format!("{version}.{rounds}.{at}.{voucher}.{voucher}"),
        format!("1.{rounds}.{at}.{voucher}"),
    ];
    for rounds in 0..=4 {
        for moment in [seconds.to_string(), millis.to_string()] {
            forged.push(format!("1.{rounds}.{moment}.completed"));
            forged.push(format!("2.{rounds}.{moment}.completed"));
            forged.push(format!("2.{rounds}.{moment}.{}", "0".repeat(16)));
            forged.push(format!("2.{rounds}.{moment}."));
        }
    }
    let mark = demo.log().len();
    for value in &forged {
        let cookie = format!("{name}={value}");
        let twice = format!("{name}={real}; {name}={value}");
        for cookies in [cookie.as_str(), &twice] {
            for target in [PROFILE, "/openid", "/login"] {
                let answer = raw::get(&demo.url, target, &[("cookie", cookies)]);
                let answer = answer.expect("an answer");
                assert_eq!(answer.status, 302, "{cookies}: {answer:?}");
                let location = answer.header("location");
                assert!(location.starts_with(wechat.url()), "{cookies}: {answer:?}");
                let scope = if target == "/openid" { 'b' } else { 'u' };
                assert!(location.contains(&format!("&state=0{scope}")), "{location}");
            }
        }
    }
    // Something that logs a line behind whatever there is.
    let long = format!("{PROFILE}?{}", "x".repeat(1_000));
    Visitor::new().get(&demo.at(&long)).await;
    let log = demo.logged(mark, "wechat.login.long_url");
    assert!(!log.contains("wechat.login.failed"), "{log}");
    assert!(!log.contains("ERROR"), "{log}");
    // The real one, without its session, is told of as what it is.
    let cookie = format!("{name}={real}");
    let answer = raw::get(&demo.url, PROFILE, &[("cookie", &cookie)]).expect("an answer");
    assert!(
        answer.header("location").contains("&state=1u"),
        "{answer:?}"
    );
    let log = demo.logged(mark, "reason=\"session_lost\"");
    assert!(log.contains("ERROR"), "{log}");
}
