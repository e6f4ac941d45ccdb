//! Tells when a sibling extractor has answered a callback before the login was complete.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    future::Future,
    pin::Pin,
    rc::{Rc, Weak},
    sync::{LazyLock, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use actix_web::{HttpRequest, rt};

use crate::{account::Wechat, events};

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
    turns: Weak<Turns>,
    turn: u64,
    is_done: bool,
}

impl Watch {
    pub(crate) fn start(req: &HttpRequest, wechat: &Wechat) -> Self {
        let turns = Turns::of_thread();
        Self {
            req: req.clone(),
            wechat: wechat.clone(),
            turn: turns.end_this_one(),
            turns: Rc::downgrade(&turns),
            is_done: false,
        }
    }

    pub(crate) fn done(mut self) {
        self.is_done = true;
    }

    fn poll_is_over(&self) -> bool {
        // Without turns the runtime has shut down.
        let turns = self.turns.upgrade();
        turns.is_none_or(|turns| turns.ended.get() != self.turn)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        let appid = self.wechat.appid();
        if self.poll_is_over() {
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

/// Counts the turns of a thread's tasks, as far as somebody asks: a task that runs as soon as the
/// one that asks has given way. One for all, because to start a task is dear.
#[derive(Default)]
struct Turns {
    ended: Cell<u64>,
    waker: RefCell<Option<Waker>>,
}

thread_local! {
    /// Owned by their task: it ends with its runtime, and the thread may start another.
    static TURNS: RefCell<Weak<Turns>> = RefCell::default();
}

impl Turns {
    fn of_thread() -> Rc<Self> {
        TURNS.with_borrow_mut(|known| {
            known.upgrade().unwrap_or_else(|| {
                let turns = Rc::<Self>::default();
                *known = Rc::downgrade(&turns);
                rt::spawn(Counting(Rc::clone(&turns)));
                turns
            })
        })
    }

    /// Returns how many have ended before.
    fn end_this_one(&self) -> u64 {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
        self.ended.get()
    }
}

struct Counting(Rc<Turns>);

impl Future for Counting {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let turns = &self.0;
        turns.ended.set(turns.ended.get().wrapping_add(1));
        let mut waker = turns.waker.borrow_mut();
        if waker.is_none() {
            // A task keeps its waker as long as it lives.
            *waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}
