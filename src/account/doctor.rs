//! [`Doctor`]: settings that can work, but probably do not do what was meant.
//!
//! [`Builder::build`](crate::Builder::build) refuses settings that cannot work.

use std::fmt;

use url::Url;

use crate::{
    account::builder::{API_URL, Builder, OPEN_URL},
    address::public_url::{PublicUrl, is_loopback},
    credentials::Credentials,
    events,
    exchange::limit::{self, open_files, process_limit},
    sns::Endpoints,
};

/// The hosts of WeChat's API, of which `api` is the usual one.
const API_HOSTS: [&str; 5] = [
    "api.weixin.qq.com",
    "api2.weixin.qq.com",
    "sh.api.weixin.qq.com",
    "sz.api.weixin.qq.com",
    "hk.api.weixin.qq.com",
];

/// What is risky about the settings; empty where all is well. Made by
/// [`Wechat::doctor`](crate::Wechat::doctor).
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
    setting: String,
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
    pub fn setting(&self) -> &str {
        &self.setting
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

    pub(crate) fn examine(
        builder: &Builder,
        account: &Credentials,
        public: &PublicUrl,
        open_url: &Url,
        endpoints: &Endpoints,
    ) -> Self {
        let mut doctor = Self(Vec::new());
        doctor.credentials(builder, account);
        doctor.public_url(&builder.public_url.name, public, is_wechats_page(open_url));
        doctor.open_url(builder, open_url, endpoints);
        doctor.api_url(&builder.api_url.name, open_url, endpoints);
        doctor.in_flight(builder.in_flight);
        doctor
    }

    /// Tells the operator at start.
    pub(crate) fn log(&self, appid: &str) {
        for Finding { setting, advice } in &self.0 {
            events::config_risk(appid, setting, advice);
        }
    }

    fn note(&mut self, setting: &str, advice: impl Into<String>) {
        self.0.push(Finding {
            setting: setting.to_owned(),
            advice: advice.into(),
        });
    }

    fn credentials(&mut self, builder: &Builder, account: &Credentials) {
        let (appid_name, secret_name) = match builder.outside.value.as_website() {
            Some(website) if !builder.has_credentials() => {
                (&website.appid.name, &website.secret.name)
            }
            _ => (&builder.appid.name, &builder.secret.name),
        };
        let appid = account.appid.as_str();
        let is_usual = appid
            .strip_prefix("wx")
            .is_some_and(|rest| is_hex(rest, 16));
        if appid.starts_with("ww") {
            self.note(
                appid_name,
                "looks like a WeCom corp id; this is WeChat's login, which wants an appid of WeChat's",
            );
        } else if !is_usual {
            self.note(
                appid_name,
                "is not `wx` and 16 hex digits, as WeChat's are; compare it with the account's settings (10013, 40013)",
            );
        }
        if account.secret().is_some_and(|secret| !is_hex(secret, 32)) {
            self.note(
                secret_name,
                "is not 32 hex digits, as WeChat's are; copy it again from the account's settings (40125)",
            );
        }
    }

    fn public_url(&mut self, name: &str, public: &PublicUrl, is_wechat: bool) {
        if is_wechat && public.is_loopback() {
            self.note(
                name,
                "is this machine itself, which no phone reaches; name the host that visitors use",
            );
        } else if is_wechat && (public.has_port() || public.is_ip()) {
            self.note(
                name,
                "has a port or an IP address, which WeChat refuses (10003) but for test accounts; serve ports 80 and 443 of a domain",
            );
        }
        if !public.is_https() && !public.is_loopback() {
            self.note(
                name,
                "is plain http: others on the way read the session, and a sibling host can plant a login cookie; serve https",
            );
        }
        if !public.path("").is_empty() {
            self.note(
                name,
                format!(
                    "has the prefix `{}`: the proxy must strip it, and everything else at this host shares the cookies",
                    public.path("")
                ),
            );
        }
    }

    fn open_url(&mut self, builder: &Builder, open_url: &Url, endpoints: &Endpoints) {
        let (name, api_url) = (&builder.open_url.name, &builder.api_url.name);
        if is_simulator(open_url, endpoints) {
            self.note(
                name,
                format!(
                    "is `{open_url}`, as is `{api_url}`: a simulator, with which anybody can log in as anybody; leave both unset where real users come"
                ),
            );
        } else if !is_wechats_page(open_url) {
            self.foreign(name, open_url, OPEN_URL);
        }
    }

    fn api_url(&mut self, name: &str, open_url: &Url, endpoints: &Endpoints) {
        if !is_simulator(open_url, endpoints) {
            for base in endpoints.bases.iter().filter(|base| !is_wechats_api(base)) {
                self.foreign(name, base, API_URL);
            }
        }
        let needs_tls = endpoints.bases.iter().any(|base| base.scheme() == "https");
        if needs_tls && !cfg!(feature = "rustls") {
            self.note(
                name,
                "is https and the feature `rustls` is off: the client given to `client` must bring TLS",
            );
        }
    }

    fn foreign(&mut self, name: &str, url: &Url, wechats: &str) {
        self.note(name, if url.scheme() == "http" && !is_loopback(url) {
            format!("is `{url}`: plain http carries secrets and codes in the clear; use https")
        } else {
            format!(
                "is `{url}` and not WeChat's `{wechats}`: whoever is there can log in as anybody; leave it unset unless it is yours"
            )
        });
    }

    fn in_flight(&mut self, wanted: Option<usize>) {
        let limit = process_limit();
        let (Some(files), true) = (open_files(), limit < limit::MOST) else {
            return;
        };
        if wanted.is_none_or(|wanted| wanted > limit) {
            self.note(
                "in_flight",
                format!(
                    "is {limit}, a third of the {files} files that this process may open; raise that limit (`ulimit -n`), or set `in_flight` to at most {limit}"
                ),
            );
        }
    }
}

fn is_hex(text: &str, len: usize) -> bool {
    text.len() == len
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_wechats_page(url: &Url) -> bool {
    url.as_str().trim_end_matches('/') == OPEN_URL
}

fn is_wechats_api(url: &Url) -> bool {
    url.scheme() == "https"
        && url.port().is_none()
        && url.path() == "/"
        && url.host_str().is_some_and(|host| API_HOSTS.contains(&host))
}

/// Both of WeChat's hosts at one address of this machine.
fn is_simulator(open_url: &Url, endpoints: &Endpoints) -> bool {
    is_loopback(open_url) && endpoints.bases.iter().all(|base| base == open_url)
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

#[cfg(test)]
#[path = "tests/doctor.rs"]
mod tests;
