use std::{
    io::{self, ErrorKind},
    process::ExitCode,
};

use actix_wechat::simulator::Account;
use tokio::process::{Child, Command};

use crate::{
    env::Place,
    failure::Failure,
    options::ExecOptions,
    settings::Settings,
    signals::{Signals, status_of},
    station::Station,
};

pub(crate) async fn exec(mut options: ExecOptions) -> Result<ExitCode, Failure> {
    let words = std::mem::take(&mut options.command);
    let Some((program, arguments)) = words.split_first() else {
        return Err(Failure::Usage(
            "name a command: `wechat-sim exec -- pytest`".to_owned(),
        ));
    };
    // Before the command starts, so that none is missed.
    let mut signals = Signals::new().map_err(|error| Failure::Failed(error.to_string()))?;
    let mut settings = Settings::of_exec(options)?;
    if settings.accounts.is_empty() {
        settings.accounts.push(Account::test());
    }
    let account = settings.accounts.swap_remove(0);
    settings.accounts.insert(0, account.clone());
    let station = Station::start(settings).await?;
    let place = Place {
        http: station.http,
        proxy: station.proxy,
        certificates: station.certificates.as_ref(),
        account: &account,
    };
    let mut command = Command::new(program);
    command.args(arguments).envs(place.variables(None));
    let name = program.display();
    let status = match command.spawn() {
        Ok(child) => wait(child, &mut signals)
            .await
            .map_err(|error| Failure::Failed(format!("cannot wait for {name}: {error}"))),
        // As shells have it.
        Err(error) => {
            eprintln!("wechat-sim: cannot run {name}: {error}");
            Ok(if error.kind() == ErrorKind::NotFound {
                127
            } else {
                126
            })
        }
    };
    status.map(ExitCode::from)
}

/// Passes signals on until the command has ended.
async fn wait(mut child: Child, signals: &mut Signals) -> io::Result<u8> {
    loop {
        tokio::select! {
            status = child.wait() => return status.map(status_of),
            signal = signals.next() => {
                if let Some(id) = child.id() {
                    signal.pass_on(id);
                }
            }
        }
    }
}
