use actix_session::{
    SessionExt as _, SessionMiddleware, SessionStatus, storage::CookieSessionStore,
};
use actix_web::{
    App, HttpResponse,
    cookie::{Cookie, Key},
    test::{self as actix, TestRequest},
    web,
};
use proptest::prelude::*;

use super::*;

const LOGGED_OUT_AT: u64 = 1_700_000_100;

const KEY: &str = "wechat.wx1";
const SLOT: Slot<'static> = Slot {
    key: KEY,
    appid: "wx1",
    website: Some("wx2"),
};

fn session() -> Session {
    TestRequest::default().to_http_request().get_session()
}

fn user(openid: &str) -> WechatUser {
    let mut user = WechatUser::without_profile("wx1", openid.to_owned(), Scope::UserInfo);
    user.logged_in_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    user
}

/// The same person at the website app.
fn website_user(openid: &str, unionid: Option<&str>) -> WechatUser {
    WechatUser {
        appid: "wx2".to_owned(),
        unionid: unionid.map(ToOwned::to_owned),
        scope: Scope::Login.name(),
        ..user(openid)
    }
}

fn later(user: WechatUser) -> WechatUser {
    WechatUser {
        logged_in_at: user.logged_in_at + Duration::from_secs(1),
        ..user
    }
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
        secs in 0..4_000_000_000_u64,
    ) -> WechatUser {
        let [nickname, province, city, country, headimgurl] = texts;
        WechatUser {
            appid: if scope == Scope::Login { "wx2" } else { "wx1" }.to_owned(),
            openid, unionid, nickname, sex, province, city, country, headimgurl, privilege,
            is_snapshotuser,
            scope: scope.name(),
            logged_in_at: SystemTime::UNIX_EPOCH + Duration::from_secs(secs),
        }
    }
}

/// How many bytes an entry adds to the session's JSON, besides its quotes, colon and comma.
fn added(key: &str, stored: &str) -> usize {
    let session = session();
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
    let silent = WechatUser {
        scope: Scope::Base.name(),
        ..user("oABC")
    };
    let accepted = WechatUser {
        is_snapshotuser: true,
        ..user("oABC")
    };
    // What sessions hold must be read by the next version, too.
    let table = [
        (full, "1u|1700000000|oABC|oXYZ|小明|1|https://x/132||||a|b"),
        (user("oABC"), "1u|1700000000|oABC|||0"),
        (silent, "1b|1700000000|oABC|||0"),
        (accepted, "1us|1700000000|oABC|||0"),
        (website_user("oABC", None), "1l|1700000000|oABC|wx2|||0"),
    ];
    for (user, form) in table {
        let form = form.replace('|', "\u{7f}");
        assert_eq!(encode(&user), form);
        assert_eq!(SLOT.decode(&form), Some(Known::User(user)));
    }
    let logged_out = Known::LoggedOut {
        openid: "oABC".to_owned(),
        at: SystemTime::UNIX_EPOCH + Duration::from_secs(LOGGED_OUT_AT),
    };
    assert_eq!(
        SLOT.decode("1o\u{7f}1700000100\u{7f}oABC"),
        Some(logged_out)
    );
}

#[test]
fn unreadable_form_is_nothing() {
    let forms = [
        "",
        "1",
        "1u",
        "2u|1700000000|oABC",
        "u1|1700000000|oABC",
        "1x|1700000000|oABC",
        "1ux|1700000000|oABC",
        "1uss|1700000000|oABC",
        "1u|1700000000|",
        "1u||oABC",
        "1u|-1|oABC",
        "1u|later|oABC",
        "1u|18446744073709551615|oABC",
        "1o||",
    ];
    for form in forms {
        assert_eq!(SLOT.decode(&form.replace('|', "\u{7f}")), None, "{form}");
    }
    // A user of a website app that is offered no more, or of another one.
    let of_another = Slot {
        website: Some("wx3"),
        ..SLOT
    };
    assert_eq!(
        of_another.decode(&encode(&website_user("oABC", None))),
        None
    );
    let without_website = Slot {
        website: None,
        ..SLOT
    };
    assert_eq!(
        without_website.decode(&encode(&website_user("oABC", None))),
        None
    );

    let session = session();
    assert_eq!(SLOT.load(&session), None);
    session.insert(KEY, 7).unwrap();
    assert_eq!(SLOT.load(&session), None);
    session.insert(KEY, ["1u"]).unwrap();
    assert_eq!(SLOT.load(&session), None);
}

#[test]
fn next_user_inherits_nothing_and_the_same_one_everything() {
    let joined = |openid| WechatUser {
        unionid: Some("oXYZ".to_owned()),
        ..user(openid)
    };
    // Who was known, who logs in, and whether the cart stays.
    let table = [
        (None, user("oA"), true),
        (Some(user("oA")), later(user("oA")), true),
        (Some(user("oA")), user("oB"), false),
        (Some(joined("oA")), later(joined("oB")), false),
        (Some(joined("oA")), website_user("oW", Some("oXYZ")), true),
        (
            Some(joined("oA")),
            website_user("oW", Some("oOther")),
            false,
        ),
        (Some(joined("oA")), website_user("oW", None), false),
        (Some(user("oA")), website_user("oW", None), false),
        (Some(website_user("oW", None)), user("oA"), false),
    ];
    for (known, user, keeps_cart) in table {
        for logged_out in [false, true] {
            let session = session();
            if let Some(known) = &known {
                SLOT.store(&session, known).unwrap();
            }
            session.insert("cart", 1).unwrap();
            if logged_out {
                SLOT.forget(&session, LOGGED_OUT_AT);
            }
            SLOT.store(&session, &user).unwrap();
            // The trace of a log-out names an openid alone.
            let keeps_cart = keeps_cart && (!logged_out || user.appid == "wx1");
            let case = format!("{known:?} {logged_out} {user:?}");
            assert_eq!(session.contains_key("cart"), keeps_cart, "{case}");
            assert_eq!(
                SLOT.load(&session),
                Some(Known::User(user.clone())),
                "{case}"
            );
            assert_eq!(session.status(), SessionStatus::Renewed, "{case}");
        }
    }
}

#[test]
fn what_is_known_has_an_openid_and_a_time() {
    let session = session();
    SLOT.store(&session, &user("oA")).unwrap();
    let known = SLOT.load(&session).unwrap();
    assert_eq!((known.openid(), known.since()), ("oA", 1_700_000_000));
    SLOT.forget(&session, LOGGED_OUT_AT);
    let known = SLOT.load(&session).unwrap();
    assert_eq!((known.openid(), known.since()), ("oA", LOGGED_OUT_AT));
}

/// What the session holds after one request, as the next finds it.
fn carried_over(before: &Session) -> Session {
    let after = session();
    for (key, value) in before.entries().iter() {
        let value: serde_json::Value = serde_json::from_str(value).unwrap();
        after.insert(key, value).unwrap();
    }
    after
}

#[test]
fn login_that_is_known_is_not_written_again() {
    let first = session();
    SLOT.store(&first, &user("oA")).unwrap();
    let silent = WechatUser {
        scope: Scope::Base.name(),
        ..user("oA")
    };
    let table = [
        (user("oA"), SessionStatus::Changed),
        (later(user("oA")), SessionStatus::Renewed),
        (silent, SessionStatus::Renewed),
        (user("oB"), SessionStatus::Renewed),
    ];
    for (user, status) in table {
        let session = carried_over(&first);
        SLOT.store(&session, &user).unwrap();
        assert_eq!(session.status(), status, "{user:?}");
    }
}

#[test]
fn log_out_leaves_a_trace_and_the_rest() {
    let session = session();
    SLOT.forget(&session, LOGGED_OUT_AT);
    assert_eq!(session.status(), SessionStatus::Unchanged);

    SLOT.store(&session, &user("oA")).unwrap();
    session.insert("cart", 1).unwrap();
    let other = Slot {
        key: "wechat.wx3",
        appid: "wx3",
        website: None,
    };
    other
        .store(
            &session,
            &WechatUser {
                appid: "wx3".to_owned(),
                ..user("o3")
            },
        )
        .unwrap();
    for _ in 0..2 {
        SLOT.forget(&session, LOGGED_OUT_AT);
        let trace = Known::LoggedOut {
            openid: "oA".to_owned(),
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(LOGGED_OUT_AT),
        };
        assert_eq!(SLOT.load(&session), Some(trace));
    }
    assert!(session.contains_key("cart"));
    assert!(matches!(other.load(&session), Some(Known::User(_))));
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
        let stored = encode_within(user, KEY, BUDGET).unwrap();
        let Some(Known::User(kept)) = SLOT.decode(&stored) else {
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

    // What must not be cut and does not fit is an error, and the session stays as it was.
    let identities: [Field; 2] = [
        |user| &mut user.openid,
        |user| user.unionid.get_or_insert_default(),
    ];
    for field in identities {
        let mut user = user.clone();
        field(&mut user).clone_from(&long);
        assert_eq!(encode_within(&user, KEY, BUDGET), Err(TooLarge));
        let session = session();
        assert_eq!(SLOT.store(&session, &user), Err(TooLarge));
        assert_eq!(session.status(), SessionStatus::Unchanged);
    }
}

#[test]
fn budget_is_kept_to_the_byte() {
    let mut user = user("oABC");
    let room = BUDGET - cost(KEY, &encode(&user)) - 1;
    user.headimgurl = "h".repeat(room);
    let stored = encode_within(&user, KEY, BUDGET).unwrap();
    assert_eq!(added(KEY, &stored), BUDGET);
    assert_eq!(SLOT.decode(&stored), Some(Known::User(user.clone())));
    user.headimgurl.push('h');
    let stored = encode_within(&user, KEY, BUDGET).unwrap();
    assert!(added(KEY, &stored) < BUDGET - room);
}

#[test]
fn time_before_the_epoch_is_the_epoch() {
    assert_eq!(seconds(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), 0);
    assert_eq!(
        seconds(SystemTime::UNIX_EPOCH + Duration::from_millis(1_999)),
        1
    );
}

/// The session cookie without and with the user, as the middleware sends it.
async fn cookies(user: WechatUser, cart: &'static str, key: Key) -> [Option<Cookie<'static>>; 2] {
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
                    let user = user.clone();
                    async move {
                        SLOT.store(&session, &user).unwrap();
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
            let [without, with] = system.block_on(cookies(user.clone(), cart, Key::generate()));
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
        let form = encode(&user);
        prop_assert_eq!(SLOT.decode(&form), Some(Known::User(user.clone())));
        if cost(KEY, &form) <= BUDGET {
            let session = session();
            SLOT.store(&session, &user).unwrap();
            prop_assert_eq!(SLOT.load(&session), Some(Known::User(user)));
        }
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
        let session = session();
        let stored = SLOT.store(&session, &user);
        prop_assert_eq!(stored.is_ok(), first_that_fits.is_some());
        prop_assert_eq!(SLOT.load(&session), first_that_fits.map(Known::User));
    }

    #[test]
    fn any_form_is_read_or_nothing(form in "\\PC{0,20}|1[bulox]s?(\u{7f}[0-9a-z😀]{0,12}){0,14}") {
        if let Some(Known::User(user)) = SLOT.decode(&form) {
            prop_assert!(!user.openid.is_empty());
            let again = SLOT.decode(&encode(&user));
            // Only what lies behind the last field with something in it is lost.
            let Some(Known::User(again)) = again else { panic!("{again:?}") };
            prop_assert!(user.privilege.starts_with(&again.privilege));
            prop_assert_eq!(WechatUser { privilege: user.privilege.clone(), ..again }, user);
        }
    }
}
