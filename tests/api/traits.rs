//! What a type can do without saying so.

use std::{error::Error, fmt::Debug};

use actix_wechat::{
    Builder, CallError, ConfigError, Doctor, Finding, Hub, HubBuilder, Login, LoginError, Outside,
    PictureSize, Reason, Snapshot, Tokens, Wechat, WechatOpenId, WechatUser, Worker,
};

fn crosses_threads<T: Send + Sync + Debug>() {}
fn is_shown<T: Debug>() {}
fn is_an_error<T: Error>() {}

#[test]
fn what_is_shared_crosses_threads() {
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
}

/// A client of awc stays on its thread, and so does an answer that may hold a cookie to be set.
#[test]
fn what_belongs_to_a_worker_is_shown_at_least() {
    is_shown::<Worker>();
    is_shown::<LoginError>();
}

#[test]
fn errors_are_errors() {
    is_an_error::<CallError>();
    is_an_error::<ConfigError>();
    is_an_error::<LoginError>();
    // They go through `?` of programs whose errors cross threads.
    let _: fn(ConfigError) -> Box<dyn Error + Send + Sync> = Into::into;
    let _: fn(CallError) -> Box<dyn Error + Send + Sync> = Into::into;
}

#[cfg(feature = "simulator")]
#[test]
fn a_simulator_is_shared_and_its_parts_are() {
    use actix_wechat::simulator::{
        Account, Builder, Call, Consent, Endpoint, Fault, Person, Rid, Simulator, Snapshot,
    };
    crosses_threads::<Account>();
    crosses_threads::<Call>();
    crosses_threads::<Consent>();
    crosses_threads::<Endpoint>();
    crosses_threads::<Fault>();
    crosses_threads::<Person>();
    crosses_threads::<Rid>();
    crosses_threads::<Simulator>();
    crosses_threads::<Snapshot>();
    is_shown::<Builder>();
}
