use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use actix_wechat::simulator::Account;

use crate::{
    address::Address, failure::Failure, options::ServeOptions, settings::Settings, station::Station,
};

pub(crate) async fn serve(options: ServeOptions) -> Result<ExitCode, Failure> {
    // Before anything starts, so that no signal is missed.
    let stopped = stop_signal().map_err(|error| Failure::Failed(error.to_string()))?;
    let mut settings = Settings::of(options)?;
    if settings.accounts.is_empty() {
        settings.accounts.push(Account::test());
    }
    let accounts = settings.accounts.clone();
    let station = Station::start(settings).await?;
    // Nobody may be reading.
    let _ = introduce(&station, &accounts);
    stopped.await;
    station.simulator.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Its last line is `ready`, and stays so: scripts wait for it.
fn introduce(station: &Station, accounts: &[Account]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "wechat-sim {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "http     http://{}", Address::to_reach(station.http))?;
    if let Some(https) = station.https {
        writeln!(out, "https    https://{}", Address::to_reach(https))?;
    }
    if let Some(proxy) = station.proxy {
        writeln!(out, "proxy    http://{}", Address::to_reach(proxy))?;
    }
    for account in accounts {
        writeln!(
            out,
            "account  appid {} secret {}",
            account.appid(),
            account.secret()
        )?;
    }
    if let Some(certificates) = &station.certificates {
        writeln!(
            out,
            "ca       {} expires {}",
            certificates.ca().display(),
            humantime::format_rfc3339_seconds(certificates.expires)
        )?;
    }
    writeln!(out, "ready")?;
    out.flush()
}

#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler the process ends by itself.
        let _ = tokio::signal::ctrl_c().await;
    })
}
