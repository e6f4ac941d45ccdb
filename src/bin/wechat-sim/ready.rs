use std::{
    net::SocketAddr,
    process::ExitCode,
    time::{Duration, Instant},
};

use actix_web::rt::{net::TcpStream, time};
use awc::Client;
use serde_json::Value;

use crate::{address::Address, failure::Failure, options::ReadyOptions, settings::Settings};

const BETWEEN: Duration = Duration::from_millis(25);
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) async fn ready(options: ReadyOptions) -> Result<ExitCode, Failure> {
    let settings = Settings::of_addresses(options.file.config.as_deref(), options.addresses, None)?;
    let begun = Instant::now();
    loop {
        let problem = match look(&settings).await {
            Ok(()) => return Ok(ExitCode::SUCCESS),
            Err(problem) => problem,
        };
        if begun.elapsed() >= options.wait {
            return Err(Failure::Failed(problem));
        }
        time::sleep(BETWEEN).await;
    }
}

/// Each address, for it takes them one after the other.
async fn look(settings: &Settings) -> Result<(), String> {
    let http = Address::to_reach(settings.http);
    let asked = Client::builder()
        .timeout(PATIENCE)
        .finish()
        .get(format!("http://{http}/_control/v1/readyz"))
        .send()
        .await;
    let mut answer = asked.map_err(|_| nobody(http))?;
    let body = answer.json::<Value>().await.unwrap_or_default();
    if body["ready"] != true {
        return Err(format!(
            "what answers at {http} is no simulator: it says {}; end it, or name another address \
             with `--http`",
            answer.status()
        ));
    }
    for address in [settings.https, settings.proxy].into_iter().flatten() {
        let address = Address::to_reach(address);
        let connected = time::timeout(PATIENCE, TcpStream::connect(address)).await;
        if !matches!(connected, Ok(Ok(_))) {
            return Err(nobody(address));
        }
    }
    Ok(())
}

fn nobody(address: SocketAddr) -> String {
    format!("nobody answers at {address}: start `wechat-sim`, or wait with `--wait 30s`")
}
