//! What the fuzz targets under `tests/fuzz` call, and what must hold for any input. `cargo fuzz`
//! alone compiles it, so that the targets reach private code without a wider public API.

use actix_session::SessionExt as _;
use actix_web::{
    http::header::{COOKIE, HeaderMap, HeaderValue},
    test::TestRequest,
};
use url::Url;

use crate::{
    address::callback::{Callback, clean},
    address::public_url::PublicUrl,
    address::state::State,
    scope::Scope,
    session::{Known, Slot},
    sns::errcode::{Call, verdict},
    sns::read::{Exchanged, read},
    user::{PictureSize, WechatUser},
    visit::login_cookie::LoginCookie,
};

const NOW: u64 = 1_700_000_000;
const CALLBACK: &str = "code=C&state=0u0123456789abcdefABCDEF0123456789";

/// The body of an answer of WeChat's, whatever call it answers.
pub fn answer(body: &[u8]) {
    for call in [Call::Exchange, Call::Profile, Call::Refresh, Call::Check] {
        match read(call, body) {
            Err(err) => assert!(verdict(call, err.fault).tries > 0),
            Ok(answer) => {
                let exchanged = Exchanged::read(&answer);
                let openid = exchanged.map_or_else(|| "o".to_owned(), |told| told.openid);
                let mut user = WechatUser::without_profile("wx1", openid, Scope::UserInfo);
                user.read_profile(&answer);
                assert!(!user.openid.is_empty() && !user.display_name().is_empty());
                assert!(!user.nickname.contains(char::is_control) && user.sex <= 2);
                assert_eq!(
                    user.picture(PictureSize::Px46).is_none(),
                    user.headimgurl.is_empty()
                );
                store_and_load(&user);
            }
        }
    }
}

/// The query of a request, which is also tried as a `return_to` and a `Referer`.
pub fn callback(query: &str) {
    let page = clean("/p", Some(query)).into_owned();
    assert!(page.len() <= query.len() + "/p?".len());
    if Callback::find(query).is_none() {
        assert_eq!(page, format!("/p?{query}"));
    }
    let appended = format!("{query}&{CALLBACK}");
    assert_eq!(clean("/p", Some(&appended)), format!("/p?{query}"));
    assert!(Callback::find(&appended).is_some_and(|found| found.code.as_deref() == Some("C")));

    for base in ["https://shop.example.cn", "https://shop.example.cn/pre"] {
        let Ok(public) = PublicUrl::parse(base) else {
            unreachable!()
        };
        let from = Url::parse("https://shop.example.cn/login");
        for page in [public.return_to(query), public.referred(query)]
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
    let Ok(line) = HeaderValue::from_bytes(line) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, line);
    let Some(found) = LoginCookie::find(&headers, "wechat.wx1", NOW) else {
        return;
    };
    assert_eq!(
        LoginCookie::parse(&found.encode(), NOW).as_ref(),
        Some(&found)
    );
    assert!(found.rounds() <= State::MAX_ROUNDS);
    let next = LoginCookie::pend(Some(&found), found.rounds(), NOW);
    let state = State {
        rounds: next.rounds(),
        scope: Scope::UserInfo,
        own_codes: 0,
        challenge: next.challenge().unwrap_or_default(),
    };
    assert_eq!(State::parse(&state.encode()), Some(state));
}

/// The user's entry in a session.
pub fn stored_user(form: &str) {
    if let Some(Known::User(user)) = SLOT.decode(form) {
        assert!(!user.openid.is_empty());
        store_and_load(&user);
    }
}

const SLOT: Slot<'static> = Slot {
    key: "wechat.wx1",
    appid: "wx1",
    website: Some("wx2"),
};

fn store_and_load(user: &WechatUser) {
    let session = TestRequest::default().to_http_request().get_session();
    let stored = SLOT.store(&session, user);
    let loaded = match SLOT.load(&session) {
        Some(Known::User(loaded)) => Some((loaded.openid, loaded.unionid)),
        _ => None,
    };
    let expected = stored
        .is_ok()
        .then(|| (user.openid.clone(), user.unionid.clone()));
    assert_eq!(loaded, expected);
}
