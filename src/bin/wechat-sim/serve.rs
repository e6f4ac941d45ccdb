use std::{io, process::ExitCode};

use actix_wechat::simulator::Account;

use crate::{
    address::Address, failure::Failure, options::ServeOptions, output::print, settings::Settings,
    station::Station,
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
    print(&introduction(&station, &accounts));
    stopped.await;
    Ok(ExitCode::SUCCESS)
}

/// Its last line is `ready`, and stays so: scripts wait for it.
fn introduction(station: &Station, accounts: &[Account]) -> String {
    let mut lines = vec![
        format!("wechat-sim {}", env!("CARGO_PKG_VERSION")),
        format!("http     http://{}", Address::to_reach(station.http)),
    ];
    if let Some(https) = station.https {
        lines.push(format!("https    https://{}", Address::to_reach(https)));
    }
    if let Some(proxy) = station.proxy {
        lines.push(format!("proxy    http://{}", Address::to_reach(proxy)));
    }
    lines.extend(accounts.iter().map(|account| {
        let (appid, secret) = (account.appid(), account.secret());
        format!("account  appid {appid} secret {secret}")
    }));
    if let Some(certificates) = &station.certificates {
        let (ca, expires) = (certificates.ca(), certificates.expires);
        let expires = humantime::format_rfc3339_seconds(expires);
        lines.push(format!("ca       {} expires {expires}", ca.display()));
    }
    lines.join("\n") + "\nready\n"
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
