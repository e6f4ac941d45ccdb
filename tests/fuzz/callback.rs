#![no_main]

use actix_wechat::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| fuzzing::callback(text));
