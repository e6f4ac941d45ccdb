//! What WeChat's API answers, read as loosely as it is written.

use std::{fmt, mem, net::Ipv4Addr, time::Duration};

use secrecy::SecretString;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use url::Url;

use crate::{
    sns::{
        Told,
        errcode::{Call, Fault},
        error::CallError,
        repair,
        tokens::Tokens,
    },
    user::WechatUser,
};

/// An answer that says that its call succeeded.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Answer {
    /// By field.
    values: [Loose; Field::Other as usize + 1],
}

/// The answer to an exchanged code.
pub(crate) struct Exchanged {
    pub(crate) openid: String,
    pub(crate) unionid: Option<String>,
    pub(crate) is_snapshotuser: bool,
    pub(crate) tokens: Tokens,
}

impl Answer {
    /// What an answer says, if it says that the call succeeded.
    pub(crate) fn read(call: Call, body: &[u8]) -> Told {
        let answer = Self::parse(body);
        let errcode = answer.as_ref().and_then(|answer| answer.errcode());
        match (answer, errcode) {
            (Some(answer), Some(0)) => Ok(answer),
            (Some(mut answer), Some(errcode)) => Err(Box::new(CallError {
                rid: rid(&answer.text(Field::Errmsg)),
                ..CallError::new(call, Fault::Errcode(errcode))
            })),
            _ => Err(Box::new(CallError::new(call, Fault::Malformed))),
        }
    }

    fn parse(body: &[u8]) -> Option<Box<Self>> {
        let text = repair::text(body);
        Self::from_json(&text).or_else(|| Self::from_json(&repair::escapes(&text)?))
    }

    /// Read where it stays, for it is half a kilobyte.
    fn from_json(text: &str) -> Option<Box<Self>> {
        let mut answer = Box::<Self>::default();
        let mut json = serde_json::Deserializer::from_str(text);
        json.deserialize_map(Fields(&mut answer)).ok()?;
        json.end().ok()?;
        Some(answer)
    }

    /// 0 where there is none; `None` where it is no number.
    fn errcode(&self) -> Option<i64> {
        let errcode = self.get(Field::Errcode);
        if errcode.is_empty() {
            Some(0)
        } else {
            errcode.as_number()
        }
    }

    /// Whether it says in so many words that all is well, as the answer to a check does.
    pub(crate) fn says_ok(&self) -> bool {
        self.get(Field::Errcode).as_number() == Some(0)
    }

    /// Whether it is the answer to an exchanged code, with what a login needs.
    pub(crate) fn names_who_logged_in(&self) -> bool {
        self.get(Field::Openid).says_something() && self.has_access_token()
    }

    pub(crate) fn has_access_token(&self) -> bool {
        self.get(Field::AccessToken).says_something()
    }

    /// Of one that [names who logged in](Self::names_who_logged_in).
    pub(crate) fn into_exchanged(mut self: Box<Self>) -> Exchanged {
        Exchanged {
            openid: self.text(Field::Openid),
            unionid: self.optional(Field::Unionid),
            is_snapshotuser: self.is_snapshotuser(),
            tokens: self.tokens("snsapi_base"),
        }
    }

    /// Of one that [has an access token](Self::has_access_token).
    pub(crate) fn into_tokens(mut self: Box<Self>) -> Tokens {
        self.tokens("")
    }

    fn tokens(&mut self, default_scope: &str) -> Tokens {
        let seconds = self.get(Field::ExpiresIn).as_number();
        let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let scope = self.optional(Field::Scope);
        Tokens {
            access_token: SecretString::from(self.text(Field::AccessToken)),
            refresh_token: SecretString::from(self.text(Field::RefreshToken)),
            expires_in: Duration::from_secs(seconds.unwrap_or_default()),
            scope: scope.unwrap_or_else(|| default_scope.to_owned()),
        }
    }

    /// Whether it is the profile of this user.
    pub(crate) fn is_of(&self, openid: &str) -> bool {
        matches!(self.get(Field::Openid), Loose::Text(told) if told == openid)
    }

    /// Hands over what it says of the profile, whatever is missing from it.
    pub(crate) fn tell(mut self: Box<Self>, user: &mut WechatUser) {
        user.is_snapshotuser |= self.is_snapshotuser();
        if user.unionid.is_none() {
            user.unionid = self.optional(Field::Unionid);
        }
        user.sex = match self.get(Field::Sex).as_number() {
            Some(1) => 1,
            Some(2) => 2,
            _ => 0,
        };
        for (field, text) in [
            (Field::Nickname, &mut user.nickname),
            (Field::Province, &mut user.province),
            (Field::City, &mut user.city),
            (Field::Country, &mut user.country),
        ] {
            *text = self.text(field);
        }
        user.headimgurl = web_address(self.text(Field::Headimgurl));
        user.privilege = self.take(Field::Privilege).into_list();
    }

    /// WeChat sends 1. Any other value counts as a yes, too: a made-up user must not get in.
    fn is_snapshotuser(&self) -> bool {
        match self.get(Field::IsSnapshotuser) {
            Loose::Nothing | Loose::Bool(false) => false,
            Loose::Text(text) => !matches!(text.as_str(), "" | "0"),
            Loose::Integer(number) => *number != 0,
            Loose::Number(number) => number.parse() != Ok(0.0_f64),
            Loose::Bool(true) | Loose::List(_) | Loose::Object => true,
        }
    }
}

/// The `rid: …` that WeChat appends to its messages.
fn rid(errmsg: &str) -> Option<String> {
    let (_, rid) = errmsg.rsplit_once("rid: ")?;
    let rid: String = rid
        .chars()
        .take_while(|char| char.is_ascii_hexdigit() || *char == '-')
        .take(64)
        .collect();
    (!rid.is_empty()).then_some(rid)
}

/// A value of any type: WeChat has sent the same field as a number, as text and not at all.
#[derive(Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
enum Loose {
    /// Missing or `null`.
    #[default]
    Nothing,
    Bool(bool),
    Integer(i64),
    /// The digits of any other number.
    Number(String),
    /// Without control characters, which WeChat's nicknames have held: each is a space.
    Text(String),
    List(Vec<Loose>),
    Object,
}

impl Loose {
    fn is_empty(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    fn as_number(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Missing, `null` and empty are alike, a number is its digits.
    fn into_text(self) -> String {
        match self {
            Self::Text(text) | Self::Number(text) => text,
            Self::Integer(number) => number.to_string(),
            _ => String::new(),
        }
    }

    fn into_optional(self) -> Option<String> {
        Some(self.into_text()).filter(|text| !text.is_empty())
    }

    /// As a text, and no other type.
    fn says_something(&self) -> bool {
        matches!(self, Self::Text(text) if !text.is_empty())
    }

    fn into_list(self) -> Vec<String> {
        match self {
            Self::List(listed) => listed.into_iter().filter_map(Self::into_optional).collect(),
            _ => Vec::new(),
        }
    }
}

/// An address of the web, or nothing: it ends in a page's `<img src>`.
fn web_address(text: String) -> String {
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        let (start, rest) = text.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    let names_a_host =
        rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':', '@']));
    let is_plain =
        |char: char| !char.is_whitespace() && !matches!(char, '\\' | '"' | '\'' | '<' | '>' | '`');
    let is_sound = || text.chars().all(is_plain) && Url::parse(&text).is_ok();
    if names_a_host && (rest.is_some_and(is_usual) || is_sound()) {
        text
    } else {
        String::new()
    }
}

/// Looks at all of them, for then processors look at many bytes at a time.
fn all(text: &str, is_sound: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, byte| all & is_sound(byte))
}

/// A quick look, which clears the pictures that WeChat sends: a plain host and a plain path are
/// sound without being parsed.
fn is_usual(rest: &str) -> bool {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'.');
    let top = host.rsplit('.').next().unwrap_or_default();
    let is_host = all(host, is_name) && top.starts_with(|char: char| char.is_ascii_alphabetic())
        || host.parse::<Ipv4Addr>().is_ok();
    let in_path =
        |byte: u8| byte.is_ascii_alphanumeric() | matches!(byte, b'/' | b'-' | b'_' | b'.');
    is_host && port.parse::<u16>().is_ok() && all(path, in_path)
}

#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Errcode,
    Errmsg,
    Openid,
    Unionid,
    #[serde(rename = "is_snapshotuser")]
    IsSnapshotuser,
    AccessToken,
    RefreshToken,
    ExpiresIn,
    Scope,
    Nickname,
    Sex,
    Province,
    City,
    Country,
    Headimgurl,
    Privilege,
    /// The last one. What is not known shares a place.
    #[serde(other)]
    Other,
}

impl Answer {
    /// If a field comes twice, the last one counts.
    fn set(&mut self, field: Field, value: Loose) {
        self.values[field as usize] = value;
    }

    fn get(&self, field: Field) -> &Loose {
        &self.values[field as usize]
    }

    fn take(&mut self, field: Field) -> Loose {
        mem::take(&mut self.values[field as usize])
    }

    fn text(&mut self, field: Field) -> String {
        self.take(field).into_text()
    }

    fn optional(&mut self, field: Field) -> Option<String> {
        self.take(field).into_optional()
    }
}

/// Reads into an answer what an object says.
struct Fields<'a>(&'a mut Answer);

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(field) = fields.next_key::<Field>()? {
            // What is skipped has to be well-formed, too.
            self.0.set(field, fields.next_value()?);
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Loose;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Loose, E> {
                Ok(Loose::Nothing)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Loose, E> {
                Ok(Loose::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Loose, E> {
                Ok(Loose::Integer(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Loose, E> {
                Ok(i64::try_from(value)
                    .map_or_else(|_| Loose::Number(value.to_string()), Loose::Integer))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Loose, E> {
                // With its point: no field of WeChat's that is a number has one.
                Ok(Loose::Number(format!("{value:?}")))
            }

            fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
                Ok(Loose::Text(if may_hold_controls(text) {
                    text.replace(char::is_control, " ")
                } else {
                    text.to_owned()
                }))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut listed: A) -> Result<Loose, A::Error> {
                let mut list = Vec::new();
                while let Some(value) = listed.next_element()? {
                    list.push(value);
                }
                Ok(Loose::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Loose, A::Error> {
                while fields.next_entry::<Loose, Loose>()?.is_some() {}
                Ok(Loose::Object)
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// A quick look at the bytes, which clears nearly all text: the characters U+0080 to U+009F begin
/// with the byte C2, as do some harmless ones. It goes on to the end, for then processors look at
/// many bytes at a time.
fn may_hold_controls(text: &str) -> bool {
    text.bytes().fold(false, |found, byte| {
        found | byte.is_ascii_control() | (byte == 0xc2)
    })
}

#[cfg(test)]
#[path = "tests/read.rs"]
mod tests;
