#![no_main]

use actix_wechat::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzzing::login_cookie(bytes));
