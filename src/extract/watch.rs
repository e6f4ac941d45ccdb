//! Tells when a sibling extractor has answered a callback before the login was complete.

use std::{
    cell::Cell,
    collections::HashSet,
    rc::Rc,
    sync::{LazyLock, Mutex, PoisonError},
};

use actix_web::{HttpRequest, rt};

use crate::events;

/// One event a route, and for so many routes at most.
const MOST_ROUTES: usize = 64;
static TOLD: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// Watches an extraction whose URL carries a callback.
///
/// actix polls all extractors of a handler together, and the first error wins: the others are
/// dropped in the same poll. A connection that is reset drops them later.
pub(crate) struct Watch {
    req: HttpRequest,
    appid: String,
    poll_is_over: Rc<Cell<bool>>,
    is_done: bool,
}

impl Watch {
    pub(crate) fn start(req: &HttpRequest, appid: &str) -> Self {
        let poll_is_over = Rc::new(Cell::new(false));
        let flag = Rc::clone(&poll_is_over);
        // It runs as soon as the task that polls the handler has given way.
        rt::spawn(async move { flag.set(true) });
        Self {
            req: req.clone(),
            appid: appid.to_owned(),
            poll_is_over,
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
        let appid = self.appid.as_str();
        if self.poll_is_over.get() {
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
