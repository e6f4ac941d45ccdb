//! A browser as far as a login needs one: it keeps cookies by host and follows redirects one by
//! one.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use actix_web::{
    cookie::{Cookie, time::Duration},
    http::{Method, StatusCode, header::HeaderMap},
};
use awc::Client;

pub const WECHAT_UA: &str = "Mozilla/5.0 (Linux; Android 15; PJZ110 Build/AP3A.240617.008; wv) \
    AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/134.0.6998.136 Mobile Safari/537.36 \
    XWEB/1340095 MMWEBSDK/20250201 MMWEBID/5182 MicroMessenger/8.0.58.2841(0x28003A3E) \
    WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64";
const NAVIGATION: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const MOST_REDIRECTS: usize = 12;

/// Cookies by host and port, name and path being enough for these tests.
type Jar = BTreeMap<String, BTreeMap<String, String>>;

/// One browser profile. A clone shares the cookies: another tab.
#[derive(Clone)]
pub struct Visitor {
    client: Client,
    jar: Arc<Mutex<Jar>>,
    keeps_cookies: bool,
    user_agent: &'static str,
}

/// An answer, with all that a test may ask of it.
#[derive(Clone, Debug)]
pub struct Page {
    pub url: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    /// The `Location`, absolute; empty where there is none.
    pub fn location(&self) -> String {
        self.headers
            .get("location")
            .map(|location| {
                let location = location.to_str().expect("a location of plain text");
                let base = url::Url::parse(&self.url).expect("an absolute URL");
                base.join(location)
                    .expect("a location that resolves")
                    .to_string()
            })
            .unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("a header of plain text"))
    }

    /// All `Set-Cookie` lines.
    pub fn set_cookies(&self) -> Vec<String> {
        self.headers
            .get_all("set-cookie")
            .map(|value| value.to_str().expect("a cookie of plain text").to_owned())
            .collect()
    }

    /// A parameter of the `Location`'s query, decoded.
    pub fn location_param(&self, name: &str) -> Option<String> {
        let location = url::Url::parse(&self.location()).ok()?;
        location
            .query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The address behind the first link whose text holds this.
    #[track_caller]
    pub fn link(&self, text: &str) -> String {
        let base = url::Url::parse(&self.url).expect("an absolute URL");
        self.body
            .split("<a ")
            .filter_map(|link| link.split_once("</a>"))
            .map(|(link, _)| link)
            .find(|link| link.contains(text))
            .and_then(|link| link.split_once("href=\""))
            .and_then(|(_, rest)| rest.split('"').next())
            .and_then(|href| base.join(&href.replace("&amp;", "&")).ok())
            .unwrap_or_else(|| panic!("no link `{text}` on {}: {}", self.url, self.body))
            .to_string()
    }

    /// Whether it sends the visitor to WeChat.
    pub fn is_authorize(&self) -> bool {
        self.status == StatusCode::FOUND && self.location().contains("/connect/")
    }

    #[track_caller]
    pub fn assert_status(&self, status: u16) -> &Self {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{} answered {}",
            self.url,
            self.body
        );
        self
    }
}

impl Visitor {
    pub fn new() -> Self {
        Self {
            client: Client::builder()
                .disable_redirects()
                .timeout(std::time::Duration::from_secs(20))
                .finish(),
            jar: Arc::default(),
            keeps_cookies: true,
            user_agent: WECHAT_UA,
        }
    }

    /// A browser with cookies switched off.
    pub fn without_cookies() -> Self {
        Self {
            keeps_cookies: false,
            ..Self::new()
        }
    }

    /// A browser that trusts just these certificates.
    pub fn trusting(roots: rustls::RootCertStore) -> Self {
        let provider = rustls::crypto::ring::default_provider();
        let tls = rustls::ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .expect("ring's protocol versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            client: Client::builder()
                .connector(awc::Connector::new().rustls_0_23(tls.into()))
                .disable_redirects()
                .timeout(std::time::Duration::from_secs(20))
                .finish(),
            ..Self::new()
        }
    }

    pub fn with_user_agent(self, user_agent: &'static str) -> Self {
        Self { user_agent, ..self }
    }

    /// The same cookies, from now on apart: what another process would replay.
    pub fn snapshot(&self) -> Self {
        let jar = self.jar.lock().expect("the jar").clone();
        Self {
            jar: Arc::new(Mutex::new(jar)),
            ..self.clone()
        }
    }

    /// The same browser with new connections.
    pub fn elsewhere(&self) -> Self {
        Self {
            client: Self::new().client,
            ..self.clone()
        }
    }

    pub async fn get(&self, url: &str) -> Page {
        self.send(Method::GET, url, &[]).await
    }

    pub async fn get_with(&self, url: &str, headers: &[(&str, &str)]) -> Page {
        self.send(Method::GET, url, headers).await
    }

    pub async fn post(&self, url: &str) -> Page {
        self.send(Method::POST, url, &[]).await
    }

    /// One request. `Accept` is a navigation's unless `headers` say otherwise; an empty value takes
    /// a header away.
    pub async fn send(&self, method: Method, url: &str, headers: &[(&str, &str)]) -> Page {
        let url = url.split('#').next().unwrap_or_default();
        let mut request = self
            .client
            .request(method, url)
            .no_decompress()
            .insert_header(("accept", NAVIGATION))
            .insert_header(("accept-language", "zh-CN,zh;q=0.9"))
            .insert_header(("user-agent", self.user_agent));
        if let Some(cookies) = self.cookie_header(url) {
            request = request.insert_header(("cookie", cookies));
        }
        for (name, value) in headers {
            if value.is_empty() {
                request.headers_mut().remove(*name);
            } else {
                request = request.insert_header((*name, *value));
            }
        }
        let mut answer = request.send().await.expect("an answer");
        let body = answer.body().limit(4 << 20).await.expect("a body");
        let page = Page {
            url: url.to_owned(),
            status: answer.status(),
            headers: answer.headers().clone(),
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        if self.keeps_cookies {
            self.keep(&page);
        }
        page
    }

    /// Follows redirects until a page, like the address bar; returns every answer on the way.
    pub async fn travel(&self, url: &str) -> Vec<Page> {
        let mut pages = vec![self.get(url).await];
        while let Some(location) = pages
            .last()
            .map(Page::location)
            .filter(|url| !url.is_empty())
        {
            assert!(pages.len() <= MOST_REDIRECTS, "a redirect loop: {pages:#?}");
            pages.push(self.get(&location).await);
        }
        pages
    }

    /// The same, and only the page that it ends on.
    pub async fn visit(&self, url: &str) -> Page {
        self.travel(url).await.pop().expect("an answer")
    }

    /// Opens a page as somebody who allows the login on WeChat's page; returns the answers from
    /// there on.
    pub async fn log_in(&self, url: &str) -> Vec<Page> {
        let asked = self.visit(url).await;
        self.travel(&asked.link("同意")).await
    }

    /// To WeChat and back: the callback's address, not yet opened.
    pub async fn callback(&self, url: &str) -> String {
        let asked = self.get(url).await;
        assert!(asked.is_authorize(), "no way to WeChat: {asked:#?}");
        let back = self.get(&asked.location()).await;
        back.assert_status(302);
        back.location()
    }

    /// Takes the cookies of one host to another, as a browser does where only the port differs.
    pub fn carry(&self, from: &str, to: &str) {
        let mut jar = self.jar.lock().expect("the jar");
        let cookies = jar.get(&host(from)).cloned().unwrap_or_default();
        jar.insert(host(to), cookies);
    }

    /// The cookies that would be sent to a URL, as one header.
    pub fn cookie_header(&self, url: &str) -> Option<String> {
        let jar = self.jar.lock().expect("the jar");
        let cookies = jar.get(&host(url)).filter(|cookies| !cookies.is_empty())?;
        let pairs: Vec<String> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Some(pairs.join("; "))
    }

    pub fn cookie(&self, url: &str, name: &str) -> Option<String> {
        let jar = self.jar.lock().expect("the jar");
        jar.get(&host(url))?.get(name).cloned()
    }

    pub fn set_cookie(&self, url: &str, name: &str, value: &str) {
        let mut jar = self.jar.lock().expect("the jar");
        jar.entry(host(url))
            .or_default()
            .insert(name.to_owned(), value.to_owned());
    }

    pub fn drop_cookie(&self, url: &str, name: &str) {
        let mut jar = self.jar.lock().expect("the jar");
        if let Some(cookies) = jar.get_mut(&host(url)) {
            cookies.remove(name);
        }
    }

    fn keep(&self, page: &Page) {
        let mut jar = self.jar.lock().expect("the jar");
        let cookies = jar.entry(host(&page.url)).or_default();
        for line in page.set_cookies() {
            let cookie = Cookie::parse(line).expect("a well-formed Set-Cookie");
            if cookie.max_age().is_some_and(|left| left <= Duration::ZERO) {
                cookies.remove(cookie.name());
            } else {
                cookies.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
    }
}

fn host(url: &str) -> String {
    let url = url::Url::parse(url).expect("an absolute URL");
    format!(
        "{}:{}",
        url.host_str().unwrap_or_default(),
        url.port_or_known_default().unwrap_or_default()
    )
}
