//! What goes out: WeChat's JSON and pages, whole or spoiled on purpose, and the copies of callbacks.

pub(crate) use self::{
    answer::{Answer, error as error_body},
    duplicate::Duplicate,
    http::Reply,
    spoil::{Connection, spoil},
};

mod answer;
mod duplicate;
mod http;
pub(crate) mod pages;
mod spoil;
