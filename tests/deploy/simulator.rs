//! The simulator's own page, as somebody who develops an application uses it.

use actix_web::{App, HttpRequest, HttpResponse, web};
use actix_wechat::simulator::{Account, Consent, Endpoint, Person, Simulator};
use fantoccini::{Locator, elements::Element, key::Key};
use libtest_mimic::Trial;

use super::browser::{Browser, Browsers, PROGRAMS};
use support::trials;

pub(crate) fn trials() -> Vec<Trial> {
    trials![PROGRAMS;
        people_are_signed_in_added_changed_and_removed,
        a_login_is_tried_and_shows_in_the_calls,
        a_fault_is_set_seen_and_reset,
        a_pending_qr_code_is_scanned_on_the_page,
        what_is_refused_or_not_played_is_told,
        accounts_are_added_and_switched,
        one_account_is_looked_at_alone,
        a_phone_shows_the_simulators_page,
        the_page_is_used_by_keyboard_and_read_out,
        a_token_is_asked_for,
        a_frame_with_the_qr_code_leads_the_whole_page_on,
        a_frame_with_the_qr_code_may_go_on_inside,
        a_frame_takes_styles,
    ]
}

async fn wechat() -> Simulator {
    let builder = Simulator::builder()
        .account(Account::test())
        .account(Account::website("wxb", "website-secret", "127.0.0.1"))
        .people([
            Person::named("小明").with_id("ming"),
            Person::named("小红").with_id("hong"),
        ])
        .control_api(true);
    builder.start().await.expect("a simulator")
}

async fn key(browser: &Browser, key: &str) -> Element {
    let css = format!("[data-key='{key}']");
    let wait = browser.client.wait();
    match wait.for_element(Locator::Css(&css)).await {
        Ok(element) => element,
        Err(err) => panic!("no {key}: {err}: {}", browser.text().await),
    }
}

/// Clicks, also where the list that the button is in is drawn anew at that moment.
async fn press(browser: &Browser, name: &str) {
    for _ in 0..20 {
        match key(browser, name).await.click().await {
            Err(err) if err.is_stale_element_reference() => {}
            clicked => return clicked.expect("a click"),
        }
    }
    panic!("{name} never stands still");
}

async fn fill(browser: &Browser, name: &str, text: &str) {
    for _ in 0..20 {
        let field = key(browser, name).await;
        match field.clear().await {
            Err(err) if err.is_stale_element_reference() => continue,
            cleared => cleared.expect("an empty field"),
        }
        match field.send_keys(text).await {
            Err(err) if err.is_stale_element_reference() => continue,
            typed => return typed.expect("a text"),
        }
    }
    panic!("{name} never stands still");
}

async fn choose(browser: &Browser, name: &str, value: &str) {
    let list = key(browser, name).await;
    list.select_by_value(value).await.expect("a choice");
}

/// Waits for what the page does to have happened at the simulator.
async fn until(what: &str, mut happened: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if happened() {
            return;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

fn name_of(wechat: &Simulator, id: &str) -> Option<String> {
    let people = wechat.people();
    let found = people.iter().find(|person| person.id() == id)?;
    Some(found.name().to_owned())
}

async fn people_are_signed_in_added_changed_and_removed() {
    Browsers::run(|browsers| async move {
        let (wechat, browser) = (wechat().await, browsers.open().await);
        browser.open(wechat.url()).await;
        browser.sees("不是微信").await;
        press(&browser, "in-hong").await;
        let pressed = "//*[@data-key='in-hong'][@aria-pressed='true']";
        let wait = browser.client.wait();
        wait.for_element(Locator::XPath(pressed))
            .await
            .expect("signed in");

        fill(&browser, "new-name", "老王").await;
        fill(&browser, "new-id", "wang").await;
        press(&browser, "add-person").await;
        press(&browser, "in-wang").await;
        press(&browser, "open-wang").await;
        fill(&browser, "name-wang", "王老").await;
        key(&browser, "name-wang")
            .await
            .send_keys(&Key::Enter)
            .await
            .expect("enter");
        until("a change", || {
            name_of(&wechat, "wang").as_deref() == Some("王老")
        })
        .await;
        browser.sees("王老").await;
        press(&browser, "gone-wang").await;
        until("a removal", || name_of(&wechat, "wang").is_none()).await;
        // What is refused is said.
        fill(&browser, "new-name", "小明").await;
        fill(&browser, "new-id", "ming").await;
        press(&browser, "add-person").await;
        browser.sees("there is somebody with the id `ming`").await;
    })
    .await;
}

async fn try_a_login(browser: &Browser, url: &str) {
    browser.open(url).await;
    press(browser, "try").await;
}

async fn a_login_is_tried_and_shows_in_the_calls() {
    Browsers::run(|browsers| async move {
        let (wechat, browser) = (wechat().await, browsers.open().await);
        try_a_login(&browser, wechat.url()).await;
        browser.choose("小红").await;
        browser.click("同意").await;
        browser.sees("登录成功").await;
        browser.sees("小红").await;
        assert_eq!(wechat.count(Endpoint::UserInfo), 1);
        browser.screenshot("simulator-tried").await;

        // The whole login stands together.
        browser.click("返回").await;
        browser.sees("/sns/userinfo").await;
        let calls = wechat.calls();
        let code = &calls[1].code;
        assert!(calls.iter().all(|call| call.login == *code), "{calls:?}");
        let xpath = format!("//*[@id='groups']/li[contains(., '{code}')][contains(., 'authorize')][contains(., 'access_token')][contains(., 'userinfo')]");
        browser.client.wait().for_element(Locator::XPath(&xpath)).await.expect("a group");
        browser.screenshot("simulator").await;

        try_a_login(&browser, wechat.url()).await;
        browser.click("拒绝").await;
        browser.sees("已拒绝授权").await;

        // The other page of WeChat's, from the QR code on.
        wechat.set_consent(Consent::Automatic);
        try_a_login(&browser, &format!("{}/?appid=wxb", wechat.url())).await;
        browser.sees("登录成功").await;
    })
    .await;
}

async fn a_fault_is_set_seen_and_reset() {
    Browsers::run(|browsers| async move {
        let (wechat, browser) = (wechat().await, browsers.open().await);
        wechat.set_consent(Consent::Automatic);
        browser.open(wechat.url()).await;
        choose(&browser, "endpoint", "user_info").await;
        choose(&browser, "fault", "errcode:45009").await;
        fill(&browser, "times", "1").await;
        press(&browser, "set-fault").await;
        browser.sees("user_info: {\"errcode\":45009} × 1").await;
        press(&browser, "try").await;
        browser.sees("超出每日限额").await;
        browser.open(wechat.url()).await;
        let xpath = "//*[@id='groups'][contains(., '45009')][contains(., '超出每日限额')]";
        browser
            .client
            .wait()
            .for_element(Locator::XPath(xpath))
            .await
            .expect("it in the calls");

        choose(&browser, "replay", "together").await;
        press(&browser, "advance-7200").await;
        browser.sees("7200 s").await;
        press(&browser, "reset").await;
        browser.sees("还没有调用").await;
        browser.sees("0 s").await;
        assert!(wechat.calls().is_empty());
    })
    .await;
}

async fn a_pending_qr_code_is_scanned_on_the_page() {
    Browsers::run(|browsers| async move {
        let (wechat, browser) = (wechat().await, browsers.open().await);
        try_a_login(&browser, &format!("{}/?appid=wxb", wechat.url())).await;
        browser.sees("请用微信扫一扫").await;
        let site = browser.tab().await;
        browser.open_tab().await;
        let act = async |action: &str| {
            let css = format!("[data-key^='{action}-']");
            let wait = browser.client.wait();
            let button = wait
                .for_element(Locator::Css(&css))
                .await
                .expect("a button");
            button.click().await.expect("a click");
        };
        browser.open(wechat.url()).await;
        act("scan").await;
        browser.sees("已扫描").await;
        browser.screenshot("simulator-qr").await;
        act("deny").await;
        browser.sees("已拒绝").await;
        choose(&browser, "scanner", "hong").await;
        act("allow").await;
        browser.go_to(&site).await;
        browser.sees("登录成功").await;
        browser.sees("小红").await;
    })
    .await;
}

async fn what_is_refused_or_not_played_is_told() {
    Browsers::run(|browsers| async move {
        let (wechat, browser) = (wechat().await, browsers.open().await);
        browser.open(wechat.url()).await;
        let client = awc::Client::new();
        let get = |path: &str, host: &str| {
            let request = client.get(format!("{}{path}", wechat.url()));
            let request = request.insert_header(("Host", host.to_owned()));
            async move { request.send().await.expect("an answer").status().as_u16() }
        };
        assert_eq!(get("/cgi-bin/token", "api.weixin.qq.com").await, 404);
        assert_eq!(get("/sns/auth", "evil.example").await, 403);
        browser.sees("模拟器没有此路径").await;
        browser.sees("evil.example").await;
        browser.sees("拒绝了外来的 Host").await;
    })
    .await;
}

async fn accounts_are_added_and_switched() {
    Browsers::run(|browsers| async move {
        let (wechat, browser) = (wechat().await, browsers.open().await);
        browser.open(wechat.url()).await;
        for (field, text) in [
            ("new-appid", "wxshop"),
            ("new-secret", "s3cret"),
            ("new-domain", "shop.example.cn"),
        ] {
            fill(&browser, field, text).await;
        }
        choose(&browser, "kind", "official").await;
        press(&browser, "add-account").await;
        press(&browser, "open-wxshop").await;
        press(&browser, "bound-wxshop").await;
        until("a switch", || {
            let account = wechat.account_of("wxshop");
            let written = account.map(|account| serde_json::json!(account));
            written.is_some_and(|account| account["bound"] == true)
        })
        .await;
        press(&browser, "gone-wxshop").await;
        until("a removal", || wechat.account_of("wxshop").is_none()).await;
    })
    .await;
}

async fn one_account_is_looked_at_alone() {
    Browsers::run(|browsers| async move {
        let (wechat, browser) = (wechat().await, browsers.open().await);
        browser.open(wechat.url()).await;
        choose(&browser, "scope", "wxb").await;
        browser.sees("website-secret").await;
        press(&browser, "in-hong").await;
        let pressed = "//*[@data-key='in-hong'][@aria-pressed='true']";
        let wait = browser.client.wait();
        wait.for_element(Locator::XPath(pressed))
            .await
            .expect("signed in");
        browser.open(wechat.url()).await;
        let pressed = "//*[@data-key='in-ming'][@aria-pressed='true']";
        let wait = browser.client.wait();
        wait.for_element(Locator::XPath(pressed))
            .await
            .expect("nobody else elsewhere");
    })
    .await;
}

async fn a_phone_shows_the_simulators_page() {
    Browsers::run(|browsers| async move {
        let builder = Simulator::builder().people(Person::fixtures());
        let wechat = builder
            .control_api(true)
            .start()
            .await
            .expect("a simulator");
        let phone = browsers.open_phone().await;
        phone.open(wechat.url()).await;
        phone.sees("cut UTF-8").await;
        phone.assert_fits().await;
        phone.screenshot("phone-simulator").await;
        phone.click("English").await;
        phone.sees("It is not WeChat").await;
        let lang = phone.script("return document.documentElement.lang").await;
        assert_eq!(lang, "en");
        assert!(
            !phone.text().await.contains("不是微信"),
            "one language at a time"
        );
        phone.assert_fits().await;
        phone.screenshot("phone-simulator-english").await;
    })
    .await;
}

async fn the_page_is_used_by_keyboard_and_read_out() {
    Browsers::run(|browsers| async move {
        let (wechat, browser) = (wechat().await, browsers.open().await);
        browser.open(wechat.url()).await;
        key(&browser, "in-hong").await;
        // Everything that can be used has a name and is reached by the keyboard.
        let nameless = "return [...document.querySelectorAll('main button, main input, main select, main a')]
            .filter(it => it.tabIndex < 0 || !(it.getAttribute('aria-label') || it.textContent.trim()
                || [...(it.labels || [])].map(label => label.textContent.trim()).join('')))
            .map(it => it.outerHTML)";
        assert_eq!(browser.script(nameless).await, serde_json::json!([]));
        let headings = "return [...document.querySelectorAll('section')].filter(it =>
            !document.getElementById(it.getAttribute('aria-labelledby'))).length";
        assert_eq!(browser.script(headings).await, 0);
        // From the top to a button, by the tabulator alone.
        let mut reached = false;
        for _ in 0..60 {
            let body = browser.client.active_element().await.expect("a focus");
            if body.attr("data-key").await.expect("an attribute").as_deref() == Some("in-hong") {
                body.send_keys(&Key::Enter).await.expect("enter");
                reached = true;
                break;
            }
            body.send_keys(&Key::Tab).await.expect("a tabulator");
        }
        assert!(reached, "the button is not reached");
        let pressed = "//*[@data-key='in-hong'][@aria-pressed='true']";
        let wait = browser.client.wait();
        wait.for_element(Locator::XPath(pressed)).await.expect("signed in");
        // Drawn anew, and the place is kept.
        let focus = browser.script("return document.activeElement.dataset.key").await;
        assert_eq!(focus, "in-hong");
    })
    .await;
}

async fn a_token_is_asked_for() {
    Browsers::run(|browsers| async move {
        let builder = Simulator::builder().control_api(true).token("t0ken");
        let wechat = builder.start().await.expect("a simulator");
        let browser = browsers.open().await;
        browser.open(wechat.url()).await;
        browser.sees("authorization: Bearer").await;
        let field = browser.client.find(Locator::Css("#token input")).await;
        field
            .expect("a field")
            .send_keys("t0ken\u{e007}")
            .await
            .expect("a text");
        browser.sees("添加用户").await;
    })
    .await;
}

/// A site with the QR code in a frame, at another host than the simulator.
fn site_of(wechat: &Simulator, options: &str) -> (actix_test::TestServer, String) {
    let script = format!("{}/connect/zh_CN/htmledition/js/wxLogin.js", wechat.url());
    let options = options.to_owned();
    let page = move |request: HttpRequest| {
        let port = request.app_config().local_addr().port();
        let body = if request.query_string().contains("code=") {
            format!("<p>back with {}</p>", request.query_string())
        } else {
            format!(
                "<div id=here></div><script src='{script}'></script><script>new WxLogin({{
                    id: 'here', appid: 'wxb', scope: 'snsapi_login', state: 's1',
                    redirect_uri: encodeURIComponent('http://localhost:{port}/back'), {options}
                }})</script>"
            )
        };
        async { HttpResponse::Ok().content_type("text/html").body(body) }
    };
    let app = move || App::new().default_service(web::to(page.clone()));
    let server = actix_test::start(app);
    let url = format!("http://localhost:{}", server.addr().port());
    (server, url)
}

async fn framed() -> Simulator {
    let account = Account::website("wxb", "website-secret", "localhost").any_redirect(true);
    let builder = Simulator::builder().account(account);
    builder.start().await.expect("a simulator")
}

async fn a_frame_with_the_qr_code_leads_the_whole_page_on() {
    Browsers::run(|browsers| async move {
        let (wechat, browser) = (framed().await, browsers.open().await);
        let (_server, url) = site_of(&wechat, "onReady: () => { document.title = 'ready' }");
        browser.open(&url).await;
        until_title(&browser, "ready").await;
        let frame = browser.client.find(Locator::Css("#here iframe")).await;
        let frame = frame.expect("a frame");
        let sandbox = frame.attr("sandbox").await.expect("an attribute");
        assert!(sandbox.is_some_and(|may| may.contains("allow-top-navigation")));
        browser.screenshot("simulator-frame").await;
        // Nobody clicks in this browser.
        wechat.set_consent(Consent::Automatic);
        browser.sees("back with code=").await;
        assert!(
            browser
                .url()
                .await
                .starts_with(&format!("{url}/back?code="))
        );
        assert!(browser.url().await.ends_with("&state=s1"));
    })
    .await;
}

async fn until_title(browser: &Browser, title: &str) {
    for _ in 0..2_000 {
        if browser.client.title().await.expect("a title") == title {
            return;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the title is never {title}");
}

async fn a_frame_with_the_qr_code_may_go_on_inside() {
    Browsers::run(|browsers| async move {
        let (wechat, browser) = (framed().await, browsers.open().await);
        wechat.set_consent(Consent::Automatic);
        let (_server, url) = site_of(&wechat, "self_redirect: true");
        browser.open(&url).await;
        let frame = browser.client.find(Locator::Css("#here iframe")).await;
        frame
            .expect("a frame")
            .enter_frame()
            .await
            .expect("the frame");
        browser.sees("back with code=").await;
        browser.client.enter_parent_frame().await.expect("the page");
        assert_eq!(browser.url().await, format!("{url}/"));
    })
    .await;
}

async fn a_frame_takes_styles() {
    Browsers::run(|browsers| async move {
        let (wechat, browser) = (framed().await, browsers.open().await);
        // `.impowerBox .info{display:none}`, as sites write it for WeChat.
        let css = "LmltcG93ZXJCb3ggLmluZm97ZGlzcGxheTpub25lfQ==";
        for (options, hidden, width) in [
            ("style: 'black'".to_owned(), false, "300"),
            (
                format!("style: 'white', href: 'data:text/css;base64,{css}'"),
                true,
                "300",
            ),
            ("stylelite: 1".to_owned(), true, "220"),
        ] {
            let (_server, url) = site_of(&wechat, &options);
            browser.open(&url).await;
            let frame = browser
                .client
                .find(Locator::Css("#here iframe"))
                .await
                .expect("a frame");
            assert_eq!(
                frame.attr("width").await.expect("an attribute").as_deref(),
                Some(width)
            );
            frame.enter_frame().await.expect("the frame");
            let info = browser
                .client
                .wait()
                .for_element(Locator::Css(".info"))
                .await;
            let shown = info
                .expect("a line")
                .is_displayed()
                .await
                .expect("whether it shows");
            assert_eq!(shown, !hidden, "{options}");
            browser.client.enter_parent_frame().await.expect("the page");
        }
    })
    .await;
}
