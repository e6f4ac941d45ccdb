//! WeChat's HTTP API.

pub(crate) mod errcode;
pub(crate) mod error;
pub(crate) mod read;
