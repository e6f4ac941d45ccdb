use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::SystemTime,
};

use actix_web::web::Data;

use super::{
    Running, Simulator,
    reply::pages,
    routes::{Certificates, Gate, Site},
    server::{self, Server, Transport},
    world::{Account, Consent, Person, Setup, World},
};

/// Sets up a [`Simulator`].
///
/// ```
/// # actix_web::rt::System::new().block_on(async {
/// use actix_wechat::simulator::{Account, Consent, Person, Simulator};
///
/// let simulator = Simulator::builder()
///     .account(Account::official("wx0123456789abcdef", "a secret", "shop.example.cn"))
///     .people([Person::named("小明"), Person::named("小红")])
///     .consent(Consent::Automatic)
///     .start()
///     .await?;
/// assert_eq!(simulator.account().appid(), "wx0123456789abcdef");
/// # simulator.stop().await;
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
#[must_use]
pub struct Builder {
    setup: Setup,
    gate: Gate,
    certificates: Option<Certificates>,
    control_api: bool,
    listen: SocketAddr,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            setup: Setup {
                accounts: Vec::new(),
                people: Person::cast(),
                clock: Box::new(SystemTime::now),
                consent: Consent::default(),
                remember: 50_000,
            },
            gate: Gate::default(),
            certificates: None,
            control_api: false,
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
        }
    }

    /// One more account. Default, if there is none: [`Account::test`].
    pub fn account(mut self, account: Account) -> Self {
        self.setup.accounts.push(account);
        self
    }

    /// The people to choose from, each once; the first is signed in. Of two with one identity the later counts. Default:
    /// [`Person::cast`].
    pub fn people(mut self, people: impl IntoIterator<Item = Person>) -> Self {
        self.setup.people = people.into_iter().collect();
        self
    }

    /// What time it is. Default: the system's; see also [`Simulator::advance`].
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.setup.clock = Box::new(clock);
        self
    }

    /// Who consents. Default: [`Consent::Ask`].
    pub fn consent(mut self, consent: Consent) -> Self {
        self.setup.consent = consent;
        self
    }

    /// Serves the control API under `/_control/v1`, for programs of any language, and a page at `/` for people: see the
    /// [module's documentation](super#control-api). Default: false, for whoever reaches it can be anybody.
    pub fn control_api(mut self, enabled: bool) -> Self {
        self.control_api = enabled;
        self
    }

    /// One more host to serve, and to take scripts' requests from: requests whose `Host` is no name of this machine, none of
    /// WeChat's and none of these are refused with 403, as are those of a page of another origin. Else a page on the internet could
    /// point a name of its own here, and log in as anybody.
    ///
    /// ```
    /// use actix_wechat::simulator::Simulator;
    ///
    /// // As the containers of a network call this one.
    /// let builder = Simulator::builder().allow_host("wechat-sim");
    /// ```
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.gate.hosts.push(host.into());
        self
    }

    /// The certificates that clients of its TLS are to trust, as PEM, for the control API to hand out: the authority's own, and a
    /// bundle with the system's beside it. Default: none, both get 404.
    ///
    /// ```
    /// use actix_wechat::simulator::Simulator;
    ///
    /// # let (ca, bundle) = (String::new(), String::new());
    /// let builder = Simulator::builder().control_api(true).certificates(ca, bundle);
    /// ```
    pub fn certificates(mut self, ca: impl Into<String>, bundle: impl Into<String>) -> Self {
        self.certificates = Some(Certificates {
            ca: ca.into(),
            bundle: bundle.into(),
        });
        self
    }

    /// What control calls must send as `authorization: Bearer TOKEN`, else they get 401. Default: nothing.
    ///
    /// ```
    /// use actix_wechat::simulator::Simulator;
    ///
    /// let builder = Simulator::builder()
    ///     .control_api(true)
    ///     .allow_host("wechat-sim")
    ///     .token("long and random")
    ///     .listen(([0, 0, 0, 0], 7301).into());
    /// ```
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.gate.token = Some(token.into());
        self
    }

    /// Where to listen: on more than loopback only with an [allowed host](Self::allow_host) and a [token](Self::token). Default: a free port of 127.0.0.1. Further addresses: [`Simulator::listen`].
    ///
    /// ```
    /// use actix_wechat::simulator::Simulator;
    ///
    /// let builder = Simulator::builder().listen(([127, 0, 0, 1], 7301).into());
    /// ```
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// How many calls, codes and tokens are remembered, each; beyond that the oldest are forgotten,
    /// also codes still good. Default: 50,000, some 100 MB at the most; a load test that measures
    /// memory sets it to what is under way at one time.
    pub fn remember(mut self, count: usize) -> Self {
        self.setup.remember = count;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// The address is not loopback, and no host is allowed or no token set ([`io::ErrorKind::InvalidInput`]), is taken ([`io::ErrorKind::AddrInUse`]) or cannot be had.
    pub async fn start(mut self) -> io::Result<Simulator> {
        pages::ready()?;
        let listener = server::bind(self.listen, &self.gate)?;
        let mut address = listener.local_addr()?;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        let url = format!("http://{address}");
        let account = match self.setup.accounts.first() {
            Some(account) => account.clone(),
            None => Account::test(),
        };
        if self.setup.accounts.is_empty() {
            self.setup.accounts.push(account.clone());
        }
        let site = Site {
            world: Data::new(World::new(self.setup)),
            certificates: self.certificates,
            gate: Data::new(self.gate),
            control_api: self.control_api,
        };
        let first = Server::start(listener, site.clone(), Transport::Plain).await?;
        Ok(Simulator(Arc::new(Running {
            url,
            account,
            site,
            servers: Mutex::new(vec![first]),
        })))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("accounts", &self.setup.accounts)
            .field("people", &self.setup.people.len())
            .field("consent", &self.setup.consent)
            .field("control_api", &self.control_api)
            .field("listen", &self.listen)
            .field("remember", &self.setup.remember)
            .finish_non_exhaustive()
    }
}
