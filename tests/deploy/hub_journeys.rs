//! Three apps at three hosts, one of them by hand, and the hub through which they log in.

use actix_wechat::simulator::{Account, Consent, Endpoint, Person, Simulator};
use libtest_mimic::Trial;

use super::browser::{Browsers, PROFILE, PROGRAMS};
use support::{
    by_hand::ByHand,
    demo::{Demo, command},
    free_port, trials,
};

const WEBSITE: (&str, &str) = ("wx3eb0000000000001", "the-website-secret");

pub(crate) fn trials() -> Vec<Trial> {
    trials![PROGRAMS;
        three_apps_log_in_through_one_hub,
        a_replayed_callback_ends_on_the_page,
        a_login_by_qr_code_goes_through_the_hub,
        who_is_not_on_the_list_reads_so,
    ]
}

/// Each at a host of its own, for cookies do not tell ports apart.
struct Site {
    wechat: Simulator,
    hub: Demo,
    shop: Demo,
    /// With logins by QR code.
    desk: Demo,
    by_hand: ByHand,
}

impl Site {
    async fn start() -> Self {
        let wechat = Simulator::builder()
            .account(Account::test())
            .account(Account::website(WEBSITE.0, WEBSITE.1, "hub.localhost").any_redirect(true))
            .consent(Consent::Ask)
            .start()
            .await
            .expect("a simulator");
        for name in ["小红", "小明"] {
            wechat.sign_in(Person::named(name));
        }
        let hosts = ["shop", "desk", "hand", "hub"];
        let places = hosts.map(|host| {
            let port = free_port();
            (port, format!("http://{host}.localhost:{port}"))
        });
        let [
            (shop, shop_url),
            (desk, desk_url),
            (hand, hand_url),
            (hub, hub_url),
        ] = &places;
        let mut hub_command = command("hub");
        hub_command
            .env_remove("WECHAT_HUB_APPIDS")
            .env("LISTEN", format!("127.0.0.1:{hub}"))
            .env("WECHAT_PUBLIC_URL", hub_url)
            .env(
                "WECHAT_HUB_ORIGINS",
                [shop_url.as_str(), desk_url, hand_url].join(","),
            )
            .env("WECHAT_OPEN_URL", wechat.url());
        let demo = |port: &u16, url: &str, more: &[(&str, &str)]| {
            let listen = format!("127.0.0.1:{port}");
            let mut all = vec![
                ("LISTEN", listen.as_str()),
                ("WECHAT_PUBLIC_URL", url),
                ("WECHAT_OPEN_URL", hub_url),
            ];
            all.extend_from_slice(more);
            let mut demo = Demo::start(&wechat, &all);
            demo.url = url.to_owned();
            demo
        };
        let mut by_qr = vec![("WECHAT_OUTSIDE", "website")];
        by_qr.push(("WECHAT_WEBSITE_APPID", WEBSITE.0));
        by_qr.push(("WECHAT_WEBSITE_APPSECRET", WEBSITE.1));
        let mut hub = Demo::spawn(hub_command, format!("http://127.0.0.1:{hub}"));
        hub.url.clone_from(hub_url);
        Self {
            hub,
            shop: demo(shop, shop_url, &[]),
            desk: demo(desk, desk_url, &by_qr),
            by_hand: ByHand::start("hand.localhost", *hand, &wechat, hub_url),
            wechat,
        }
    }

    /// Where WeChat sent the browser when somebody consented last.
    fn last_callback(&self) -> String {
        let calls = self.wechat.calls();
        let last = |endpoint| calls.iter().rfind(|call| call.endpoint == endpoint);
        let asked = last(Endpoint::Authorize).expect("an authorize URL");
        let code = &last(Endpoint::AccessToken).expect("an exchange").code;
        let [back, state] = ["redirect_uri", "state"].map(|name| {
            let value = asked.parameter(name);
            value.expect("a parameter")
        });
        format!("{back}&code={code}&state={state}")
    }

    fn openid(&self, name: &str) -> String {
        Person::named(name).openid(self.wechat.account().appid())
    }
}

async fn three_apps_log_in_through_one_hub() {
    Browsers::run(|browsers| async move {
        let (site, browser) = (Site::start().await, browsers.open().await);
        // Three tabs, all waiting for consent.
        let mut tabs = Vec::new();
        for url in [
            site.shop.at(&format!("{PROFILE}?tab=1&b=%E5%BE%AE")),
            site.by_hand.at("/page?tab=2"),
            site.shop.at(&format!("{PROFILE}?tab=3")),
        ] {
            let tab = browser.open_tab().await;
            browser.open(&url).await;
            browser.sees("同意").await;
            tabs.push((tab, url));
        }
        // One refuses first.
        let (tab, _) = &tabs[0];
        browser.go_to(tab).await;
        browser.click("拒绝").await;
        browser.sees("尚未登录").await;
        browser.click("再试一次").await;
        for (tab, url) in &tabs {
            browser.go_to(tab).await;
            browser.choose("小红").await;
            browser.click("同意").await;
            browser.sees(&site.openid("小红")).await;
            assert_eq!(browser.url().await, *url);
        }
        let exchanged = site.wechat.count(Endpoint::AccessToken);
        // Behind the page is WeChat's, whose button still works: a late callback.
        browser.client.back().await.expect("the page before");
        browser.click("同意").await;
        browser.sees(&site.openid("小红")).await;
        assert_eq!(browser.url().await, tabs[2].1);
        assert_eq!(site.wechat.count(Endpoint::AccessToken), exchanged);
        for call in site.wechat.calls() {
            if let Some(back) = call.parameter("redirect_uri") {
                assert!(back.starts_with(&site.hub.at("/return?to=")), "{back}");
            }
        }
    })
    .await;
}

async fn a_replayed_callback_ends_on_the_page() {
    Browsers::run(|browsers| async move {
        let (site, browser) = (Site::start().await, browsers.open().await);
        let url = site.shop.at(&format!("{PROFILE}?a=1"));
        browser.open(&url).await;
        browser.consent_as("小红").await;
        let callback = site.last_callback();
        assert!(callback.starts_with(&site.hub.at("/return?")), "{callback}");
        for _ in 0..2 {
            browser.open(&callback).await;
            browser.sees(&site.openid("小红")).await;
            assert_eq!(browser.url().await, url);
        }
        assert_eq!(site.wechat.count(Endpoint::AccessToken), 1);
    })
    .await;
}

async fn a_login_by_qr_code_goes_through_the_hub() {
    Browsers::run(|browsers| async move {
        let (site, browser) = (Site::start().await, browsers.open().await);
        let url = site.desk.at(&format!("{PROFILE}?a=1"));
        browser.open(&url).await;
        browser.sees("请用微信扫一扫").await;
        let first = browser.tab().await;
        browser.click("模拟扫码").await;
        let tabs = browser.client.windows().await.expect("the tabs");
        let phone = tabs.into_iter().find(|tab| *tab != first);
        browser.go_to(&phone.expect("the phone's tab")).await;
        browser.choose("小红").await;
        browser.click("同意").await;
        browser.go_to(&first).await;
        browser.sees(&Person::named("小红").openid(WEBSITE.0)).await;
        assert_eq!(browser.url().await, url);
    })
    .await;
}

async fn who_is_not_on_the_list_reads_so() {
    Browsers::run(|browsers| async move {
        let (site, phone) = (Site::start().await, browsers.open_phone().await);
        let evil = "https%3A%2F%2Fa-rather-long-name-of-a-host.evil.example%2F";
        let url = site.hub.at(&format!(
            "/connect/oauth2/authorize?appid=wx1&redirect_uri={evil}"
        ));
        phone.open(&url).await;
        phone.sees("没有登记").await;
        phone
            .sees("https://a-rather-long-name-of-a-host.evil.example")
            .await;
        assert_eq!(phone.url().await, url);
        phone.assert_fits().await;
        phone.screenshot("phone-hub-refused").await;
    })
    .await;
}
