//! What [`Builder::build`] refuses, by name, and what it makes of the rest.

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::{
    account::{
        Account, Wechat,
        builder::{Builder, Setting},
        config_error::ConfigError,
        doctor::Doctor,
        logins::{Extras, Logins},
        outside::Outside,
        shown::Shown,
        snapshot::Snapshot,
    },
    address::{
        origins::Origins,
        public_url::{PublicUrl, base_url},
    },
    credentials::Credentials,
    exchange::{
        Exchanges,
        limit::{Limit, process_limit},
        memory::Memory,
    },
    pages::Pages,
    pages::localized::Localized,
    session::Slot,
    sns::{Endpoints, connect::Proxy},
    visit::login_cookie::LoginCookies,
};

/// A login that is too old before its page is reached would start the next one, for ever.
const MIN_MAX_AGE: Duration = Duration::from_secs(60);
/// It stands in the session beside the user, who has most of the room.
const MAX_SESSION_KEY: usize = 64;

impl Builder {
    /// Checks all settings.
    ///
    /// What may work but probably should not is logged as a warning.
    ///
    /// # Errors
    ///
    /// The first setting that is missing or cannot work, by name.
    ///
    /// ```
    /// use actix_wechat::Wechat;
    ///
    /// let refused = Wechat::builder().appid("wx1").secret("x").public_url("/shop").build();
    /// assert_eq!(refused.unwrap_err().setting(), "public_url");
    /// ```
    pub fn build(self) -> Result<Wechat, ConfigError> {
        let official = official(&self.appid, &self.secret)?;
        let public = PublicUrl::parse(self.public_url.required()?)
            .map_err(|problem| self.public_url.refused(problem))?;
        let open_url =
            base_url(&self.open_url.value).map_err(|problem| self.open_url.refused(problem))?;
        let return_origins = Origins::parse(self.return_origins.value.iter().map(String::as_str))
            .map_err(|problem| self.return_origins.refused(problem))?;
        let endpoints = endpoints(&self)?;
        check_times(&self)?;
        let session_key = session_key(self.session_key.as_deref(), &official.appid)?;
        if let Some(path) = &self.login_path
            && (path == "/" || path.contains(['?', '#']) || !is_own_path(&public, path))
        {
            return Err(ConfigError::new(
                "login_path",
                "must be a path of this site, like `/login`, and not `/`",
            ));
        }
        if let Snapshot::Guest(path) = &self.snapshot
            && !is_own_path(&public, path)
        {
            return Err(ConfigError::new(
                "snapshot",
                "must name a path of this site, like `/`",
            ));
        }
        check_outside(&self.outside, &official.appid)?;
        let site_name = site_name(self.site_name.as_ref(), &public)?;
        let pages = Pages::new(&self.templates, &official.appid)
            .map_err(|problem| ConfigError::new("template", problem))?;
        let doctor = Doctor::examine(&self, &official, &public, &open_url, &endpoints);
        doctor.log(&official.appid);
        let website = self.outside.value.credentials();
        Ok(Wechat(Arc::new(Account {
            cookies: LoginCookies::new(
                &official.appid,
                public.is_https(),
                official.secret().as_bytes(),
            ),
            slot: Slot {
                key: session_key.clone(),
                appid: official.appid.clone(),
                website: website.map(|website| website.appid.clone()),
                max_age: self.max_age,
            },
            exchanges: Arc::new(Exchanges {
                deadline: self.deadline,
                hook: self.hook,
                accepts_snapshots: self.snapshot == Snapshot::Accept,
                limit: match self.in_flight {
                    Some(most) if most < process_limit() => Limit::of_account(most),
                    _ => Limit::of_process(),
                },
                clock: self.clock.clone(),
                lang: self.lang.unwrap_or_default(),
                appid: official.appid.clone(),
                session_key,
                memory: Memory::default(),
            }),
            logins: Logins {
                open_url: open_url.as_str().trim_end_matches('/').to_owned(),
                website: website.map(Arc::clone),
                official: Arc::new(official),
                extras: Extras::new(self.force_popup, self.lang),
            },
            shown: Shown {
                pages,
                login_path: self.login_path,
                outside: self.outside.value,
                site_name,
                ask_first: self.ask_first,
                snapshot: self.snapshot,
            },
            public,
            return_origins,
            endpoints,
            clock: self.clock,
            doctor,
        })))
    }
}

fn official(
    appid: &Setting<Option<String>>,
    secret: &Setting<Option<SecretString>>,
) -> Result<Credentials, ConfigError> {
    check_appid(appid, appid.required()?)?;
    check_id(secret, secret.required()?.expose_secret())?;
    Ok(Credentials::new(
        appid.required()?.clone(),
        secret.required()?.clone(),
    ))
}

fn endpoints(builder: &Builder) -> Result<Endpoints, ConfigError> {
    let setting = &builder.api_url;
    let bases: Vec<Url> = setting
        .value
        .split(',')
        .map(|base| base_url(base).map_err(|problem| setting.refused(problem)))
        .collect::<Result<_, _>>()?;
    let needs_tls = bases.iter().any(|base| base.scheme() == "https");
    if needs_tls && !cfg!(feature = "rustls") && builder.client.is_none() {
        return Err(setting.refused(
            "is https, which needs the feature `rustls`, or a client with TLS by `client`",
        ));
    }
    let proxy = match &builder.proxy.value {
        None => None,
        Some(_) if builder.client.is_some() => {
            return Err(builder.proxy.refused(
                "cannot be used beside `client`; set the proxy on the client, or leave one of them out",
            ));
        }
        Some(proxy) => Some(
            Proxy::parse(proxy.expose_secret())
                .map_err(|problem| builder.proxy.refused(problem))?,
        ),
    };
    Ok(Endpoints {
        bases,
        proxy,
        client: builder.client.clone(),
    })
}

fn check_times(builder: &Builder) -> Result<(), ConfigError> {
    if builder.deadline.is_zero() {
        return Err(ConfigError::new("deadline", "must be longer than nothing"));
    }
    if builder.max_age < MIN_MAX_AGE {
        return Err(ConfigError::new("max_age", "must be a minute or longer"));
    }
    if builder.in_flight == Some(0) {
        return Err(ConfigError::new("in_flight", "must be at least 1"));
    }
    Ok(())
}

fn session_key(prefix: Option<&str>, appid: &str) -> Result<String, ConfigError> {
    let prefix = prefix.unwrap_or("wechat");
    if prefix.is_empty() || prefix.len() > MAX_SESSION_KEY {
        return Err(ConfigError::new(
            "session_key",
            "must have 1 to 64 bytes, for it counts with the user in the cookie",
        ));
    }
    Ok([prefix, ".", appid].concat())
}

fn site_name(given: Option<&Localized>, public: &PublicUrl) -> Result<Localized, ConfigError> {
    match given {
        Some(name) if name.texts().any(|text| text.trim().is_empty()) => {
            Err(ConfigError::new("site_name", "must not be blank"))
        }
        Some(name) => Ok(name.clone()),
        None => Ok(public.host().into()),
    }
}

/// A path as the app itself is asked for it.
fn is_own_path(public: &PublicUrl, path: &str) -> bool {
    path.starts_with('/') && public.return_to(&public.path(path)).as_deref() == Some(path)
}

fn check_outside(outside: &Setting<Outside>, appid: &str) -> Result<(), ConfigError> {
    let Some((website_appid, website_secret, website)) = outside.value.checked() else {
        return Ok(());
    };
    let appid_setting = Setting::new(website_appid.clone(), ());
    check_appid(&appid_setting, &website.appid)?;
    check_id(&Setting::new(website_secret.clone(), ()), website.secret())?;
    if website.appid == appid {
        return Err(
            appid_setting.refused("must be the website app's own, not the official account's")
        );
    }
    Ok(())
}

/// A secret is never repeated in the message.
fn check_id<T>(setting: &Setting<T>, value: &str) -> Result<(), ConfigError> {
    const QUOTES: [char; 9] = ['"', '\'', '`', '“', '”', '‘', '’', '「', '」'];
    if value.trim().is_empty() {
        return Err(setting.refused("is blank"));
    }
    if value.contains(QUOTES) {
        return Err(setting.refused("must not be in quotes"));
    }
    if value
        .chars()
        .any(|char| char.is_whitespace() || char.is_control())
    {
        return Err(setting.refused("must not contain spaces"));
    }
    Ok(())
}

/// The appid stands in a cookie's name, where few characters may.
pub(crate) fn check_appid<T>(setting: &Setting<T>, value: &str) -> Result<(), ConfigError> {
    check_id(setting, value)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !value.bytes().all(fits) || value.len() > 64 {
        return Err(
            setting.refused("must be letters, digits, `-` and `_`, like `wx0123456789abcdef`")
        );
    }
    Ok(())
}

#[cfg(test)]
#[path = "tests/check.rs"]
mod tests;
