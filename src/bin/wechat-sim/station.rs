use std::{
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr, TcpListener},
};

use actix_wechat::simulator::Simulator;

use crate::{
    address::Address,
    certificates::Certificates,
    failure::Failure,
    proxy::{self, Ways},
    settings::Settings,
};

/// How many calls, codes and tokens: more than a test suite has under way, and some thirty
/// megabytes at the most.
const REMEMBERED: usize = 10_000;

/// A simulator at all its addresses.
pub(crate) struct Station {
    pub(crate) simulator: Simulator,
    pub(crate) http: SocketAddr,
    pub(crate) https: Option<SocketAddr>,
    pub(crate) proxy: Option<SocketAddr>,
    /// Where something speaks TLS.
    pub(crate) certificates: Option<Certificates>,
}

impl Station {
    pub(crate) async fn start(settings: Settings) -> Result<Self, Failure> {
        let tls = settings.https.is_some() || settings.proxy.is_some();
        let certificates = tls
            .then(|| Certificates::ensure(settings.tls_dir.as_deref()))
            .transpose()?;
        // A port that is taken is told before anything runs.
        let proxy = settings
            .proxy
            .map(|address| {
                TcpListener::bind(address).map_err(|error| unbound("proxy", address, &error))
            })
            .transpose()?;
        let mut builder = Simulator::builder()
            .consent(settings.consent)
            .control_api(true)
            .remember(REMEMBERED)
            .listen(settings.http);
        for account in settings.accounts {
            builder = builder.account(account);
        }
        if !settings.people.is_empty() {
            builder = builder.people(settings.people);
        }
        for host in settings.allow_host {
            builder = builder.allow_host(host);
        }
        if let Some(token) = settings.token {
            builder = builder.token(token);
        }
        if let Some(certificates) = &certificates {
            let (ca, bundle) = certificates.pems()?;
            builder = builder.certificates(ca, bundle);
        }
        let simulator = builder
            .start()
            .await
            .map_err(|error| unbound("http", settings.http, &error))?;
        let mut station = Self {
            http: http_address(&simulator, settings.http)?,
            simulator,
            https: None,
            proxy: None,
            certificates,
        };
        if let Some(address) = settings.https {
            let address = station.listen_tls(address).await;
            station.https = Some(address.map_err(|error| {
                unbound("https", settings.https.unwrap_or(settings.http), &error)
            })?);
        }
        if let Some(listener) = proxy {
            station
                .start_proxy(listener, settings.pass_through)
                .await
                .map_err(|error| Failure::Failed(format!("the proxy does not start: {error}")))?;
        }
        Ok(station)
    }

    async fn listen_tls(&self, address: SocketAddr) -> io::Result<SocketAddr> {
        let certificates = self
            .certificates
            .as_ref()
            .ok_or_else(|| io::Error::other("there is no certificate"))?;
        let config = certificates.server_config().map_err(io::Error::other)?;
        self.simulator.listen_tls(address, config).await
    }

    async fn start_proxy(&mut self, listener: TcpListener, pass_through: bool) -> io::Result<()> {
        self.proxy = Some(listener.local_addr()?);
        let https = match self.https {
            Some(address) => address,
            None => self.listen_tls((Ipv4Addr::LOCALHOST, 0).into()).await?,
        };
        let ways = Ways {
            simulator: self.simulator.clone(),
            http: Address::to_reach(self.http),
            https: Address::to_reach(https),
            pass_through,
        };
        proxy::start(listener, ways)
    }
}

/// The port is another one where a free one was asked for.
fn http_address(simulator: &Simulator, asked: SocketAddr) -> Result<SocketAddr, Failure> {
    let port = simulator
        .url()
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok())
        .ok_or_else(|| Failure::Failed("the simulator has no port".to_owned()))?;
    Ok(SocketAddr::new(asked.ip(), port))
}

fn unbound(option: &str, address: SocketAddr, error: &io::Error) -> Failure {
    let at = format!("`--{option} {address}`");
    match error.kind() {
        ErrorKind::AddrInUse => Failure::PortTaken(format!(
            "{at}: the port is taken by another program: name another one, or end that program"
        )),
        ErrorKind::PermissionDenied => Failure::Failed(format!(
            "{at}: {error}: ports below 1024 are root's; take another one, or use `--proxy`"
        )),
        ErrorKind::AddrNotAvailable => Failure::Failed(format!(
            "{at}: {error}: it is not this machine's; take 127.0.0.1"
        )),
        _ => Failure::Failed(format!("{at}: {error}")),
    }
}
