//! What a type can do without saying so: what does not hold does not compile.

use std::{error::Error, fmt::Debug};

use actix_wechat::{
    Builder, CallError, ConfigError, Doctor, Finding, Hub, HubBuilder, Login, LoginError, Outside,
    PictureSize, Reason, Snapshot, Tokens, Wechat, WechatOpenId, WechatUser, Worker, simulator,
    testing,
};

const fn crosses_threads<T: Send + Sync + Debug>() {}
const fn moves_to_a_thread<T: Send + Debug>() {}
const fn is_shown<T: Debug>() {}
const fn is_an_error<T: Error>() {}
/// It goes through `?` of programs whose errors cross threads.
const fn is_anybodys_error<T: Into<Box<dyn Error + Send + Sync>>>() {}

const _: () = {
    crosses_threads::<Builder>();
    crosses_threads::<CallError>();
    crosses_threads::<ConfigError>();
    crosses_threads::<Doctor>();
    crosses_threads::<Finding>();
    crosses_threads::<Hub>();
    crosses_threads::<HubBuilder>();
    crosses_threads::<Login>();
    crosses_threads::<Outside>();
    crosses_threads::<PictureSize>();
    crosses_threads::<Reason>();
    crosses_threads::<Snapshot>();
    crosses_threads::<Tokens>();
    crosses_threads::<Wechat>();
    crosses_threads::<WechatOpenId>();
    crosses_threads::<WechatUser>();
    // A client of awc stays on its thread, and so does an answer that may hold a cookie to be set.
    is_shown::<Worker>();
    is_shown::<LoginError>();

    is_an_error::<LoginError>();
    is_anybodys_error::<CallError>();
    is_anybodys_error::<ConfigError>();
    is_anybodys_error::<testing::BrowserError>();
    crosses_threads::<testing::Page>();
    is_shown::<testing::Browser>();

    crosses_threads::<simulator::Account>();
    crosses_threads::<simulator::Call>();
    crosses_threads::<simulator::Consent>();
    crosses_threads::<simulator::Endpoint>();
    crosses_threads::<simulator::Fault>();
    crosses_threads::<simulator::Person>();
    crosses_threads::<simulator::Rid>();
    crosses_threads::<simulator::Simulator>();
    crosses_threads::<simulator::Snapshot>();
    moves_to_a_thread::<simulator::Builder>();
};
