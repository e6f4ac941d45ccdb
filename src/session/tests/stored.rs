use actix_session::{Session, SessionExt as _, SessionMiddleware, storage::CookieSessionStore};
use actix_web::{
    App, HttpResponse,
    cookie::{Cookie, Key},
    test::{self as actix, TestRequest},
    web,
};
use proptest::prelude::*;

use super::*;
use crate::samples::{user, website_user};

const KEY: &str = "wechat.wx1";

fn read(stored: &str) -> Option<Kept> {
    decode(stored, "wx1", Some("wx2"))
}

/// A form with bars for its delimiters.
fn form(text: &str) -> String {
    text.replace('|', "\u{7f}")
}

/// As all text of WeChat's is before it gets here.
fn clean_text(most: usize) -> impl Strategy<Value = String> {
    let char = prop_oneof![
        any::<char>(),
        prop::sample::select(vec!['"', '\\', '/', 'a', '😀'])
    ];
    prop::collection::vec(char, 0..=most)
        .prop_map(|chars| String::from_iter(chars).replace(char::is_control, " "))
}

fn said(most: usize) -> impl Strategy<Value = String> {
    clean_text(most).prop_filter("says nothing", |text| !text.is_empty())
}

prop_compose! {
    /// With `most` characters in each field.
    fn a_user(most: usize)(
        openid in said(40),
        unionid in prop::option::of(said(40)),
        texts in prop::array::uniform5(clean_text(most)),
        sex in 0..=2_u8,
        privilege in prop::collection::vec(said(most), 0..4),
        is_snapshotuser: bool,
        scope in prop::sample::select(Scope::ALL.to_vec()),
        millis in 0..4_000_000_000_000_u64,
    ) -> WechatUser {
        let [nickname, province, city, country, headimgurl] = texts;
        WechatUser {
            appid: if scope == Scope::Login { "wx2" } else { "wx1" }.to_owned(),
            openid, unionid, nickname, sex, province, city, country, headimgurl, privilege,
            is_snapshotuser,
            scope: scope.name(),
            logged_in_at: Moment::from_millis(millis).to_system_time().unwrap(),
        }
    }
}

/// How many bytes an entry adds to the session's JSON, besides its quotes, colon and comma.
fn added(key: &str, stored: &str) -> usize {
    let session = TestRequest::default().to_http_request().get_session();
    session.insert(key, stored).unwrap();
    let entries = serde_json::to_string(&*session.entries()).unwrap();
    entries.len() - r#"{"":}"#.len()
}

#[test]
fn stored_form_is_the_agreed_one() {
    let mut full = user("oABC");
    full.unionid = Some("oXYZ".to_owned());
    full.nickname = "小明".to_owned();
    full.sex = 1;
    full.headimgurl = "https://x/132".to_owned();
    full.privilege = vec!["a".to_owned(), "b".to_owned()];
    let mut region = user("oABC");
    region.province = "广东".to_owned();
    region.city = "深圳".to_owned();
    region.country = "中国".to_owned();
    let silent = WechatUser {
        scope: Scope::Base.name(),
        ..user("oABC")
    };
    let accepted = WechatUser {
        is_snapshotuser: true,
        ..user("oABC")
    };
    let at_the_epoch = WechatUser {
        logged_in_at: Moment::default().to_system_time().unwrap(),
        ..user("oABC")
    };
    let mut full_website = website_user("oABC", Some("oXYZ"));
    full_website.privilege = vec!["a".to_owned()];
    // What sessions hold must be read by the next version, too.
    let table = [
        (
            full,
            "2u|1700000000123|oABC|oXYZ|小明|1|https://x/132|||||a|b",
        ),
        (region, "2u|1700000000123|oABC|||||广东|深圳|中国"),
        (user("oABC"), "2u|1700000000123|oABC"),
        (silent, "2b|1700000000123|oABC"),
        (accepted, "2us|1700000000123|oABC"),
        (at_the_epoch, "2u|0|oABC"),
        (
            website_user("oABC", None),
            "2l|1700000000123|oABC||||||||wx2",
        ),
        (full_website, "2l|1700000000123|oABC|oXYZ|||||||wx2|a"),
    ];
    for (user, text) in table {
        assert_eq!(encode(&user), form(text));
        assert_eq!(read(&form(text)), Some(Kept::User(user)));
        assert!(is_users(&serde_json::to_string(&form(text)).unwrap()));
    }
}

#[test]
fn trace_of_a_log_out_tells_users_apart_without_an_openid() {
    // The first half of what sha256sum says of it.
    let known = "3e462da50bb5c93b";
    assert_eq!(trace("oABC"), known);
    let others = ["oABc", "oAB", "oABCD", "", "OABC"];
    assert!(others.iter().all(|openid| trace(openid) != known));

    let at = Moment::from_millis(1_700_000_100_123);
    let stored = encode_logged_out(known, at);
    assert_eq!(stored, form("2o|1700000100123|3e462da50bb5c93b"));
    let trace = known.to_owned();
    assert_eq!(read(&stored), Some(Kept::LoggedOut { trace, at }));
    assert!(is_users(&serde_json::to_string(&stored).unwrap()));
}

#[test]
fn unreadable_form_is_nothing() {
    let forms = [
        "",
        "2",
        "2u",
        // Of another version.
        "1u|1700000000|oABC",
        "1u|1700000000123|oABC",
        "3u|1700000000123|oABC",
        "u|1700000000123|oABC",
        "u2|1700000000123|oABC",
        "22u|1700000000123|oABC",
        " 2u|1700000000123|oABC",
        // Of no scope, or with a flag that is none.
        "2x|1700000000123|oABC",
        "2U|1700000000123|oABC",
        "2|1700000000123|oABC",
        "2ux|1700000000123|oABC",
        "2uss|1700000000123|oABC",
        // Without an openid or a moment.
        "2u|1700000000123|",
        "2u|1700000000123||oXYZ",
        "2u|1700000000123",
        "2u||oABC",
        "2u|-1|oABC",
        "2u|later|oABC",
        "2u|1700000000.123|oABC",
        "2u|18446744073709551616|oABC",
        "2o||",
        "2o|1700000000123|",
        "2o||3e462da50bb5c93b",
    ];
    for text in forms {
        assert_eq!(read(&form(text)), None, "{text}");
    }
    // A user of a website app that is offered no more, or of another one.
    let website = encode(&website_user("oABC", None));
    for offered in [None, Some("wx3"), Some(""), Some("wx1")] {
        assert_eq!(decode(&website, "wx1", offered), None, "{offered:?}");
    }
    assert_eq!(read(&form("2l|1700000000123|oABC")), None);
}

#[test]
fn entry_of_any_account_is_a_users_by_its_form() {
    let text = |text: &str| serde_json::to_string(&form(text)).unwrap();
    let table = [
        (text("2u|1700000000123|oABC"), true),
        (text("2us|1700000000123|oABC"), true),
        (text("2b|1700000000123|oABC"), true),
        (text("2l|1700000000123|oABC||||||||wx9"), true),
        (text("2o|1700000000123|3e462da50bb5c93b"), true),
        (text("2u|1700000000123|oABC|||\"\\"), true),
        // Another version's, and an app's own.
        (text("1u|1700000000|oABC"), false),
        (text("3u|1700000000123|oABC"), false),
        (text("2x|1700000000123|oABC"), false),
        (text("2uu|1700000000123|oABC"), false),
        (text("2|1700000000123|oABC"), false),
        (text("2u"), false),
        (text("2us"), false),
        (text("x|2u|y"), false),
        (text(""), false),
        ("7".to_owned(), false),
        ("null".to_owned(), false),
        (r#"["2u"]"#.to_owned(), false),
        (format!("[{}]", text("2u|1700000000123|oABC")), false),
        (form("2u|1700000000123|oABC"), false),
        (String::new(), false),
    ];
    for (json, expected) in table {
        assert_eq!(is_users(&json), expected, "{json}");
    }
}

#[test]
fn optional_fields_go_one_after_the_other() {
    type Field = fn(&mut WechatUser) -> &mut String;
    let long = "x".repeat(BUDGET);
    let mut user = user("oABC");
    user.unionid = Some("oXYZ".to_owned());
    user.nickname = "n".repeat(33);
    user.province = "p".to_owned();
    user.city = "c".to_owned();
    user.country = "l".to_owned();
    user.headimgurl = "h".to_owned();
    user.privilege = vec!["v".to_owned()];
    let kept = |user: &WechatUser| {
        let stored = encode_within(user, KEY, "wx1").unwrap();
        let Some(Kept::User(kept)) = read(&stored) else {
            panic!("{stored}")
        };
        assert_eq!((&kept.openid, &kept.unionid), (&user.openid, &user.unionid));
        format!(
            "{}{}{}{}{}{}",
            kept.nickname,
            kept.headimgurl,
            kept.province,
            kept.city,
            kept.country,
            kept.privilege.concat(),
        )
    };
    let whole = "n".repeat(33);
    assert_eq!(kept(&user), format!("{whole}hpclv"));
    user.privilege = vec![long.clone()];
    assert_eq!(kept(&user), format!("{whole}hpcl"));
    let regions: [Field; 3] = [
        |user| &mut user.province,
        |user| &mut user.city,
        |user| &mut user.country,
    ];
    for field in regions {
        let mut user = user.clone();
        field(&mut user).clone_from(&long);
        assert_eq!(kept(&user), format!("{whole}h"));
    }
    user.headimgurl = long.clone();
    assert_eq!(kept(&user), whole);
    user.nickname = "小".repeat(BUDGET);
    assert_eq!(kept(&user), "小".repeat(32));

    // What must not be cut and does not fit is an error.
    let identities: [Field; 2] = [
        |user| &mut user.openid,
        |user| user.unionid.get_or_insert_default(),
    ];
    for field in identities {
        let mut user = user.clone();
        field(&mut user).clone_from(&long);
        assert_eq!(encode_within(&user, KEY, "wx1"), Err(TooLarge));
    }
}

#[test]
fn budget_is_kept_to_the_byte() {
    let mut user = user("oABC");
    user.headimgurl = "h".to_owned();
    let room = BUDGET - cost(KEY, &encode(&user));
    user.headimgurl.push_str(&"h".repeat(room));
    let stored = encode_within(&user, KEY, "wx1").unwrap();
    assert_eq!(added(KEY, &stored), BUDGET);
    assert_eq!(read(&stored), Some(Kept::User(user.clone())));
    user.headimgurl.push('h');
    let stored = encode_within(&user, KEY, "wx1").unwrap();
    assert!(added(KEY, &stored) < BUDGET - room);
}

/// The session cookie without and with the user, as the middleware sends it.
async fn cookies(stored: String, cart: &'static str, key: Key) -> [Option<Cookie<'static>>; 2] {
    let app = actix::init_service(
        App::new()
            .wrap(SessionMiddleware::new(CookieSessionStore::default(), key))
            .route(
                "/cart",
                web::get().to(move |session: Session| async move {
                    if !cart.is_empty() {
                        session.insert("cart", cart).unwrap();
                    }
                    HttpResponse::Ok().finish()
                }),
            )
            .route(
                "/login",
                web::get().to(move |session: Session| {
                    let stored = stored.clone();
                    async move {
                        session.renew();
                        session.insert(KEY, stored).unwrap();
                        HttpResponse::Ok().finish()
                    }
                }),
            ),
    )
    .await;
    let mut session_cookie = None::<Cookie<'static>>;
    let mut sent = Vec::new();
    for uri in ["/cart", "/login"] {
        let mut request = TestRequest::with_uri(uri);
        if let Some(cookie) = &session_cookie {
            request = request.cookie(cookie.clone());
        }
        let response = actix::call_service(&app, request.to_request()).await;
        session_cookie = response.response().cookies().next().map(Cookie::into_owned);
        sent.push(session_cookie.clone());
    }
    [sent.remove(0), sent.remove(0)]
}

#[test]
fn user_adds_at_most_1500_bytes_to_the_cookie() {
    let system = actix_web::rt::System::new();
    let fills = ["h", "\"", "\\", "/", "小", "😀"];
    for (fill, cart) in fills
        .iter()
        .flat_map(|fill| [(fill, ""), (fill, "apples and pears")])
    {
        // The most that fits; nothing is cut from it.
        let filled = |times| WechatUser {
            headimgurl: fill.repeat(times),
            ..user("oABCDEFGHIJKLMNOPQRSTUVWXYZ0")
        };
        let size = |times| cost(KEY, &encode(&filled(times)));
        let most = (0..BUDGET)
            .take_while(|times| size(*times) <= BUDGET)
            .last();
        let user = filled(most.unwrap());
        assert!(cost(KEY, &encode(&user)) > BUDGET - 5, "{fill}");
        // Encryption makes the bytes random, and base64 some of them costly.
        for _ in 0..20 {
            let [without, with] = system.block_on(cookies(encode(&user), cart, Key::generate()));
            // The whole line, with name and attributes.
            let length = |cookie: Option<Cookie>| {
                cookie.map_or(0, |cookie| cookie.encoded().to_string().len())
            };
            let (without, with) = (length(without), length(with));
            assert_eq!(without == 0, cart.is_empty());
            assert!(with > 1_000, "{fill}: the user is not in it");
            assert!(with - without <= 1_500, "{fill}: {}", with - without);
        }
    }
}

proptest! {
    #[test]
    fn stored_user_comes_back(user in a_user(12)) {
        let stored = encode(&user);
        prop_assert_eq!(read(&stored), Some(Kept::User(user.clone())));
        if cost(KEY, &stored) <= BUDGET {
            prop_assert_eq!(encode_within(&user, KEY, "wx1"), Ok(stored));
        }
    }

    #[test]
    fn cost_is_what_the_sessions_json_takes(user in a_user(12), key in "[a-z.]{1,20}") {
        let stored = encode(&user);
        prop_assert_eq!(cost(&key, &stored), added(&key, &stored));
    }

    #[test]
    fn users_entry_is_known_among_any_other(user in a_user(12), text: String, number: u32) {
        prop_assert!(is_users(&serde_json::to_string(&encode(&user)).unwrap()));
        prop_assert!(!is_users(&serde_json::to_string(&number).unwrap()));
        prop_assume!(!text.starts_with('2'));
        prop_assert!(!is_users(&serde_json::to_string(&text).unwrap()));
    }
}

proptest! {
    // Large users are slow to make.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn stored_user_keeps_within_the_budget(user in a_user(300)) {
        let mut cut = vec![user.clone()];
        let cuts: [fn(&mut WechatUser); 4] = [
            |user| user.privilege = Vec::new(),
            |user| (user.province, user.city, user.country) = Default::default(),
            |user| user.headimgurl = String::new(),
            |user| user.nickname = user.nickname.chars().take(32).collect(),
        ];
        for next in cuts {
            let mut user = cut.last().unwrap().clone();
            next(&mut user);
            cut.push(user);
        }
        let first_that_fits = cut.into_iter().find(|user| added(KEY, &encode(user)) <= BUDGET);
        let stored = encode_within(&user, KEY, "wx1");
        prop_assert_eq!(stored.is_ok(), first_that_fits.is_some());
        prop_assert_eq!(stored.ok().and_then(|stored| read(&stored)), first_that_fits.map(Kept::User));
    }

    #[test]
    fn any_form_is_read_or_nothing(form in "\\PC{0,20}|2[bulox]s?\u{7f}[0-9]{0,13}(\u{7f}[0-9a-z😀]{0,12}){0,14}") {
        match read(&form) {
            Some(Kept::User(user)) => {
                prop_assert!(!user.openid.is_empty());
                let again = read(&encode(&user));
                // Only what lies behind the last field with something in it is lost.
                let Some(Kept::User(again)) = again else { panic!("{again:?}") };
                prop_assert!(user.privilege.starts_with(&again.privilege));
                prop_assert!(user.privilege[again.privilege.len()..].iter().all(String::is_empty));
                let sex = if user.sex > 2 { 0 } else { user.sex };
                prop_assert_eq!(WechatUser { privilege: user.privilege.clone(), ..again }, WechatUser { sex, ..user });
            }
            Some(Kept::LoggedOut { trace, at }) => {
                prop_assert!(!trace.is_empty());
                prop_assert_eq!(read(&encode_logged_out(&trace, at)), Some(Kept::LoggedOut { trace, at }));
            }
            None => {}
        }
    }
}
