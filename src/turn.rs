//! [`Turn`]: whether the poll that began something is over.

use std::{cell::Cell, rc::Rc};

use actix_web::rt;

/// The poll of a request's task in which something began. Other tasks run when it is over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turn(Rc<Cell<bool>>);

impl Turn {
    pub(crate) fn is_over(&self) -> bool {
        self.0.get()
    }

    /// Said by any other task of the thread.
    pub(crate) fn end(&self) {
        self.0.set(true);
    }

    /// For who has no other task that could say it. To start one is dear.
    pub(crate) fn end_when_over(&self) {
        let turn = self.clone();
        rt::spawn(async move { turn.end() });
    }
}
