use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use serde::Serialize;
use tokio::sync::watch;

use super::{call::Call, endpoint::Endpoint, fault::Fault};

/// Requests of which there are any number, for anybody can send them.
const STRAYS: usize = 1_000;

type Counts = [usize; Endpoint::ALL.len()];

/// A request that no account answers for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Stray {
    pub(crate) id: u64,
    pub(crate) at: SystemTime,
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    /// `unplayed_path`, `foreign_host`, `foreign_origin`.
    pub(crate) reason: &'static str,
}

/// What came in, the oldest forgotten first, and how many calls there were.
#[derive(Debug)]
pub(crate) struct Log {
    entries: Mutex<Entries>,
    capacity: usize,
    /// The number of the last entry.
    news: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Entries {
    calls: VecDeque<Call>,
    strays: VecDeque<Stray>,
    /// By the appid, which is empty for accounts that are not here.
    counts: HashMap<String, Counts>,
    last: u64,
}

impl Log {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: Mutex::default(),
            capacity: capacity.max(1),
            news: watch::Sender::new(0),
        }
    }

    /// Takes a call in, and gives it its number.
    pub(crate) fn push(&self, mut call: Call) -> u64 {
        let mut entries = self.entries();
        entries.last += 1;
        let id = entries.last;
        call.id = id;
        if !entries.counts.contains_key(&call.appid) {
            entries.counts.insert(call.appid.clone(), Counts::default());
        }
        if let Some(counts) = entries.counts.get_mut(&call.appid) {
            counts[call.endpoint as usize] += 1;
        }
        while entries.calls.len() >= self.capacity {
            entries.calls.pop_front();
        }
        entries.calls.push_back(call);
        drop(entries);
        self.news.send_replace(id);
        id
    }

    /// How a call ended, where it did not end well.
    pub(crate) fn conclude(&self, id: u64, errcode: Option<i64>, fault: Option<Fault>) {
        let mut entries = self.entries();
        if let Ok(at) = entries.calls.binary_search_by_key(&id, |call| call.id)
            && let Some(call) = entries.calls.get_mut(at)
        {
            (call.errcode, call.fault) = (errcode, fault);
        }
    }

    /// The code that a page led to: of the last call of that page with this query.
    pub(crate) fn link(&self, endpoint: Endpoint, query: &str, code: &str) {
        let mut entries = self.entries();
        let mut calls = entries.calls.iter_mut().rev();
        if let Some(call) = calls.find(|call| call.endpoint == endpoint && call.query == query) {
            code.clone_into(&mut call.login);
        }
    }

    pub(crate) fn stray(&self, mut stray: Stray) {
        let mut entries = self.entries();
        entries.last += 1;
        let id = entries.last;
        stray.id = id;
        while entries.strays.len() >= STRAYS {
            entries.strays.pop_front();
        }
        entries.strays.push_back(stray);
        drop(entries);
        self.news.send_replace(id);
    }

    /// The calls later than this number, of one account or of all.
    pub(crate) fn calls(&self, appid: Option<&str>, after: u64) -> Vec<Call> {
        let entries = self.entries();
        let later = entries.calls.partition_point(|call| call.id <= after);
        entries
            .calls
            .range(later..)
            .filter(|call| appid.is_none_or(|appid| call.appid == appid))
            .cloned()
            .collect()
    }

    pub(crate) fn strays(&self, after: u64) -> Vec<Stray> {
        let entries = self.entries();
        let later = entries.strays.iter().filter(|stray| stray.id > after);
        later.cloned().collect()
    }

    pub(crate) fn last(&self) -> u64 {
        self.entries().last
    }

    /// Tells of each new entry.
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    pub(crate) fn count(&self, appid: Option<&str>, endpoint: Endpoint) -> usize {
        let entries = self.entries();
        let counts = entries.counts.iter();
        counts
            .filter(|(own, _)| appid.is_none_or(|appid| *own == appid))
            .map(|(_, counts)| counts[endpoint as usize])
            .sum()
    }

    /// Forgets one account's calls, or all that came in.
    pub(crate) fn clear(&self, appid: Option<&str>) {
        let mut entries = self.entries();
        match appid {
            Some(appid) => {
                entries.calls.retain(|call| call.appid != appid);
                entries.counts.remove(appid);
            }
            None => {
                entries.calls.clear();
                entries.strays.clear();
                entries.counts.clear();
            }
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
