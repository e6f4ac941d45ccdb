//! What the fuzz targets under `tests/fuzz` call, and what must hold for any input. `cargo fuzz`
//! alone compiles it, so that the targets reach private code without a wider public API.

use std::time::Duration;

use actix_session::SessionExt as _;
use actix_web::{
    http::header::{COOKIE, HeaderMap, HeaderValue},
    test::TestRequest,
};
use url::Url;

use crate::{
    address::{
        callback::{Callback, clean, without_returns},
        public_url::PublicUrl,
        state::State,
    },
    clock::Moment,
    scope::Scope,
    session::{
        Known, Slot,
        stored::{Kept, encode, encode_logged_out, encode_within},
    },
    sns::{
        errcode::{Call, verdict},
        read::Answer,
    },
    user::{PictureSize, WechatUser},
    visit::{
        cookies::{are_unreadable, cookies, look_alikes},
        login_cookie::{LoginCookies, Pending},
    },
};

const NOW: Moment = Moment::from_millis(1_700_000_000_000);
const CALLBACK: &str = "code=C&state=0u0123456789abcdefABCDEF0123456789";

/// The body of an answer of WeChat's, whatever call it answers.
pub fn answer(body: &[u8]) {
    for call in [Call::Exchange, Call::Profile, Call::Refresh, Call::Check] {
        let read = || Answer::read(call, body);
        let answer = match read() {
            Err(err) => {
                assert!(verdict(call, err.fault).tries > 0);
                continue;
            }
            Ok(answer) => answer,
        };
        let exchanged = read().ok().filter(|told| told.names_who_logged_in());
        let openid = exchanged.map_or_else(|| "o".to_owned(), |it| it.into_exchanged().openid);
        let mut user = WechatUser::without_profile("wx1", openid, Scope::UserInfo);
        answer.tell(&mut user);
        assert!(!user.openid.is_empty() && !user.display_name().is_empty());
        assert!(!user.nickname.contains(char::is_control) && user.sex <= 2);
        assert_eq!(
            user.picture(PictureSize::Px46).is_none(),
            user.headimgurl.is_empty()
        );
        store_and_load(&user);
    }
}

/// The query of a request, which is also tried as a `return_to` and a `Referer`.
pub fn callback(query: &str) {
    let page = clean("/p", Some(query), None).into_owned();
    assert!(page.len() <= query.len() + "/p?".len());
    if Callback::find(query, None).is_none() {
        assert_eq!(page, format!("/p?{query}"));
    }
    let appended = format!("{query}&{CALLBACK}");
    assert_eq!(clean("/p", Some(&appended), None), format!("/p?{query}"));
    assert!(
        Callback::find(&appended, None).is_some_and(|found| found.code.as_deref() == Some("C"))
    );

    let whole = format!("/p?{query}");
    let (page, returns) = without_returns(&whole, usize::MAX, None);
    assert_eq!(page == whole, returns == 0);

    for base in ["https://shop.example.cn", "https://shop.example.cn/pre"] {
        let Ok(public) = PublicUrl::parse(base) else {
            unreachable!()
        };
        let from = Url::parse("https://shop.example.cn/login");
        for page in [public.return_to(query), public.referred(query, None)]
            .into_iter()
            .flatten()
        {
            let to = from.as_ref().map(|from| from.join(&public.path(&page)));
            let is_ours = |to: &Url| to.as_str().starts_with(base) && to.as_str().ends_with(&page);
            assert!(to.is_ok_and(|to| to.is_ok_and(|to| is_ours(&to))), "{page}");
        }
    }
}

/// The value of a request's `Cookie` header.
pub fn login_cookie(line: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(line) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, value);
    assert_eq!(are_unreadable(&headers), std::str::from_utf8(line).is_err());
    for name in look_alikes(&headers) {
        assert!(!name.starts_with(b"__Host-"));
        assert!(cookies(&headers).any(|(known, _)| known == name));
    }
    let account = LoginCookies::new("wx1", false, b"s3cret");
    let Some(found) = account.find(&headers, NOW) else {
        return;
    };
    assert!(found.rounds() <= State::MAX_ROUNDS);
    let set = account.set(&found, NOW);
    let sent = set.split(';').next().unwrap_or_default();
    let again = HeaderValue::from_str(sent).map(|value| {
        headers.insert(COOKIE, value);
        account.find(&headers, NOW)
    });
    assert!(again.is_ok_and(|again| again.as_ref() == Some(&found)));

    let next = Pending::renew(Some(&found), found.rounds(), "/p", NOW);
    assert!(next.is_for_one_code_less("/p?code=C"));
    let state = State {
        rounds: next.rounds,
        scope: Scope::UserInfo,
        own_codes: 0,
        challenge: next.challenge(),
    };
    assert_eq!(State::parse(&state.encode()), Some(state));
}

/// The user's entry in a session.
pub fn stored_user(form: &str) {
    let session = TestRequest::default().to_http_request().get_session();
    if session.insert(KEY, form).is_err() {
        return;
    }
    let slot = slot();
    match slot.load(&session) {
        Known::Kept(Kept::User(user)) => {
            assert!(!user.openid.is_empty());
            store_and_load(&user);
        }
        Known::Kept(Kept::LoggedOut { trace, at }) => {
            let session = TestRequest::default().to_http_request().get_session();
            let stored = session.insert(KEY, encode_logged_out(&trace, at));
            let again = Known::Kept(Kept::LoggedOut { trace, at });
            assert!(stored.is_ok() && slot.load(&session) == again);
        }
        Known::Unreadable => {}
        Known::Nobody => unreachable!(),
    }
    slot.forget(&session, NOW);
    assert!(slot.load(&session).logged_out_at().is_some());
}

const KEY: &str = "wechat.wx1";

fn slot() -> Slot {
    Slot {
        key: KEY.to_owned(),
        appid: "wx1".to_owned(),
        website: Some("wx2".to_owned()),
        max_age: Duration::from_secs(30 * 24 * 3_600),
    }
}

fn store_and_load(user: &WechatUser) {
    let session = TestRequest::default().to_http_request().get_session();
    let slot = slot();
    let Ok(stored) = encode_within(user, &slot.key, &slot.appid) else {
        assert!(encode(user).len() > 500);
        return;
    };
    assert_eq!(slot.store(&session, &stored), Ok(()));
    let loaded = match slot.load(&session) {
        Known::Kept(Kept::User(loaded)) => Some((loaded.openid, loaded.unionid)),
        _ => None,
    };
    assert_eq!(loaded, Some((user.openid.clone(), user.unionid.clone())));
}
