//! Tells when a sibling extractor has answered a callback before the login was complete.

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex, PoisonError},
};

use actix_web::HttpRequest;

use crate::{account::Wechat, events, turn::Turn};

/// One event a route, and for so many routes at most.
const MOST_ROUTES: usize = 64;
static TOLD: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// Watches an extraction whose URL carries a callback.
///
/// actix polls all extractors of a handler together, and the first error wins: the others are
/// dropped in the same poll. A connection that is reset drops them later.
pub(crate) struct Watch {
    req: HttpRequest,
    wechat: Wechat,
    turn: Turn,
    is_done: bool,
}

impl Watch {
    pub(crate) fn start(req: &HttpRequest, wechat: &Wechat, turn: &Turn) -> Self {
        Self {
            req: req.clone(),
            wechat: wechat.clone(),
            turn: turn.clone(),
            is_done: false,
        }
    }

    pub(crate) fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        let appid = self.wechat.appid();
        if self.turn.is_over() {
            events::login_dropped(appid);
            return;
        }
        let route = self.req.match_pattern().unwrap_or_default();
        let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST_ROUTES && told.insert(route.clone()) {
            events::login_preempted(appid, &route);
        }
    }
}
