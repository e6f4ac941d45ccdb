use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::{endpoint::Endpoint, seconds};

/// What goes wrong at WeChat's side.
///
/// Unless it says otherwise, a fault comes before the work: the code is not spent. [`Spent`](Self::Spent) turns that around.
///
/// ```
/// use std::time::Duration;
/// use actix_wechat::simulator::Fault;
///
/// // Two seconds late, the code spent, and then no answer.
/// let worst = Fault::Late(Duration::from_secs(2), Box::new(Fault::Spent(Box::new(Fault::Reset))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// The error of this number: as JSON, or on the pages as WeChat's error page.
    Errcode(i64),
    /// -1, the code still good.
    BusyBeforeSpending,
    /// -1, the code spent all the same.
    BusyAfterSpending,
    /// An HTTP status with an HTML body, as a proxy would send it.
    Status(u16),
    /// The normal answer, late.
    Delay(#[serde(with = "seconds")] Duration),
    /// This fault, late.
    Late(#[serde(with = "seconds")] Duration, Box<Fault>),
    /// No answer, the connection stays open; until the client leaves.
    Hang,
    /// The connection is closed in order, without an answer.
    Close,
    /// The connection is reset.
    Reset,
    /// The normal answer, but the connection closes before the last third of the announced length.
    Truncated,
    /// The normal answer, complete as far as HTTP goes, its JSON cut in half.
    Malformed,
    /// Status 200 and an HTML page.
    Html,
    /// Status 200 and no body.
    Empty,
    /// A body without end, for as long as the client reads.
    Endless,
    /// The normal answer with one more field, of one mebibyte.
    Oversized,
    /// Status 200 and exactly this text.
    Body(String),
    /// Status 200 and exactly these bytes.
    Bytes(Vec<u8>),
    /// The normal answer with this content type.
    ContentType(String),
    /// A redirect; one that is followed carries the app secret away.
    Redirect(String),
    /// 40001 for an access token's first use, and the normal answer from then on. Nothing where there is no access token.
    TransientToken,
    /// 45011 for more than this many calls within one minute of the clock, counted from when the fault was set.
    MinuteQuota(u32),
    /// The work is done, the code spent; but this instead of the answer.
    Spent(Box<Fault>),
}

/// Which endpoint fails how.
#[derive(Debug, Default)]
pub(crate) struct Faults([Mutex<Plan>; Endpoint::ALL.len()]);

#[derive(Debug, Default)]
struct Plan {
    /// To come next, each as often as it says.
    queued: VecDeque<(Fault, usize)>,
    /// From then on.
    lasting: Option<Fault>,
    minute: u64,
    calls: u32,
}

impl Faults {
    pub(crate) fn set(&self, endpoint: Endpoint, fault: Fault) {
        self.edit(endpoint, |plan| {
            plan.lasting = Some(fault);
            plan.calls = 0;
        });
    }

    pub(crate) fn queue(&self, endpoint: Endpoint, fault: Fault, times: usize) {
        if times > 0 {
            self.edit(endpoint, |plan| plan.queued.push_back((fault, times)));
        }
    }

    pub(crate) fn clear(&self) {
        for endpoint in Endpoint::ALL {
            self.edit(endpoint, |plan| *plan = Plan::default());
        }
    }

    /// What is to go wrong, in order, and how often where that has an end.
    pub(crate) fn list(&self) -> Vec<(Endpoint, Fault, Option<usize>)> {
        let of = |endpoint| {
            self.edit(endpoint, |plan| {
                let queued = plan.queued.iter().cloned();
                let queued = queued.map(|(fault, times)| (endpoint, fault, Some(times)));
                let lasting = plan.lasting.iter().cloned();
                let lasting = lasting.map(|fault| (endpoint, fault, None));
                queued.chain(lasting).collect::<Vec<_>>()
            })
        };
        Endpoint::ALL.into_iter().flat_map(of).collect()
    }

    /// The fault of this call, if it has one.
    pub(crate) fn next(&self, endpoint: Endpoint, now: SystemTime) -> Option<Fault> {
        self.edit(endpoint, |plan| {
            let fault = plan.take()?;
            match fault {
                Fault::MinuteQuota(quota) => {
                    (plan.count(now) > quota).then_some(Fault::Errcode(45011))
                }
                fault => Some(fault),
            }
        })
    }

    fn edit<T>(&self, endpoint: Endpoint, edit: impl FnOnce(&mut Plan) -> T) -> T {
        edit(
            &mut self.0[endpoint as usize]
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl Plan {
    fn take(&mut self) -> Option<Fault> {
        let Some((fault, times)) = self.queued.front_mut() else {
            return self.lasting.clone();
        };
        *times -= 1;
        if *times > 0 {
            return Some(fault.clone());
        }
        self.queued.pop_front().map(|(fault, _)| fault)
    }

    fn count(&mut self, now: SystemTime) -> u32 {
        let minute = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 60;
        if self.minute != minute {
            (self.minute, self.calls) = (minute, 0);
        }
        self.calls = self.calls.saturating_add(1);
        self.calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queued_faults_come_first_and_in_order() {
        let faults = Faults::default();
        let next = || faults.next(Endpoint::UserInfo, UNIX_EPOCH);
        faults.set(Endpoint::UserInfo, Fault::Html);
        faults.queue(Endpoint::UserInfo, Fault::Close, 2);
        faults.queue(Endpoint::UserInfo, Fault::Empty, 1);
        faults.queue(Endpoint::UserInfo, Fault::Reset, 0);
        let seen: Vec<_> = (0..5).filter_map(|_| next()).collect();
        assert_eq!(
            seen,
            [
                Fault::Close,
                Fault::Close,
                Fault::Empty,
                Fault::Html,
                Fault::Html
            ]
        );
        assert_eq!(faults.next(Endpoint::Auth, UNIX_EPOCH), None);
        faults.clear();
        assert_eq!(next(), None);
    }

    #[test]
    fn the_quota_starts_anew_each_minute() {
        let faults = Faults::default();
        faults.set(Endpoint::AccessToken, Fault::MinuteQuota(1));
        let at = |seconds| {
            faults.next(
                Endpoint::AccessToken,
                UNIX_EPOCH + Duration::from_secs(seconds),
            )
        };
        let refused = Some(Fault::Errcode(45011));
        assert_eq!(
            [at(0), at(59), at(60), at(61)],
            [None, refused.clone(), None, refused]
        );
    }
}
