//! Behind nginx: the addresses that visitors see are the public ones, whatever the proxy does to
//! paths and headers, and two servers behind it are one site.

use std::fs;

use actix_web::rt;
use actix_wechat::simulator::{Account, Consent, Endpoint, Person, Simulator};
use libtest_mimic::Trial;
use rustls::{RootCertStore, pki_types::CertificateDer};

use super::{PROFILE, SESSION_KEY};
use support::{
    Page, Port, Visitor,
    demo::{Demo, me, openid},
    program::{self, Program},
    raw::{self, Raw},
    trials, wechat, wechat_of,
};

pub(crate) fn trials() -> Vec<Trial> {
    let mut all = trials![["nginx"];
        a_proxied_path_logs_in,
        a_prefix_that_nginx_strips_is_on_every_address,
        the_guide_is_obeyed,
        a_hostile_client_changes_no_address,
        the_largest_answer_fits_into_nginx_s_buffer,
        fifty_double_callbacks_split_between_two_servers,
        two_servers_without_a_common_key_end_on_a_page,
    ];
    all.extend(trials![["nginx", "openssl"];
        https_gets_cookies_for_https_only,
        qr_codes_of_a_website_app_work_under_tls_and_a_prefix,
    ]);
    all.extend(trials![["nginx", "redis-server"];
        fifty_double_callbacks_split_between_two_servers_that_share_redis,
    ]);
    all
}

/// nginx in front of two demos, which take turns.
struct Site {
    wechat: Simulator,
    _demos: [Demo; 2],
    _ports: [Port; 2],
    nginx: Program,
    /// The public URL.
    url: String,
}

/// How nginx is set up; the rest of its configuration is as it comes.
struct Setup<'a> {
    scheme: &'a str,
    prefix: &'a str,
    /// After `listen ADDRESS:PORT`.
    listen: &'a str,
    /// `upstream` is the two demos, `$asked` the one that the header `x-server` asks for.
    locations: &'a str,
    /// For `http`.
    format: &'a str,
}

const EVERYTHING: Setup<'_> = Setup {
    scheme: "http",
    prefix: "",
    listen: "",
    locations: "location / { proxy_pass http://upstream; }",
    format: "",
};

const AS_ASKED: Setup<'_> = Setup {
    locations: "location / { proxy_pass http://$asked; }",
    ..EVERYTHING
};

impl Site {
    fn start(wechat: Simulator, setup: &Setup<'_>, variables: &[(&str, &str)]) -> Self {
        let (port, ports) = (Port::new(), [Port::new(), Port::new()]);
        let url = format!("{}://{}{}", setup.scheme, port.address(), setup.prefix);
        let demos = ports.each_ref().map(|port| {
            let listen = port.address();
            let mut all = vec![
                ("LISTEN", listen.as_str()),
                ("WECHAT_PUBLIC_URL", &url),
                SESSION_KEY,
            ];
            all.extend_from_slice(variables);
            // One without a value is taken away.
            let gone = |name| {
                all.iter()
                    .any(|(it, value)| *it == name && value.is_empty())
            };
            let kept: Vec<_> = all
                .iter()
                .filter(|(name, _)| !gone(*name))
                .copied()
                .collect();
            Demo::start(&wechat, &kept)
        });
        let nginx = Program::start_at(port, program::command("nginx"), |nginx, folder, port| {
            let [first, second] = ports.each_ref().map(Port::address);
            let configuration = format!(
                "daemon off; worker_processes 1; pid nginx.pid; error_log stderr;
                events {{}}
                http {{
                    access_log off; {}
                    client_body_temp_path body; proxy_temp_path proxy;
                    fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                    upstream upstream {{ server {first}; server {second}; }}
                    map $http_x_server $asked {{
                        default upstream; first {first}; second {second};
                    }}
                    server {{
                        listen 127.0.0.1:{port} {};
                        {}
                    }}
                }}",
                setup.format, setup.listen, setup.locations
            );
            fs::write(folder.join("nginx.conf"), configuration).expect("its configuration");
            if setup.scheme == "https" {
                make_certificate(folder);
            }
            nginx.arg("-p").arg(folder);
            nginx.args(["-c", "nginx.conf", "-e", "stderr"]);
        });
        Self {
            wechat,
            _demos: demos,
            _ports: ports,
            nginx,
            url,
        }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn person(&self) -> Option<String> {
        Some(Person::named("小明").openid(self.wechat.account().appid()))
    }

    /// Every address of an answer is WeChat's with a way back to this site, or this site's.
    #[track_caller]
    fn assert_addresses(&self, page: &Page) {
        let location = page.location();
        if page.is_authorize() {
            assert!(location.starts_with(self.wechat.url()), "{page:#?}");
            let back = page.location_param("redirect_uri").unwrap_or_default();
            assert!(back.starts_with(&self.at("/")), "{page:#?}");
        } else if !location.is_empty() && !page.url.starts_with(self.wechat.url()) {
            assert!(location.starts_with(&self.at("/")), "{page:#?}");
        }
    }
}

/// For the address of this machine, signed by itself.
pub(crate) fn make_certificate(folder: &std::path::Path) {
    let request = "[req]\ndistinguished_name = name\nx509_extensions = extensions\nprompt = no\n\
        [name]\nCN = 127.0.0.1\n\
        [extensions]\nsubjectAltName = IP:127.0.0.1\nbasicConstraints = critical, CA:FALSE\n";
    fs::write(folder.join("request.cnf"), request).expect("its request");
    let openssl = |arguments: &[&str]| {
        let done = program::command("openssl")
            .current_dir(folder)
            .args(arguments)
            .output()
            .expect("openssl");
        assert!(done.status.success(), "{done:?}");
    };
    openssl(&[
        "req",
        "-x509",
        "-config",
        "request.cnf",
        "-days",
        "2",
        "-nodes",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-keyout",
        "key.pem",
        "-out",
        "site.pem",
    ]);
    openssl(&[
        "x509", "-in", "site.pem", "-outform", "der", "-out", "site.der",
    ]);
}

/// The certificate that this nginx made for itself.
pub(crate) fn trust(nginx: &Program) -> RootCertStore {
    let certificate = fs::read(nginx.folder.path().join("site.der")).expect("a certificate");
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(certificate))
        .expect("a root certificate");
    roots
}

/// The blocks of the guide, one by one: a prefix that is stripped, WeChat's file at the root beside
/// it, and a log that shows no code.
async fn the_guide_is_obeyed() {
    let chapter = include_str!("../../src/guide/nginx.md");
    let blocks = chapter.split("\n```nginx\n").skip(1);
    let blocks: Vec<_> = blocks.filter_map(|it| it.split("\n```").next()).collect();
    let [_, stripped, file, format, log] = blocks.as_slice() else {
        panic!("five blocks, and not {blocks:#?}")
    };
    let asked = stripped.replace("127.0.0.1:8008", "upstream");
    let log = log.replace("/var/log/nginx/", "");
    let setup = Setup {
        prefix: "/shop",
        locations: &format!("{asked}\n{file}\n{log}"),
        format,
        ..EVERYTHING
    };
    let nobody = Port::new();
    let dead = format!(
        "location /shop/dead {{ proxy_pass http://{}; }}",
        nobody.address()
    );
    let setup = Setup {
        locations: &format!("{}\n{dead}", setup.locations),
        ..setup
    };
    let site = Site::start(wechat().await, &setup, &[]);
    let visitor = Visitor::new();
    let root = site.url.trim_end_matches("/shop");
    let verification = visitor
        .get(&format!("{root}/MP_verify_abcdefABCDEF0123.txt"))
        .await;
    assert_eq!(verification.assert_status(200).body, "abcdefABCDEF0123");
    assert_eq!(verification.header("content-type"), "text/plain");
    let page = visitor.visit(&site.at(PROFILE)).await;
    assert!(page.assert_status(200).body.contains("小明"));
    let unanswered = site.at("/dead?code=unspent&state=x");
    visitor.get(&unanswered).await.assert_status(502);
    let log = |name| {
        let log = site.nginx.folder.path().join(name);
        fs::read_to_string(log).expect("a log")
    };
    let requests = log("access.log");
    let log_in = "\"GET /shop/wechat8008/index\" 302";
    assert!(requests.contains(log_in), "{requests}");
    for log in [requests, log("error.log")] {
        assert!(!log.contains("code="), "{log}");
    }
}

async fn a_proxied_path_logs_in() {
    let setup = Setup {
        // As the walk-through has it: the other pages are not this app's business.
        locations: "location /wechat8008 { proxy_pass http://upstream; }",
        ..EVERYTHING
    };
    let site = Site::start(wechat().await, &setup, &[]);
    let visitor = Visitor::new();
    let url = site.at("/wechat8008/index?a=1&b=%E5%BE%AE&c=x+y");
    let pages = visitor.travel(&url).await;
    assert_eq!(
        pages[0].location_param("redirect_uri").as_deref(),
        Some(url.as_str())
    );
    for page in &pages {
        site.assert_addresses(page);
    }
    let page = pages.last().expect("a page");
    page.assert_status(200);
    assert_eq!(page.url, url);
    assert!(page.body.contains("小明"), "{}", page.body);
    visitor.get(&site.at("/healthz")).await.assert_status(404);
}

async fn a_prefix_that_nginx_strips_is_on_every_address() {
    let setup = Setup {
        prefix: "/shop",
        locations: "location /shop/ { proxy_pass http://upstream/; }",
        ..EVERYTHING
    };
    let site = Site::start(wechat().await, &setup, &[]);
    let visitor = Visitor::new();
    let refused = me(&visitor, &site.url).await;
    refused.assert_status(401);
    assert!(
        refused
            .body
            .contains(r#""login_url":"/shop/login?return_to="#),
        "{}",
        refused.body
    );
    let url = site.at("/wechat8008/index?a=%2F");
    let pages = visitor.travel(&url).await;
    for page in &pages {
        site.assert_addresses(page);
    }
    let page = pages.last().expect("a page");
    assert_eq!(page.url, url);
    assert!(page.body.contains("小明"), "{}", page.body);
    assert!(
        page.body.contains(r#"action="/shop/logout""#),
        "{}",
        page.body
    );

    let out = visitor.post(&site.at("/logout")).await;
    out.assert_status(303);
    assert_eq!(out.location(), site.at("/"));
    // From the start page's link, which carries the prefix, too.
    let home = visitor.visit(&out.location()).await;
    let login = home.link("微信登录");
    let pages = visitor.travel(&login).await;
    for page in &pages {
        site.assert_addresses(page);
    }
    let page = pages.last().expect("a page");
    assert_eq!(page.url, site.at(PROFILE));
    page.assert_status(200);
}

async fn https_gets_cookies_for_https_only() {
    let setup = Setup {
        scheme: "https",
        listen: "ssl",
        locations: "ssl_certificate site.pem; ssl_certificate_key key.pem;
            location / { proxy_pass http://upstream; }",
        ..EVERYTHING
    };
    let site = Site::start(wechat().await, &setup, &[]);
    let visitor = Visitor::trusting(trust(&site.nginx));
    let pages = visitor.travel(&site.at(PROFILE)).await;
    for page in &pages {
        site.assert_addresses(page);
    }
    pages.last().expect("a page").assert_status(200);
    assert_eq!(openid(&visitor, &site.url).await, site.person());

    let cookies: Vec<String> = pages
        .iter()
        .filter(|page| page.url.starts_with(&site.url))
        .flat_map(Page::set_cookies)
        .collect();
    let login = format!("__Host-wechat.{}=", site.wechat.account().appid());
    assert!(
        cookies.iter().any(|it| it.starts_with(&login)),
        "{cookies:?}"
    );
    assert!(
        cookies.iter().any(|it| it.starts_with("__Host-id=")),
        "{cookies:?}"
    );
    for cookie in cookies {
        for attribute in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(attribute), "no `{attribute}`: {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

async fn qr_codes_of_a_website_app_work_under_tls_and_a_prefix() {
    const WEBSITE: (&str, &str) = ("wx3eb0000000000001", "s3cret");
    let setup = Setup {
        scheme: "https",
        prefix: "/shop",
        listen: "ssl",
        locations: "ssl_certificate site.pem; ssl_certificate_key key.pem;
            location /shop/ { proxy_pass http://upstream/; }",
        ..EVERYTHING
    };
    let website = Account::website(WEBSITE.0, WEBSITE.1, "127.0.0.1").any_redirect(true);
    let both = Simulator::builder()
        .account(Account::test())
        .account(website);
    let variables = [
        ("WECHAT_OUTSIDE", "website"),
        ("WECHAT_WEBSITE_APPID", WEBSITE.0),
        ("WECHAT_WEBSITE_APPSECRET", WEBSITE.1),
    ];
    let site = Site::start(wechat::start(both).await, &setup, &variables);
    let firefox = || {
        Visitor::trusting(trust(&site.nginx))
            .with_user_agent("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101")
    };
    let person = Person::named("小明");
    let scanned = |visitor: Visitor, state: String| {
        let code = site.wechat.mint_code(WEBSITE.0, &person, "snsapi_login");
        let back = site.at(&format!("{PROFILE}?code={code}&state={state}"));
        let (url, name) = (site.at(PROFILE), person.name().to_owned());
        async move {
            let page = visitor.visit(&back).await;
            assert_eq!(page.assert_status(200).url, url);
            assert!(page.body.contains(&name), "{page:?}");
        }
    };

    let visitor = firefox();
    let asked = visitor.get(&site.at(PROFILE)).await;
    site.assert_addresses(&asked);
    assert!(
        asked.location().contains("/connect/qrconnect?"),
        "{asked:?}"
    );
    let state = asked.location_param("state").expect("a state");
    scanned(visitor, state).await;

    // And within a page of the app's own.
    let visitor = firefox();
    let page = visitor.get(&site.at("/desktop")).await;
    assert!(page.body.contains("\"/shop/desktop.js\""), "{page:?}");
    visitor
        .get(&site.at("/desktop.js"))
        .await
        .assert_status(200);
    let script = [
        ("accept", "application/json"),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-dest", "empty"),
    ];
    let url = site.at(&format!("/wx_login?return_to=/shop{PROFILE}"));
    let options = visitor.get_with(&url, &script).await;
    let cookies = options.assert_status(200).set_cookies();
    assert!(
        cookies
            .iter()
            .any(|it| it.starts_with("__Host-wechat.") && it.contains("; Secure")),
        "{cookies:?}"
    );
    let options: serde_json::Value = serde_json::from_str(&options.body).expect("JSON");
    let redirect_uri = options["redirect_uri"].as_str().expect("an address");
    let encoded: String =
        url::form_urlencoded::byte_serialize(site.at(PROFILE).as_bytes()).collect();
    assert_eq!(redirect_uri, encoded);
    let state = options["state"].as_str().expect("a state");
    scanned(visitor, state.to_owned()).await;
}

async fn a_hostile_client_changes_no_address() {
    const LIES: [(&str, &str); 8] = [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-server", "evil.example"),
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-port", "666"),
        ("x-forwarded-prefix", "/evil"),
        ("x-forwarded-for", "evil.example"),
        ("x-original-url", "/evil"),
        (
            "forwarded",
            "for=evil.example;host=evil.example;proto=gopher",
        ),
    ];
    let hosts = [
        "evil.example",
        "evil.example:666",
        "user@evil.example",
        "evil.example/x",
        "evil.example?x",
        "evil.example#x",
        "evil example",
        "[::1",
        "evil.example, 127.0.0.1",
        "evil.example:x",
        "",
        "..",
    ];
    let setup = Setup {
        // The odd `Host` comes through; nginx's own default would hide it from the app.
        locations: "location / { proxy_pass http://upstream; proxy_set_header Host $http_host; }",
        ..EVERYTHING
    };
    let site = Site::start(wechat().await, &setup, &[]);
    for host in hosts {
        for path in [
            PROFILE,
            "/",
            "/login?return_to=//evil.example/",
            "/login?return_to=/%5Cevil.example",
            "/api/me",
        ] {
            let mut headers = LIES.to_vec();
            headers.push(("host", host));
            headers.push(("referer", "http://evil.example/from"));
            let answer = raw::get(&site.url, path, &headers).expect("an answer");
            assert_honest(&site, path, &answer);
        }
    }

    // A whole login of somebody behind such a client.
    let visitor = Visitor::new();
    let mut page = visitor.get_with(&site.at(PROFILE), &LIES).await;
    while !page.location().is_empty() {
        site.assert_addresses(&page);
        let location = page.location();
        page = visitor.get_with(&location, &LIES).await;
    }
    page.assert_status(200);
    assert_eq!(page.url, site.at(PROFILE));
    let path = "/login?return_to=//evil.example/";
    let page = visitor.get_with(&site.at(path), &LIES).await;
    assert_eq!(page.location(), site.at("/"));
    let page = visitor
        .send(actix_web::http::Method::POST, &site.at("/logout"), &LIES)
        .await;
    assert_eq!(page.location(), site.at("/"));
}

/// Refused as malformed, or answered as if nobody had lied.
#[track_caller]
fn assert_honest(site: &Site, path: &str, answer: &Raw) {
    // What a request asks to return to is part of its own address, and goes to WeChat and back.
    let told = format!("{}{}", answer.head, answer.body).replace("return_to%3D%2F%2Fevil", "");
    let told = told.replace("return_to%3D%2F%255Cevil", "");
    assert!(!told.contains("evil"), "{path}: {answer:#?}");
    assert!(!told.contains("gopher"), "{path}: {answer:#?}");
    match answer.status {
        200 | 400 | 401 => {}
        302 => {
            let location = answer.header("location");
            assert!(location.starts_with(site.wechat.url()), "{answer:#?}");
            let back: String = url::form_urlencoded::byte_serialize(site.url.as_bytes()).collect();
            let back = format!("&redirect_uri={back}%2F");
            assert!(location.contains(&back), "{answer:#?}");
        }
        _ => panic!("{path}: {answer:#?}"),
    }
}

async fn the_largest_answer_fits_into_nginx_s_buffer() {
    let wechat = wechat_of(Account::test().bound(true)).await;
    // Each field at its longest, and far more privileges than there is room for.
    let person = Person::named("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\"\\".repeat(4))
        .sex(1)
        .region(
            "中华人民共和国",
            "新疆维吾尔自治区",
            "克孜勒苏柯尔克孜自治州",
        )
        .headimgurl(&format!("https://thirdwx.qlogo.cn/{}/132", "a".repeat(160)))
        .privilege(vec!["chinaunicom"; 40]);
    wechat.sign_in(person.clone());
    let site = Site::start(wechat, &EVERYTHING, &[]);
    let visitor = Visitor::new();
    let url = site.at(&format!("{PROFILE}?"));
    let url = format!("{url}{}", "q".repeat(512 - url.len()));
    let pages = visitor.travel(&url).await;
    for page in &pages {
        // 502 is what nginx answers instead of a head that does not fit.
        assert!(matches!(page.status.as_u16(), 200 | 302), "{page:#?}");
    }
    let page = pages.last().expect("a page");
    assert_eq!(page.url, url);
    let openid = openid(&visitor, &site.url).await;
    assert_eq!(openid, Some(person.openid(site.wechat.account().appid())));
}

async fn fifty_double_callbacks_split_between_two_servers() {
    let site = Site::start(wechat().await, &AS_ASKED, &[]);
    fifty_double_callbacks(&site).await;
}

async fn fifty_double_callbacks_split_between_two_servers_that_share_redis() {
    let redis = super::redis::Redis::start();
    let url = redis.url();
    let site = Site::start(wechat().await, &AS_ASKED, &[("REDIS_URL", &url)]);
    fifty_double_callbacks(&site).await;
}

/// The operator forgot to share the key: each server logs in, and the other one does not know it.
async fn two_servers_without_a_common_key_end_on_a_page() {
    let site = Site::start(wechat().await, &EVERYTHING, &[("SESSION_KEY", "")]);
    for path in [PROFILE, "/openid"] {
        let pages = Visitor::new().travel(&site.at(path)).await;
        let redirects = pages.iter().filter(|page| page.is_authorize()).count();
        assert!(
            redirects <= 3,
            "{redirects} redirects to WeChat: {pages:#?}"
        );
        pages.last().expect("a page").assert_status(500);
    }
}

/// Each visitor's browser sends the callback twice at once, and nginx passes one to each of the two
/// servers, which know nothing of each other's exchanges.
async fn fifty_double_callbacks(site: &Site) {
    let wechat = &site.wechat;
    wechat.set_consent(Consent::Ask);
    let mut visitors = Vec::new();
    for number in 0..50 {
        let person = Person::named(format!("访客{number}"));
        wechat.sign_in(person.clone());
        let visitor = Visitor::new();
        // Half of them have a session before, from a silent login.
        if number % 2 == 1 {
            visitor.visit(&site.at("/openid")).await.assert_status(200);
        }
        let url = site.at(&format!("{PROFILE}?n={number}"));
        let consent = visitor.visit(&url).await;
        let allowed = visitor.get(&consent.link("同意")).await;
        visitors.push((visitor, person, url, allowed.location()));
    }
    wechat.clear_calls();
    for (visitor, person, url, back) in &visitors {
        // Who is refused by one server before the other has let them in logs in once more, and
        // not as the last of those above.
        wechat.sign_in(person.clone());
        let tabs = [(visitor.clone(), "first"), (visitor.elsewhere(), "second")];
        let doubled = tabs.map(|(tab, server)| {
            let back = back.clone();
            rt::spawn(async move { tab.get_with(&back, &[("x-server", server)]).await })
        });
        let mut redirects = 1;
        for tab in doubled {
            let answer = tab.await.expect("an answer");
            answer.assert_status(302);
            let mut pages = visitor.travel(&answer.location()).await;
            let last = pages.last().expect("a page").clone();
            if last.url.starts_with(wechat.url()) {
                pages.extend(visitor.travel(&last.link("同意")).await);
            }
            redirects += pages.iter().filter(|page| page.is_authorize()).count();
            let last = pages.last().expect("a page");
            last.assert_status(200);
            assert_eq!(&last.url, url);
        }
        assert!(redirects <= 3, "{redirects} redirects to WeChat");
        let expected = person.openid(wechat.account().appid());
        assert_eq!(openid(visitor, &site.url).await, Some(expected));
    }
    let exchanged = wechat.calls();
    let exchanged: Vec<_> = exchanged
        .iter()
        .filter(|call| call.endpoint == Endpoint::AccessToken)
        .map(|call| call.code.as_str())
        .collect();
    let times = |code: &str| exchanged.iter().filter(|it| **it == code).count();
    // Once by each server.
    for (.., back) in &visitors {
        let back = url::Url::parse(back).expect("a callback");
        let code = back.query_pairs().find(|(key, _)| key == "code");
        let (_, code) = code.expect("its code");
        assert_eq!(times(&code), 2, "{code}");
    }
}
