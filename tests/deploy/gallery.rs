//! Every page of the login as a phone shows it, in each language, by day and by night.

use std::{fs, path::Path};

use actix_web::{HttpResponse, Responder, web};
use actix_wechat::{Hub, Localized, Outside, Wechat, WechatUser, simulator::Simulator};
use libtest_mimic::Trial;
use serde_json::json;

use super::browser::{Browser, Browsers, PROGRAMS};
use support::{Port, app::serve, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![PROGRAMS; every_page_is_readable_in_each_language_by_day_and_by_night]
}

const LANGUAGES: [&str; 3] = ["zh-CN", "zh-Hant", "en"];
const SCHEMES: [&str; 2] = ["light", "dark"];
/// Phones of which many are about, the last one first: pictures are taken at its size.
const WIDTHS: [u32; 3] = [320, 360, 390];
const HEIGHT: u32 = 844;

/// A word on two lines, as a browser's dictionary knows words, or a label that WeChat shows.
const SPLIT: &str = "
    const segments = new Intl.Segmenter(document.documentElement.lang, { granularity: 'word' });
    const lines = range => new Set([...range.getClientRects()].map(it => Math.round(it.bottom))).size;
    const split = [], walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode;
        if (node.parentElement.closest('.address')) continue;
        for (const { segment, index, isWordLike } of segments.segment(node.data)) {
            const range = document.createRange();
            range.setStart(node, index);
            range.setEnd(node, index + segment.length);
            if (isWordLike && lines(range) > 1) split.push(segment);
        }
    }
    for (const label of document.querySelectorAll('main b')) {
        const range = document.createRange();
        range.selectNodeContents(label);
        if (lines(range) > 1) split.push(label.textContent);
    }
    return split";

/// What is shown with less contrast than WCAG 2.2 asks of text, or of pictures.
const FAINT: &str = "
    const parse = color => {
        const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number);
        return [r, g, b, a];
    };
    const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
    const ground = element => {
        if (!element) return parse('rgb(255, 255, 255)');
        const own = parse(getComputedStyle(element).backgroundColor);
        return own[3] === 1 ? own : over(own, ground(element.parentElement));
    };
    const luminance = color => color.slice(0, 3).map(it => it / 255)
        .map(it => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4)
        .reduce((sum, it, at) => sum + it * [0.2126, 0.7152, 0.0722][at], 0);
    const faint = [];
    for (const element of document.querySelectorAll('main *, main')) {
        const speaks = [...element.childNodes].some(it => it.nodeType === 3 && it.data.trim());
        const wanted = speaks ? 4.5 : element.matches('svg.icon, svg.corner') ? 3 : 0;
        if (!wanted || !element.getClientRects().length) continue;
        const behind = ground(element), color = over(parse(getComputedStyle(element).color), behind);
        const [dark, light] = [luminance(color), luminance(behind)].sort((a, b) => a - b);
        const ratio = (light + 0.05) / (dark + 0.05);
        if (ratio < wanted) faint.push(`${element.outerHTML}: ${ratio}`);
    }
    return faint";

/// Whether what helps is on the first screen.
const HIDDEN: &str = "
    const below = [...document.querySelectorAll('.go, .address')]
        .filter(it => it.getBoundingClientRect().bottom > innerHeight);
    return below.map(it => it.outerHTML)";

/// The names of the pages, without `.html`.
fn pages() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/login");
    let files = fs::read_dir(folder).expect("the templates");
    let names = files.map(|file| file.expect("a file").file_name());
    let mut pages: Vec<String> = names
        .filter_map(|name| Some(name.to_str()?.strip_suffix(".html")?.to_owned()))
        .filter(|name| name != "layout")
        .collect();
    pages.sort();
    pages
}

/// An account for each page, under the page's name. Those that tell of a failure stand in the place
/// of the page for who declined, whose address is enough to see it.
fn open(simulator: &Simulator, url: &str) {
    let accounts: Vec<(String, Wechat)> = pages()
        .into_iter()
        .map(|page| {
            let builder = Wechat::simulated(simulator).public_url(url).site_name(
                Localized::new("山茶书店")
                    .zh_hant("山茶書店")
                    .en("Camellia Books"),
            );
            let builder = match page.as_str() {
                "ask_first" => builder.ask_first(""),
                "outside" => builder.outside(Outside::qr()),
                "login_required" | "declined" => builder,
                failure => {
                    let file = format!(
                        "{}/templates/login/{failure}.html",
                        env!("CARGO_MANIFEST_DIR")
                    );
                    let source = fs::read_to_string(file).expect("a template");
                    builder.template("declined.html", source)
                }
            };
            let wechat = builder.build().expect("settings that work");
            (format!("/{page}"), wechat)
        })
        .collect();
    serve(url, move |config| {
        config.route("/form/{page}", web::get().to(form));
        for (page, wechat) in &accounts {
            let resource = web::resource(page).app_data(wechat.worker());
            config.service(resource.to(async |_: WechatUser| "never"));
        }
    });
}

/// Where a hub refuses to send anybody on.
fn open_hub(url: &str) -> String {
    let hub = Hub::builder().public_url(url);
    let hub = hub.origins(["https://shop.example.cn"]).build();
    let hub = hub.expect("settings that work");
    serve(url, move |config| {
        config.service(hub.clone());
    });
    format!("{url}/connect/oauth2/authorize?appid=wx1&redirect_uri=https://elsewhere.example.com/")
}

async fn form(page: web::Path<String>) -> impl Responder {
    let form = format!("<form method=post action=/{page}><button>提交</button></form>");
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(form)
}

pub(crate) async fn assert_contrast(browser: &Browser, page: &str) {
    let faint = browser.script(FAINT).await;
    assert_eq!(faint, json!([]), "{page} is hard to read");
}

async fn look(browser: &Browser, page: &str) {
    for scheme in SCHEMES {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        browser
            .devtools(
                "Emulation.setEmulatedMedia",
                json!({ "features": features }),
            )
            .await;
        for width in WIDTHS {
            let metrics = json!({
                "width": width, "height": HEIGHT, "deviceScaleFactor": 2, "mobile": true,
            });
            browser
                .devtools("Emulation.setDeviceMetricsOverride", metrics)
                .await;
            let split = browser.script(SPLIT).await;
            assert_eq!(split, json!([]), "{page} splits words at {width}");
        }
        browser.assert_fits().await;
        assert_contrast(browser, &format!("{page}, {scheme}")).await;
        let hidden = browser.script(HIDDEN).await;
        assert_eq!(hidden, json!([]), "{page} hides what helps");
        browser.screenshot(&format!("login/{page}-{scheme}")).await;
    }
}

async fn every_page_is_readable_in_each_language_by_day_and_by_night() {
    Browsers::run(|browsers| async move {
        let simulator = Simulator::start().await.expect("a simulator");
        let (port, browser) = (Port::new(), browsers.open().await);
        let url = port.url();
        open(&simulator, &url);
        let hub_port = Port::new();
        let hub = open_hub(&hub_port.url());
        let declined = format!("?state=0u{}", "a".repeat(32));
        for lang in LANGUAGES {
            let agent = json!({ "userAgent": "Mozilla/5.0 (Phone)", "acceptLanguage": lang });
            browser
                .devtools("Emulation.setUserAgentOverride", agent)
                .await;
            browser.open(&hub).await;
            browser.sees_page(lang).await;
            look(&browser, &format!("hub-{lang}")).await;
            for page in pages() {
                let query = match page.as_str() {
                    "ask_first" | "outside" => "",
                    _ => &declined,
                };
                browser.open(&format!("{url}/{page}{query}")).await;
                if page == "login_required" {
                    browser.open(&format!("{url}/form/{page}")).await;
                    browser.click("提交").await;
                    browser.sees_page(lang).await;
                    look(&browser, &format!("{page}-form-{lang}")).await;
                    let prefetch = json!({ "headers": { "Sec-Purpose": "prefetch" } });
                    browser.devtools("Network.enable", json!({})).await;
                    browser
                        .devtools("Network.setExtraHTTPHeaders", prefetch)
                        .await;
                    browser.open(&format!("{url}/{page}")).await;
                    let none = json!({ "headers": {} });
                    browser.devtools("Network.setExtraHTTPHeaders", none).await;
                }
                browser.sees_page(lang).await;
                look(&browser, &format!("{page}-{lang}")).await;
            }
        }
    })
    .await;
}
