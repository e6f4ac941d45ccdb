//! [`Logins`]: at whose account a visitor logs in.

use std::sync::Arc;

use crate::{
    address::{authorize::authorize, state::State},
    credentials::Credentials,
    lang::Lang,
    scope::{Scope, Scopes},
};

/// An official account, a website app, or both: who logs in in WeChat's browser, and who in others.
pub(crate) struct Logins {
    open_url: String,
    /// Its appid is the account's name everywhere.
    account: Arc<Credentials>,
    official: Option<Arc<Credentials>>,
    website: Option<Arc<Credentials>>,
    extras: Extras,
}

/// Whose logins they are.
pub(crate) enum Whose {
    /// An official account's, and those of a website app beside it for other browsers than WeChat's.
    Official {
        official: Credentials,
        website: Option<Credentials>,
    },
    /// Those of a website app alone: there is none within WeChat.
    Website(Credentials),
}

impl Whose {
    pub(crate) fn account(&self) -> &Credentials {
        match self {
            Self::Official { official, .. } => official,
            Self::Website(website) => website,
        }
    }
}

/// What else the pages at WeChat are asked, each parameter with its `&`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extras {
    base: String,
    user_info: String,
    login: String,
}

impl Extras {
    pub(crate) fn new(official: &Credentials, force_popup: bool, lang: Option<Lang>) -> Self {
        // Documented to stand right behind `state`.
        let base = official
            .component_appid()
            .map_or_else(String::new, |appid| ["&component_appid=", appid].concat());
        let popup = if force_popup { "&forcePopup=true" } else { "" };
        Self {
            user_info: [&base, popup].concat(),
            base,
            login: lang.map_or_else(String::new, |lang| ["&lang=", lang.of_qr_page()].concat()),
        }
    }

    fn of(&self, scope: Scope) -> &str {
        match scope {
            Scope::Base => &self.base,
            Scope::UserInfo => &self.user_info,
            Scope::Login => &self.login,
        }
    }
}

impl Logins {
    pub(crate) fn new(open_url: &str, whose: Whose, extras: Extras) -> Self {
        let (account, official, website) = match whose {
            Whose::Official { official, website } => {
                let official = Arc::new(official);
                (Arc::clone(&official), Some(official), website.map(Arc::new))
            }
            Whose::Website(website) => {
                let website = Arc::new(website);
                (Arc::clone(&website), None, Some(website))
            }
        };
        Self {
            open_url: open_url.trim_end_matches('/').to_owned(),
            account,
            official,
            website,
            extras,
        }
    }

    /// The account's own, whose appid it goes by.
    pub(crate) fn account(&self) -> &Credentials {
        &self.account
    }

    pub(crate) fn open_url(&self) -> &str {
        &self.open_url
    }

    /// The appid that WeChat appends to a callback: the account's own, where it is logged in to
    /// through a platform.
    pub(crate) fn appended(&self) -> Option<&str> {
        let official = self.official.as_ref()?;
        official.component_appid().map(|_| official.appid.as_str())
    }

    /// Whose appid this is.
    pub(crate) fn find(&self, appid: &str) -> Option<&Credentials> {
        let known = [&self.official, &self.website].into_iter().flatten();
        known.map(Arc::as_ref).find(|it| it.appid == appid)
    }

    /// The website app's appid, where that login is offered.
    pub(crate) fn website_appid(&self) -> Option<&str> {
        self.website.as_ref().map(|website| website.appid.as_str())
    }

    /// What a page asks that takes this scope, in WeChat's browser or in another; `None` where there
    /// is no login for that browser.
    pub(crate) fn scope(&self, scope: Scope, is_outside: bool) -> Option<Scope> {
        match (&self.website, &self.official) {
            (Some(_), _) if is_outside => Some(Scope::Login),
            (_, Some(_)) => Some(scope),
            (_, None) => None,
        }
    }

    /// What a callback to that page may have asked.
    pub(crate) fn scopes(&self, scope: Scope) -> Scopes {
        let asked = |login: &Option<_>, scope| match login {
            Some(_) => Scopes::default().with(scope),
            None => Scopes::default(),
        };
        asked(&self.official, scope).and(asked(&self.website, Scope::Login))
    }

    /// Whose login a scope belongs to.
    pub(crate) fn credentials(&self, scope: Scope) -> &Arc<Credentials> {
        let login = match scope {
            Scope::Base | Scope::UserInfo => &self.official,
            Scope::Login => &self.website,
        };
        login.as_ref().unwrap_or(&self.account)
    }

    /// The page at WeChat where a login begins that leads back to a page of the app.
    pub(crate) fn authorize_url(&self, redirect_uri: &str, state: &State) -> String {
        let appid = &self.credentials(state.scope).appid;
        let more = self.extras.of(state.scope);
        authorize(&self.open_url, appid, redirect_uri, state, more)
    }
}
