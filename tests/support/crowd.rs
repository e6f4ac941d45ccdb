//! Many visitors at once, each a person of their own, and what goes wrong at WeChat meanwhile.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{http::header, rt};
use actix_wechat::simulator::{Endpoint, Fault, Person, Simulator};
use awc::{
    Client, ClientRequest, Connector,
    error::{ConnectError, SendRequestError},
};
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

/// No login needs so many: three to WeChat, three back, and the clean page after each.
const MOST_STEPS: usize = 12;
const PATIENCE: Duration = Duration::from_secs(60);

/// A page of an app, and the WeChat that its visitors come from. One HTTP client for all of them.
#[derive(Clone)]
pub struct Crowd {
    simulator: Simulator,
    client: Client,
    page: String,
}

/// One visitor: who it is, and the cookies of the app.
#[derive(Clone)]
pub struct Guest {
    pub person: Person,
    cookies: BTreeMap<String, String>,
    /// How many codes WeChat gave this visitor.
    pub codes: usize,
}

/// Where a login ended.
#[derive(Clone, PartialEq, Eq)]
pub enum End {
    /// On the page itself, which says the openid.
    In(String),
    /// On a page that says why not.
    Told { status: u16, why: String },
    /// Nowhere: what no visitor may see.
    Lost(String),
}

impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In(openid) => write!(f, "in as {openid}"),
            Self::Told { status, why } => write!(f, "{status} {why}"),
            Self::Lost(how) => write!(f, "LOST: {how}"),
        }
    }
}

impl Guest {
    /// The visitor of this number.
    pub fn number(number: usize) -> Self {
        Self {
            person: Person::named(format!("visitor {number}")),
            cookies: BTreeMap::new(),
            codes: 0,
        }
    }

    pub fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }
}

impl Crowd {
    /// `page` answers a logged-in visitor with the openid alone.
    pub fn new(simulator: &Simulator, page: &str) -> Self {
        let client = Client::builder()
            .disable_redirects()
            .timeout(PATIENCE)
            .connector(
                Connector::new()
                    .limit(10_000)
                    .timeout(PATIENCE)
                    // Shorter than the server's, which would close a connection just as it is used.
                    .conn_keep_alive(Duration::from_secs(2)),
            )
            .finish();
        Self {
            simulator: simulator.clone(),
            client,
            page: page.to_owned(),
        }
    }

    /// All of them at the same time: who they are afterwards, and where each ended.
    pub async fn log_in_all(&self, guests: Vec<Guest>) -> Vec<(Guest, End)> {
        let tasks: Vec<_> = guests
            .into_iter()
            .map(|mut guest| {
                let crowd = self.clone();
                rt::spawn(async move {
                    let end = crowd.log_in(&mut guest).await;
                    (guest, end)
                })
            })
            .collect();
        let mut ends = Vec::new();
        for task in tasks {
            ends.push(task.await.expect("a visitor"));
        }
        ends
    }

    /// Opens the page and goes wherever it leads.
    pub async fn log_in(&self, guest: &mut Guest) -> End {
        let mut url = self.page.clone();
        for _ in 0..MOST_STEPS {
            let (status, location, body) = match self.get(guest, &url).await {
                Ok(answer) => answer,
                Err(error) => return End::Lost(error),
            };
            match (status, location) {
                (302, Some(location)) if location.starts_with(self.simulator.url()) => {
                    url = self.callback(guest, &location);
                }
                (302, Some(location)) => url = location,
                (200, _) => return End::In(body),
                _ => return told(status, &body),
            }
        }
        End::Lost(format!("a loop, last to {url}"))
    }

    /// What WeChat does with an authorize URL: consent, and back with a code.
    pub fn callback(&self, guest: &mut Guest, authorize: &str) -> String {
        let url = url::Url::parse(authorize).expect("an authorize URL");
        let params: BTreeMap<_, _> = url.query_pairs().collect();
        guest.codes += 1;
        let code = self
            .simulator
            .mint_code(&params["appid"], &guest.person, &params["scope"]);
        let page = &params["redirect_uri"];
        let joint = if page.contains('?') { '&' } else { '?' };
        format!("{page}{joint}code={code}&state={}", params["state"])
    }

    /// One request: status, `Location`, body. Cookies are kept.
    pub async fn get(
        &self,
        guest: &mut Guest,
        url: &str,
    ) -> Result<(u16, Option<String>, String), String> {
        let mut answer = match self.request(guest, url).send().await {
            // An idle connection that the server has just closed: browsers take another one.
            Err(SendRequestError::Connect(ConnectError::Disconnected)) => {
                self.request(guest, url).send().await
            }
            answer => answer,
        }
        .map_err(|err| err.to_string())?;
        let body = answer.body().await.map_err(|err| err.to_string())?;
        for line in answer.headers().get_all(header::SET_COOKIE) {
            let line = line.to_str().map_err(|err| err.to_string())?;
            let pair = line.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if line.contains("Max-Age=0") {
                guest.cookies.remove(name);
            } else {
                guest.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = answer.headers().get(header::LOCATION);
        Ok((
            answer.status().as_u16(),
            location.map(|location| String::from_utf8_lossy(location.as_bytes()).into_owned()),
            String::from_utf8_lossy(&body).into_owned(),
        ))
    }

    fn request(&self, guest: &Guest, url: &str) -> ClientRequest {
        let request = self
            .client
            .get(url)
            .no_decompress()
            .insert_header((header::ACCEPT, "text/html,*/*;q=0.8"))
            .insert_header((header::USER_AGENT, crate::visitor::WECHAT_UA));
        match guest.cookie_header() {
            cookies if cookies.is_empty() => request,
            cookies => request.insert_header((header::COOKIE, cookies)),
        }
    }

    pub fn openid(&self, guest: &Guest) -> String {
        guest.person.openid(self.simulator.account().appid())
    }
}

/// A page of the login names its reason in a heading and has a way on.
fn told(status: u16, body: &str) -> End {
    let heading = body
        .split_once("<h1>")
        .and_then(|(_, rest)| rest.split_once("</h1>"))
        .map_or("", |(heading, _)| heading.trim());
    if heading.is_empty() || !body.contains("class=\"go\"") {
        return End::Lost(format!("{status} without a reason: {body}"));
    }
    End::Told {
        status,
        why: heading.to_owned(),
    }
}

/// All that can go wrong with an answer of WeChat's.
pub fn faults() -> Vec<Fault> {
    vec![
        Fault::Errcode(40029),
        Fault::Errcode(45011),
        Fault::Errcode(50002),
        Fault::BusyBeforeSpending,
        Fault::BusyAfterSpending,
        Fault::Status(502),
        Fault::Delay(Duration::from_millis(300)),
        Fault::Hang,
        Fault::Close,
        Fault::Reset,
        Fault::Truncated,
        Fault::Malformed,
        Fault::Html,
        Fault::Empty,
        Fault::Endless,
        Fault::Oversized,
        Fault::Redirect("http://127.0.0.1:9/".to_owned()),
        Fault::Spent(Box::new(Fault::Reset)),
        Fault::TransientToken,
    ]
}

/// Those after which one more call is allowed; at the profile call more than at the exchange.
fn is_retried(endpoint: Endpoint, fault: &Fault) -> bool {
    match fault {
        Fault::BusyBeforeSpending | Fault::BusyAfterSpending => true,
        Fault::Status(_)
        | Fault::Close
        | Fault::Reset
        | Fault::Truncated
        | Fault::Spent(_)
        | Fault::TransientToken => endpoint == Endpoint::UserInfo,
        _ => false,
    }
}

/// Lets 5 % of the next calls fail in each of these ways, in an order that is the same each time,
/// and the rest go well. Returns how many of the failures allow one more call.
pub fn trouble(simulator: &Simulator, endpoint: Endpoint, calls: usize, faults: &[Fault]) -> usize {
    let each = calls.div_ceil(20);
    let mut plan: Vec<Fault> = faults
        .iter()
        .flat_map(|fault| std::iter::repeat_n(fault.clone(), each))
        .collect();
    // No fault at all, as far as a list of faults can say that.
    plan.resize(calls.max(plan.len()), Fault::Delay(Duration::ZERO));
    plan.shuffle(&mut StdRng::seed_from_u64(8008));
    let retried = plan
        .iter()
        .filter(|fault| is_retried(endpoint, fault))
        .count();
    for fault in plan {
        simulator.fault_times(endpoint, fault, 1);
    }
    retried
}

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// How many threads and tasks of this process have panicked since the first call.
pub fn panics() -> usize {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            before(panic);
        }));
    });
    PANICS.load(Ordering::SeqCst)
}
