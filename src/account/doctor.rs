//! [`Doctor`]: what works by the letter of the settings, but probably not as it was meant.
//!
//! What cannot work is refused by [`Builder::build`](crate::Builder::build) and never comes here.

use std::fmt;

use url::Url;

use crate::{
    account::builder::{API_URL, OPEN_URL},
    account::{Settings, Wechat},
    address::public_url::is_loopback,
};

/// What a look at the settings found, in words. Made by [`Wechat::doctor`]; empty where all is well.
///
/// ```
/// # fn main() -> Result<(), actix_wechat::ConfigError> {
/// let wechat = actix_wechat::Wechat::builder()
///     .appid("wx0123456789abcdef")
///     .secret("0123456789abcdef0123456789abcdef")
///     .public_url("http://203.0.113.7:8008")
///     .build()?;
/// let doctor = wechat.doctor();
/// assert!(doctor.findings().iter().any(|finding| finding.setting() == "public_url"));
/// println!("{doctor}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doctor(Vec<Finding>);

/// One thing to look at.
///
/// ```
/// # fn example(finding: &actix_wechat::Finding) -> String {
/// format!("{}: {}", finding.setting(), finding.advice())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    setting: &'static str,
    advice: String,
}

impl Finding {
    /// The setting that it is about.
    ///
    /// ```
    /// # fn example(finding: &actix_wechat::Finding) -> bool {
    /// finding.setting() == "public_url"
    /// # }
    /// ```
    #[must_use]
    pub fn setting(&self) -> &'static str {
        self.setting
    }

    /// What is risky about it, and what to do.
    ///
    /// ```
    /// # fn example(finding: &actix_wechat::Finding) -> usize {
    /// finding.advice().len()
    /// # }
    /// ```
    #[must_use]
    pub fn advice(&self) -> &str {
        &self.advice
    }
}

impl Doctor {
    /// All findings.
    ///
    /// ```
    /// # fn example(doctor: &actix_wechat::Doctor) -> bool {
    /// doctor.findings().is_empty()
    /// # }
    /// ```
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.0
    }

    pub(crate) fn examine(settings: &Settings) -> Self {
        let mut doctor = Self(Vec::new());
        doctor.appid(settings);
        doctor.public_url(settings);
        doctor.endpoints(settings);
        doctor
    }

    fn note(&mut self, setting: &'static str, advice: impl Into<String>) {
        self.0.push(Finding {
            setting,
            advice: advice.into(),
        });
    }

    fn appid(&mut self, settings: &Settings) {
        let appid = settings.account.appid.as_str();
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_usual = appid
            .strip_prefix("wx")
            .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(is_hex));
        if appid.starts_with("ww") {
            self.note(
                "appid",
                "looks like a WeCom corp id; this is WeChat's login, which wants an official account's appid",
            );
        } else if !is_usual {
            self.note(
                "appid",
                "is not `wx` and 16 hex digits, as WeChat's are; compare it with the account's settings (10013, 40013)",
            );
        }
    }

    fn public_url(&mut self, settings: &Settings) {
        let public = &settings.public;
        let is_wechat = settings.open_url == OPEN_URL;
        if is_wechat && public.is_loopback() {
            self.note(
                "public_url",
                "is this machine itself, which no phone reaches; name the host that visitors use",
            );
        } else if is_wechat && (public.has_port() || public.is_ip()) {
            self.note(
                "public_url",
                "has a port or an IP address, which WeChat refuses (10003) but for test accounts; serve ports 80 and 443 of a domain",
            );
        }
        if !public.is_https() && !public.is_loopback() {
            self.note(
                "public_url",
                "is plain http: others on the way read the session, and a sibling host can plant a login cookie; serve https",
            );
        }
        if !public.path("").is_empty() {
            self.note(
                "public_url",
                format!(
                    "has the prefix `{}`: the proxy must strip it, and everything else at this host shares the cookies",
                    public.path("")
                ),
            );
        }
    }

    fn endpoints(&mut self, settings: &Settings) {
        for (setting, url, wechats) in [
            ("open_url", &settings.open_url, OPEN_URL),
            ("api_url", &settings.api_url, API_URL),
        ] {
            let is_here = Url::parse(url).is_ok_and(|url| is_loopback(&url));
            if url == wechats {
                continue;
            }
            if url.starts_with("http:") && !is_here {
                self.note(
                    setting,
                    format!(
                        "is `{url}`: plain http carries secrets and codes in the clear; use https"
                    ),
                );
            } else if is_here && settings.open_url == settings.api_url {
                self.note(
                    setting,
                    format!(
                        "is `{url}`, as is `api_url`: a simulator, with which anybody can log in as anybody; leave both unset where real users come"
                    ),
                );
                break;
            } else {
                self.note(
                    setting,
                    format!(
                        "is `{url}` and not WeChat's `{wechats}`: whoever is there can log in as anybody; leave it unset unless it is yours"
                    ),
                );
            }
        }
        if settings.api_url.starts_with("https:") && !cfg!(feature = "rustls") {
            self.note(
                "api_url",
                "is https and the feature `rustls` is off: the client given to `worker_with` must bring TLS",
            );
        }
    }
}

impl fmt::Display for Doctor {
    /// One line a finding.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing to complain of");
        }
        for (at, Finding { setting, advice }) in self.0.iter().enumerate() {
            let line_break = if at == 0 { "" } else { "\n" };
            write!(f, "{line_break}`{setting}` {advice}")?;
        }
        Ok(())
    }
}

impl Wechat {
    /// Looks for settings that work by the letter, but probably not as they were meant.
    ///
    /// [`Builder::build`](crate::Builder::build) logs the same as warnings. One thing shows only at
    /// the first login: a missing or misplaced `SessionMiddleware`, which ends on the page
    /// [`SessionLost`](crate::Reason::SessionLost) and is named in the log.
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// # let wechat = actix_wechat::Wechat::builder().appid("wx0123456789abcdef").secret("secret")
    /// #     .public_url("https://shop.example.cn").build()?;
    /// assert_eq!(wechat.doctor().to_string(), "nothing to complain of");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn doctor(&self) -> Doctor {
        Doctor::examine(&self.0)
    }
}

#[cfg(test)]
#[path = "tests/doctor.rs"]
mod tests;
