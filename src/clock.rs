//! [`Clock`] and [`Moment`]: one time for logins, results and marks.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Where the time comes from: the system's, or a test's.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    pub(crate) fn new(read: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    pub(crate) fn now(&self) -> Moment {
        Moment::from((self.0)())
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(SystemTime::now)
    }
}

/// Milliseconds since the Unix epoch; what lies before it is the epoch itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

impl Moment {
    pub(crate) const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// `None` past what a number of milliseconds can say.
    pub(crate) fn from_seconds(seconds: u64) -> Option<Self> {
        seconds.checked_mul(1_000).map(Self)
    }

    pub(crate) const fn millis(self) -> u64 {
        self.0
    }

    pub(crate) const fn seconds(self) -> u64 {
        self.0 / 1_000
    }

    /// How long ago this was; nothing where it lies ahead.
    pub(crate) const fn age(self, now: Self) -> Duration {
        Duration::from_millis(now.0.saturating_sub(self.0))
    }

    /// Whether this lies further ahead than the clocks of two servers may differ.
    pub(crate) fn is_from_the_future(self, now: Self) -> bool {
        /// How far the clocks of two servers may differ.
        const SKEW: Duration = Duration::from_secs(60);
        now.age(self) > SKEW
    }

    /// `None` past what the system's clock can say.
    pub(crate) fn to_system_time(self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(self.0))
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let since = time
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}
