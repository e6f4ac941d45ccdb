use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use actix_web::{
    HttpRequest,
    http::header::{ACCEPT, COOKIE, HeaderValue, LOCATION, USER_AGENT},
    rt,
    web::Data,
};
use serde::{Deserialize, Serialize};

use super::world::World;

/// How a callback is opened once more than it should be.
///
/// Each of these has been reported of WeChat's browser, of its check of links, or of people who share an address. The simulator
/// opens the copy itself and drops the answer, cookies and all. As browsers send a host's cookies to each of its ports, those of an
/// application on the same host came along to the authorize page, as they were then, and the copy carries them.
///
/// Copies go to loopback addresses only, and not from the website login's page.
///
/// ```
/// # actix_web::rt::System::new().block_on(async {
/// use actix_wechat::simulator::{Replay, Simulator};
///
/// let simulator = Simulator::start().await?;
/// simulator.set_replay(Replay::Together);
/// // … drive a login here: it must end well all the same …
/// for replayed in simulator.replays() {
///     assert!(replayed.status.is_some_and(|status| status < 500));
/// }
/// # simulator.stop().await;
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Replay {
    /// The copy comes first and is answered before the browser is sent back: what the answer held is lost.
    Before,
    /// At the same time as the browser.
    Together,
    /// So long after the browser was sent back: reloaded, or opened in a second tab.
    After(Duration),
    /// At the same time, with another code for the same `state`.
    AnotherCode,
    /// So long after, by somebody else: with no cookie, another browser, and what WeChat appends to a link that is shared.
    Shared(Duration),
}

impl Replay {
    fn delay(self) -> Duration {
        match self {
            Self::Before | Self::Together | Self::AnotherCode => Duration::ZERO,
            Self::After(delay) | Self::Shared(delay) => delay,
        }
    }
}

/// How the application answered one copy of a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Replayed {
    /// The copy's address, with its `code`.
    pub url: String,
    /// The status; none where there was no answer.
    pub status: Option<u16>,
    /// Where the answer sends the browser.
    pub location: Option<String>,
}

/// Which copies are made, and what became of them.
#[derive(Debug)]
pub(super) struct Replays {
    kind: Mutex<Option<Replay>>,
    done: Mutex<VecDeque<Replayed>>,
    most: usize,
}

impl Replays {
    /// Remembers that many copies, the last ones.
    pub(super) fn new(most: usize) -> Self {
        Self {
            kind: Mutex::default(),
            done: Mutex::default(),
            most,
        }
    }

    pub(super) fn set(&self, kind: Option<Replay>) {
        *self.kind.lock().unwrap_or_else(PoisonError::into_inner) = kind;
    }

    pub(super) fn kind(&self) -> Option<Replay> {
        *self.kind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn done(&self) -> Vec<Replayed> {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.iter().cloned().collect()
    }

    fn add(&self, replayed: Replayed) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.push_back(replayed);
        if done.len() > self.most {
            done.pop_front();
        }
    }
}

/// One copy to open.
#[derive(Debug)]
pub(super) struct Duplicate {
    kind: Replay,
    url: String,
}

impl Duplicate {
    /// One of this callback, without the fragment, which no browser sends.
    pub(super) fn of(callback: &str, kind: Replay) -> Self {
        let url = callback.split('#').next().unwrap_or_default();
        let appended = if let Replay::Shared(_) = kind {
            SHARED
        } else {
            ""
        };
        Self {
            kind,
            url: format!("{url}{appended}"),
        }
    }

    /// Opens it, in time for the answer to `request`, which sends the browser to the callback itself.
    pub(super) async fn open(self, world: &Data<World>, request: &HttpRequest) {
        let visitor = Visitor::of(request);
        let kind = self.kind;
        let world = world.clone();
        let opened = rt::spawn(async move {
            rt::time::sleep(kind.delay()).await;
            let replayed = self.send(visitor).await;
            world.replays.add(replayed);
        });
        if kind == Replay::Before {
            // The task does not panic, and says itself how it went.
            let _ = opened.await;
        }
    }

    async fn send(self, visitor: Visitor) -> Replayed {
        let Self { kind, url } = self;
        let client = awc::Client::builder()
            .disable_redirects()
            .timeout(PATIENCE)
            .finish();
        let request = if let Replay::Shared(_) = kind {
            client.get(&url).insert_header((USER_AGENT, SOMEBODY_ELSE))
        } else {
            let mut request = client.get(&url);
            for (name, value) in [(COOKIE, visitor.cookies), (USER_AGENT, visitor.user_agent)] {
                if let Some(value) = value {
                    request = request.insert_header((name, value));
                }
            }
            request
        };
        let answer = request.insert_header((ACCEPT, "text/html")).send().await;
        let answer = answer.as_ref().ok();
        let location = answer.and_then(|answer| answer.headers().get(LOCATION));
        Replayed {
            status: answer.map(|answer| answer.status().as_u16()),
            location: location.map(|location| String::from_utf8_lossy(location.as_bytes()).into()),
            url,
        }
    }
}

/// Longer than an application may take to log somebody in.
const PATIENCE: Duration = Duration::from_secs(20);
const SHARED: &str = "&from=singlemessage&isappinstalled=0";
const SOMEBODY_ELSE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 \
     (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60(0x18003c2f) NetType/WIFI Language/zh_CN";

/// What a browser says of itself.
struct Visitor {
    cookies: Option<HeaderValue>,
    user_agent: Option<HeaderValue>,
}

impl Visitor {
    fn of(request: &HttpRequest) -> Self {
        let header = |name| request.headers().get(name).cloned();
        Self {
            cookies: header(COOKIE),
            user_agent: header(USER_AGENT),
        }
    }
}
