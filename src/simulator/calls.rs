use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use serde::{Deserialize, Serialize};

use super::params::{Params, decode_text, pairs};

/// What of WeChat's was called.
///
/// ```
/// use actix_wechat::simulator::Endpoint;
///
/// assert_eq!(Endpoint::AccessToken.path(), "/sns/oauth2/access_token");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `/connect/oauth2/authorize`, a page.
    Authorize,
    /// `/sns/oauth2/access_token`, the exchange of a code.
    AccessToken,
    /// `/sns/userinfo`, the profile.
    UserInfo,
    /// `/sns/oauth2/refresh_token`.
    RefreshToken,
    /// `/sns/auth`, whether a token is good.
    Auth,
    /// `/connect/qrconnect`, a page.
    QrConnect,
}

impl Endpoint {
    pub(super) const ALL: [Self; 6] = [
        Self::Authorize,
        Self::AccessToken,
        Self::UserInfo,
        Self::RefreshToken,
        Self::Auth,
        Self::QrConnect,
    ];

    /// The path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Authorize => "/connect/oauth2/authorize",
            Self::AccessToken => "/sns/oauth2/access_token",
            Self::UserInfo => "/sns/userinfo",
            Self::RefreshToken => "/sns/oauth2/refresh_token",
            Self::Auth => "/sns/auth",
            Self::QrConnect => "/connect/qrconnect",
        }
    }
}

/// One request that the simulator received.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Call {
    /// What was called.
    pub endpoint: Endpoint,
    /// `GET`, `POST` …
    pub method: String,
    /// The path.
    pub path: &'static str,
    /// The query as it came, and after it a form's fields; secrets and tokens are replaced by `***`.
    pub query: String,
    /// When, by the simulator's clock.
    pub at: SystemTime,
    /// The code, where one was sent, else empty. Codes are the simulator's own, so they are no secret here.
    pub code: String,
}

impl Call {
    /// A parameter's decoded value, if it was sent.
    ///
    /// ```
    /// # actix_web::rt::System::new().block_on(async {
    /// use actix_wechat::simulator::Simulator;
    ///
    /// let simulator = Simulator::start().await?;
    /// let url = format!("{}/sns/auth?openid=oABC", simulator.url());
    /// awc::Client::new().get(url).send().await.unwrap();
    /// assert_eq!(simulator.calls()[0].parameter("openid").as_deref(), Some("oABC"));
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    pub fn parameter(&self, name: &str) -> Option<String> {
        let params = Params::parse(&self.query);
        params.has(name).then(|| params.get(name).to_owned())
    }
}

/// The calls, the oldest forgotten first, and how many there were.
#[derive(Debug)]
pub(super) struct CallLog {
    calls: Mutex<VecDeque<Call>>,
    counts: [AtomicUsize; Endpoint::ALL.len()],
    capacity: usize,
}

impl CallLog {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            calls: Mutex::default(),
            counts: Default::default(),
            capacity,
        }
    }

    pub(super) fn push(&self, call: Call) {
        self.counts[call.endpoint as usize].fetch_add(1, Ordering::Relaxed);
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        while calls.len() >= self.capacity.max(1) {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    pub(super) fn all(&self) -> Vec<Call> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().cloned().collect()
    }

    pub(super) fn count(&self, endpoint: Endpoint) -> usize {
        self.counts[endpoint as usize].load(Ordering::Relaxed)
    }

    pub(super) fn clear(&self) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.clear();
        for count in &self.counts {
            count.store(0, Ordering::Relaxed);
        }
    }
}

/// The query without what must not be logged: secrets and tokens by name, and every value that holds an app secret, whatever it
/// is called.
pub(super) fn masked<'a>(query: &str, secrets: impl Iterator<Item = &'a str> + Clone) -> String {
    const NAMES: [&str; 4] = [
        "secret",
        "access_token",
        "refresh_token",
        "component_access_token",
    ];
    let mut clean = String::with_capacity(query.len());
    for (raw_name, raw_value) in pairs(query) {
        let name = decode_text(raw_name);
        let value = decode_text(raw_value);
        let holds_secret = |text: &str| holds_any(text, secrets.clone());
        if !clean.is_empty() {
            clean.push('&');
        }
        clean.push_str(if holds_secret(&name) { "***" } else { raw_name });
        clean.push('=');
        let secret = NAMES.iter().any(|own| name.eq_ignore_ascii_case(own)) || holds_secret(&value);
        clean.push_str(if secret && !value.is_empty() {
            "***"
        } else {
            raw_value
        });
    }
    clean
}

/// The text, unless an app secret was put in its place.
pub(super) fn unless_secret<'a>(text: &str, secrets: impl Iterator<Item = &'a str>) -> String {
    if holds_any(text, secrets) {
        return "***".to_owned();
    }
    text.to_owned()
}

fn holds_any<'a>(text: &str, mut secrets: impl Iterator<Item = &'a str>) -> bool {
    secrets.any(|secret| !secret.is_empty() && text.contains(secret))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn secrets_are_masked_by_name_and_by_value() {
        let masked = |query| masked(query, ["s3cret"].into_iter());
        assert_eq!(
            masked("appid=wx1&secret=other&code=C"),
            "appid=wx1&secret=***&code=C"
        );
        assert_eq!(
            masked("%73ecret=x&Access_Token=y"),
            "%73ecret=***&Access_Token=***"
        );
        assert_eq!(masked("code=as3crets&s3cret=1"), "code=***&***=1");
        assert_eq!(masked("code=s3cre%74"), "code=***");
        assert_eq!(masked("secret=&a&b=%zz"), "secret=&a=&b=%zz");
    }
}
