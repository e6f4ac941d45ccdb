//! Three apps on three ports log in through one hub on a fourth, one of them by hand.

use actix_web::rt;
use actix_wechat::simulator::{Account, Consent, Endpoint, Person, Simulator};

use super::start;
use support::{Page, Visitor, by_hand::ByHand, demo::Demo, free_port};

const PROFILE: &str = "/wechat8008/index";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const WEBSITE: (&str, &str) = ("wx7e57000000000002", "website-secret-of-this-test");

struct Site {
    wechat: Simulator,
    hub: Demo,
    demos: [Demo; 2],
    by_hand: ByHand,
}

impl Site {
    async fn start() -> Self {
        let wechat = Simulator::builder()
            .account(Account::test().strict_order(true))
            .account(Account::website(WEBSITE.0, WEBSITE.1, "127.0.0.1").any_redirect(true))
            .consent(Consent::Automatic)
            .start()
            .await
            .expect("a simulator");
        wechat.sign_in(Person::named("小明"));
        let ports: Vec<u16> = (0..3).map(|_| free_port()).collect();
        let origins: Vec<String> = ports
            .iter()
            .map(|port| format!("http://127.0.0.1:{port}"))
            .collect();
        let hub = start(&[
            ("WECHAT_HUB_ORIGINS", &origins.join(",")),
            ("WECHAT_OPEN_URL", wechat.url()),
        ]);
        let demo = |port: u16| {
            let listen = format!("127.0.0.1:{port}");
            Demo::start(
                &wechat,
                &[
                    ("LISTEN", &listen),
                    ("WECHAT_OPEN_URL", &hub.url),
                    ("WECHAT_OUTSIDE", "website"),
                    ("WECHAT_WEBSITE_APPID", WEBSITE.0),
                    ("WECHAT_WEBSITE_APPSECRET", WEBSITE.1),
                ],
            )
        };
        Self {
            demos: [demo(ports[0]), demo(ports[1])],
            by_hand: ByHand::start("127.0.0.1", ports[2], &wechat, &hub.url),
            hub,
            wechat,
        }
    }

    /// A page of each app.
    fn pages(&self, query: &str) -> [String; 3] {
        let [first, second] = &self.demos;
        [
            first.at(&format!("{PROFILE}?{query}")),
            second.at(&format!("/openid?{query}")),
            self.by_hand.at(&format!("/page?{query}")),
        ]
    }

    fn openid(&self) -> String {
        Person::named("小明").openid(self.wechat.account().appid())
    }

    /// WeChat knows the hub alone, and no cookie is the hub's.
    #[track_caller]
    fn assert_only_the_hub_is_known(&self, visitor: &Visitor) {
        for call in self.wechat.calls() {
            if let Some(redirect_uri) = call.parameter("redirect_uri") {
                let back = self.hub.at("/return?to=http://127.0.0.1:");
                assert!(redirect_uri.starts_with(&back), "{redirect_uri}");
            }
        }
        assert_eq!(visitor.cookie_header(&self.hub.url), None);
    }
}

/// The way of a login, as far as the hub and WeChat are concerned.
#[track_caller]
fn assert_five_hops(site: &Site, pages: &[Page]) {
    let hosts: Vec<&str> = pages
        .iter()
        .map(|page| {
            if page.url.starts_with(&site.hub.url) {
                "hub"
            } else if page.url.starts_with(site.wechat.url()) {
                "WeChat"
            } else {
                "app"
            }
        })
        .collect();
    let hops = ["app", "hub", "WeChat", "hub", "app", "app"];
    assert_eq!(hosts, hops, "{pages:#?}");
}

#[actix_web::test]
async fn three_apps_log_in_through_one_hub() {
    let site = Site::start().await;
    let visitor = Visitor::new();
    for url in site.pages("tab=1") {
        let pages = visitor.travel(&url).await;
        assert_five_hops(&site, &pages);
        let page = pages.last().expect("a page");
        page.assert_status(200);
        assert_eq!(page.url, url);
        assert!(page.body.contains(&site.openid()), "{}", page.body);
    }
    assert_eq!(site.wechat.count(Endpoint::AccessToken), 3);
    site.assert_only_the_hub_is_known(&visitor);
}

#[actix_web::test]
async fn every_tab_ends_on_its_own_page() {
    let site = Site::start().await;
    let visitor = Visitor::new();
    let mut tabs = Vec::new();
    for tab in 0..3 {
        for url in site.pages(&format!("tab={tab}")) {
            let asked = visitor.get(&url).await;
            assert!(asked.is_authorize(), "{asked:#?}");
            tabs.push((url, asked.location()));
        }
    }
    // Whoever was opened last comes back first.
    for (url, authorize) in tabs.into_iter().rev() {
        let page = visitor.visit(&authorize).await;
        page.assert_status(200);
        assert_eq!(page.url, url);
    }
    site.assert_only_the_hub_is_known(&visitor);
}

#[actix_web::test]
async fn who_refuses_is_told_so_by_each_app() {
    let site = Site::start().await;
    site.wechat.set_consent(Consent::Refuse);
    let visitor = Visitor::new();
    let [profile, _, by_hand] = site.pages("tab=1");
    for (url, says) in [(profile, "尚未登录"), (by_hand, "declined")] {
        let page = visitor.visit(&url).await;
        page.assert_status(403);
        assert!(page.body.contains(says), "{}", page.body);
        assert!(!page.url.contains("code="), "{}", page.url);
    }
    assert_eq!(site.wechat.count(Endpoint::AccessToken), 0);
}

#[actix_web::test]
async fn a_login_by_qr_code_goes_through_the_hub() {
    let site = Site::start().await;
    let person = Person::named("小明");
    for demo in &site.demos {
        let visitor = Visitor::new().with_user_agent(FIREFOX);
        let url = demo.at(&format!("{PROFILE}?a=1#top"));
        let pages = visitor.travel(&url).await;
        let page = pages.last().expect("a page");
        page.assert_status(200);
        assert!(page.url.contains("/connect/qrconnect?"), "{}", page.url);
        assert!(page.body.contains("/connect/qrcode/"), "{}", page.body);
        // The page's script goes where it is told, with the code of whoever scanned.
        let at_hub = &pages[pages.len() - 2];
        let back = at_hub.location_param("redirect_uri").expect("a way back");
        let state = at_hub.location_param("state").expect("a state");
        let code = site.wechat.mint_code(WEBSITE.0, &person, "snsapi_login");
        let page = visitor
            .visit(&format!("{back}&code={code}&state={state}"))
            .await;
        page.assert_status(200);
        assert_eq!(page.url, demo.at(&format!("{PROFILE}?a=1")));
        assert!(
            page.body.contains(&person.openid(WEBSITE.0)),
            "{}",
            page.body
        );
    }
}

#[actix_web::test]
async fn a_replayed_callback_is_exchanged_once() {
    let site = Site::start().await;
    let visitor = Visitor::new();
    let [url, ..] = site.pages("tab=1");
    let asked = visitor.get(&url).await;
    let at_wechat = visitor.get(&asked.location()).await;
    let back = visitor.get(&at_wechat.location()).await.location();
    assert!(back.starts_with(&site.hub.at("/return?")), "{back}");
    let copies: Vec<_> = (0..3)
        .map(|_| {
            let (visitor, back) = (visitor.clone(), back.clone());
            rt::spawn(async move { visitor.visit(&back).await })
        })
        .collect();
    for copy in copies {
        let page = copy.await.expect("an answer");
        page.assert_status(200);
        assert_eq!(page.url, url);
    }
    let page = visitor.visit(&back).await;
    page.assert_status(200);
    assert_eq!(page.url, url);
    assert_eq!(site.wechat.count(Endpoint::AccessToken), 1);
    // In another browser it is worth nothing: that one logs in by itself.
    let stranger = Visitor::new();
    site.wechat.sign_in(Person::named("小红"));
    let page = stranger.visit(&back).await;
    page.assert_status(200);
    let other = Person::named("小红").openid(site.wechat.account().appid());
    assert!(page.body.contains(&other), "{}", page.body);
    assert_eq!(site.wechat.count(Endpoint::AccessToken), 2);
}

#[actix_web::test]
async fn any_hub_can_take_a_login_up_that_another_began() {
    let site = Site::start().await;
    let origins = site
        .pages("")
        .map(|page| page[..page.rfind("/").expect("a slash")].to_owned());
    let origins = origins.map(|it| it.trim_end_matches("/wechat8008").to_owned());
    let second = start(&[
        ("WECHAT_PUBLIC_URL", &site.hub.url),
        ("WECHAT_HUB_ORIGINS", &origins.join(",")),
        ("WECHAT_OPEN_URL", site.wechat.url()),
    ]);
    let visitor = Visitor::new();
    for url in site.pages("tab=1") {
        let asked = visitor.get(&url).await.location();
        let there = visitor
            .get(&asked.replace(&site.hub.url, &second.url))
            .await;
        let back = visitor.get(&there.location()).await.location();
        assert!(back.starts_with(&site.hub.url), "{back}");
        let page = visitor.visit(&back).await;
        page.assert_status(200);
        assert_eq!(page.url, url);
    }
}

#[actix_web::test]
async fn a_hub_behind_a_hub_logs_in_too() {
    let site = Site::start().await;
    let listen = format!("127.0.0.1:{}", free_port());
    let app = format!("http://127.0.0.1:{}", free_port());
    let outer = start(&[
        ("WECHAT_HUB_ORIGINS", &format!("http://{listen}/")),
        ("WECHAT_OPEN_URL", site.wechat.url()),
    ]);
    let inner = start(&[
        ("LISTEN", &listen),
        ("WECHAT_HUB_ORIGINS", &app),
        ("WECHAT_OPEN_URL", &outer.url),
    ]);
    let demo = Demo::start(
        &site.wechat,
        &[("LISTEN", &app[7..]), ("WECHAT_OPEN_URL", &inner.url)],
    );
    let url = demo.at("/wechat8008/index?a=%26b&c=%E5%BE%AE");
    let page = Visitor::new().visit(&url).await;
    page.assert_status(200);
    assert_eq!(page.url, url);
}

#[actix_web::test]
async fn an_app_that_is_not_on_the_list_stays_outside() {
    let site = Site::start().await;
    let demo = Demo::start(&site.wechat, &[("WECHAT_OPEN_URL", &site.hub.url)]);
    let page = Visitor::new().visit(&demo.at(PROFILE)).await;
    page.assert_status(403);
    assert!(page.body.contains(&demo.url.replace('/', "&#x2F;")) || page.body.contains(&demo.url));
    assert_eq!(site.wechat.count(Endpoint::Authorize), 0);
}
