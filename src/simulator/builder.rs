use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::SystemTime,
};

use actix_web::web::Data;

use super::{
    Running, Simulator,
    reply::pages,
    server::{self, Server},
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
    control_api: bool,
    bind: SocketAddr,
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
            control_api: false,
            bind: (Ipv4Addr::LOCALHOST, 0).into(),
        }
    }

    /// One more account. Default, if there is none: [`Account::test`].
    pub fn account(mut self, account: Account) -> Self {
        self.setup.accounts.push(account);
        self
    }

    /// The people to choose from; the first is signed in. Default: [`Person::cast`].
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

    /// Serves the control API under `/_control/`, for tests in another process: see the
    /// [module's documentation](super#control-api). Default: false, for whoever reaches it can be anybody.
    pub fn control_api(mut self, enabled: bool) -> Self {
        self.control_api = enabled;
        self
    }

    /// Where to listen: loopback only. Default: a free port of 127.0.0.1.
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.bind = address;
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
    /// The address is not loopback ([`io::ErrorKind::InvalidInput`]) or cannot be bound.
    pub async fn start(mut self) -> io::Result<Simulator> {
        if self.setup.accounts.is_empty() {
            self.setup.accounts.push(Account::test());
        }
        if !self.bind.ip().is_loopback() {
            // It lets anybody be anybody.
            let reason = "the simulator listens on loopback addresses only";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        pages::ready()?;
        let listener = server::listen(self.bind)?;
        let url = format!("http://{}", listener.local_addr()?);
        let world = Data::new(World::new(url, self.setup));
        let server = Server::start(listener, world.clone(), self.control_api).await?;
        Ok(Simulator(Arc::new(Running { world, server })))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("accounts", &self.setup.accounts)
            .field("people", &self.setup.people.len())
            .field("consent", &self.setup.consent)
            .field("control_api", &self.control_api)
            .field("bind", &self.bind)
            .field("remember", &self.setup.remember)
            .finish_non_exhaustive()
    }
}
