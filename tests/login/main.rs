//! An app built on the library, over real sockets, with a clock that the tests turn.

mod accounts;
mod authorize;
mod choose_account;
mod events;
mod flight;
mod guard;
mod hook;
mod load;
mod platform;
mod session;
mod snapshot;
mod stolen;
mod time;
mod tokens;
mod website;
mod wiring;
mod wx_login;
