//! The pages that a visitor can meet, on a desk and on a phone.

use actix_wechat::simulator::{Account, Person, Simulator, Snapshot};
use fantoccini::Locator;
use libtest_mimic::Trial;

use super::browser::{Browser, Browsers, PROFILE, PROGRAMS, Site};
use support::trials;

pub(crate) fn trials() -> Vec<Trial> {
    trials![PROGRAMS;
        a_phone_shows_every_page_without_scrolling_sideways,
        a_dark_phone_gets_dark_pages,
        a_browser_outside_wechat_gets_a_qr_code,
        a_website_login_by_qr_code_completes_in_the_first_tab,
        a_snapshot_page_tells_the_way_to_the_full_service,
        asking_first_puts_a_button_before_wechat,
    ]
}

/// A name that no line can hold.
const LONG_NAME: &str = "微信用户微信用户微信用户微信用户WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW";

/// From the start page to the profile, with a look at each page.
async fn look_around(site: &Site, browser: &Browser, prefix: &str) {
    let look = async |name: &str| {
        browser.assert_fits().await;
        browser.screenshot(&format!("{prefix}-{name}")).await;
    };
    browser.open(&site.at("/")).await;
    look("start").await;
    browser.click("微信登录").await;
    browser.sees("同意").await;
    look("consent").await;
    browser.click("拒绝").await;
    browser.sees("尚未登录").await;
    look("declined").await;
    browser.open(&site.at(PROFILE)).await;
    browser.consent_as("小红").await;
    look("profile").await;
    browser.open(&site.at("/")).await;
    browser.sees("小红").await;
    look("start-known").await;
    browser.click("退出登录").await;
    // A click does not wait for what a form is answered.
    browser.sees("访客").await;
    site.wechat.sign_in(Person::named(LONG_NAME).sex(2).region(
        "中华人民共和国",
        "新疆维吾尔自治区",
        "克孜勒苏柯尔克孜自治州",
    ));
    browser.open(&site.at(PROFILE)).await;
    browser.choose(LONG_NAME).await;
    look("consent-long-name").await;
    browser.click("同意").await;
    browser.sees(LONG_NAME).await;
    look("profile-long-name").await;
}

async fn a_phone_shows_every_page_without_scrolling_sideways() {
    Browsers::run(|browsers| async move {
        let (site, phone) = (Site::start().await, browsers.open_phone().await);
        look_around(&site, &phone, "phone").await;
    })
    .await;
}

async fn a_dark_phone_gets_dark_pages() {
    Browsers::run(|browsers| async move {
        let site = Site::start().await;
        let phone = browsers
            .open_with(|options| {
                options["mobileEmulation"] = serde_json::json!({
                    "deviceMetrics": {
                        "width": 390, "height": 844, "pixelRatio": 2.0, "touch": true,
                    },
                });
                let dark = "--blink-settings=preferredColorScheme=0".into();
                options["args"].as_array_mut().expect("flags").push(dark);
            })
            .await;
        phone.open(&site.at("/")).await;
        let light =
            "const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g);
            return Number(r) + Number(g) + Number(b)";
        let background = phone.script(light).await;
        let background = background.as_f64().expect("a sum of colours");
        assert!(background < 200.0, "not dark: {background}");
        look_around(&site, &phone, "dark").await;
    })
    .await;
}

async fn a_browser_outside_wechat_gets_a_qr_code() {
    Browsers::run(|browsers| async move {
        let site = Site::start_with(Account::test(), &[("WECHAT_OUTSIDE", "qr")]).await;
        for (browser, name) in [
            (browsers.open().await, "outside"),
            (browsers.open_phone().await, "phone-outside"),
        ] {
            let url = site.at(&format!("{PROFILE}?a=1"));
            browser.open(&url).await;
            browser.sees("请在微信中打开").await;
            browser.sees(&url).await;
            let code = browser.client.find(Locator::Css("svg")).await;
            let (_, _, width, height) = code
                .expect("a QR code")
                .rectangle()
                .await
                .expect("its size");
            assert!(width >= 150.0 && height >= 150.0, "{width} x {height}");
            if name.starts_with("phone") {
                browser.assert_fits().await;
            }
            browser.screenshot(name).await;
        }
    })
    .await;
}

async fn a_website_login_by_qr_code_completes_in_the_first_tab() {
    Browsers::run(|browsers| async move {
        let website = Account::website("wx3eb0000000000001", "the-website-secret", "localhost");
        let wechat = Simulator::builder()
            .account(Account::test())
            .account(website.any_redirect(true))
            .start()
            .await
            .expect("a simulator");
        let variables = [
            ("WECHAT_OUTSIDE", "website"),
            ("WECHAT_WEBSITE_APPID", "wx3eb0000000000001"),
            ("WECHAT_WEBSITE_APPSECRET", "the-website-secret"),
        ];
        let site = Site::on("localhost", wechat, &variables);
        let browser = browsers.open().await;
        let url = site.at(&format!("{PROFILE}?a=1"));
        browser.open(&url).await;
        browser.sees("请用微信扫一扫").await;
        browser.screenshot("website").await;
        let first = browser.tab().await;
        browser.click("模拟扫码").await;
        let tabs = browser.client.windows().await.expect("the tabs");
        let phone = tabs.into_iter().find(|tab| *tab != first);
        browser.go_to(&phone.expect("the phone's tab")).await;
        browser.choose("小红").await;
        browser.screenshot("website-phone").await;
        browser.click("同意").await;
        browser.go_to(&first).await;
        browser.sees("小红").await;
        assert_eq!(browser.url().await, url);
    })
    .await;
}

async fn a_snapshot_page_tells_the_way_to_the_full_service() {
    Browsers::run(|browsers| async move {
        let account = Account::test().snapshot(Snapshot::default());
        let site = Site::start_with(account, &[]).await;
        let phone = browsers.open_phone().await;
        let url = site.at(&format!("{PROFILE}?a=1"));
        phone.open(&url).await;
        phone.sees("使用完整服务").await;
        phone.assert_fits().await;
        phone.screenshot("phone-snapshot").await;
        // The button that WeChat lays over the page.
        let full = site.wechat.full_service_url().expect("a snapshot page");
        phone.open(&full).await;
        phone.consent_as("小红").await;
        assert_eq!(phone.url().await, url);
    })
    .await;
}

async fn asking_first_puts_a_button_before_wechat() {
    Browsers::run(|browsers| async move {
        let site = Site::start_with(Account::test(), &[("WECHAT_ASK_FIRST", "1")]).await;
        let phone = browsers.open_phone().await;
        let url = site.at(&format!("{PROFILE}?a=1"));
        phone.open(&url).await;
        assert_eq!(phone.url().await, url);
        phone.assert_fits().await;
        phone.screenshot("phone-ask-first").await;
        phone.click("微信登录").await;
        phone.consent_as("小红").await;
        assert_eq!(phone.url().await, url);
    })
    .await;
}
