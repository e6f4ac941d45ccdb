//! Memory that is bounded.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::SystemTime,
};

/// A map that forgets: what is past its time, and beyond the capacity the oldest.
#[derive(Debug)]
pub(crate) struct Ledger<T> {
    entries: HashMap<Arc<str>, (SystemTime, T)>,
    /// When to forget what, roughly in order. A key whose time has changed since is here twice; the entry knows which one holds.
    ages: VecDeque<(SystemTime, Arc<str>)>,
    capacity: usize,
}

impl<T> Ledger<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: HashMap::new(),
            ages: VecDeque::new(),
            capacity: capacity.max(1),
        }
    }

    pub(crate) fn insert(
        &mut self,
        key: Arc<str>,
        entry: T,
        forget_at: SystemTime,
        now: SystemTime,
    ) {
        self.sweep(now);
        self.ages.push_back((forget_at, key.clone()));
        self.entries.insert(key, (forget_at, entry));
    }

    /// Keeps an entry until another time than it was to be kept.
    pub(crate) fn keep(&mut self, key: &Arc<str>, forget_at: SystemTime, now: SystemTime) {
        self.sweep(now);
        if let Some((until, _)) = self.entries.get_mut(key) {
            *until = forget_at;
            self.ages.push_back((forget_at, key.clone()));
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        self.entries.get(key).map(|(_, entry)| entry)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.entries.iter().map(|(key, (_, entry))| (&**key, entry))
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        self.entries.get_mut(key).map(|(_, entry)| entry)
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.entries.remove(key);
    }

    fn sweep(&mut self, now: SystemTime) {
        while let Some((oldest, _)) = self.ages.front() {
            if *oldest > now && self.ages.len() < self.capacity {
                break;
            }
            if let Some((age, key)) = self.ages.pop_front()
                && self
                    .entries
                    .get(&key)
                    .is_some_and(|(until, _)| *until == age)
            {
                self.entries.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_ledger_forgets_what_is_past_its_time() {
        let mut ledger = Ledger::new(100);
        ledger.insert("early".into(), 1, at(10), at(0));
        ledger.insert("kept".into(), 2, at(10), at(0));
        ledger.keep(&"kept".into(), at(30), at(5));
        ledger.insert("late".into(), 3, at(20), at(15));
        assert_eq!(
            (ledger.get("early"), ledger.get("kept"), ledger.get("late")),
            (None, Some(&2), Some(&3))
        );
        ledger.insert("last".into(), 4, at(50), at(40));
        assert_eq!(ledger.entries.len(), 1);
        assert_eq!(ledger.ages.len(), 1);
    }

    #[test]
    fn a_ledger_never_holds_more_than_its_capacity() {
        let mut ledger = Ledger::new(10);
        for number in 0..1_000 {
            ledger.insert(number.to_string().into(), number, at(100), at(0));
            ledger.keep(&number.to_string().into(), at(200), at(0));
        }
        assert!(ledger.entries.len() <= 10 && ledger.ages.len() <= 10);
        assert_eq!(ledger.get("999"), Some(&999));
    }
}
