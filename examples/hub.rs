//! The authorize endpoint at an account's callback domain, for apps at other hosts and ports.
//!
//! | variable | default |
//! | --- | --- |
//! | `LISTEN` | `127.0.0.1:8009`; all of a host name's addresses |
//! | `WECHAT_PUBLIC_URL` | `http://` and `LISTEN` |
//! | `WECHAT_HUB_ORIGINS` | required: where visitors may be sent back to, separated by commas |
//! | `WECHAT_HUB_APPIDS` | any account |
//! | `WECHAT_OPEN_URL` | `https://open.weixin.qq.com` |
//! | `RUST_LOG` | `info` |
//!
//! ```sh
//! WECHAT_HUB_ORIGINS=http://localhost:8008 cargo run --example hub
//! ```
//!
//! An app behind it sets its authorize host to the hub: `WECHAT_OPEN_URL=http://127.0.0.1:8009`.

use std::{
    env,
    io::IsTerminal as _,
    net::{SocketAddr, ToSocketAddrs as _},
    process::ExitCode,
};

use actix_web::{App, HttpServer};
use actix_wechat::Hub;
use tracing_subscriber::EnvFilter;

#[actix_web::main]
async fn main() -> ExitCode {
    let (hub, listen) = match settings() {
        Ok(settings) => settings,
        Err(problem) => {
            eprintln!("hub: {problem}");
            return ExitCode::from(2);
        }
    };
    match serve(hub, &listen).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("hub: cannot listen where `LISTEN` says: {err}");
            ExitCode::from(1)
        }
    }
}

/// What is wrong with it is said in one line that names the variable.
fn settings() -> Result<(Hub, Vec<SocketAddr>), String> {
    let filter = variable("RUST_LOG")?.unwrap_or_else(|| "info".to_owned());
    let filter = EnvFilter::try_new(filter)
        .map_err(|err| format!("`RUST_LOG` must be a log filter: {err}"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    let listen = variable("LISTEN")?.unwrap_or_else(|| "127.0.0.1:8009".to_owned());
    let addresses = listen
        .to_socket_addrs()
        .map_err(|_| "`LISTEN` must be host and port, like `127.0.0.1:8009`")?;
    let mut builder = Hub::from_env().map_err(|err| err.to_string())?;
    if variable("WECHAT_PUBLIC_URL")?.is_none() {
        builder = builder.public_url(format!("http://{listen}"));
    }
    let hub = builder.build().map_err(|err| err.to_string())?;
    Ok((hub, addresses.collect()))
}

fn variable(name: &str) -> Result<Option<String>, String> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(format!("`{name}` is not UTF-8")),
    }
}

/// At `SIGTERM` the requests under way finish.
async fn serve(hub: Hub, listen: &[SocketAddr]) -> std::io::Result<()> {
    HttpServer::new(move || App::new().service(hub.clone()))
        .bind(listen)?
        .run()
        .await
}
