//! [`Logins`]: at whose account a visitor logs in.

use std::sync::Arc;

use crate::{
    address::{authorize::authorize, state::State},
    credentials::Credentials,
    lang::Lang,
    scope::{Scope, Scopes},
};

/// The official account, and the website app beside it.
pub(crate) struct Logins {
    pub(crate) open_url: String,
    pub(crate) official: Arc<Credentials>,
    pub(crate) website: Option<Arc<Credentials>>,
    pub(crate) extras: Extras,
}

/// What else the pages at WeChat are asked, each parameter with its `&`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extras {
    user_info: &'static str,
    login: String,
}

impl Extras {
    pub(crate) fn new(force_popup: bool, lang: Option<Lang>) -> Self {
        Self {
            user_info: if force_popup { "&forcePopup=true" } else { "" },
            login: lang.map_or_else(String::new, |lang| ["&lang=", lang.of_qr_page()].concat()),
        }
    }

    fn of(&self, scope: Scope) -> &str {
        match scope {
            Scope::Base => "",
            Scope::UserInfo => self.user_info,
            Scope::Login => &self.login,
        }
    }
}

impl Logins {
    /// What a page asks that takes this scope: in WeChat's browser, and in others.
    pub(crate) fn scope(&self, scope: Scope, is_outside: bool) -> Scope {
        match self.website {
            Some(_) if is_outside => Scope::Login,
            _ => scope,
        }
    }

    /// What a callback to that page may have asked.
    pub(crate) fn scopes(&self, scope: Scope) -> Scopes {
        let scopes = Scopes::default().with(scope);
        match self.website {
            Some(_) => scopes.with(Scope::Login),
            None => scopes,
        }
    }

    /// Whose login a scope belongs to.
    pub(crate) fn credentials(&self, scope: Scope) -> &Arc<Credentials> {
        match (scope, &self.website) {
            (Scope::Login, Some(website)) => website,
            _ => &self.official,
        }
    }

    /// The page at WeChat where a login begins that leads back to a page of the app.
    pub(crate) fn authorize_url(&self, redirect_uri: &str, state: &State) -> String {
        let appid = &self.credentials(state.scope).appid;
        let more = self.extras.of(state.scope);
        authorize(&self.open_url, appid, redirect_uri, state, more)
    }
}
