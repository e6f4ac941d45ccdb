//! A host beside the site's own, in the attacker's hands, plants cookies for the domain that both
//! share; seen in Chromium, whose rule for `__Host-` it gets around.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use actix_wechat::simulator::{Account, Consent, Endpoint, Person, Simulator};
use libtest_mimic::Trial;
use serde_json::Value;

use super::{
    browser::{Browser, Browsers, PROFILE},
    nginx::make_certificate,
};
use support::{
    Port, Visitor,
    demo::Demo,
    program::{self, Program},
    trials,
    wechat::start,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![["chromium", "chromedriver", "nginx", "openssl"];
        a_planted_login_cookie_logs_nobody_in_as_the_attacker,
        a_planted_session_cookie_logs_nobody_in_and_is_taken_back,
    ]
}

/// A server that answers all requests with the same head, and keeps what cookies it was sent.
struct Evil {
    url: String,
    answer: Arc<Mutex<Vec<u8>>>,
    cookies: Arc<Mutex<Vec<u8>>>,
}

impl Evil {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let (answer, cookies) = <(Arc<Mutex<Vec<u8>>>, Arc<Mutex<Vec<u8>>>)>::default();
        let (says, hears) = (Arc::clone(&answer), Arc::clone(&cookies));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (says, hears) = (Arc::clone(&says), Arc::clone(&hears));
                // Browsers open connections that they may never use.
                thread::spawn(move || {
                    let mut head = Vec::new();
                    let mut byte = [0];
                    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) > 0 {
                        head.push(byte[0]);
                    }
                    if !head.starts_with(b"GET / ") {
                        return;
                    }
                    hears.lock().expect("what came").extend_from_slice(&head);
                    let answer = says.lock().expect("what to say").clone();
                    let _ = stream.write_all(&answer);
                });
            }
        });
        Self {
            url: format!("http://evil.shop.test:{port}/"),
            answer,
            cookies,
        }
    }

    /// Sets a cookie for the whole domain, and sends the visitor on; returns its address.
    fn plants(&self, name: &str, value: &str, path: &str, location: &str) -> &str {
        let answer = format!(
            "HTTP/1.1 302 Found\r\nset-cookie: {name}={value}; Domain=shop.test; Path={path}\r\n\
             location: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        *self.answer.lock().expect("what to say") = answer.into_bytes();
        &self.url
    }

    /// Whether the browser keeps the cookie: then it comes back.
    async fn is_kept(&self, browser: &Browser, name: &str) -> bool {
        *self.answer.lock().expect("what to say") =
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok".to_vec();
        self.cookies.lock().expect("what came").clear();
        browser.open(&self.url).await;
        let came = self.cookies.lock().expect("what came").clone();
        came.windows(name.len())
            .any(|window| window == name.as_bytes())
    }
}

/// The demo at `https://shop.test`, behind nginx.
struct Shop {
    wechat: Simulator,
    demo: Demo,
    _nginx: Program,
    url: String,
}

impl Shop {
    async fn open() -> Self {
        let wechat = start(Simulator::builder().account(Account::test().any_redirect(true))).await;
        let port = Port::new();
        let url = format!("https://shop.test:{}", port.number);
        let demo = Demo::start(&wechat, &[("WECHAT_PUBLIC_URL", &url)]);
        let upstream = demo.url.clone();
        let nginx = Program::start_at(port, program::command("nginx"), |nginx, folder, port| {
            let configuration = format!(
                "daemon off; worker_processes 1; pid nginx.pid; error_log stderr;
                events {{}}
                http {{
                    access_log off;
                    client_body_temp_path body; proxy_temp_path proxy;
                    fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                    server {{
                        listen 127.0.0.1:{port} ssl;
                        ssl_certificate site.pem; ssl_certificate_key key.pem;
                        location / {{ proxy_pass {upstream}; }}
                    }}
                }}"
            );
            fs::write(folder.join("nginx.conf"), configuration).expect("its configuration");
            make_certificate(folder);
            nginx.arg("-p").arg(folder);
            nginx.args(["-c", "nginx.conf", "-e", "stderr"]);
        });
        Self {
            wechat,
            demo,
            _nginx: nginx,
            url,
        }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn login_cookie(&self) -> String {
        format!("__Host-wechat.{}", self.wechat.account().appid())
    }

    /// The attacker's way to WeChat and back: the browser, and the callback's public address.
    async fn attackers_callback(&self) -> (Visitor, String) {
        self.wechat.set_consent(Consent::Automatic);
        self.wechat.sign_in(Person::named("攻击者"));
        let attacker = Visitor::new();
        let asked = attacker.get(&self.demo.at(PROFILE)).await;
        let back = attacker.get(&asked.location()).await.location();
        self.wechat.set_consent(Consent::Ask);
        for name in ["小红", "小明"] {
            self.wechat.sign_in(Person::named(name));
        }
        (attacker, back)
    }

    async fn attackers_session(&self) -> String {
        let (attacker, back) = self.attackers_callback().await;
        let back = back.replace(&self.url, &self.demo.url);
        attacker.get(&back).await.assert_status(302);
        let session = attacker.cookie(&self.demo.url, "__Host-id");
        session.expect("a session")
    }
}

/// One that finds the hosts of the test on this machine.
async fn open(browsers: &Browsers) -> Browser {
    browsers
        .open_with(|options| {
            let arguments = options["args"].as_array_mut().expect("arguments");
            arguments.extend(
                [
                    "--ignore-certificate-errors",
                    "--host-resolver-rules=MAP shop.test 127.0.0.1, MAP *.shop.test 127.0.0.1",
                ]
                .map(Value::from),
            );
        })
        .await
}

async fn a_planted_login_cookie_logs_nobody_in_as_the_attacker() {
    Browsers::run(|browsers| async move {
        let (shop, evil) = (Shop::open().await, Evil::start());
        let name = shop.login_cookie();
        let rest = name.strip_prefix("__Host-").expect("a prefix");
        for planted in [
            format!("\u{2000}{name}"),
            format!("\u{a0}{name}"),
            format!("\u{3000}{name}"),
            format!("%5F%5FHost-{rest}"),
        ] {
            let (attacker, trap) = shop.attackers_callback().await;
            let value = attacker.cookie(&shop.demo.url, &name);
            let value = value.expect("the attacker's login cookie");
            shop.wechat.clear_calls();
            let browser = open(&browsers).await;
            browser
                .open(evil.plants(&planted, &value, "/", &trap))
                .await;
            // On WeChat's page, for a login of one's own; nothing of the attacker's was exchanged.
            browser.sees("同意").await;
            assert_eq!(shop.wechat.count(Endpoint::AccessToken), 0, "{planted}");
            browser.consent_as("小明").await;
            assert_eq!(browser.url().await, shop.at(PROFILE), "{planted}");
            assert!(evil.is_kept(&browser, &planted).await, "{planted}");
        }
    })
    .await;
}

async fn a_planted_session_cookie_logs_nobody_in_and_is_taken_back() {
    Browsers::run(|browsers| async move {
        let (shop, evil) = (Shop::open().await, Evil::start());
        let session = shop.attackers_session().await;
        for (planted, path) in [
            ("%5F%5FHost-id", "/"),
            ("\u{2000}__Host-id", "/"),
            ("\u{3000}__Host-id", "/wechat8008"),
            ("%5f_Host-id", "/wechat8008/"),
            ("__%48ost-id", "/wechat8008/index"),
        ] {
            let browser = open(&browsers).await;
            let page = shop.at(&format!("{PROFILE}?a=1"));
            for is_known in [false, true] {
                browser
                    .open(evil.plants(planted, &session, path, &page))
                    .await;
                browser.sees("登录需要 Cookie").await;
                if path == "/" {
                    assert!(!evil.is_kept(&browser, planted).await, "{planted}");
                    browser.open(&page).await;
                } else {
                    browser.click("再试一次").await;
                }
                if !is_known {
                    browser.consent_as("小明").await;
                }
                browser.sees("小明").await;
                assert_eq!(browser.url().await, page, "{planted}");
            }
        }
    })
    .await;
}
