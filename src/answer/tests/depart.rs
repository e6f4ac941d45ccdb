use actix_web::{body::MessageBody as _, test::TestRequest};

use super::*;
use crate::visit::decide::Instead;
use crate::{
    account::{builder::Builder, outside::Outside},
    samples,
};

const WECHAT: &str = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.60 Language/zh_CN";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0";
const ROUND: Round = Round {
    before: 0,
    cookie: true,
    session_lost: false,
};

fn depart(
    settings: fn(Builder) -> Builder,
    agent: &str,
    page: &str,
    scope: Scope,
    has_tapped: bool,
) -> Departure {
    let request = TestRequest::with_uri(page).insert_header(("user-agent", agent));
    let (wechat, visit) = samples::visit(settings, request);
    let visit = Visit {
        scope,
        has_tapped,
        ..visit
    };
    Departure::decide(&wechat.0, &visit, ROUND)
}

fn kind(departure: &Departure) -> String {
    let scope = |url: &str| url.split(['?', '&']).nth(4).unwrap().to_owned();
    match departure {
        Departure::Elsewhere(_) => "outside".to_owned(),
        Departure::TooLong { .. } => "too long".to_owned(),
        Departure::AskFirst { url, .. } => format!("ask {}", scope(url)),
        Departure::Redirect { url, .. } => scope(url),
    }
}

#[test]
fn each_visitor_leaves_in_the_way_of_the_settings() {
    fn plain(builder: Builder) -> Builder {
        builder
    }
    fn website(builder: Builder) -> Builder {
        builder.outside(Outside::website("wx2", "s3cret"))
    }
    fn asking(builder: Builder) -> Builder {
        website(builder).ask_first("why")
    }
    const USER: Scope = Scope::UserInfo;
    type Row = (
        fn(Builder) -> Builder,
        &'static str,
        Scope,
        bool,
        &'static str,
    );
    let mut table: Vec<Row> = vec![
        (plain, WECHAT, USER, false, "scope=snsapi_userinfo"),
        (plain, WECHAT, Scope::Base, false, "scope=snsapi_base"),
        (plain, BROWSER, USER, false, "scope=snsapi_userinfo"),
        (website, WECHAT, USER, false, "scope=snsapi_userinfo"),
        (website, BROWSER, USER, false, "scope=snsapi_login"),
        (asking, WECHAT, USER, false, "ask scope=snsapi_userinfo"),
        (asking, WECHAT, USER, true, "scope=snsapi_userinfo"),
        (asking, WECHAT, Scope::Base, false, "scope=snsapi_base"),
        (asking, WECHAT, Scope::Base, true, "scope=snsapi_base"),
        (asking, BROWSER, USER, false, "scope=snsapi_login"),
    ];
    #[cfg(feature = "qrcode")]
    {
        let qr: fn(Builder) -> Builder = |builder| builder.outside(Outside::qr());
        table.push((qr, WECHAT, USER, false, "scope=snsapi_userinfo"));
        table.push((qr, BROWSER, USER, false, "outside"));
        table.push((plain, BROWSER, USER, true, "scope=snsapi_userinfo"));
    }
    for (settings, agent, scope, tapped, expected) in table {
        let departure = depart(settings, agent, "/p", scope, tapped);
        assert_eq!(kind(&departure), expected, "{agent} {scope:?} {tapped}");
        let status = match expected {
            "outside" => 200,
            asked if asked.starts_with("ask") => 200,
            _ => 302,
        };
        assert_eq!(departure.status().as_u16(), status, "{expected}");
        assert_eq!(departure.reason(), Reason::LoginRequired, "{expected}");
    }
}

#[test]
fn the_longest_address_is_three_thousand_bytes() {
    let depart = |page: &str| depart(|builder| builder, WECHAT, page, Scope::Base, false);
    let Departure::Redirect { url, .. } = depart("/p") else {
        panic!("a redirect")
    };
    let fill = "x".repeat(TOO_LONG_URL - url.len());
    assert!(
        matches!(depart(&format!("/p{fill}")), Departure::Redirect { url, .. } if url.len() == 3_000)
    );
    assert!(matches!(
        depart(&format!("/p{fill}x")),
        Departure::TooLong { length: 3_001 }
    ));
}

#[test]
fn address_that_is_too_long_is_its_own_reason() {
    let departure = Departure::TooLong { length: 3_001 };
    assert_eq!(departure.reason(), Reason::AddressTooLong);
    assert_eq!(departure.status().as_u16(), 414);
}

/// What such a visitor reads.
fn page(settings: fn(Builder) -> Builder, request: TestRequest) -> String {
    let (wechat, visit) = samples::visit(settings, request);
    let response = Reply::new(wechat, visit, Instead::Depart(ROUND)).respond();
    let body = response.into_body().try_into_bytes().unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[test]
fn page_that_asks_first_has_the_apps_words_and_leads_to_wechat() {
    let asking = |builder: Builder| builder.ask_first("for <your> orders");
    let page = page(asking, TestRequest::with_uri("/p?x=1"));
    assert!(page.contains("for &lt;your&gt; orders"), "{page}");
    assert!(page.contains("open.weixin.qq.com"), "{page}");
}

#[cfg(feature = "qrcode")]
#[test]
fn page_for_other_browsers_has_a_code_that_a_phone_can_read() {
    let long = format!("/p?{}", "x".repeat(500));
    let get = TestRequest::with_uri;
    let table = [(get("/p?x=1"), true), (get(&long), false)];
    let outside = |request| page(|builder| builder.outside(Outside::qr()), request);
    for (request, has_code) in table {
        let page = outside(request);
        assert_eq!(page.contains("<svg xmlns"), has_code, "{page}");
        assert!(page.contains("127.0.0.1:8008"), "{page}");
    }
    let head = get("/p?x=1").method(actix_web::http::Method::HEAD);
    assert_eq!(outside(head), "", "nobody reads it");
}
