//! WeChat's side of the login, to develop and test against.
//!
//! A small HTTP server on a loopback port that plays `open.weixin.qq.com` and `api.weixin.qq.com`: the authorize page with its
//! consent, the website login by QR code, and the four `/sns/*` calls, byte for byte as WeChat answers them. It shares no code with
//! the rest of this crate: a mistake made twice would hide itself.
//!
//! ```
//! # actix_web::rt::System::new().block_on(async {
//! use actix_wechat::simulator::{Consent, Endpoint, Fault, Person, Simulator};
//!
//! let simulator = Simulator::start().await?;
//! println!("both of WeChat's hosts are at {}", simulator.url());
//!
//! // A person sees a consent page. A test wants none, and chooses who logs in:
//! simulator.set_consent(Consent::Automatic);
//! simulator.sign_in(Person::named("小明"));
//!
//! // What if WeChat is busy once, and has spent the code all the same?
//! simulator.fault_times(Endpoint::AccessToken, Fault::BusyAfterSpending, 1);
//!
//! // … drive the application here …
//!
//! assert_eq!(simulator.count(Endpoint::AccessToken), 0);
//! simulator.stop().await;
//! # std::io::Result::Ok(())
//! # }).unwrap();
//! ```
//!
//! # What it plays
//!
//! * **Accounts** ([`Account`]): a test account by default, which allows loopback addresses and any browser; official accounts and
//!   website apps with all of WeChat's checks; and switches for what has been reported of WeChat but not documented.
//! * **People** ([`Person`]): ordinary ones, and ones whose names break pages and parsers.
//! * **Faults** ([`Fault`]): errors, late and broken answers, broken connections, for one call or for all.
//! * **Replays** ([`Replay`]): callbacks opened twice, again, or by somebody else.
//! * **Time**: [`Simulator::advance`] lets codes and tokens expire at once.
//! * **A log** ([`Call`]) of all calls, without secrets.
//!
//! Not played: the component (third-party platform) endpoints, message push, and the check of the domain verification file. The
//! cookies of a [`Snapshot`] page are kept apart by whoever drives the browser.
//!
//! # Not for anybody else
//!
//! Whoever reaches the simulator can log in as anybody. It listens on loopback addresses, unless a host is
//! [allowed](Builder::allow_host) and a [token](Builder::token) set; it refuses requests for other hosts than this machine, WeChat's
//! and those allowed, and from pages of others; and its feature has no place in a production build.
//!
//! # Control API
//!
//! With [`Builder::control_api`], tests in another process steer it by JSON over HTTP:
//!
//! | call | body |
//! | --- | --- |
//! | `GET /_control/calls` | answers `counts` by path and `calls`; `DELETE` clears them |
//! | `GET /_control/people` | answers `signed_in` and `people` with `id` and `name` |
//! | `POST /_control/sign_in` | `{"name":"小红"}`; a new name is a new person |
//! | `POST /_control/consent` | `{"consent":"ask"}`, `"automatic"` or `"refuse"` |
//! | `POST /_control/faults` | `{"endpoint":"user_info","fault":{"errcode":45009},"times":2}`; without `times` from now on; faults without a value are plain strings: `"fault":"hang"`; `{"delay":{"secs":2,"nanos":0}}`; `DELETE` clears them |
//! | `POST /_control/replay` | `{"replay":"together"}`, `{"replay":{"after":{"secs":2,"nanos":0}}}`, `{"replay":null}`; `GET` answers `replays` |
//! | `POST /_control/codes` | `{"appid":"wx…","name":"小明","scope":"snsapi_userinfo"}`, answers `code` |
//! | `POST /_control/clock` | `{"seconds":7200}` lets that time pass |
//! | `POST /_control/standing` | `{"name":"小明","what":"revoke"}`, `"freeze"`, `"unfreeze"` or `"change_password"` |

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use self::{
    builder::Builder,
    world::{Account, Call, Consent, Endpoint, Fault, Person, Replay, Replayed, Rid, Snapshot},
};
use self::{
    routes::Site,
    server::{Server, Transport},
};

mod builder;
mod check;
mod query;
mod reply;
mod routes;
mod server;
mod world;

/// A running simulator; see the [module's documentation](self).
///
/// Clones are handles to the same one, from any thread. It runs until [`stop`](Self::stop) or the end of the process, also when
/// the last handle is dropped.
#[derive(Clone)]
pub struct Simulator(Arc<Running>);

struct Running {
    site: Site,
    servers: Mutex<Vec<Server>>,
}

impl Simulator {
    /// Sets up another simulator than the default one.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Starts one with [`Account::test`] on a free port of 127.0.0.1, which asks whoever sits at the browser for consent.
    ///
    /// # Errors
    ///
    /// No port could be had.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// `http://127.0.0.1:PORT`: where both of WeChat's hosts are. No slash at the end.
    pub fn url(&self) -> &str {
        &self.0.site.world.url
    }

    /// The first account.
    pub fn account(&self) -> &Account {
        // The builder puts one in where there was none.
        &self.0.site.world.accounts[0]
    }

    /// The account of this appid.
    ///
    /// ```
    /// # actix_web::rt::System::new().block_on(async {
    /// # use actix_wechat::simulator::Simulator;
    /// let simulator = Simulator::start().await?;
    /// assert!(simulator.account_of(simulator.account().appid()).is_some());
    /// assert!(simulator.account_of("wx0000000000000000").is_none());
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    pub fn account_of(&self, appid: &str) -> Option<&Account> {
        self.0.site.world.account(appid).map(|(_, account)| account)
    }

    /// Who consents from now on.
    pub fn set_consent(&self, consent: Consent) {
        self.0.site.world.set_consent(consent);
    }

    /// Whose WeChat it is from now on, in every browser: [`Consent::Automatic`] and the silent `snsapi_base` act as this person,
    /// and the consent page has them chosen. Replaces whoever had the same identity.
    pub fn sign_in(&self, person: Person) {
        self.0.site.world.sign_in(person);
    }

    /// The people to choose from.
    pub fn people(&self) -> Vec<Person> {
        self.0.site.world.people()
    }

    /// Every request to an [`Endpoint`] since the start or the last [`clear_calls`](Self::clear_calls), in order, faults included;
    /// of very many the [last](Builder::remember).
    pub fn calls(&self) -> Vec<Call> {
        self.0.site.world.calls.all()
    }

    /// How many requests there were to this endpoint, since the same time; never forgets any.
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.0.site.world.calls.count(endpoint)
    }

    /// Forgets the calls.
    pub fn clear_calls(&self) {
        self.0.site.world.calls.clear();
    }

    /// Lets every call to this endpoint fail from now on, in place of an earlier fault set so.
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.0.site.world.faults.set(endpoint, fault);
    }

    /// Lets the next calls to this endpoint fail, before a fault that lasts; further ones queue up behind.
    pub fn fault_times(&self, endpoint: Endpoint, fault: Fault, times: usize) {
        self.0.site.world.faults.queue(endpoint, fault, times);
    }

    /// All goes well again.
    pub fn clear_faults(&self) {
        self.0.site.world.faults.clear();
    }

    /// Opens each callback of the authorize page once more, from now on, but for those that a [fault](Self::fault) of that page spoils;
    /// `None`, the default, opens none.
    pub fn set_replay(&self, replay: impl Into<Option<Replay>>) {
        self.0.site.world.replays.set(replay.into());
    }

    /// The copies of callbacks that were opened and done with, of very many the [last](Builder::remember).
    pub fn replays(&self) -> Vec<Replayed> {
        self.0.site.world.replays.done()
    }

    /// A code as the authorize page would give it. For an account that is not here, one that is good for nothing.
    ///
    /// ```
    /// # actix_web::rt::System::new().block_on(async {
    /// # use actix_wechat::simulator::{Person, Simulator};
    /// let simulator = Simulator::start().await?;
    /// let code = simulator.mint_code(simulator.account().appid(), &Person::named("小明"), "snsapi_userinfo");
    /// assert_eq!(code.len(), 32);
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    pub fn mint_code(&self, appid: &str, person: &Person, scope: &str) -> String {
        self.0.site.world.mint_for(appid, person, scope)
    }

    /// The person takes the consent back, for all accounts: tokens given before get 50001, refreshing them 42007, and the page asks
    /// again.
    pub fn revoke(&self, person: &Person) {
        self.0
            .site
            .world
            .book()
            .revoke(person, self.0.site.world.accounts.len());
    }

    /// The person is frozen: the profile call gets 50002.
    pub fn freeze(&self, person: &Person) {
        self.0.site.world.book().freeze(person, true);
    }

    /// The person is frozen no longer.
    pub fn unfreeze(&self, person: &Person) {
        self.0.site.world.book().freeze(person, false);
    }

    /// The person changes the password: tokens given before get 42007.
    pub fn change_password(&self, person: &Person) {
        self.0.site.world.book().change_password(person);
    }

    /// Lets time pass, on top of the [clock](Builder::clock).
    pub fn advance(&self, by: Duration) {
        self.0.site.world.advance(by);
    }

    /// Where the button "使用完整服务" of the last [snapshot page](Snapshot) leads: the same authorize request, with consent and a real
    /// user. A browser finds it at `/connect/full_service` too.
    pub fn full_service_url(&self) -> Option<String> {
        let query = self.0.site.world.last_snapshot()?;
        Some(format!("{}/connect/full_service?{query}", self.url()))
    }

    /// Serves the same world at one more address, until it is [stopped](Self::stop); answers the address with the port that was had.
    ///
    /// # Errors
    ///
    /// As those of [`Builder::start`].
    ///
    /// ```
    /// # actix_web::rt::System::new().block_on(async {
    /// # use actix_wechat::simulator::Simulator;
    /// let simulator = Simulator::start().await?;
    /// let address = simulator.listen(([127, 0, 0, 1], 0).into()).await?;
    /// assert_ne!(simulator.url(), format!("http://{address}"));
    /// # simulator.stop().await;
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    pub async fn listen(&self, address: SocketAddr) -> io::Result<SocketAddr> {
        self.serve(server::bind(address, &self.0.site.gate)?, Transport::Plain)
            .await
    }

    /// The same over TLS, HTTP/2 included, with a certificate of the caller's.
    ///
    /// # Errors
    ///
    /// As those of [`Builder::start`].
    ///
    /// ```no_run
    /// # async fn example(config: rustls::ServerConfig) -> std::io::Result<()> {
    /// # use actix_wechat::simulator::Simulator;
    /// let simulator = Simulator::start().await?;
    /// simulator.listen_tls(([127, 0, 0, 1], 443).into(), config).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "cli")]
    pub async fn listen_tls(
        &self,
        address: SocketAddr,
        config: rustls::ServerConfig,
    ) -> io::Result<SocketAddr> {
        self.serve(
            server::bind(address, &self.0.site.gate)?,
            Transport::Tls(Box::new(config)),
        )
        .await
    }

    async fn serve(&self, listener: TcpListener, transport: Transport) -> io::Result<SocketAddr> {
        let address = listener.local_addr()?;
        let server = Server::start(listener, self.0.site.clone(), transport).await?;
        self.servers().push(server);
        Ok(address)
    }

    fn servers(&self) -> MutexGuard<'_, Vec<Server>> {
        self.0
            .servers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops it at all its addresses, breaking off whatever is under way, and waits until it has stopped.
    pub async fn stop(self) {
        let servers = self.servers().clone();
        for server in servers {
            server.stop().await;
        }
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
