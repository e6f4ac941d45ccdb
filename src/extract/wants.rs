//! [`Wants`]: what the extractors of one request ask for.

use actix_web::{HttpMessage as _, HttpRequest};

use crate::scope::Scopes;

/// What the unsatisfied extractors of one request ask for, by account. A callback belongs to the
/// handler if it answers one of them.
pub(crate) struct Wants(Vec<(String, Scopes)>);

impl Wants {
    /// An extractor of this account looks at the request's callback, and asks for these scopes;
    /// none where it is satisfied.
    pub(crate) fn add(req: &HttpRequest, appid: &str, scopes: Scopes) {
        let mut extensions = req.extensions_mut();
        if let Some(Self(wants)) = extensions.get_mut::<Self>() {
            match wants.iter_mut().find(|(known, _)| known == appid) {
                Some((_, wanted)) => *wanted = wanted.and(scopes),
                None => wants.push((appid.to_owned(), scopes)),
            }
        } else {
            extensions.insert(Self(vec![(appid.to_owned(), scopes)]));
        }
    }

    pub(crate) fn of(req: &HttpRequest, appid: &str) -> Scopes {
        let extensions = req.extensions();
        let mut wants = extensions.get::<Self>().into_iter().flat_map(|it| &it.0);
        wants
            .find(|(known, _)| known == appid)
            .map(|(_, scopes)| *scopes)
            .unwrap_or_default()
    }

    /// Whether an extractor of another account looks at the request's callback.
    pub(crate) fn include_another(req: &HttpRequest, appid: &str) -> bool {
        let extensions = req.extensions();
        let mut wants = extensions.get::<Self>().into_iter().flat_map(|it| &it.0);
        wants.any(|(known, _)| known != appid)
    }
}
