//! What the command line and the environment say. Nothing is decided here.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, builder::BoolishValueParser};

use crate::address::Address;

/// WeChat's side of the login, to develop and test against
///
/// It plays open.weixin.qq.com and api.weixin.qq.com: people log in without a phone, and everything
/// that can go wrong goes wrong when you say so. Whoever reaches it can be anybody, so it listens
/// on this machine only.
///
/// Exit status: 0; 1 for a failure; 2 for bad options or a bad file; 3 for a port that is taken.
#[derive(Debug, Parser)]
#[command(name = "wechat-sim", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: ServeOptions,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serves until it is stopped; this is what happens without a subcommand
    Serve(ServeOptions),
    /// Runs a command with a simulator of its own, and ends with its exit status
    ///
    /// The simulator takes free ports. The command's environment says where they are, and leads
    /// clients that hard-code WeChat's hosts through the proxy.
    Exec(ExecOptions),
    /// Says whether a simulator is ready, for health checks and scripts
    Ready(ReadyOptions),
    /// Checks a file
    Check(CheckOptions),
    /// Writes an example file
    Init(InitOptions),
    /// Prints the environment that a language's clients need: eval "$(wechat-sim env --for python)"
    Env(EnvOptions),
}

#[derive(Args, Debug, Default)]
pub(crate) struct ServeOptions {
    #[command(flatten)]
    pub(crate) file: FileOption,
    #[command(flatten)]
    pub(crate) addresses: Addresses,
    #[command(flatten)]
    pub(crate) pass_through: PassThrough,
    #[command(flatten)]
    pub(crate) certificates: TlsDir,
    /// One more host to serve, as containers call it; may be repeated
    #[arg(
        long,
        value_name = "NAME",
        env = "WECHAT_SIM_ALLOW_HOST",
        value_delimiter = ','
    )]
    pub(crate) allow_host: Vec<String>,
    #[command(flatten)]
    pub(crate) token: TokenFile,
}

#[derive(Args, Debug, Default)]
pub(crate) struct FileOption {
    /// Accounts, people and options [default: wechat-sim.toml where there is one]
    #[arg(long, value_name = "FILE", env = "WECHAT_SIM_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Args, Debug, Default)]
pub(crate) struct Addresses {
    /// Both of WeChat's hosts over plain http, and the page [default: 127.0.0.1:7301]
    #[arg(long, value_name = "ADDRESS", env = "WECHAT_SIM_HTTP")]
    pub(crate) http: Option<Address>,
    /// The same over TLS, for names in the hosts file [default: off]
    #[arg(long, value_name = "ADDRESS", env = "WECHAT_SIM_HTTPS")]
    pub(crate) https: Option<Address>,
    /// An HTTP proxy that leads to WeChat's hosts here, and nowhere else [default: off]
    #[arg(long, value_name = "ADDRESS", env = "WECHAT_SIM_PROXY")]
    pub(crate) proxy: Option<Address>,
}

#[derive(Args, Debug, Default)]
pub(crate) struct PassThrough {
    /// Lets the proxy pass on what is not WeChat's
    #[arg(
        long,
        env = "WECHAT_SIM_PASS_THROUGH",
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) pass_through: Option<bool>,
}

#[derive(Args, Debug, Default)]
pub(crate) struct TlsDir {
    /// Where certificate and CA are kept [default: a folder of the user's data]
    #[arg(long, value_name = "FOLDER", env = "WECHAT_SIM_TLS_DIR")]
    pub(crate) tls_dir: Option<PathBuf>,
}

#[derive(Args, Debug, Default)]
pub(crate) struct TokenFile {
    /// Holds what control calls must send as `authorization: Bearer TOKEN`
    #[arg(long, value_name = "FILE", env = "WECHAT_SIM_TOKEN_FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ExecOptions {
    #[command(flatten)]
    pub(crate) file: FileOption,
    #[command(flatten)]
    pub(crate) pass_through: PassThrough,
    #[command(flatten)]
    pub(crate) certificates: TlsDir,
    /// The command and its arguments
    #[arg(last = true, required = true, num_args = 1.., value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Args, Debug)]
pub(crate) struct ReadyOptions {
    #[command(flatten)]
    pub(crate) file: FileOption,
    #[command(flatten)]
    pub(crate) addresses: Addresses,
    /// How long to wait for it
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    pub(crate) wait: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct CheckOptions {
    #[arg(default_value = crate::file::NAME)]
    pub(crate) file: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct InitOptions {
    #[arg(default_value = crate::file::NAME)]
    pub(crate) file: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct EnvOptions {
    /// Whose clients
    #[arg(long = "for", value_name = "LANGUAGE")]
    pub(crate) language: Language,
    #[command(flatten)]
    pub(crate) file: FileOption,
    #[command(flatten)]
    pub(crate) addresses: Addresses,
    #[command(flatten)]
    pub(crate) certificates: TlsDir,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Python,
    Node,
    Go,
    Java,
    Php,
    Ruby,
}
