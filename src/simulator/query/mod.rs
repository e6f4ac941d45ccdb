//! What a request says: its query, the address it asks to be sent back to, and what of it may be logged. Pure, and without any idea
//! of WeChat's state.

pub(crate) use self::{
    address::address,
    mask::{masked, unless_secret},
    params::{Params, decode, decode_text},
    target::{Target, header_safe},
};

mod address;
mod mask;
mod params;
mod target;
