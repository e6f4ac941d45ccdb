use std::time::SystemTime;

use actix_session::{SessionExt as _, SessionStatus};
use actix_web::test::TestRequest;

use super::*;
use crate::{
    samples::{user, website_user},
    scope::Scope,
    session::stored::encode,
};

const LOGGED_IN_AT: Moment = Moment::from_millis(1_700_000_000_123);
const LOGGED_OUT_AT: Moment = Moment::from_millis(1_700_000_100_456);

const KEY: &str = "wechat.wx1";

fn slot() -> Slot {
    Slot {
        key: KEY.to_owned(),
        appid: "wx1".to_owned(),
        website: Some("wx2".to_owned()),
        max_age: Duration::from_secs(30 * 24 * 3_600),
    }
}

/// Of another account of the same app.
fn other_slot() -> Slot {
    Slot {
        key: "wechat.wx3".to_owned(),
        appid: "wx3".to_owned(),
        website: None,
        ..slot()
    }
}

fn user_of_other(openid: &str) -> WechatUser {
    WechatUser {
        appid: "wx3".to_owned(),
        ..user(openid)
    }
}

fn session() -> Session {
    TestRequest::default().to_http_request().get_session()
}

fn store(slot: &Slot, session: &Session, user: &WechatUser) {
    slot.store(session, &encode(user)).unwrap();
}

fn known(user: &WechatUser) -> Known {
    Known::Kept(Kept::User(user.clone()))
}

fn later(user: WechatUser) -> WechatUser {
    WechatUser {
        logged_in_at: user.logged_in_at + Duration::from_millis(1),
        ..user
    }
}

fn joined(openid: &str) -> WechatUser {
    WechatUser {
        unionid: Some("oXYZ".to_owned()),
        ..user(openid)
    }
}

/// The names of the session's entries.
fn keys(session: &Session) -> Vec<String> {
    let mut keys: Vec<String> = session.entries().keys().cloned().collect();
    keys.sort_unstable();
    keys
}

#[test]
fn what_cannot_be_read_is_known_to_be_there() {
    let session = session();
    assert_eq!(slot().load(&session), Known::Nobody);
    for text in [
        "",
        "2u",
        "1u\u{7f}1700000000\u{7f}oABC",
        "2u\u{7f}1\u{7f}",
        "\"\\",
    ] {
        session.insert(KEY, text).unwrap();
        assert_eq!(slot().load(&session), Known::Unreadable, "{text:?}");
    }
    session.insert(KEY, 7).unwrap();
    assert_eq!(slot().load(&session), Known::Unreadable);
    session.insert(KEY, ["2u"]).unwrap();
    assert_eq!(slot().load(&session), Known::Unreadable);
    session.insert(KEY, ()).unwrap();
    assert_eq!(slot().load(&session), Known::Unreadable);

    let nickname = "\"小\\明\"";
    let escaped = WechatUser {
        nickname: nickname.to_owned(),
        ..user("oABC")
    };
    session.insert(KEY, encode(&escaped)).unwrap();
    assert_eq!(slot().load(&session), known(&escaped));
    session
        .insert(KEY, encode(&website_user("oABC", None)))
        .unwrap();
    assert_eq!(slot().load(&session), known(&website_user("oABC", None)));
    let without_website = Slot {
        website: None,
        ..slot()
    };
    assert_eq!(without_website.load(&session), Known::Unreadable);
}

#[test]
fn next_user_inherits_nothing_and_the_same_one_everything() {
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
        (
            Some(website_user("oW", None)),
            website_user("oV", None),
            false,
        ),
    ];
    for (former, user, keeps_cart) in table {
        let session = session();
        store(&other_slot(), &session, &user_of_other("o3"));
        if let Some(former) = &former {
            store(&slot(), &session, former);
        }
        session.insert("cart", 1).unwrap();
        store(&slot(), &session, &user);
        let case = format!("{former:?} {user:?}");
        let expected: &[&str] = if keeps_cart {
            &["cart", KEY, "wechat.wx3"]
        } else {
            &[KEY]
        };
        assert_eq!(keys(&session), expected, "{case}");
        assert_eq!(slot().load(&session), known(&user), "{case}");
        assert_eq!(session.status(), SessionStatus::Renewed, "{case}");
    }
}

#[test]
fn log_out_empties_the_session_but_for_other_accounts_users() {
    let entries: [(&str, &str, bool); 7] = [
        ("cart", "apples", false),
        ("wechat.wx1.theirs", "2u", false),
        ("wechat.wx9", "1u\u{7f}1700000000\u{7f}o9", false),
        ("text", "a\u{7f}b", false),
        // Users and traces of accounts that this one knows nothing of.
        ("wechat.wx4", "2us\u{7f}1700000000123\u{7f}o4", true),
        ("members", "2l\u{7f}1700000000123\u{7f}o5||||||||wx5", true),
        (
            "wechat.wx6",
            "2o\u{7f}1700000000123\u{7f}3e462da50bb5c93b",
            true,
        ),
    ];
    for former in [Some(user("oA")), Some(website_user("oW", None)), None] {
        let session = session();
        match &former {
            Some(former) => store(&slot(), &session, former),
            None => session.insert(KEY, "unreadable").unwrap(),
        }
        store(&other_slot(), &session, &user_of_other("o3"));
        for (key, value, _) in entries {
            session.insert(key, value).unwrap();
        }
        session.insert("number", 7).unwrap();
        slot().forget(&session, LOGGED_OUT_AT);

        let kept = entries.iter().filter(|(.., stays)| *stays);
        let mut expected: Vec<&str> = kept.map(|(key, ..)| *key).collect();
        expected.extend([KEY, "wechat.wx3"]);
        expected.sort_unstable();
        assert_eq!(keys(&session), expected, "{former:?}");
        assert_eq!(other_slot().load(&session), known(&user_of_other("o3")));
        assert_eq!(session.status(), SessionStatus::Renewed, "{former:?}");
        let openid = former.as_ref().map_or("", |former| &former.openid);
        let logged_out = Known::Kept(Kept::LoggedOut {
            trace: trace(openid),
            at: LOGGED_OUT_AT,
        });
        assert_eq!(slot().load(&session), logged_out, "{former:?}");
    }
}

#[test]
fn log_out_leaves_no_openid() {
    for former in [joined("oABC"), website_user("oABC", Some("oXYZ"))] {
        let session = session();
        store(&slot(), &session, &former);
        slot().forget(&session, LOGGED_OUT_AT);
        let entries = format!("{:?}", *session.entries());
        assert!(entries.contains("3e462da50bb5c93b"), "{entries}");
        for gone in ["oABC", "oXYZ", "wx2"] {
            assert!(!entries.contains(gone), "{entries}");
        }
    }
}

#[test]
fn log_out_of_nobody_changes_nothing() {
    let session = session();
    slot().forget(&session, LOGGED_OUT_AT);
    assert_eq!(session.status(), SessionStatus::Unchanged);

    // Nor does a second one: what came after the first is nobody's.
    store(&slot(), &session, &user("oA"));
    slot().forget(&session, LOGGED_OUT_AT);
    session.insert("cart", 1).unwrap();
    let session = carried_over(&session);
    let before = session.entries().clone();
    slot().forget(&session, Moment::from_millis(LOGGED_OUT_AT.millis() + 1));
    assert_eq!(*session.entries(), before);
    assert_eq!(
        session.status(),
        SessionStatus::Changed,
        "what carrying over leaves"
    );
}

#[test]
fn what_came_after_a_log_out_survives_the_next_login_of_anybody() {
    // Who logs in after `oA` of the official account, and whether it is the same person.
    let table = [
        (later(user("oA")), true),
        (later(user("oB")), false),
        (later(joined("oB")), false),
        (website_user("oW", None), false),
        // The trace names an openid alone.
        (website_user("oW", Some("oXYZ")), false),
    ];
    for (next, is_same) in table {
        let session = session();
        store(&slot(), &session, &joined("oA"));
        store(&other_slot(), &session, &user_of_other("o3"));
        session.insert("cart", "of oA").unwrap();
        slot().forget(&session, LOGGED_OUT_AT);
        session.insert("basket", "of nobody").unwrap();
        session.insert("seen", 7).unwrap();

        let session = carried_over(&session);
        store(&slot(), &session, &next);
        // Users of other accounts are the former person's.
        let expected: &[&str] = if is_same {
            &["basket", "seen", KEY, "wechat.wx3"]
        } else {
            &["basket", "seen", KEY]
        };
        assert_eq!(keys(&session), expected, "{next:?}");
        assert_eq!(slot().load(&session), known(&next));
        assert_eq!(session.status(), SessionStatus::Renewed, "{next:?}");
    }
}

#[test]
fn what_cannot_be_read_is_emptied_at_the_next_login() {
    let old = "1u\u{7f}1700000000\u{7f}oA";
    let website = encode(&website_user("oA", None));
    for unreadable in [old, "", "garbage", &website] {
        let session = session();
        session.insert(KEY, unreadable).unwrap();
        session.insert("cart", 1).unwrap();
        store(&other_slot(), &session, &user_of_other("o3"));
        let without_website = Slot {
            website: None,
            ..slot()
        };
        store(&without_website, &session, &user("oA"));
        assert_eq!(keys(&session), [KEY], "{unreadable}");
        assert_eq!(slot().load(&session), known(&user("oA")), "{unreadable}");
        assert_eq!(session.status(), SessionStatus::Renewed, "{unreadable}");
    }
}

#[test]
fn what_is_known_has_a_moment_and_a_user_an_openid() {
    let session = session();
    let of = |known: Known| {
        let openid = known.openid().map(ToOwned::to_owned);
        (openid, known.since(), known.logged_out_at())
    };
    assert_eq!(of(slot().load(&session)), (None, None, None));
    store(&slot(), &session, &user("oA"));
    let openid = Some("oA".to_owned());
    assert_eq!(
        of(slot().load(&session)),
        (openid, Some(LOGGED_IN_AT), None)
    );
    slot().forget(&session, LOGGED_OUT_AT);
    let out = Some(LOGGED_OUT_AT);
    assert_eq!(of(slot().load(&session)), (None, out, out));
    session.insert(KEY, "unreadable").unwrap();
    assert_eq!(of(slot().load(&session)), (None, None, None));
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
    store(&slot(), &first, &user("oA"));
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
        store(&slot(), &session, &user);
        assert_eq!(session.status(), status, "{user:?}");
    }
}

#[test]
fn what_is_no_user_is_not_stored_over_one() {
    let forms = [
        String::new(),
        "garbage".to_owned(),
        encode_logged_out(&trace("oA"), LOGGED_OUT_AT),
    ];
    for stored in forms {
        for logged_out in [false, true] {
            let session = session();
            store(&slot(), &session, &user("oA"));
            if logged_out {
                slot().forget(&session, LOGGED_OUT_AT);
            }
            let before = session.entries().clone();
            assert_eq!(slot().store(&session, &stored), Err(NotKept), "{stored}");
            assert_eq!(*session.entries(), before, "{stored}");
        }
    }
}

#[test]
fn login_is_current_for_thirty_days_and_not_from_the_future() {
    const DAY: i64 = 24 * 3_600 * 1_000;
    // Milliseconds ago; what is less than none lies ahead.
    let table = [
        (0, true),
        (29 * DAY, true),
        (30 * DAY, true),
        (30 * DAY + 1, false),
        (31 * DAY, false),
        // Another server's clock may be a little ahead.
        (-60_000, true),
        (-60_001, false),
        (-DAY, false),
    ];
    for (ago, expected) in table {
        let now = i64::try_from(LOGGED_IN_AT.millis()).unwrap() + ago;
        let now = Moment::from_millis(u64::try_from(now).unwrap());
        assert_eq!(slot().is_current(&user("oA"), now), expected, "{ago}");
    }
    let far_ahead = WechatUser {
        logged_in_at: Moment::from_millis(u64::MAX).to_system_time().unwrap(),
        ..user("oA")
    };
    assert!(!slot().is_current(&far_ahead, LOGGED_IN_AT));
    let before_the_epoch = WechatUser {
        logged_in_at: SystemTime::UNIX_EPOCH - Duration::from_secs(1),
        ..user("oA")
    };
    assert!(!slot().is_current(&before_the_epoch, LOGGED_IN_AT));
    assert!(slot().is_current(&before_the_epoch, Moment::default()));
    let short = Slot {
        max_age: Duration::from_millis(1),
        ..slot()
    };
    assert!(short.is_current(&user("oA"), Moment::from_millis(LOGGED_IN_AT.millis() + 1)));
    assert!(!short.is_current(&user("oA"), Moment::from_millis(LOGGED_IN_AT.millis() + 2)));
}
