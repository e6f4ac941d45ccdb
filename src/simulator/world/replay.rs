use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::seconds;

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
    After(#[serde(with = "seconds")] Duration),
    /// At the same time, with another code for the same `state`.
    AnotherCode,
    /// So long after, by somebody else: with no cookie, another browser, and what WeChat appends to a link that is shared.
    Shared(#[serde(with = "seconds")] Duration),
}

impl Replay {
    pub(crate) fn delay(self) -> Duration {
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
    /// The account that the login was for.
    pub appid: String,
    /// The copy's address, with its `code`.
    pub url: String,
    /// The status; none where there was no answer.
    pub status: Option<u16>,
    /// Where the answer sends the browser.
    pub location: Option<String>,
}

/// What became of the copies.
#[derive(Debug)]
pub(crate) struct Replays {
    done: Mutex<VecDeque<Replayed>>,
    most: usize,
}

impl Replays {
    /// Remembers that many copies, the last ones.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            done: Mutex::default(),
            most,
        }
    }

    pub(crate) fn done(&self) -> Vec<Replayed> {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.iter().cloned().collect()
    }

    /// Forgets those of one account, or all.
    pub(crate) fn clear(&self, appid: Option<&str>) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.retain(|replayed| appid.is_some_and(|appid| replayed.appid != appid));
    }

    pub(crate) fn add(&self, replayed: Replayed) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.push_back(replayed);
        if done.len() > self.most {
            done.pop_front();
        }
    }
}
