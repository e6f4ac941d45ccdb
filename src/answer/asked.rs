//! [`Asked`]: the request that is answered, and where its answer can lead.

use actix_web::{
    HttpRequest,
    http::{
        Method,
        header::{self, HeaderValue},
    },
};

use crate::{
    account::{Settings, Wechat},
    address::authorize::encode,
    address::callback::{self, Callback},
    address::state::State,
    language::Language,
    pages::Facts,
    scope::Scope,
    visit::browser,
    visit::login_cookie::LoginCookie,
};

/// The request that is answered, as far as its answer depends on it.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) wechat: Wechat,
    /// Path and query of the page, without WeChat's parameters.
    pub(crate) page: String,
    pub(crate) cookie: Option<LoginCookie>,
    /// What the extractor asks of a visitor in WeChat's browser.
    pub(crate) scope: Scope,
    pub(crate) is_get: bool,
    /// Another browser than WeChat's, for an account that treats those differently.
    pub(crate) is_outside: bool,
    pub(crate) cookies_unreadable: bool,
    // Read when the answer goes out: most are redirects, which depend on neither.
    pub(crate) languages: Vec<HeaderValue>,
    pub(crate) referer: Option<HeaderValue>,
    pub(crate) now: u64,
}

impl Asked {
    pub(crate) fn new(
        wechat: &Wechat,
        req: &HttpRequest,
        callback: Option<&Callback>,
        cookie: Option<LoginCookie>,
        scope: Scope,
        now: u64,
    ) -> Self {
        let headers = req.headers();
        let minds_browser = !wechat.0.outside.is_redirect();
        Self {
            wechat: wechat.clone(),
            page: callback::without(req.uri().path(), req.uri().query(), callback).into_owned(),
            cookie,
            scope,
            is_get: req.method() == Method::GET,
            is_outside: minds_browser && !browser::is_wechat(headers),
            cookies_unreadable: req.cookies().is_err(),
            languages: headers.get_all(header::ACCEPT_LANGUAGE).cloned().collect(),
            referer: headers.get(header::REFERER).cloned(),
            now,
        }
    }

    /// The nonce of this browser's pending login.
    pub(crate) fn nonce(&self) -> &str {
        let nonce = self.cookie.as_ref().and_then(LoginCookie::nonce);
        nonce.unwrap_or_default()
    }

    /// The pending login with one more failure counted.
    pub(crate) fn one_round_more(&self) -> Option<LoginCookie> {
        let rounds = self.cookie.as_ref()?.rounds().saturating_add(1);
        Some(LoginCookie::pend(
            self.cookie.as_ref(),
            rounds.min(State::MAX_ROUNDS),
            self.now,
        ))
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.wechat.0
    }

    /// The login page, which leads back to the page that the program ran on.
    pub(crate) fn login_url(&self, login_path: &str) -> String {
        let page = self.referred();
        let public = &self.settings().public;
        public.path(&format!("{login_path}?return_to={}", encode(&page)))
    }

    /// Where somebody logs in whose request was no navigation: at the page itself, or, for a form
    /// that was sent, where the form stood.
    pub(crate) fn way_on(&self) -> String {
        let settings = self.settings();
        match &settings.login_path {
            _ if self.is_get => settings.public.page(&self.page),
            Some(path) => self.login_url(path),
            None => settings.public.page(&self.referred()),
        }
    }

    fn referred(&self) -> String {
        let public = &self.settings().public;
        self.referer
            .as_ref()
            .and_then(|referer| public.referred(referer.to_str().ok()?))
            .unwrap_or_else(|| "/".to_owned())
    }

    pub(crate) fn language(&self) -> Language {
        Language::preferred(&self.languages)
    }

    pub(crate) fn facts<'a>(&'a self, reason: &'a str) -> Facts<'a> {
        let lang = self.language();
        Facts {
            lang,
            site_name: self.settings().site_name.of(lang),
            reason,
            ..Facts::default()
        }
    }
}
