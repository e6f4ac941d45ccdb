//! The secret, the tokens and the codes: in no answer, no cookie, no log line, whatever happens.

use actix_web::cookie::{Cookie, CookieJar, Key};
use actix_wechat::simulator::{Account, Consent, Endpoint, Fault, Person, Simulator};

use super::{PROFILE, wechat_of};
use support::{Page, Port, Visitor, demo::Demo};

/// Of characters that an address has to escape, to find it escaped too.
const SECRET: &str = "s3cr/t+of=this&test%41";
const ACCESS: &str = "59_the-access-token-of-this-test";
const REFRESH: &str = "59_the-refresh-token-of-this-test";
const OPENID: &str = "oTheOpenidOfThisTest00000000";
const KEY: [&str; 2] = [
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100",
];

fn answer_with_tokens() -> Fault {
    Fault::Body(format!(
        "{{\"access_token\":\"{ACCESS}\",\"expires_in\":7200,\"refresh_token\":\"{REFRESH}\",\
         \"openid\":\"{OPENID}\",\"scope\":\"snsapi_userinfo\"}}"
    ))
}

/// What must be found nowhere, as it is and as an address would carry it.
fn hidden(code: &str) -> Vec<String> {
    let escaped: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    [SECRET, &escaped, "s3cr", ACCESS, REFRESH, code]
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

#[track_caller]
fn assert_hides(what: &str, told: &str, hidden: &[String]) {
    for text in hidden {
        if let Some(found) = told.find(text.as_str()) {
            let from = told[..found].rfind('\n').map_or(0, |line| line + 1);
            let line: String = told[from..].chars().take(1_000).collect();
            panic!("{text} is told by {what}: {line}");
        }
    }
}

/// What a session cookie holds, by the key that this test gave the demo.
fn session_of(page: &Page, key: &Key) -> String {
    let mut told = String::new();
    for line in page.set_cookies() {
        let cookie = Cookie::parse(line).expect("a cookie");
        if cookie.name() == "id" {
            let mut jar = CookieJar::new();
            // Its value is escaped on the wire.
            let value = Cookie::parse_encoded(format!("id={}", cookie.value())).expect("a value");
            jar.add_original(value.into_owned());
            let opened = jar.private(key).get("id").expect("a session of this key");
            told.push_str(opened.value());
        }
    }
    told
}

/// The log of all that was answered since it had this many bytes.
async fn log_from(demo: &Demo, mark: usize) -> String {
    // Something that logs a line that nothing before it does.
    let long = format!("{PROFILE}?{}", "x".repeat(1_000));
    Visitor::new().get(&demo.at(&long)).await;
    demo.logged(mark, "wechat.login.long_url")
}

/// Goes through one login, and looks at everything that comes to light on the way.
/// Returns what the session came to hold.
async fn watch(what: &str, wechat: &Simulator, demo: &Demo, key: &Key, path: &str) -> String {
    let mut sessions = String::new();
    let mark = demo.log().len();
    let visitor = Visitor::new();
    let mut url = demo.at(path);
    let mut code = String::new();
    for _ in 0..10 {
        let page = visitor.get(&url).await;
        if page.url.starts_with(&demo.url) {
            let told = format!("{:?} {}", page.headers, page.body);
            assert_hides(what, &told, &hidden(&code));
            sessions.push_str(&session_of(&page, key));
            assert_hides(what, &sessions, &hidden(&code));
        }
        url = page.location();
        if let Some(given) = page.location_param("code") {
            code = given;
        }
        if url.is_empty() {
            break;
        }
    }
    let jar = visitor.cookie_header(&demo.url).unwrap_or_default();
    assert_hides(what, &jar, &hidden(&code));
    let log = log_from(demo, mark).await;
    assert_hides(&format!("the log of {what}"), &log, &hidden(&code));
    wechat.clear_faults();
    sessions
}

#[actix_web::test]
async fn neither_answers_nor_cookies_nor_logs_tell() {
    let account = Account::official("wx00000000000000c0", SECRET, "127.0.0.1")
        .any_redirect(true)
        .refusal_returns(true);
    let wechat = wechat_of(account).await;
    let digits = KEY.concat();
    let bytes: Vec<u8> = (0..128)
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex"))
        .collect();
    let key = Key::from(&bytes);
    let demo = Demo::start(&wechat, &[("RUST_LOG", "trace"), ("SESSION_KEY", &digits)]);
    let session = watch("a whole login", &wechat, &demo, &key, PROFILE).await;
    assert!(session.contains("小明"), "the session is read: {session}");
    watch("a silent login", &wechat, &demo, &key, "/openid").await;

    let profile = format!("{{\"openid\":\"{OPENID}\",\"nickname\":\"小明\"}}");
    wechat.fault(Endpoint::AccessToken, answer_with_tokens());
    wechat.fault(Endpoint::UserInfo, Fault::Body(profile));
    watch(
        "a login with tokens that we know",
        &wechat,
        &demo,
        &key,
        PROFILE,
    )
    .await;
    let login = demo.log();
    assert!(login.contains("wechat.login.completed"), "it did log in");

    let faults = [
        Fault::Errcode(-1),
        Fault::Errcode(40001),
        Fault::Errcode(40029),
        Fault::Errcode(40125),
        Fault::Errcode(45009),
        Fault::Errcode(50002),
        Fault::Errcode(99999),
        Fault::Close,
        Fault::Reset,
        Fault::Status(500),
        Fault::Status(404),
        Fault::Redirect("http://127.0.0.1:9/elsewhere".to_owned()),
        Fault::Html,
        Fault::Empty,
        Fault::Truncated,
        Fault::Malformed,
        Fault::Oversized,
        Fault::Hang,
        // WeChat's own words, with the token and the secret in them.
        Fault::Body(format!(
            "{{\"errcode\":40013,\"errmsg\":\"invalid {SECRET} {ACCESS}, rid: {ACCESS}\"}}"
        )),
        Fault::Body(format!(
            "{{\"errcode\":\"{SECRET}\",\"errmsg\":\"{ACCESS}\"}}"
        )),
        Fault::Body(format!(
            "{{\"access_token\":\"{ACCESS}\",\"refresh_token\":\"{REFRESH}\""
        )),
        Fault::Body(format!(
            "{{\"access_token\":\"{ACCESS}\",\"openid\":\"{OPENID}\","
        )),
    ];
    for fault in &faults {
        wechat.fault(Endpoint::AccessToken, fault.clone());
        watch(
            &format!("{fault:?} at the exchange"),
            &wechat,
            &demo,
            &key,
            PROFILE,
        )
        .await;
        wechat.fault(Endpoint::AccessToken, answer_with_tokens());
        wechat.fault(Endpoint::UserInfo, fault.clone());
        watch(
            &format!("{fault:?} at the profile"),
            &wechat,
            &demo,
            &key,
            PROFILE,
        )
        .await;
    }
    wechat.set_consent(Consent::Refuse);
    watch("a refusal", &wechat, &demo, &key, "/api/me").await;
    wechat.set_consent(Consent::Automatic);

    let nowhere = Port::new();
    let demo = Demo::start(
        &wechat,
        &[
            ("RUST_LOG", "trace"),
            ("SESSION_KEY", &digits),
            ("WECHAT_API_URL", &nowhere.url()),
        ],
    );
    watch("no connection", &wechat, &demo, &key, PROFILE).await;
}

#[actix_web::test]
async fn nobody_elses_login_logs_a_code_either() {
    let wechat = wechat_of(Account::test()).await;
    let demo = Demo::start(&wechat, &[("RUST_LOG", "trace")]);
    wechat.sign_in(Person::named("小红"));
    // A shared link, a known user's URL, a program's: codes that are not exchanged.
    let sharer = Visitor::new();
    let link = sharer.callback(&demo.at(PROFILE)).await;
    let code = link
        .split("code=")
        .nth(1)
        .and_then(|rest| rest.split('&').next());
    let code = code.expect("a code").to_owned();
    Visitor::new().get(&link).await;
    Visitor::new()
        .get_with(&link, &[("accept", "application/json")])
        .await
        .assert_status(401);
    sharer.visit(&link).await.assert_status(200);
    sharer.visit(&link).await.assert_status(200);
    let log = log_from(&demo, 0).await;
    assert_hides(
        "the log",
        &log,
        &[code, wechat.account().secret().to_owned()],
    );
}
