//! What goes out: WeChat's JSON and pages, whole or spoiled on purpose, and the copies of callbacks.

pub(crate) use self::{
    answer::{Answer, error as error_body},
    domain_check::check_domain,
    duplicate::Duplicate,
    http::Reply,
    refusal::Refusal,
    spoil::{Connection, spoil},
};

mod answer;
mod domain_check;
mod duplicate;
mod http;
pub(crate) mod pages;
mod refusal;
mod spoil;
