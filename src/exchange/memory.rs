//! The codes that were sent to WeChat in the last minutes.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, Hash, RandomState},
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long a code can live at WeChat (ten minutes on a website's QR page), so how long it must
/// not be sent again.
const CODE_LIFETIME: Duration = Duration::from_secs(600);
/// WeChat exchanges at most 50,000 codes a minute for an account.
const MOST: usize = 100_000;

/// What was tried, each as one number: a few megabytes at the most, whatever visitors send.
///
/// The number is a digest under a key of this process. Nobody can aim at another's, and by chance two
/// hundred thousand share one once in a thousand million times; then one visitor logs in twice.
#[derive(Default)]
pub(crate) struct Tried {
    key: RandomState,
    sets: Mutex<Sets>,
}

/// Two sets, so that the older one can be dropped whole: everything is remembered for one lifetime
/// at least, or among the last hundred thousand.
struct Sets {
    young: HashSet<u64>,
    old: HashSet<u64>,
    since: Instant,
}

impl Default for Sets {
    fn default() -> Self {
        Self {
            young: HashSet::new(),
            old: HashSet::new(),
            since: Instant::now(),
        }
    }
}

impl Tried {
    /// Runs `first` where this was not tried before, and returns whether it did. Whoever asks at the
    /// same time is answered after it has run.
    pub(crate) fn enter(&self, what: &impl Hash, first: impl FnOnce()) -> bool {
        let what = self.key.hash_one(what);
        let mut sets = self.sets();
        if sets.young.len() >= MOST || sets.since.elapsed() >= CODE_LIFETIME {
            sets.old = mem::take(&mut sets.young);
            sets.since = Instant::now();
        }
        let is_new = !sets.old.contains(&what) && sets.young.insert(what);
        if is_new {
            first();
        }
        is_new
    }

    /// It was not tried after all.
    pub(crate) fn forget(&self, what: &impl Hash) {
        let what = self.key.hash_one(what);
        let mut sets = self.sets();
        sets.young.remove(&what);
        sets.old.remove(&what);
    }

    fn sets(&self) -> MutexGuard<'_, Sets> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "tests/memory.rs"]
mod tests;
