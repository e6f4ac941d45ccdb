//! An app built on the library, over real sockets, with a clock that the tests turn.
#![cfg(feature = "simulator")]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod app;
mod events;
mod guard;
mod hook;
mod session;
mod snapshot;
mod stolen;
mod time;
mod tokens;
mod wiring;
