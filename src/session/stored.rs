//! The stored form of a user, and what it may cost.
//!
//! A cached page pays for every byte of the session cookie, so a user is one delimited string. Its
//! first character is a version: an unknown form means "not logged in".

use std::array;

use sha2::{Digest as _, Sha256};

use crate::{clock::Moment, events, parts::parts, scope::Scope, user::WechatUser};

/// DEL: one byte that JSON does not escape. No field holds it, because control characters are
/// removed.
const DELIMITER: char = '\u{7f}';
const VERSION: char = '2';
/// In place of a scope: somebody was logged in here.
const LOGGED_OUT: char = 'o';
const SNAPSHOT: char = 's';

/// The user's part of the session cookie, in bytes of JSON. Encryption, base64 and
/// percent-encoding make up to 1.45 bytes of cookie of each, and a cookie that begins with the user
/// has a name and attributes, too: at most 1,500 bytes in all.
const BUDGET: usize = 960;

/// The fields in their order; the privileges follow, as many as there are. Empty ones at the end
/// are left out.
#[derive(Default)]
struct Fields<'a> {
    /// Version, scope, and whether it is a snapshot user.
    kind: &'a str,
    /// In milliseconds.
    at: &'a str,
    openid: &'a str,
    unionid: &'a str,
    nickname: &'a str,
    sex: &'a str,
    headimgurl: &'a str,
    province: &'a str,
    city: &'a str,
    country: &'a str,
    /// The website app's; the session's key names the official account's.
    appid: &'a str,
    privilege: Vec<&'a str>,
}

impl<'a> Fields<'a> {
    fn split(stored: &'a str) -> Self {
        let mut fields = parts(stored, DELIMITER);
        let [
            kind,
            at,
            openid,
            unionid,
            nickname,
            sex,
            headimgurl,
            province,
            city,
            country,
            appid,
        ] = array::from_fn(|_| fields.next().unwrap_or_default());
        Self {
            kind,
            at,
            openid,
            unionid,
            nickname,
            sex,
            headimgurl,
            province,
            city,
            country,
            appid,
            privilege: fields.collect(),
        }
    }

    fn join(&self) -> String {
        let named = [
            self.kind,
            self.at,
            self.openid,
            self.unionid,
            self.nickname,
            self.sex,
            self.headimgurl,
            self.province,
            self.city,
            self.country,
            self.appid,
        ];
        let all = || named.iter().chain(&self.privilege);
        let mut stored = String::with_capacity(all().map(|field| field.len() + 1).sum());
        for field in all() {
            stored.push_str(field);
            stored.push(DELIMITER);
        }
        stored.truncate(stored.trim_end_matches(DELIMITER).len());
        stored
    }
}

/// What a session keeps of one account's user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "moved once, on the path of every cached page"
)]
pub(crate) enum Kept {
    User(WechatUser),
    /// Logged out, and when: proof that the session is kept.
    LoggedOut {
        trace: String,
        at: Moment,
    },
}

/// Reads a stored form of this appid, or of the website app's.
pub(crate) fn decode(stored: &str, appid: &str, website: Option<&str>) -> Option<Kept> {
    let fields = Fields::split(stored);
    let mut kind = fields.kind.chars();
    if kind.next() != Some(VERSION) {
        return None;
    }
    let scope = kind.next()?;
    let is_snapshotuser = match kind.as_str() {
        "" => false,
        flag if flag.chars().eq([SNAPSHOT]) => true,
        _ => return None,
    };
    let at = Moment::from_millis(fields.at.parse().ok()?);
    if fields.openid.is_empty() {
        return None;
    }
    if scope == LOGGED_OUT {
        return Some(Kept::LoggedOut {
            trace: fields.openid.to_owned(),
            at,
        });
    }
    let scope = Scope::from_letter(scope)?;
    let appid = match scope {
        Scope::Base | Scope::UserInfo => appid,
        Scope::Login => website.filter(|appid| *appid == fields.appid)?,
    };
    Some(Kept::User(WechatUser {
        appid: appid.to_owned(),
        openid: fields.openid.to_owned(),
        unionid: Some(fields.unionid)
            .filter(|unionid| !unionid.is_empty())
            .map(ToOwned::to_owned),
        nickname: fields.nickname.to_owned(),
        sex: fields.sex.parse().unwrap_or_default(),
        province: fields.province.to_owned(),
        city: fields.city.to_owned(),
        country: fields.country.to_owned(),
        headimgurl: fields.headimgurl.to_owned(),
        privilege: fields
            .privilege
            .into_iter()
            .map(ToOwned::to_owned)
            .collect(),
        is_snapshotuser,
        scope: scope.name(),
        logged_in_at: at.to_system_time()?,
    }))
}

pub(crate) fn encode(user: &WechatUser) -> String {
    let scope = Scope::ALL
        .into_iter()
        .find(|scope| scope.name() == user.scope)
        .unwrap_or(Scope::UserInfo);
    let mut kind = String::from(VERSION);
    kind.push(scope.letter());
    if user.is_snapshotuser {
        kind.push(SNAPSHOT);
    }
    let at = Moment::from(user.logged_in_at).millis().to_string();
    Fields {
        kind: &kind,
        at: &at,
        openid: &user.openid,
        unionid: user.unionid.as_deref().unwrap_or_default(),
        nickname: &user.nickname,
        sex: match user.sex {
            1 => "1",
            2 => "2",
            _ => "",
        },
        headimgurl: &user.headimgurl,
        province: &user.province,
        city: &user.city,
        country: &user.country,
        appid: if scope == Scope::Login {
            &user.appid
        } else {
            ""
        },
        privilege: user.privilege.iter().map(String::as_str).collect(),
    }
    .join()
}

/// What is left of somebody who logged out.
pub(crate) fn encode_logged_out(trace: &str, at: Moment) -> String {
    Fields {
        kind: &String::from_iter([VERSION, LOGGED_OUT]),
        at: &at.millis().to_string(),
        openid: trace,
        ..Fields::default()
    }
    .join()
}

/// What tells one user of an account from another, without an openid.
pub(crate) fn trace(openid: &str) -> String {
    const LEN: usize = 16;
    let digest = Sha256::digest(openid);
    digest[..LEN / 2]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Whether an entry of a session, as JSON, is some account's user.
pub(crate) fn is_users(json: &str) -> bool {
    let head = json
        .strip_prefix('"')
        .and_then(|text| text.split_once(DELIMITER));
    head.is_some_and(|(kind, _)| {
        let mut kind = kind.chars();
        kind.next() == Some(VERSION)
            && kind
                .next()
                .is_some_and(|scope| scope == LOGGED_OUT || Scope::from_letter(scope).is_some())
            && matches!(kind.as_str(), "" | "s")
    })
}

/// Even without its optional fields the user does not fit into a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// The stored form, without the optional fields that do not fit: first the privileges go, then the
/// region, the picture, the nickname's end; never the openid or the unionid.
pub(crate) fn encode_within(user: &WechatUser, key: &str, appid: &str) -> Result<String, TooLarge> {
    type Cut = fn(&mut WechatUser);
    const NICKNAME_CHARS: usize = 32;
    let cuts: [(&str, Cut); 4] = [
        ("privilege", |user| user.privilege.clear()),
        ("region", |user| {
            user.province.clear();
            user.city.clear();
            user.country.clear();
        }),
        ("headimgurl", |user| user.headimgurl.clear()),
        ("nickname", |user| {
            user.nickname = user.nickname.chars().take(NICKNAME_CHARS).collect();
        }),
    ];
    let mut stored = encode(user);
    if cost(key, &stored) <= BUDGET {
        return Ok(stored);
    }
    let mut user = user.clone();
    for (field, cut) in cuts {
        cut(&mut user);
        let shorter = encode(&user);
        if shorter == stored {
            continue;
        }
        events::user_cut(appid, field);
        stored = shorter;
        if cost(key, &stored) <= BUDGET {
            return Ok(stored);
        }
    }
    events::user_too_large(appid);
    Err(TooLarge)
}

/// What the entry takes in the session's JSON, in which each value is JSON once more.
fn cost(key: &str, stored: &str) -> usize {
    // A quote or a back slash is escaped, and then both characters once more.
    let escaped = stored
        .bytes()
        .filter(|byte| matches!(byte, b'"' | b'\\'))
        .count();
    // The value's own quotes are escaped in those around it.
    key.len() + stored.len() + 3 * escaped + r#""\"\"""#.len()
}

#[cfg(test)]
#[path = "tests/stored.rs"]
mod tests;
