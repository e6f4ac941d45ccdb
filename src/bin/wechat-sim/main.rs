//! `wechat-sim`: WeChat's side of the login, to develop and test against, for programs of any
//! language.
//!
//! What it plays is `actix_wechat::simulator`; here is what is around it: options and file,
//! certificates, a proxy, and the commands.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::ExitCode;

use actix_web::rt::System;
use clap::Parser as _;

use self::options::{Arguments, Command};

mod address;
mod certificates;
mod check;
mod env;
mod exec;
mod failure;
mod file;
mod init;
mod mistake;
mod options;
mod output;
mod proxy;
mod ready;
mod serve;
mod settings;
mod signals;
mod station;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let command = arguments
        .command
        .unwrap_or(Command::Serve(arguments.options));
    let done = System::new().block_on(async {
        match command {
            Command::Serve(options) => serve::serve(options).await,
            Command::Exec(options) => exec::exec(options).await,
            Command::Ready(options) => ready::ready(options).await,
            Command::Check(options) => check::check(&options),
            Command::Init(options) => init::init(&options),
            Command::Env(options) => env::env(options),
        }
    });
    done.unwrap_or_else(|failure| {
        eprintln!("wechat-sim: {failure}");
        failure.exit_code()
    })
}
