//! The bytes of WeChat's JSON answers.
//!
//! Written by hand, not by serde: field order, `\/`, raw non-ASCII and raw control bytes are part of what a client must cope with.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::simulator::world::{Person, Rid};

/// One JSON object in the making.
#[derive(Debug)]
pub(crate) struct Answer(Vec<u8>);

impl Answer {
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(512))
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name).quoted(value.as_bytes(), false)
    }

    /// Text with its control bytes as they are, which is no JSON, and which WeChat sends.
    pub(crate) fn raw_text(&mut self, name: &str, value: &[u8]) -> &mut Self {
        self.name(name).quoted(value, true)
    }

    pub(crate) fn number(&mut self, name: &str, value: i64) -> &mut Self {
        self.name(name);
        self.0.extend_from_slice(value.to_string().as_bytes());
        self
    }

    pub(crate) fn texts(&mut self, name: &str, values: &[String]) -> &mut Self {
        self.name(name);
        self.0.push(b'[');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.0.push(b',');
            }
            self.quoted(value.as_bytes(), false);
        }
        self.0.push(b']');
        self
    }

    /// The profile's fields after `openid`, as JSON in WeChat's spelling and order.
    pub(crate) fn profile(&mut self, person: &Person, pictures: &str) -> &mut Self {
        let data = person.profile();
        match &data.raw_nickname {
            Some(nickname) => self.raw_text("nickname", nickname),
            None => self.text("nickname", &data.name),
        };
        if data.sex_as_text {
            self.text("sex", &data.sex.to_string());
        } else {
            self.number("sex", data.sex.into());
        }
        self.text("language", &data.language)
            .text("city", &data.city)
            .text("province", &data.province)
            .text("country", &data.country)
            .text("headimgurl", &person.picture(pictures))
            .texts("privilege", &data.privilege)
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }

    fn name(&mut self, name: &str) -> &mut Self {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.quoted(name.as_bytes(), false);
        self.0.push(b':');
        self
    }

    fn quoted(&mut self, value: &[u8], raw: bool) -> &mut Self {
        self.0.push(b'"');
        for &byte in value {
            match byte {
                b'"' | b'\\' | b'/' => self.0.extend_from_slice(&[b'\\', byte]),
                0..0x20 if !raw => self
                    .0
                    .extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => self.0.push(byte),
            }
        }
        self.0.push(b'"');
        self
    }
}

/// `{"errcode":N,"errmsg":"…"}`.
pub(crate) fn error(errcode: i64, rid: Rid, now: SystemTime) -> Vec<u8> {
    let mut answer = Answer::new();
    let suffix = if errcode == 0 {
        String::new()
    } else {
        suffix(rid, now)
    };
    answer
        .number("errcode", errcode)
        .text("errmsg", &format!("{}{suffix}", errmsg(errcode)));
    answer.finish()
}

fn suffix(rid: Rid, now: SystemTime) -> String {
    match rid {
        Rid::Current => {
            let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let (middle, last) = (rand::random::<u32>(), rand::random::<u32>());
            format!(", rid: {seconds:08x}-{middle:08x}-{last:08x}")
        }
        Rid::Hints => format!(", hints: [ req_id: {:08x} ]", rand::random::<u32>()),
        Rid::None => String::new(),
    }
}

fn errmsg(errcode: i64) -> &'static str {
    match errcode {
        -1 => "system error",
        0 => "ok",
        40001 => "invalid credential, access_token is invalid or not latest",
        40002 => "invalid grant_type",
        40003 => "invalid openid",
        40013 => "invalid appid",
        40014 => "invalid access_token",
        40029 => "invalid code",
        40030 => "invalid refresh_token",
        40066 => "invalid url",
        40094 => "invalid component credential",
        40125 => "invalid appsecret",
        40163 => "code been used",
        40164 => "invalid ip, not in whitelist",
        40226 => "code blocked",
        41001 => "access_token missing",
        41002 => "appid missing",
        41003 => "refresh_token missing",
        41004 => "appsecret missing",
        41008 => "missing code",
        41009 => "missing openid",
        41018 => "component_appid missing",
        42001 => "access_token expired",
        42002 => "refresh_token expired",
        42003 => "code expired",
        42007 => "access_token and refresh_token exception",
        43001 => "require GET method",
        43003 => "require https",
        45009 => "reach max api daily quota limit",
        45011 => "api minute-quota reach limit, must slower, retry next minute",
        48001 => "api unauthorized",
        48004 => "api forbidden for irregularities",
        47001 => "data format error",
        50001 => "api unauthorized or user unauthorized",
        50002 => "user limited",
        50005 => "user is unsubscribed",
        61006 => "component ticket is expired",
        61007 => "api is unauthorized to component",
        61023 => "refresh_token is invalid",
        _ => "unknown error",
    }
}
