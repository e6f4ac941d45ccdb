//! [`Wants`]: what the extractors of one request ask for.

use actix_web::{HttpMessage as _, HttpRequest};

use crate::{account::Wechat, scope::Scopes};

/// What the unsatisfied extractors of one request ask for, by account. A callback belongs to the
/// handler if it answers one of them.
pub(crate) struct Wants(Vec<(Wechat, Scopes)>);

impl Wants {
    /// An extractor of this account looks at the request's callback, and asks for these scopes;
    /// none where it is satisfied.
    pub(crate) fn add(req: &HttpRequest, wechat: &Wechat, scopes: Scopes) {
        let mut extensions = req.extensions_mut();
        if let Some(Self(wants)) = extensions.get_mut::<Self>() {
            let is_known = |(known, _): &&mut (Wechat, Scopes)| known.appid() == wechat.appid();
            match wants.iter_mut().find(is_known) {
                Some((_, wanted)) => *wanted = wanted.and(scopes),
                None => wants.push((wechat.clone(), scopes)),
            }
        } else {
            extensions.insert(Self(vec![(wechat.clone(), scopes)]));
        }
    }

    pub(crate) fn of(req: &HttpRequest, appid: &str) -> Scopes {
        let extensions = req.extensions();
        let mut wants = extensions.get::<Self>().into_iter().flat_map(|it| &it.0);
        wants
            .find(|(known, _)| known.appid() == appid)
            .map(|(_, scopes)| *scopes)
            .unwrap_or_default()
    }

    /// Whether an extractor of another account looks at the request's callback.
    pub(crate) fn include_another(req: &HttpRequest, appid: &str) -> bool {
        let extensions = req.extensions();
        let mut wants = extensions.get::<Self>().into_iter().flat_map(|it| &it.0);
        wants.any(|(known, _)| known.appid() != appid)
    }
}
