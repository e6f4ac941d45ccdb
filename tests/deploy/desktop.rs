//! WeChat's QR code within a page of the app's own, scanned with a phone.

use actix_wechat::simulator::{Account, Endpoint, Person, Simulator};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::browser::{Browsers, PROFILE, PROGRAMS, Site};
use support::{trials, until};

const WEBSITE: (&str, &str) = ("wx3eb0000000000001", "the-website-secret");

pub(crate) fn trials() -> Vec<Trial> {
    trials![PROGRAMS; a_scan_logs_the_page_in]
}

/// The phone, as the simulator's control API plays it.
struct Phone {
    person: String,
    control: String,
    client: awc::Client,
}

impl Phone {
    async fn pending(&self) -> Vec<String> {
        let mut answer = self
            .client
            .get(format!("{}/qr", self.control))
            .send()
            .await
            .expect("an answer");
        let told: Value = answer.json().await.expect("JSON");
        let codes = told["codes"].as_array().cloned().unwrap_or_default();
        codes
            .iter()
            .filter_map(|code| code["uuid"].as_str().map(ToOwned::to_owned))
            .collect()
    }

    async fn act(&self, uuid: &str, action: &str) {
        let body = json!({"action": action, "person": self.person});
        let url = format!("{}/qr/{uuid}", self.control);
        let answer = self
            .client
            .post(url)
            .send_json(&body)
            .await
            .expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
    }
}

async fn a_scan_logs_the_page_in() {
    Browsers::run(|browsers| async move {
        let website = Account::website(WEBSITE.0, WEBSITE.1, "localhost");
        let wechat = Simulator::builder()
            .account(Account::test())
            .account(website.any_redirect(true))
            .control_api(true)
            .start()
            .await
            .expect("a simulator");
        let hong = Person::named("小红");
        let phone = Phone {
            person: hong.id().to_owned(),
            control: format!("{}/_control/v1", wechat.url()),
            client: awc::Client::new(),
        };
        let variables = [
            ("WECHAT_OUTSIDE", "website"),
            ("WECHAT_WEBSITE_APPID", WEBSITE.0),
            ("WECHAT_WEBSITE_APPSECRET", WEBSITE.1),
        ];
        let site = Site::on("localhost", wechat, &variables);
        let browser = browsers.open().await;
        browser.open(&site.at("/desktop")).await;
        until(|| site.wechat.count(Endpoint::QrConnect) > 0).await;
        let [uuid] = &phone.pending().await[..] else {
            panic!("more than one QR code");
        };
        browser.screenshot("desktop").await;
        phone.act(uuid, "scan").await;
        assert_eq!(browser.url().await, site.at("/desktop"));
        phone.act(uuid, "allow").await;
        browser.sees(&hong.openid(WEBSITE.0)).await;
        assert_eq!(browser.url().await, site.at(PROFILE));
    })
    .await;
}
