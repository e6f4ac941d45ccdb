use actix_web::test::TestRequest;

use super::*;
use crate::{account::builder::Builder, account::outside::Outside, samples::asked};

const WECHAT: &str = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.60 Language/zh_CN";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0";

fn depart(
    settings: fn(Builder) -> Builder,
    agent: &str,
    page: &str,
    scope: Scope,
    tapped: bool,
) -> Departure {
    let request = TestRequest::with_uri(page).insert_header(("user-agent", agent));
    asked(settings, request, scope).depart(0, tapped)
}

fn kind(departure: &Departure) -> String {
    match departure {
        #[cfg(feature = "qrcode")]
        Departure::Outside => "outside".to_owned(),
        Departure::TooLong { .. } => "too long".to_owned(),
        Departure::AskFirst { why, .. } => format!("ask: {why}"),
        Departure::Redirect { url, .. } => url.split(['?', '&']).nth(4).unwrap().to_owned(),
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
        (asking, WECHAT, USER, false, "ask: why"),
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
