//! [`Asking`]: what the extractors of one request ask for.

use actix_web::{HttpMessage as _, HttpRequest};

use crate::{account::Wechat, extract::identity::Identity, scope::Scope, visit::decide::Scopes};

/// What the extractors of one request ask for, by account, as far as the session does not satisfy
/// them: a callback belongs to the handler if it carries what one of them asked.
pub(crate) struct Asking(Vec<(Wechat, Scopes)>);

impl Asking {
    pub(crate) fn add<I: Identity>(req: &HttpRequest, wechat: &Wechat) {
        let mut scopes = Self::of(req, wechat).with(I::SCOPE);
        if wechat.0.website().is_some() {
            scopes = scopes.with(Scope::Login);
        }
        let mut extensions = req.extensions_mut();
        match extensions.get_mut::<Self>() {
            Some(Self(asking)) => {
                asking.retain(|(known, _)| known.appid() != wechat.appid());
                asking.push((wechat.clone(), scopes));
            }
            None => {
                extensions.insert(Self(vec![(wechat.clone(), scopes)]));
            }
        }
    }

    pub(crate) fn of(req: &HttpRequest, wechat: &Wechat) -> Scopes {
        let extensions = req.extensions();
        let mut asking = extensions.get::<Self>().into_iter().flat_map(|it| &it.0);
        asking
            .find(|(known, _)| known.appid() == wechat.appid())
            .map(|(_, scopes)| *scopes)
            .unwrap_or_default()
    }
}
