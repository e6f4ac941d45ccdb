//! [`Browser`]: a visitor of an app in its own tests.

use std::{cell::RefCell, collections::HashMap, fmt};

use actix_web::{
    cookie::{Cookie, CookieJar, time::Duration},
    http::{
        Method, StatusCode,
        header::{self, HeaderMap},
    },
};
use awc::Client;
use derive_more::{Display, Error};
use url::Url;

/// WeChat's browser on a phone, as far as a login asks.
const USER_AGENT: &str = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/134.0 Mobile Safari/537.36 MicroMessenger/8.0.58";
const ACCEPT_PAGES: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
const ACCEPT_DATA: &str = "application/json";
/// A login of three rounds has nine.
const MOST_REDIRECTS: usize = 20;
const MOST_BYTES: usize = 4 << 20;

/// A browser for an app's own tests: it keeps cookies, follows redirects, and allows the login on
/// the consent page of a [`Simulator`](crate::simulator::Simulator).
///
/// Each is one visitor. It claims to be WeChat's browser on a phone, in Chinese.
///
/// ```
/// # #[cfg(feature = "simulator")]
/// # actix_web::rt::System::new().block_on(async {
/// use std::net::TcpListener;
///
/// use actix_session::storage::CookieSessionStore;
/// use actix_web::{App, HttpServer, cookie::Key, rt, web};
/// use actix_wechat::{Wechat, WechatUser, simulator::Simulator, testing::Browser};
/// # use actix_wechat::actix_session;
///
/// let simulator = Simulator::start().await?;
/// // The port is taken before its number is told: nobody else gets it in between.
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let home = format!("http://{}/", listener.local_addr()?);
/// let wechat = Wechat::simulated(&simulator).public_url(&home).build()?;
/// let key = Key::generate();
/// let server = HttpServer::new(move || {
///     App::new()
///         .app_data(wechat.worker())
///         .wrap(wechat.session(CookieSessionStore::default(), key.clone()).build())
///         .route("/", web::get().to(|user: WechatUser| async move { user.nickname }))
/// });
/// rt::spawn(server.workers(1).listen(listener)?.run());
///
/// let page = Browser::new().open(&home).await?;
/// assert_eq!((page.status.as_u16(), page.url), (200, home));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct Browser {
    client: Client,
    jar: RefCell<HashMap<String, CookieJar>>,
}

/// What a [`Browser`] shows in the end.
///
/// ```
/// # async fn example(browser: actix_wechat::testing::Browser) -> Result<(), actix_wechat::testing::BrowserError> {
/// let page = browser.open("http://127.0.0.1:8008/").await?;
/// assert_eq!(page.status, 200);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The address bar: where the redirects ended, without a fragment.
    pub url: String,
    /// The status of the last answer.
    pub status: StatusCode,
    /// The headers of the last answer.
    pub headers: HeaderMap,
    /// Its text.
    pub body: String,
}

/// Why a [`Browser`] shows nothing: no server answered, or a redirect led nowhere.
///
/// ```
/// # actix_web::rt::System::new().block_on(async {
/// use actix_wechat::testing::Browser;
///
/// let nobody = Browser::new().open("http://127.0.0.1:1/").await;
/// assert!(nobody.unwrap_err().to_string().starts_with("http://127.0.0.1:1/: "));
/// # });
/// ```
#[derive(Debug, Display, Error)]
#[display("{url}: {problem}")]
pub struct BrowserError {
    url: String,
    problem: String,
}

impl BrowserError {
    fn new(url: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self {
            url: url.to_string(),
            problem: problem.to_string(),
        }
    }
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser").finish_non_exhaustive()
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// A browser without cookies.
    ///
    /// ```
    /// let browser = actix_wechat::testing::Browser::new();
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self {
            client: Client::builder().disable_redirects().finish(),
            jar: RefCell::default(),
        }
    }

    /// Opens an absolute address: follows redirects, and allows the login where the simulator asks.
    ///
    /// Who logs in is who is [signed in](crate::simulator::Simulator::sign_in) at the simulator.
    ///
    /// # Errors
    ///
    /// No server answered, or the redirects did not end. A page that explains a failure is a
    /// [`Page`], with its status.
    ///
    /// ```
    /// # async fn example(browser: actix_wechat::testing::Browser) -> Result<(), actix_wechat::testing::BrowserError> {
    /// let page = browser.open("http://127.0.0.1:8008/orders?page=2").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(&self, url: &str) -> Result<Page, BrowserError> {
        self.navigate(Method::GET, url).await
    }

    /// Sends an empty form, as a log-out button does, and goes on like [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    ///
    /// ```
    /// # async fn example(browser: actix_wechat::testing::Browser) -> Result<(), actix_wechat::testing::BrowserError> {
    /// let page = browser.post("http://127.0.0.1:8008/logout").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn post(&self, url: &str) -> Result<Page, BrowserError> {
        self.navigate(Method::POST, url).await
    }

    /// Asks for JSON as a script on a page does: what comes back is the answer itself.
    ///
    /// # Errors
    ///
    /// No server answered.
    ///
    /// ```
    /// # async fn example(browser: actix_wechat::testing::Browser) -> Result<(), actix_wechat::testing::BrowserError> {
    /// let answer = browser.fetch("http://127.0.0.1:8008/api/me").await?;
    /// assert_eq!(answer.status, 401);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn fetch(&self, url: &str) -> Result<Page, BrowserError> {
        self.send(Method::GET, &parse(url)?, ACCEPT_DATA).await
    }

    async fn navigate(&self, method: Method, url: &str) -> Result<Page, BrowserError> {
        let mut page = self.send(method, &parse(url)?, ACCEPT_PAGES).await?;
        for _ in 0..MOST_REDIRECTS {
            match page.way_on()? {
                Some(next) => page = self.send(Method::GET, &next, ACCEPT_PAGES).await?,
                None => return Ok(page),
            }
        }
        Err(BrowserError::new(url, "the redirects do not end"))
    }

    async fn send(&self, method: Method, url: &Url, accept: &str) -> Result<Page, BrowserError> {
        let failed = |problem: &dyn fmt::Display| BrowserError::new(url, problem);
        let mut request = self
            .client
            .request(method, url.as_str())
            .no_decompress()
            .insert_header((header::ACCEPT, accept))
            .insert_header((header::ACCEPT_LANGUAGE, "zh-CN"))
            .insert_header((header::USER_AGENT, USER_AGENT));
        // As in any browser, the ports of a host share their cookies.
        let host = url.host_str().unwrap_or_default();
        if let Some(jar) = self.jar.borrow().get(host) {
            let cookies: Vec<_> = jar.iter().map(|it| it.stripped().to_string()).collect();
            request = request.insert_header((header::COOKIE, cookies.join("; ")));
        }
        let mut answer = request.send().await.map_err(|err| failed(&err))?;
        let body = answer.body().limit(MOST_BYTES).await;
        let body = body.map_err(|err| failed(&err))?;
        let page = Page {
            url: url.to_string(),
            status: answer.status(),
            headers: answer.headers().clone(),
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        let mut jars = self.jar.borrow_mut();
        let jar = jars.entry(host.to_owned()).or_default();
        for line in page.headers.get_all(header::SET_COOKIE) {
            let cookie = line.to_str().ok().and_then(|it| Cookie::parse(it).ok());
            match cookie.map(Cookie::into_owned) {
                Some(gone) if gone.max_age().is_some_and(|left| left <= Duration::ZERO) => {
                    jar.force_remove(&gone);
                }
                Some(kept) => jar.add_original(kept),
                None => return Err(failed(&"sets a cookie that cannot be read")),
            }
        }
        Ok(page)
    }
}

impl Page {
    /// Where the first link leads whose text holds these words.
    ///
    /// ```
    /// # async fn example(browser: actix_wechat::testing::Browser) -> Result<(), Box<dyn std::error::Error>> {
    /// let asked = browser.open("http://127.0.0.1:8008/").await?;
    /// let page = browser.open(&asked.link("微信登录").ok_or("no button")?).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn link(&self, words: &str) -> Option<String> {
        let links = self.body.split("<a ").skip(1);
        let mut links = links.filter_map(|link| link.split_once("</a>"));
        let (link, _) = links.find(|(link, _)| link.contains(words))?;
        let (_, href) = link.split_once("href=\"")?;
        let href = href.split('"').next()?.replace("&amp;", "&");
        Some(Url::parse(&self.url).ok()?.join(&href).ok()?.into())
    }

    /// Where it leads a browser, or the visitor who allows the login.
    fn way_on(&self) -> Result<Option<Url>, BrowserError> {
        let url = parse(&self.url)?;
        if let Some(location) = self.headers.get(header::LOCATION) {
            let to = location.to_str().ok().and_then(|to| url.join(to).ok());
            let to = to.ok_or_else(|| BrowserError::new(&url, "redirects to no address"))?;
            return parse(to.as_str()).map(Some);
        }
        let is_consent = url.path() == "/connect/oauth2/authorize" && self.status == StatusCode::OK;
        match is_consent.then(|| self.link("同意")).flatten() {
            Some(allow) => parse(&allow).map(Some),
            None => Ok(None),
        }
    }
}

/// An address as it is sent: a fragment stays in the browser.
fn parse(url: &str) -> Result<Url, BrowserError> {
    let mut parsed = Url::parse(url).map_err(|err| BrowserError::new(url, err))?;
    parsed.set_fragment(None);
    Ok(parsed)
}
