//! Whole logins, with all that people do in between.

use actix_wechat::simulator::{Consent, Endpoint, Replay, Simulator};
use fantoccini::Locator;
use libtest_mimic::Trial;

use super::browser::{Browsers, PROFILE, PROGRAMS, Site};
use support::{Port, Visitor, demo::command, program::Program, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![PROGRAMS;
        consent_leads_to_the_profile_and_log_out_to_the_start_page,
        who_refuses_can_try_again,
        back_and_reload_after_a_login_keep_the_user,
        a_callback_that_was_answered_before_is_a_login_all_the_same,
        two_tabs_each_end_on_their_own_page,
        a_shared_link_logs_nobody_in_as_the_sharer,
        without_cookies_a_page_explains,
        a_front_end_on_another_port_logs_in_and_comes_back,
        a_single_page_app_logs_in_and_comes_back,
    ]
}

async fn consent_leads_to_the_profile_and_log_out_to_the_start_page() {
    Browsers::run(|browsers| async move {
        let (site, browser) = (Site::start().await, browsers.open().await);
        browser.open(&site.at("/")).await;
        browser.sees("访客").await;
        browser.click("微信登录").await;
        browser.consent_as("小红").await;
        assert_eq!(browser.url().await, site.at(PROFILE));
        let picture = "return document.images.length == 1 && document.images[0].naturalWidth > 0";
        assert_eq!(browser.script(picture).await, true, "the picture is broken");

        browser.click("退出登录").await;
        browser.sees("访客").await;
        assert_eq!(browser.url().await, site.at("/"));
        // Somebody else, in the same browser.
        let url = site.at(&format!("{PROFILE}?a=1&b=%E5%BE%AE"));
        browser.open(&url).await;
        browser.consent_as("小明").await;
        assert_eq!(browser.url().await, url);
    })
    .await;
}

async fn who_refuses_can_try_again() {
    Browsers::run(|browsers| async move {
        let (site, browser) = (Site::start().await, browsers.open().await);
        let url = site.at(&format!("{PROFILE}?a=1"));
        browser.open(&url).await;
        browser.click("拒绝").await;
        browser.sees("尚未登录").await;
        browser.client.refresh().await.expect("a reload");
        browser.sees("尚未登录").await;
        browser.click("再试一次").await;
        browser.click("拒绝").await;
        browser.click("再试一次").await;
        browser.consent_as("小红").await;
        assert_eq!(browser.url().await, url);
    })
    .await;
}

async fn back_and_reload_after_a_login_keep_the_user() {
    Browsers::run(|browsers| async move {
        let (site, browser) = (Site::start().await, browsers.open().await);
        let url = site.at(&format!("{PROFILE}?a=1"));
        browser.open(&url).await;
        browser.consent_as("小红").await;
        browser.client.refresh().await.expect("a reload");
        browser.sees("小红").await;
        assert_eq!(browser.url().await, url);

        // Behind the profile is WeChat's consent page, whose button still works: a late callback.
        browser.client.back().await.expect("the page before");
        browser.click("同意").await;
        browser.sees("小红").await;
        assert_eq!(browser.url().await, url);
        browser.client.back().await.expect("the page before");
        browser.client.forward().await.expect("the page after");
        browser.sees("小红").await;
        assert_eq!(browser.url().await, url);
    })
    .await;
}

/// On one host the browser brings the application's cookies to WeChat, and so the copy has them.
async fn a_callback_that_was_answered_before_is_a_login_all_the_same() {
    Browsers::run(|browsers| async move {
        let wechat = Simulator::start().await.expect("a simulator");
        let site = Site::on("127.0.0.1", wechat, &[]);
        let browser = browsers.open().await;
        site.wechat.set_replay(Replay::Before);
        browser.open(&site.at(PROFILE)).await;
        browser.consent_as("小红").await;
        assert_eq!(browser.url().await, site.at(PROFILE));
        let [replayed] = site.wechat.replays().try_into().expect("one copy");
        assert_eq!(replayed.location, Some(site.at(PROFILE)));
        assert_eq!(site.wechat.count(Endpoint::AccessToken), 1);
    })
    .await;
}

async fn two_tabs_each_end_on_their_own_page() {
    Browsers::run(|browsers| async move {
        let (site, browser) = (Site::start().await, browsers.open().await);
        let one = browser.tab().await;
        let [first, second] = [1, 2].map(|tab| site.at(&format!("{PROFILE}?tab={tab}")));
        browser.open(&first).await;
        let two = browser.open_tab().await;
        browser.open(&second).await;
        browser.sees("同意").await;

        browser.go_to(&one).await;
        browser.consent_as("小红").await;
        assert_eq!(browser.url().await, first);
        browser.go_to(&two).await;
        browser.click("同意").await;
        browser.sees("小红").await;
        assert_eq!(browser.url().await, second);
    })
    .await;
}

async fn a_shared_link_logs_nobody_in_as_the_sharer() {
    Browsers::run(|browsers| async move {
        let site = Site::start().await;
        let (sharer, friend) = (browsers.open().await, browsers.open().await);
        let url = site.at(&format!("{PROFILE}?a=1"));
        sharer.open(&url).await;
        sharer.choose("小红").await;
        let allow = Locator::XPath("//a[contains(., '同意')]");
        let allow = sharer.client.find(allow).await.expect("the button");
        let allow = allow.attr("href").await.expect("its attributes");
        // What the sharer's browser would open next, copied before it did.
        let back = Visitor::new().get(&allow.expect("its address")).await;
        let link = back.location();
        assert!(link.contains("code="), "{back:#?}");

        friend.open(&link).await;
        friend.consent_as("小明").await;
        assert_eq!(friend.url().await, url);
        sharer.open(&link).await;
        sharer.sees("小红").await;
        assert_eq!(sharer.url().await, url);
        friend.open(&link).await;
        friend.sees("小明").await;
        assert_eq!(friend.url().await, url);
    })
    .await;
}

async fn without_cookies_a_page_explains() {
    Browsers::run(|browsers| async move {
        let site = Site::start().await;
        site.wechat.set_consent(Consent::Automatic);
        let browser = browsers
            .open_with(|options| {
                options["prefs"]["profile.default_content_setting_values.cookies"] = 2.into();
            })
            .await;
        let url = site.at(&format!("{PROFILE}?a=1"));
        browser.open(&url).await;
        browser.sees("登录需要 Cookie").await;
        browser.screenshot("cookies-off").await;
        browser.click("再试一次").await;
        browser.sees("登录需要 Cookie").await;
    })
    .await;
}

async fn a_front_end_on_another_port_logs_in_and_comes_back() {
    Browsers::run(|browsers| async move {
        let front_end = Port::new();
        let _spa = Program::start(command("spa"), |spa, _, port| {
            spa.env("LISTEN", format!("127.0.0.1:{port}"));
            spa.env("FRONT_END", front_end.address());
        });
        let browser = browsers.open().await;
        let url = format!("{}/?tab=2#/orders/7", front_end.url());
        browser.open(&url).await;
        browser.sees("同意").await;
        let name = browser.client.find(Locator::Css(".person.big")).await;
        let name = name.expect("who it is").text().await.expect("a name");
        browser.click("同意").await;
        browser.sees(name.trim()).await;
        let address = browser.client.current_url().await;
        assert_eq!(address.expect("an address").as_str(), url);
        // The session at the API is this page's from now on.
        browser.client.refresh().await.expect("a reload");
        browser.sees(name.trim()).await;
        let address = browser.client.current_url().await;
        assert_eq!(address.expect("an address").as_str(), url);
    })
    .await;
}

async fn a_single_page_app_logs_in_and_comes_back() {
    Browsers::run(|browsers| async move {
        let spa = Program::start(command("spa"), |spa, _, port| {
            spa.env("LISTEN", format!("127.0.0.1:{port}"));
        });
        let browser = browsers.open().await;
        let url = spa.at("/?tab=2");
        browser.open(&url).await;
        browser.sees("同意").await;
        let name = browser.client.find(Locator::Css(".person.big")).await;
        let name = name.expect("who it is").text().await.expect("a name");
        browser.click("同意").await;
        browser.sees(name.trim()).await;
        assert_eq!(browser.url().await, url);
        browser.screenshot("spa").await;
    })
    .await;
}
