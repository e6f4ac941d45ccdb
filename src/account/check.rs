//! What [`Builder::build`] refuses, by name, and what it makes of the rest.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use secrecy::{ExposeSecret as _, SecretSlice};
use url::Url;

use crate::{
    account::{
        Account, Wechat,
        builder::Builder,
        check_logins::whose,
        config_error::ConfigError,
        doctor::Doctor,
        logins::{Extras, Logins},
        shown::Shown,
        snapshot::Snapshot,
    },
    address::{
        origins::Origins,
        public_url::{PublicUrl, base_url},
    },
    credentials::Credentials,
    events,
    exchange::{
        Exchanges,
        limit::{Limit, process_limit},
        memory::Memory,
    },
    pages::Pages,
    pages::localized::Localized,
    scope::Scope,
    session::Slot,
    sns::{Endpoints, connect::Proxy},
    visit::login_cookie::LoginCookies,
};

/// A login that is too old before its page is reached would start the next one, for ever.
const MIN_MAX_AGE: Duration = Duration::from_secs(60);
/// It stands in the session beside the user, who has most of the room.
const MAX_SESSION_KEY: usize = 64;
/// In bytes, of a key that is given.
const MIN_KEY: usize = 32;

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
        let whose = whose(&self)?;
        let public = PublicUrl::parse(self.public_url.required()?)
            .map_err(|problem| self.public_url.refused(problem))?;
        let open_url =
            base_url(&self.open_url.value).map_err(|problem| self.open_url.refused(problem))?;
        let return_origins = Origins::parse(self.return_origins.value.iter().map(String::as_str))
            .map_err(|problem| self.return_origins.refused(problem))?;
        let endpoints = endpoints(&self)?;
        check_times(&self)?;
        let account = whose.account();
        let appid = account.appid.clone();
        let session_key = session_key(self.session_key.as_deref(), &appid)?;
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
        let site_name = site_name(self.site_name.as_ref(), &public)?;
        let pages = Pages::new(&self.templates, &appid)
            .map_err(|problem| ConfigError::new("template", problem))?;
        let doctor = Doctor::examine(&self, account, &public, &open_url, &endpoints);
        let key = login_cookie_key(self.login_cookie_key.as_ref(), account);
        let extras = Extras::new(account, self.force_popup, self.lang);
        let logins = Logins::new(open_url.as_str(), whose, extras);
        let scopes = logins
            .scopes(Scope::Base)
            .and(logins.scopes(Scope::UserInfo));
        events::begin_account(&appid, scopes);
        doctor.log(&appid);
        let cookies = LoginCookies::new(&appid, public.is_https(), key?.expose_secret());
        Ok(Wechat(Arc::new(Account {
            cookies,
            slot: Slot {
                key: session_key.clone(),
                appid: appid.clone(),
                website: logins.website_appid().map(ToOwned::to_owned),
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
                appid,
                session_key,
                memory: Memory::default(),
            }),
            logins,
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

/// The key that vouches for completed logins: as given, of the app secret, else of the process.
fn login_cookie_key(
    given: Option<&SecretSlice<u8>>,
    account: &Credentials,
) -> Result<SecretSlice<u8>, ConfigError> {
    static OF_PROCESS: LazyLock<[u8; 32]> = LazyLock::new(rand::random);
    let key = match (given, account.secret()) {
        (Some(key), _) if key.expose_secret().len() < MIN_KEY => {
            return Err(ConfigError::new(
                "login_cookie_key",
                "must have 32 bytes or more",
            ));
        }
        (Some(key), _) => return Ok(key.clone()),
        (None, Some(secret)) => secret.as_bytes().to_vec(),
        (None, None) => OF_PROCESS.to_vec(),
    };
    Ok(SecretSlice::from(key))
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

/// How long WeChat's and WeCom's codes live at most.
const MAX_DEADLINE: Duration = Duration::from_secs(600);

fn check_times(builder: &Builder) -> Result<(), ConfigError> {
    if builder.deadline.is_zero() {
        return Err(ConfigError::new("deadline", "must be longer than nothing"));
    }
    if builder.deadline > MAX_DEADLINE {
        return Err(ConfigError::new(
            "deadline",
            "must be ten minutes or shorter, for no code lives longer",
        ));
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

#[cfg(test)]
#[path = "tests/check.rs"]
mod tests;
