//! What is known of each code of the last minutes, in bounded memory.
//!
//! A code is in flight; when its login ends, a mark says that it was tried, and for a minute leads to
//! its result.
//! Everything is found by a digest under a key of this process, so that neither a user nor a token
//! nor a code is kept past its use, and nobody can aim at another's.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hash, Hasher},
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use siphasher::sip128::{Hasher128 as _, SipHasher13};
use tokio::sync::watch;

use crate::{
    clock::Moment,
    exchange::outcome::{LoggedIn, Outcome},
};

/// How long a result is shared with the login that it belongs to.
const SHARED: Duration = Duration::from_secs(60);
const MOST_RESULTS: usize = 10_000;
/// How long a code can live at WeChat (ten minutes on a website's QR page), so how long it must
/// not be sent again.
const CODE_LIFETIME: Duration = Duration::from_secs(600);
/// WeChat exchanges at most 50,000 codes a minute for an account.
const MOST_MARKS: usize = 100_000;

/// The codes of one account.
pub(crate) struct Memory {
    /// With a key of its own, and nothing hashed yet.
    hasher: SipHasher13,
    codes: Mutex<Codes>,
}

/// The name of a login that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Digest(u128);

/// What becomes of a login that comes back with a code.
#[derive(Debug)]
pub(crate) enum Found {
    /// Nobody has brought it yet.
    New,
    InFlight(watch::Receiver<Option<Outcome>>),
    Done(Outcome),
    /// It was tried, and nothing more is known.
    Tried,
}

#[derive(Default)]
struct Codes {
    /// Those that somebody waits for have a channel.
    in_flight: HashMap<Digest, Option<watch::Sender<Option<Outcome>>>, ByDigest>,
    results: Results,
    marks: Marks,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            hasher: SipHasher13::new_with_keys(rand::random(), rand::random()),
            codes: Mutex::default(),
        }
    }
}

impl Memory {
    pub(crate) fn digest(&self, login: &impl Hash) -> Digest {
        let mut hasher = self.hasher;
        login.hash(&mut hasher);
        Digest(hasher.finish128().as_u128())
    }

    /// What is known of a code.
    pub(crate) fn find(&self, digest: Digest, now: Moment) -> Found {
        self.codes().find(digest, now)
    }

    /// The same, and from now on a new code is in flight: whoever is told that it is new has to
    /// [`conclude`](Self::conclude) it.
    pub(crate) fn begin(&self, digest: Digest, now: Moment) -> Found {
        let mut codes = self.codes();
        let found = codes.find(digest, now);
        if let Found::New = found {
            codes.in_flight.insert(digest, None);
        }
        found
    }

    /// Ends what has begun: hands the outcome to those who wait, and keeps it if it can be shared.
    /// Where nothing was `sent`, the code stays good. A task that was cut short has no outcome;
    /// those who wait are then told nothing.
    pub(crate) fn conclude(
        &self,
        digest: Digest,
        outcome: Option<&Outcome>,
        sent: bool,
        now: Moment,
    ) {
        let mut codes = self.codes();
        let waiting = codes.in_flight.remove(&digest).flatten();
        let result = match outcome {
            Some(Outcome::LoggedIn(user)) => Some((user.stored.as_str(), user.at)),
            Some(Outcome::Snapshot) => Some(("", now)),
            Some(Outcome::Restart | Outcome::Failed(_)) | None => None,
        };
        if sent {
            let number = result.and_then(|(stored, at)| codes.results.add(digest, stored, at, now));
            codes.marks.add(digest, number.unwrap_or(NO_RESULT), now);
        }
        drop(codes);
        if let (Some(waiting), Some(outcome)) = (waiting, outcome) {
            // Nobody may be left to hear it.
            let _ = waiting.send(Some(outcome.clone()));
        }
    }

    fn codes(&self) -> MutexGuard<'_, Codes> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Codes {
    fn find(&mut self, digest: Digest, now: Moment) -> Found {
        if let Some(waiting) = self.in_flight.get_mut(&digest) {
            let waiting = waiting.get_or_insert_with(|| watch::channel(None).0);
            return Found::InFlight(waiting.subscribe());
        }
        self.results.forget_old(now);
        match self.marks.get(digest) {
            None => Found::New,
            Some(number) => self
                .results
                .get(number, digest)
                .map_or(Found::Tried, Found::Done),
        }
    }
}

/// The results of the last minute, the oldest first: each user as the session keeps it, all of them
/// in one ring of bytes.
#[derive(Default)]
struct Results {
    text: VecDeque<u8>,
    kept: VecDeque<Kept>,
    /// How many were kept before the oldest that still is.
    gone: u64,
    /// How many bytes were kept before those that still are.
    gone_text: u64,
}

struct Kept {
    digest: Digest,
    /// Where its text starts, counted from the first that ever was.
    start: u64,
    /// When the login was. The text has it as well; reading it there would cost more.
    at: Moment,
    /// How long after that its result was there, in milliseconds: the app's hook ran.
    after: u32,
    /// A snapshot user has no text.
    len: u16,
}

impl Kept {
    fn concluded(&self) -> Moment {
        Moment::from_millis(self.at.millis().saturating_add(u64::from(self.after)))
    }
}

impl Results {
    /// Returns its number, counted from the first that ever was.
    fn add(&mut self, digest: Digest, stored: &str, at: Moment, now: Moment) -> Option<u64> {
        self.forget_old(now);
        if self.kept.len() >= MOST_RESULTS {
            self.forget_oldest();
        }
        // What the session takes is far shorter.
        let len = u16::try_from(stored.len()).ok()?;
        let kept = Kept {
            digest,
            start: self.gone_text + self.text.len() as u64,
            at,
            after: u32::try_from(at.age(now).as_millis()).unwrap_or(u32::MAX),
            len,
        };
        self.kept.push_back(kept);
        self.text.extend(stored.as_bytes());
        Some(self.gone + self.kept.len() as u64 - 1)
    }

    /// The result of this number, if it is still kept, and of this digest: another can have the
    /// same mark.
    fn get(&self, number: u64, digest: Digest) -> Option<Outcome> {
        let at = number.checked_sub(self.gone)?;
        let kept = self.kept.get(usize::try_from(at).ok()?)?;
        if kept.digest != digest {
            return None;
        }
        if kept.len == 0 {
            return Some(Outcome::Snapshot);
        }
        let start = usize::try_from(kept.start.checked_sub(self.gone_text)?).ok()?;
        let text = self.text.range(start..start + usize::from(kept.len));
        let stored = String::from_utf8(text.copied().collect()).ok()?;
        Some(Outcome::LoggedIn(LoggedIn {
            stored,
            at: kept.at,
        }))
    }

    fn forget_old(&mut self, now: Moment) {
        while self
            .kept
            .front()
            .is_some_and(|oldest| oldest.concluded().age(now) > SHARED)
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.kept.pop_front() {
            self.text.drain(..usize::from(oldest.len));
            self.gone += 1;
            self.gone_text += u64::from(oldest.len);
        }
    }
}

/// What was tried, each as one number: a few megabytes at the most, whatever visitors send. Of two
/// hundred thousand, two share one by chance once in a thousand million times; then one visitor
/// logs in twice.
///
/// There are two sets, so that the older one can be dropped whole: everything is remembered for one
/// lifetime at least, or among the last hundred thousand.
///
/// Each leads to its result, too. One table for both, for in tables of this size every look is
/// into memory that no cache holds.
#[derive(Default)]
struct Marks {
    young: HashMap<u64, u64, ByDigest>,
    old: HashMap<u64, u64, ByDigest>,
    since: Moment,
}

/// In place of a result's number; no count comes so far.
const NO_RESULT: u64 = u64::MAX;

impl Marks {
    fn add(&mut self, digest: Digest, number: u64, now: Moment) {
        if self.young.len() >= MOST_MARKS || self.since.age(now) >= CODE_LIFETIME {
            self.old = mem::take(&mut self.young);
            self.since = now;
        }
        self.young.insert(Self::mark(digest), number);
    }

    /// The number of its result, if it has one.
    fn get(&self, digest: Digest) -> Option<u64> {
        let mark = Self::mark(digest);
        self.young
            .get(&mark)
            .or_else(|| self.old.get(&mark))
            .copied()
    }

    fn mark(digest: Digest) -> u64 {
        // Half of a digest is one, too.
        digest.0 as u64
    }
}

type ByDigest = BuildHasherDefault<Itself>;

/// A digest is its own hash: nobody can choose one.
#[derive(Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, digest: u64) {
        self.0 = digest;
    }

    fn write_u128(&mut self, digest: u128) {
        self.0 = digest as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
#[path = "tests/memory.rs"]
mod tests;
