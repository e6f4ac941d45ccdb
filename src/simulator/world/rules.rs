use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{consent::Consent, fault::Faults, replay::Replay};

/// What somebody set for one account, or for all of them.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) faults: Faults,
    session: Mutex<Session>,
    replay: Mutex<Option<Option<Replay>>>,
    shift: Mutex<Shift>,
}

impl Rules {
    pub(crate) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The kind of replay, or that there is none; `None` where nothing is said.
    pub(crate) fn replay(&self) -> Option<Option<Replay>> {
        *self.replay.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_replay(&self, replay: Option<Option<Replay>>) {
        *self.replay.lock().unwrap_or_else(PoisonError::into_inner) = replay;
    }

    pub(crate) fn shift(&self) -> MutexGuard<'_, Shift> {
        self.shift.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn clear(&self) {
        self.faults.clear();
        *self.session() = Session::default();
        self.set_replay(None);
        *self.shift() = Shift::default();
    }
}

/// Who is signed in, and who consents; where nothing is said, what holds for all accounts does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    /// The person's id.
    pub(crate) person: Option<String>,
    pub(crate) consent: Option<Consent>,
    /// Counted up whenever somebody signs in: what a browser chose before is out of date.
    pub(crate) round: u64,
}

/// How a clock differs from the one that it follows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shift {
    ahead: Duration,
    /// What was missed while it stood still.
    behind: Duration,
    frozen: Option<SystemTime>,
}

impl Shift {
    pub(crate) fn of(&self, time: SystemTime) -> SystemTime {
        let time = self.frozen.unwrap_or(time);
        time.checked_sub(self.behind).unwrap_or(UNIX_EPOCH) + self.ahead
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.ahead = self.ahead.saturating_add(by).min(CENTURY);
    }

    /// Lets time stand still at this moment of the clock that is followed, or go on from where it stands.
    pub(crate) fn freeze(&mut self, frozen: bool, time: SystemTime) {
        match (self.frozen, frozen) {
            (None, true) => self.frozen = Some(time),
            (Some(since), false) => {
                self.behind += time.duration_since(since).unwrap_or_default();
                self.frozen = None;
            }
            _ => {}
        }
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    pub(crate) fn ahead(&self) -> Duration {
        self.ahead
    }
}

/// As far as the clock can be set ahead: more would be no time that a computer can add to.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_stood_still_goes_on_without_a_jump() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let mut shift = Shift::default();
        shift.freeze(true, at(100));
        assert_eq!(shift.of(at(150)), at(100));
        shift.advance(Duration::from_secs(10));
        assert_eq!(shift.of(at(160)), at(110));
        shift.freeze(true, at(170));
        shift.freeze(false, at(200));
        assert_eq!(shift.of(at(200)), at(110));
        assert_eq!(shift.of(at(230)), at(140));
    }
}
