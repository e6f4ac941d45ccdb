//! How many exchanges are in flight at once, and who waits for a place.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::rt::time::timeout;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a callback waits for its place.
const PATIENCE: Duration = Duration::from_secs(2);
pub(crate) const MOST: usize = 2_000;

/// The limit of the process, whatever accounts it has.
static PROCESS: LazyLock<Places> = LazyLock::new(|| Places::new(process_limit()));

/// The exchanges that one account may have in flight: as many as the process, or fewer.
pub(crate) struct Limit(Option<Places>);

/// A place, given back when it is dropped.
pub(crate) struct Place {
    _process: OwnedSemaphorePermit,
    _account: Option<OwnedSemaphorePermit>,
}

/// No place came free in time, or too many wait for one already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Limit {
    /// The process's own limit.
    pub(crate) fn of_process() -> Self {
        Self(None)
    }

    pub(crate) fn of_account(most: usize) -> Self {
        Self(Some(Places::new(most)))
    }

    /// A place, where one is free: no clock has to be set then. It passes nobody who waits.
    pub(crate) fn try_enter(&self) -> Option<Place> {
        let account = match &self.0 {
            Some(places) => Some(places.try_enter()?),
            None => None,
        };
        Some(Place {
            _process: PROCESS.try_enter()?,
            _account: account,
        })
    }

    /// A place, first come first served. A request that is dropped leaves the queue.
    pub(crate) async fn enter(&self) -> Result<Place, Full> {
        let entering = async {
            let account = match &self.0 {
                Some(places) => Some(places.enter().await?),
                None => None,
            };
            Ok(Place {
                _process: PROCESS.enter().await?,
                _account: account,
            })
        };
        timeout(PATIENCE, entering).await.unwrap_or(Err(Full))
    }
}

/// How many exchanges a process may have in flight: each needs a socket in and one out, and a third
/// of its files is left to everything else.
pub(crate) fn process_limit() -> usize {
    open_files().map_or(MOST, |files| (files / 3).clamp(1, MOST))
}

/// How many files this process may open; `None` where that is not known.
pub(crate) fn open_files() -> Option<usize> {
    #[cfg(unix)]
    let files = rlimit::Resource::NOFILE.get_soft().ok();
    #[cfg(not(unix))]
    let files: Option<u64> = None;
    files.and_then(|files| usize::try_from(files).ok())
}

struct Places {
    free: Arc<Semaphore>,
    /// As many may wait as there are places.
    most: usize,
    waiting: AtomicUsize,
}

impl Places {
    fn new(most: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(most)),
            most,
            waiting: AtomicUsize::new(0),
        }
    }

    fn try_enter(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).try_acquire_owned().ok()
    }

    async fn enter(&self) -> Result<OwnedSemaphorePermit, Full> {
        if let Some(place) = self.try_enter() {
            return Ok(place);
        }
        let _waiting = Waiting::join(self)?;
        Arc::clone(&self.free)
            .acquire_owned()
            .await
            .map_err(|_| Full)
    }
}

/// A waiting request, until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn join(places: &'a Places) -> Result<Self, Full> {
        let before = places.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Self(&places.waiting);
        if before < places.most {
            Ok(waiting)
        } else {
            Err(Full)
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[path = "tests/limit.rs"]
mod tests;
