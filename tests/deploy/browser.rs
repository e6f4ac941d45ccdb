//! A browser with a profile of its own, driven by what a person sees: texts, links and buttons.

use std::{cell::RefCell, fs, future::Future, path::PathBuf, rc::Rc, sync::Mutex, time::Duration};

use actix_web::rt;
use actix_wechat::simulator::{Account, Consent, Person, Simulator};
use fantoccini::{
    Client, ClientBuilder, Locator,
    wd::{Capabilities, WindowHandle},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use support::{
    Port, cargo,
    demo::Demo,
    program::{self, Program},
};

pub(crate) const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];
pub(crate) const PROFILE: &str = "/wechat8008/index";
const CONSENT: &str = "同意";
/// Only against a hang.
const PATIENCE: Duration = Duration::from_secs(60);

static DRIVER: Mutex<Option<Program>> = Mutex::new(None);

/// The driver's address; it starts with the first test.
fn driver() -> String {
    let mut driver = DRIVER.lock().unwrap_or_else(|err| err.into_inner());
    driver
        .get_or_insert_with(|| {
            Program::start(program::command("chromedriver"), |driver, _, port| {
                driver.arg(format!("--port={port}"));
            })
        })
        .at("")
}

pub(crate) fn stop_driver() {
    drop(DRIVER.lock().unwrap_or_else(|err| err.into_inner()).take());
}

/// Opens browsers for one test.
#[derive(Clone, Default)]
pub(crate) struct Browsers(Rc<RefCell<Vec<Browser>>>);

impl Browsers {
    /// Runs a test and closes its browsers, however it ends.
    pub(crate) async fn run<F>(test: impl FnOnce(Self) -> F)
    where
        F: Future<Output = ()> + 'static,
    {
        let browsers = Self::default();
        let ended = rt::spawn(test(browsers.clone())).await;
        let opened = browsers.0.take();
        for browser in opened {
            let _ = browser.client.close().await;
        }
        if let Err(panic) = ended {
            std::panic::resume_unwind(panic.into_panic());
        }
    }

    pub(crate) async fn open(&self) -> Browser {
        self.open_with(|_| {}).await
    }

    /// As large as a phone's, and touched instead of clicked.
    pub(crate) async fn open_phone(&self) -> Browser {
        self.open_with(|options| {
            options["mobileEmulation"] = json!({
                "deviceMetrics": { "width": 390, "height": 844, "pixelRatio": 2.0, "touch": true },
            });
        })
        .await
    }

    pub(crate) async fn open_with(&self, set_up: impl FnOnce(&mut Value)) -> Browser {
        let profile = tempfile::tempdir().expect("a folder for a profile");
        let mut options = json!({
            "binary": program::find("chromium"),
            "args": [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1000,800",
                "--lang=zh-CN",
                format!("--user-data-dir={}", profile.path().display()),
            ],
            "prefs": { "intl.accept_languages": "zh-CN,zh" },
        });
        set_up(&mut options);
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver())
            .await
            .expect("a browser");
        let browser = Browser {
            client,
            _profile: Rc::new(profile),
        };
        self.0.borrow_mut().push(browser.clone());
        browser
    }
}

#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) client: Client,
    _profile: Rc<TempDir>,
}

impl Browser {
    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("a page");
    }

    pub(crate) async fn url(&self) -> String {
        let url = self.client.current_url().await.expect("an address");
        // After a redirect through WeChat browsers may keep its fragment.
        url.as_str()
            .split('#')
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    /// Clicks the first link or button with this text, once it shows, and waits for what comes.
    pub(crate) async fn click(&self, text: &str) {
        let xpath = format!(
            "//a[contains(normalize-space(), '{text}')] | //button[contains(normalize-space(), '{text}')]"
        );
        let target = self.client.wait().at_most(PATIENCE);
        match target.for_element(Locator::XPath(&xpath)).await {
            Ok(target) => target.click().await.expect("a click"),
            Err(err) => panic!("no `{text}` to click: {err}: {}", self.text().await),
        }
    }

    /// Waits until the page shows this text.
    pub(crate) async fn sees(&self, text: &str) {
        let xpath = format!("//body[contains(normalize-space(), '{text}')]");
        let body = self.client.wait().at_most(PATIENCE);
        if let Err(err) = body.for_element(Locator::XPath(&xpath)).await {
            panic!(
                "`{text}` does not show at {}: {err}: {}",
                self.url().await,
                self.text().await
            );
        }
    }

    pub(crate) async fn text(&self) -> String {
        let body = self.client.find(Locator::Css("body")).await;
        body.expect("a body").text().await.expect("its text")
    }

    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client
            .execute(script, Vec::new())
            .await
            .expect("a script's result")
    }

    /// Becomes somebody else on the consent page.
    pub(crate) async fn choose(&self, name: &str) {
        self.click(name).await;
        let chosen = format!("//*[contains(@class, 'big')][contains(., '{name}')]");
        let page = self.client.wait().at_most(PATIENCE);
        page.for_element(Locator::XPath(&chosen))
            .await
            .expect("the page with somebody else chosen");
    }

    /// Logs in as somebody of the consent page, and stays on the page that asked for it.
    pub(crate) async fn consent_as(&self, name: &str) {
        self.choose(name).await;
        self.click(CONSENT).await;
        self.sees(name).await;
        self.sees("openid").await;
    }

    /// The picture is for people; the assertions are elsewhere.
    pub(crate) async fn screenshot(&self, name: &str) {
        let picture = self.client.screenshot().await.expect("a picture");
        let folder = screenshots();
        fs::create_dir_all(&folder).expect("a folder for pictures");
        fs::write(folder.join(format!("{name}.png")), picture).expect("a picture");
    }

    /// The whole page is visible by scrolling down alone.
    pub(crate) async fn assert_fits(&self) {
        let wide = self
            .script(
                "const page = document.documentElement;
                 return [page.scrollWidth, page.clientWidth, window.innerWidth];",
            )
            .await;
        let wide: Vec<u64> = serde_json::from_value(wide).expect("three widths");
        let url = self.url().await;
        assert!(wide[0] <= wide[1], "{url} scrolls sideways: {wide:?}");
        assert_eq!(wide[2], 390, "{url} does not fit a phone: {wide:?}");
    }

    /// Opens another tab of this browser and goes there.
    pub(crate) async fn open_tab(&self) -> WindowHandle {
        let tab = self.client.new_window(true).await.expect("a tab").handle;
        self.go_to(&tab).await;
        tab
    }

    pub(crate) async fn go_to(&self, tab: &WindowHandle) {
        self.client
            .switch_to_window(tab.clone())
            .await
            .expect("the tab");
    }

    pub(crate) async fn tab(&self) -> WindowHandle {
        self.client.window().await.expect("a tab")
    }
}

/// Beside the build's profile: `target/screenshots`.
fn screenshots() -> PathBuf {
    cargo::target().join("screenshots")
}

/// WeChat and the demo.
pub(crate) struct Site {
    pub(crate) wechat: Simulator,
    _demo: Demo,
    _port: Port,
    url: String,
}

impl Site {
    pub(crate) async fn start() -> Self {
        Self::start_with(Account::test(), &[]).await
    }

    pub(crate) async fn start_with(account: Account, variables: &[(&str, &str)]) -> Self {
        let wechat = Simulator::builder().account(account).start().await;
        let wechat = wechat.expect("a simulator");
        // Another host than the simulator's, for cookies do not tell ports apart.
        Self::on("localhost", wechat, variables)
    }

    pub(crate) fn on(host: &str, wechat: Simulator, variables: &[(&str, &str)]) -> Self {
        wechat.set_consent(Consent::Ask);
        for name in ["小红", "小明"] {
            wechat.sign_in(Person::named(name));
        }
        let port = Port::new();
        let (listen, url) = (port.address(), format!("http://{host}:{}", port.number));
        let mut all = vec![("LISTEN", listen.as_str()), ("WECHAT_PUBLIC_URL", &url)];
        all.extend_from_slice(variables);
        Self {
            _demo: Demo::start(&wechat, &all),
            _port: port,
            wechat,
            url,
        }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}
