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
//!   website apps with all of WeChat's checks; third-party platforms that log in on an account's behalf; and switches for what has
//!   been reported of WeChat but not documented.
//! * **People** ([`Person`]): ordinary ones, and ones whose names break pages and parsers.
//! * **Faults** ([`Fault`]): errors, late and broken answers, broken connections, for one call or for all.
//! * **Replays** ([`Replay`]): callbacks opened twice, again, or by somebody else.
//! * **Time**: [`Simulator::advance`] lets codes and tokens expire at once.
//! * **A log** ([`Call`]) of all calls, without secrets.
//!
//! Not played: message push. The cookies of a [`Snapshot`] page are kept apart by whoever drives the browser.
//!
//! It has no address of its own: links, redirects, pictures and QR codes follow the address that the browser used, so that it may
//! stand behind any of WeChat's names.
//!
//! # Not for anybody else
//!
//! Whoever reaches the simulator can log in as anybody. It listens on loopback addresses, unless a host is
//! [allowed](Builder::allow_host) and a [token](Builder::token) set; it refuses requests for other hosts than this machine, WeChat's
//! and those allowed, and from pages of others; and its feature has no place in a production build.
//!
//! # The page
//!
//! With [`Builder::control_api`], [`Simulator::url`] opened in a browser is a page to look at and to steer by: who is signed in, a
//! login to try, the QR codes on show, the calls as they come, faults and the clock.
//!
//! # Control API
//!
//! With [`Builder::control_api`], programs of any language steer it by JSON over HTTP, under `/_control/v1`. Calls that change
//! something send `content-type: application/json`, also without a body; unknown fields are refused; errors are
//! `{"error":{"code":"unknown_person","message":"…","known":["ming"]}}`. The document is at `/_control/v1/openapi.json`.
//!
//! | route | what it does |
//! | --- | --- |
//! | `POST /reset` | all back to how it was at the start; with `{"appid":"wx…"}` that account |
//! | `GET /accounts`, `GET POST PATCH DELETE /accounts/{appid}` | accounts, by the fields of [`Account`] |
//! | `GET /people`, `GET POST PATCH DELETE /people/{id}` | people |
//! | `GET PUT /session` | `{"person":"ming","consent":"automatic"}`: who is signed in, who consents |
//! | `GET POST DELETE /faults` | `{"endpoint":"user_info","fault":{"errcode":45009},"times":2}`; without `times` from now on; faults without a value are plain strings: `"fault":"hang"`; times are seconds: `{"delay":2}` |
//! | `GET POST /replay` | `{"replay":"together"}`, `{"replay":{"after":2}}`, `{"replay":null}` |
//! | `POST /standing` | `{"person":"ming","what":"revoke"}`, `"freeze"`, `"unfreeze"` or `"change_password"` |
//! | `GET PUT /clock` | `{"advance":7200}` seconds, `{"freeze":true}` |
//! | `POST /codes` | `{"appid":"wx…","person":"ming"}`, answers `code`: one without a browser |
//! | `GET /qr`, `POST /qr/{uuid}` | `{"action":"scan","person":"ming"}`, `"allow"`, `"deny"`, `"expire"` |
//! | `GET DELETE /calls` | the log; `?after=12&wait=5` waits for the next |
//! | `GET /events` | the log as server-sent events |
//! | `POST /accounts/{appid}/domain_check` | [`Simulator::check_domain`] |
//! | `GET /readyz`, `/ca.pem`, `/bundle.pem`, `/openapi.json` | |
//!
//! All of `/session`, `/faults`, `/replay`, `/standing`, `/clock` and `/calls` take an `appid` for one account, in the body or the
//! query; what is set there holds whatever holds for all. Two test suites side by side use an account each, as with
//! [`Simulator::at`].

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use self::{
    at_account::AtAccount,
    builder::Builder,
    hosts::HOSTS,
    world::{Account, Call, Consent, Endpoint, Fault, Person, Replay, Replayed, Rid, Snapshot},
};
use self::{
    routes::Site,
    server::{Server, Transport},
    world::{Standing, World},
};

mod at_account;
mod builder;
mod check;
mod hosts;
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
    url: String,
    account: Account,
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
        &self.0.url
    }

    /// The first account that it was started with, as it was then.
    pub fn account(&self) -> &Account {
        &self.0.account
    }

    /// The account of this appid, as it is now.
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
    pub fn account_of(&self, appid: &str) -> Option<Account> {
        let tenant = self.world().tenant(appid)?;
        Some(Account::clone(&tenant.account()))
    }

    /// All accounts, as they are now.
    pub fn accounts(&self) -> Vec<Account> {
        let tenants = self.world().tenants();
        let accounts = tenants.iter().map(|tenant| tenant.account());
        accounts.map(|account| Account::clone(&account)).collect()
    }

    /// Adds an account, or changes the settings of the one of this appid, whose codes and tokens stay good.
    ///
    /// ```
    /// # actix_web::rt::System::new().block_on(async {
    /// # use actix_wechat::simulator::{Account, Simulator};
    /// let simulator = Simulator::start().await?;
    /// simulator.put_account(Account::official("wx1", "a secret", "shop.example.cn"));
    /// assert_eq!(simulator.accounts().len(), 2);
    /// assert!(simulator.remove_account("wx1"));
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    pub fn put_account(&self, account: Account) {
        self.world().put_account(account);
    }

    /// Removes an account with all that happened at it; says whether there was one.
    pub fn remove_account(&self, appid: &str) -> bool {
        self.world().remove_account(appid)
    }

    /// The same handle for one account alone: what is set through it holds there, whatever holds for all.
    ///
    /// ```
    /// # actix_web::rt::System::new().block_on(async {
    /// # use actix_wechat::simulator::{Account, Consent, Person, Simulator};
    /// let simulator = Simulator::start().await?;
    /// simulator.put_account(Account::official("wx1", "a secret", "shop.example.cn"));
    /// let shop = simulator.at("wx1");
    /// shop.set_consent(Consent::Automatic);
    /// shop.sign_in(Person::named("小红"));
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    pub fn at(&self, appid: impl Into<String>) -> AtAccount {
        AtAccount::new(self.0.site.world.clone(), appid.into())
    }

    /// Everything as it was at the start: accounts, people, consent, clock; nobody is remembered by a browser, and nothing by the log.
    ///
    /// ```
    /// # actix_web::rt::System::new().block_on(async {
    /// # use actix_wechat::simulator::{Person, Simulator};
    /// let simulator = Simulator::start().await?;
    /// simulator.sign_in(Person::named("路人"));
    /// simulator.reset();
    /// assert!(!simulator.people().contains(&Person::named("路人")));
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    pub fn reset(&self) {
        self.world().reset();
    }

    /// Who consents from now on, at all accounts but those with [their own](Self::at).
    pub fn set_consent(&self, consent: Consent) {
        self.world().set_consent(None, Some(consent));
    }

    /// Whose WeChat it is from now on, in every browser: [`Consent::Automatic`] and the silent `snsapi_base` act as this person,
    /// and the consent page has them chosen. Replaces whoever had the same identity.
    pub fn sign_in(&self, person: Person) {
        self.world().sign_in(None, person);
    }

    /// The people to choose from, each once.
    pub fn people(&self) -> Vec<Person> {
        self.world().people()
    }

    /// Adds somebody to choose, or replaces whoever has the same identity: their next profile is the new one.
    ///
    /// ```
    /// # actix_web::rt::System::new().block_on(async {
    /// # use actix_wechat::simulator::{Person, Simulator};
    /// let simulator = Simulator::start().await?;
    /// simulator.put_person(Person::named("路人").with_id("passer-by"));
    /// assert!(simulator.remove_person("passer-by"));
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    pub fn put_person(&self, person: Person) {
        self.world().put_person(person);
    }

    /// Takes the person of this [id](Person::id) away; says whether there was one.
    pub fn remove_person(&self, id: &str) -> bool {
        self.world().remove_person(id)
    }

    /// Every request to an [`Endpoint`] since the start or the last [`clear_calls`](Self::clear_calls), in order, faults included;
    /// of very many the [last](Builder::remember).
    pub fn calls(&self) -> Vec<Call> {
        self.world().log.calls(None, 0)
    }

    /// How many requests there were to this endpoint, since the same time; never forgets any.
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.world().log.count(None, endpoint)
    }

    /// Forgets the calls.
    pub fn clear_calls(&self) {
        self.world().log.clear(None);
    }

    /// Lets every call to this endpoint fail from now on, in place of an earlier fault set so.
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.world().rules.faults.set(endpoint, fault);
    }

    /// Lets the next calls to this endpoint fail, before a fault that lasts; further ones queue up behind.
    pub fn fault_times(&self, endpoint: Endpoint, fault: Fault, times: usize) {
        self.world().rules.faults.queue(endpoint, fault, times);
    }

    /// All goes well again, at [each account](Self::at), too.
    pub fn clear_faults(&self) {
        self.world().clear_faults();
    }

    /// Opens each callback of the authorize page once more, from now on, but for those that a [fault](Self::fault) of that page spoils;
    /// `None`, the default, opens none.
    pub fn set_replay(&self, replay: impl Into<Option<Replay>>) {
        self.world().rules.set_replay(Some(replay.into()));
    }

    /// The copies of callbacks that were opened and done with, of very many the [last](Builder::remember).
    pub fn replays(&self) -> Vec<Replayed> {
        self.world().replays.done()
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
        self.world().mint_for(appid, person, scope, None)
    }

    /// The person takes the consent back, for all accounts: tokens given before get 50001, refreshing them 42007, and the page asks
    /// again.
    pub fn revoke(&self, person: &Person) {
        self.world().stand(None, person, Standing::Revoke);
    }

    /// The person is frozen: the profile call gets 50002.
    pub fn freeze(&self, person: &Person) {
        self.world().stand(None, person, Standing::Freeze);
    }

    /// The person is frozen no longer.
    pub fn unfreeze(&self, person: &Person) {
        self.world().stand(None, person, Standing::Unfreeze);
    }

    /// The person changes the password: tokens given before get 42007.
    pub fn change_password(&self, person: &Person) {
        self.world().stand(None, person, Standing::ChangePassword);
    }

    /// Lets time pass, on top of the [clock](Builder::clock).
    pub fn advance(&self, by: Duration) {
        self.world().advance(None, by);
    }

    /// Where the button "使用完整服务" of the last [snapshot page](Snapshot) leads: the same authorize request, with consent and a real
    /// user. A browser finds it at `/connect/full_service` too.
    pub fn full_service_url(&self) -> Option<String> {
        let last = self.world().last_snapshot()?;
        Some(format!(
            "{}/connect/full_service?{}",
            last.address, last.query
        ))
    }

    /// Whether WeChat would take a domain: fetches the verification file from it, as its console does, and compares the bytes.
    /// `domain` is as in [`Account::domain`], path included; `at` is where it listens on this machine. Redirects are followed on
    /// the same host alone.
    ///
    /// # Errors
    ///
    /// Says why WeChat would not ([`io::ErrorKind::InvalidData`]).
    ///
    /// ```
    /// # actix_web::rt::System::new().block_on(async {
    /// # use actix_wechat::simulator::Simulator;
    /// let simulator = Simulator::start().await?;
    /// let nobody = ([127, 0, 0, 1], 1).into();
    /// let refused = simulator
    ///     .check_domain("shop.example.cn", nobody, "MP_verify_0123456789abcdef.txt", b"0123456789abcdef")
    ///     .await;
    /// assert!(refused.is_err());
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    pub async fn check_domain(
        &self,
        domain: &str,
        at: SocketAddr,
        file: &str,
        content: &[u8],
    ) -> io::Result<()> {
        reply::check_domain(domain, at, file, content)
            .await
            .map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, reason))
    }

    fn world(&self) -> &World {
        &self.0.site.world
    }

    /// Takes down that a proxy before the simulator refused a request, for a host that is not played: it stands among the calls as one
    /// of the simulator's own refusals.
    ///
    /// ```
    /// # actix_web::rt::System::new().block_on(async {
    /// # use actix_wechat::simulator::Simulator;
    /// let simulator = Simulator::start().await?;
    /// simulator.record_refused("CONNECT", "example.com:443");
    /// # simulator.stop().await;
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    pub fn record_refused(&self, method: &str, host: &str) {
        self.0.site.world.record_refused(method, host);
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
