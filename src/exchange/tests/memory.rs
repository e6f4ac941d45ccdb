use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use actix_web::rt::System;
use proptest::prelude::*;

use super::*;
use crate::{exchange::outcome::Failure, reason::Reason};

/// What is known of a code, as far as a test can compare it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Is {
    New,
    InFlight,
    User(String, Moment),
    Snapshot,
    Tried,
}

impl From<Found> for Is {
    fn from(found: Found) -> Self {
        match found {
            Found::New => Self::New,
            Found::InFlight(_) => Self::InFlight,
            Found::Done(Outcome::LoggedIn(user)) => Self::User(user.stored, user.at),
            Found::Done(Outcome::Snapshot) => Self::Snapshot,
            Found::Done(other) => panic!("no result to share: {other:?}"),
            Found::Tried => Self::Tried,
        }
    }
}

const START: u64 = 1_700_000_000_000;

/// So many milliseconds after the start.
fn at(millis: u64) -> Moment {
    Moment::from_millis(START + millis)
}

fn user(stored: &str, at: Moment) -> Outcome {
    Outcome::LoggedIn(LoggedIn {
        stored: stored.into(),
        at,
    })
}

fn failure() -> Outcome {
    Outcome::Failed(Failure::plain(Reason::MalformedAnswer))
}

impl Memory {
    fn told(&self, login: &impl Hash, now: Moment) -> Is {
        self.find(self.digest(login), now).into()
    }

    fn begun(&self, login: &impl Hash, now: Moment) -> Is {
        self.begin(self.digest(login), now).into()
    }

    fn concluded(&self, login: &impl Hash, outcome: &Outcome, now: Moment) {
        self.conclude(self.digest(login), Some(outcome), true, now);
    }
}

#[test]
fn code_is_new_then_in_flight_then_shared_then_tried() {
    let memory = Memory::default();
    assert_eq!(memory.told(&"code", at(0)), Is::New);
    assert_eq!(
        memory.told(&"code", at(0)),
        Is::New,
        "a look begins nothing"
    );
    assert_eq!(memory.begun(&"code", at(0)), Is::New);
    assert_eq!(memory.told(&"code", at(1)), Is::InFlight);
    assert_eq!(memory.begun(&"code", at(1)), Is::InFlight);
    assert_eq!(memory.begun(&"another", at(1)), Is::New);
    // The hook has taken two seconds.
    memory.concluded(&"code", &user("小明", at(1_000)), at(3_000));
    let shared = Is::User("小明".to_owned(), at(1_000));
    for millis in [3_000, 30_000, 63_000] {
        assert_eq!(memory.told(&"code", at(millis)), shared, "{millis}");
        assert_eq!(memory.begun(&"code", at(millis)), shared, "{millis}");
    }
    assert_eq!(memory.told(&"another", at(63_000)), Is::InFlight);
    for millis in [63_001, 300_000, 600_000] {
        assert_eq!(memory.told(&"code", at(millis)), Is::Tried, "{millis}");
        assert_eq!(memory.begun(&"code", at(millis)), Is::Tried, "{millis}");
    }
}

#[test]
fn what_is_old_is_new_again() {
    let memory = Memory::default();
    let lifetime = u64::try_from(CODE_LIFETIME.as_millis()).unwrap();
    let try_out = |login: &str, now| {
        memory.begun(&login, now);
        memory.concluded(&login, &Outcome::Restart, now);
    };
    try_out("code", at(0));
    try_out("second", at(lifetime));
    assert_eq!(memory.told(&"code", at(lifetime)), Is::Tried, "not yet");
    try_out("third", at(2 * lifetime));
    assert_eq!(memory.told(&"code", at(2 * lifetime)), Is::New);
}

#[test]
fn each_end_is_remembered_as_what_it_is() {
    let table = [
        (Some(user("a", at(0))), true, Is::User("a".into(), at(0))),
        (Some(Outcome::Snapshot), true, Is::Snapshot),
        (Some(Outcome::Restart), true, Is::Tried),
        (Some(failure()), true, Is::Tried),
        // The task was cut short.
        (None, true, Is::Tried),
        // Nothing was sent: the code is as good as it was.
        (Some(failure()), false, Is::New),
    ];
    for (outcome, sent, expected) in table {
        let memory = Memory::default();
        let digest = memory.digest(&"code");
        memory.begun(&"code", at(0));
        memory.conclude(digest, outcome.as_ref(), sent, at(0));
        assert_eq!(memory.told(&"code", at(0)), expected, "{outcome:?}");
        assert_eq!(memory.begun(&"code", at(0)), expected, "{outcome:?}");
    }
}

#[test]
fn nobody_waits_before_a_second_one_comes() {
    let memory = Memory::default();
    let digest = memory.digest(&"code");
    let channels = || {
        let codes = memory.codes();
        codes.in_flight.values().flatten().count()
    };
    memory.begun(&"code", at(0));
    assert_eq!(channels(), 0);
    let Found::InFlight(first) = memory.find(digest, at(0)) else {
        panic!("in flight")
    };
    let Found::InFlight(second) = memory.begin(digest, at(0)) else {
        panic!("in flight")
    };
    assert_eq!(channels(), 1);
    assert!(first.same_channel(&second));
}

#[test]
fn those_who_wait_get_the_outcome_or_hear_that_there_is_none() {
    let table = [
        (Some(user("a", at(0))), true),
        (Some(Outcome::Snapshot), true),
        (Some(Outcome::Restart), true),
        (Some(failure()), true),
        (Some(failure()), false),
        (None, true),
    ];
    for (outcome, sent) in table {
        let memory = Memory::default();
        let digest = memory.digest(&"code");
        memory.begun(&"code", at(0));
        let waiting: Vec<_> = (0..3)
            .map(|_| match memory.find(digest, at(0)) {
                Found::InFlight(waiting) => waiting,
                other => panic!("{other:?}"),
            })
            .collect();
        memory.conclude(digest, outcome.as_ref(), sent, at(0));
        for waiting in waiting {
            let told = waiting.borrow().clone();
            assert_eq!(
                format!("{told:?}"),
                format!("{outcome:?}"),
                "as it was concluded"
            );
            // The channel is closed: without an outcome nobody waits on.
            assert!(waiting.has_changed().is_err(), "{outcome:?}");
        }
    }
}

#[test]
fn logins_are_told_apart() {
    let memory = Memory::default();
    let digests = [
        memory.digest(&("nonce", "code")),
        memory.digest(&("nonce", "another")),
        memory.digest(&("another", "code")),
        memory.digest(&("nonc", "ecode")),
        memory.digest(&("", "")),
    ];
    for (number, digest) in digests.iter().enumerate() {
        assert!(!digests[..number].contains(digest), "{number}");
    }
    assert_eq!(digests[0], memory.digest(&("nonce", "code")));
    // Nobody outside can compute one.
    assert_ne!(digests[0], Memory::default().digest(&("nonce", "code")));
}

#[test]
fn logins_that_share_a_mark_share_no_result() {
    let memory = Memory::default();
    let [one, other] = [Digest(7), Digest(1 << 64 | 7)];
    assert_eq!(Is::from(memory.begin(one, at(0))), Is::New);
    let xiaoming = user("xiaoming", at(0));
    memory.conclude(one, Some(&xiaoming), true, at(0));
    assert_eq!(Is::from(memory.find(other, at(0))), Is::Tried);
    let kept = Is::User("xiaoming".to_owned(), at(0));
    assert_eq!(Is::from(memory.find(one, at(0))), kept);
}

#[test]
fn results_are_kept_for_so_many_logins_and_no_more() {
    let memory = Memory::default();
    let more = 1_000;
    for number in 0..MOST_RESULTS + more {
        memory.begun(&number, at(0));
        memory.concluded(&number, &user(&number.to_string(), at(0)), at(0));
    }
    let codes = memory.codes();
    assert_eq!(codes.results.kept.len(), MOST_RESULTS);
    let text: usize = (more..MOST_RESULTS + more)
        .map(|number| number.to_string().len())
        .sum();
    assert_eq!(codes.results.text.len(), text);
    drop(codes);
    for number in [0, more - 1] {
        assert_eq!(memory.told(&number, at(0)), Is::Tried, "{number}");
    }
    for number in [more, MOST_RESULTS + more - 1] {
        let kept = Is::User(number.to_string(), at(0));
        assert_eq!(memory.told(&number, at(0)), kept, "{number}");
    }
}

#[test]
fn marks_are_bounded_and_the_last_are_remembered() {
    let memory = Memory::default();
    for number in 0..3 * MOST_MARKS {
        assert_eq!(memory.begun(&number, at(0)), Is::New);
        memory.concluded(&number, &Outcome::Restart, at(0));
    }
    let codes = memory.codes();
    assert!(codes.marks.young.len() + codes.marks.old.len() <= 2 * MOST_MARKS);
    assert!(codes.in_flight.is_empty());
    drop(codes);
    for number in [2 * MOST_MARKS, 3 * MOST_MARKS - 1] {
        assert_eq!(memory.told(&number, at(0)), Is::Tried, "{number}");
    }
    assert_eq!(memory.told(&0, at(0)), Is::New, "long forgotten");
}

#[test]
fn result_too_long_to_be_kept_is_tried() {
    let memory = Memory::default();
    for (len, is_kept) in [(0xffff, true), (0x1_0000, false)] {
        let stored = "x".repeat(len);
        memory.begun(&len, at(0));
        memory.concluded(&len, &user(&stored, at(0)), at(0));
        let expected = if is_kept {
            Is::User(stored, at(0))
        } else {
            Is::Tried
        };
        assert!(memory.told(&len, at(0)) == expected, "{len}");
    }
}

#[test]
fn clock_that_jumps_loses_results_and_repeats_no_code() {
    const HOUR: u64 = 3_600_000;
    let memory = Memory::default();
    let log_in = |login: &str, now: u64| {
        assert_eq!(memory.begun(&login, at(now)), Is::New, "{login}");
        memory.concluded(&login, &user(login, at(now)), at(now));
    };
    let told = |login: &str, now: u64| memory.told(&login, at(now));
    let shared = |login: &str, now: u64| Is::User(login.to_owned(), at(now));
    log_in("a", HOUR);
    // Back: what was known stays known.
    assert_eq!(told("a", 0), shared("a", HOUR));
    log_in("b", 0);
    assert_eq!(told("b", 30_000), shared("b", 0));
    assert_eq!(told("a", 30_000), shared("a", HOUR));
    // A result that lies ahead holds up those behind it, and ends with its own minute.
    log_in("c", 120_000);
    assert_eq!(told("c", 120_000), shared("c", 120_000));
    assert_eq!(told("a", HOUR + 60_001), Is::Tried);
    for login in ["b", "c"] {
        assert_eq!(told(login, HOUR + 60_001), Is::Tried, "{login}");
    }
    // Concluded before it began, by the clock.
    assert_eq!(memory.begun(&"d", at(2 * HOUR)), Is::New);
    memory.concluded(&"d", &user("d", at(2 * HOUR)), at(HOUR));
    assert_eq!(told("d", HOUR), shared("d", 2 * HOUR));
    // Far ahead: results are gone at once, marks as soon as two lifetimes of them have begun.
    assert_eq!(told("d", 100 * HOUR), Is::Tried);
    assert_eq!(memory.told(&"d", Moment::from_millis(u64::MAX)), Is::Tried);
    assert_eq!(memory.told(&"d", Moment::default()), Is::Tried);
}

#[test]
fn of_many_threads_one_begins_and_all_are_told() {
    const THREADS: usize = 8;
    const CODES: usize = 200;
    let memory = Memory::default();
    let begun: Vec<AtomicUsize> = (0..CODES).map(|_| AtomicUsize::new(0)).collect();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                System::new().block_on(async {
                    for (code, begun) in begun.iter().enumerate() {
                        let told = match memory.begin(memory.digest(&code), at(0)) {
                            Found::New => {
                                begun.fetch_add(1, Ordering::Relaxed);
                                let outcome = user(&code.to_string(), at(0));
                                memory.concluded(&code, &outcome, at(0));
                                Some(outcome)
                            }
                            Found::InFlight(mut waiting) => {
                                waiting.wait_for(Option::is_some).await.unwrap().clone()
                            }
                            Found::Done(outcome) => Some(outcome),
                            Found::Tried => None,
                        };
                        let Some(Outcome::LoggedIn(user)) = told else {
                            panic!("{code}: {told:?}")
                        };
                        assert_eq!(user.stored, code.to_string());
                    }
                });
            });
        }
    });
    for (code, begun) in begun.iter().enumerate() {
        assert_eq!(begun.load(Ordering::Relaxed), 1, "{code}");
    }
    assert!(memory.codes().in_flight.is_empty());
}

/// What can happen to one of a few codes.
#[derive(Clone, Debug)]
enum Event {
    Begin(u8),
    LogIn(u8, String),
    Snapshot(u8),
    Fail {
        code: u8,
        sent: bool,
    },
    CutShort(u8),
    /// In milliseconds.
    Wait(u64),
}

fn an_event() -> impl Strategy<Value = Event> {
    let code = 0_u8..10;
    prop_oneof![
        6 => code.clone().prop_map(Event::Begin),
        6 => (code.clone(), "[a-z]{1,8}|[小明a\u{7f}]{1,400}")
            .prop_map(|(code, stored)| Event::LogIn(code, stored)),
        1 => code.clone().prop_map(Event::Snapshot),
        1 => (code.clone(), any::<bool>()).prop_map(|(code, sent)| Event::Fail { code, sent }),
        1 => code.prop_map(Event::CutShort),
        4 => (0_u64..40_000).prop_map(Event::Wait),
        1 => (0_u64..700_000).prop_map(Event::Wait),
    ]
}

/// The same as [`Memory`], in the plainest way.
#[derive(Default)]
struct Model {
    /// Since when.
    in_flight: HashMap<u8, u64>,
    /// What is known, and when it was concluded.
    results: Vec<(u8, Is, u64)>,
    tried: HashMap<u8, u64>,
    now: u64,
}

impl Model {
    /// What a memory may say: a mark stays for a lifetime at least.
    fn may_be(&self, code: u8) -> Vec<Is> {
        if self.in_flight.contains_key(&code) {
            return vec![Is::InFlight];
        }
        let is_young = |concluded: u64| self.now - concluded <= 60_000;
        let result = self.results.iter().rev().find(|(of, ..)| *of == code);
        if let Some((_, is, concluded)) = result
            && is_young(*concluded)
        {
            return vec![is.clone()];
        }
        match self.tried.get(&code) {
            None => vec![Is::New],
            Some(since) if self.now - since < 600_000 => vec![Is::Tried],
            Some(_) => vec![Is::Tried, Is::New],
        }
    }

    fn conclude(&mut self, code: u8, result: Option<Is>, sent: bool) {
        self.in_flight.remove(&code);
        self.results
            .extend(result.map(|result| (code, result, self.now)));
        if !sent {
            self.tried.remove(&code);
        }
    }
}

proptest! {
    #[test]
    fn memory_is_the_plain_model(events in prop::collection::vec(an_event(), 0..200)) {
        let memory = Memory::default();
        let mut model = Model::default();
        for event in events {
            let now = at(model.now);
            let (code, outcome, result, sent) = match event {
                Event::Wait(millis) => {
                    model.now += millis;
                    continue;
                }
                Event::Begin(code) => {
                    let may_be = model.may_be(code);
                    let begun = memory.begun(&code, now);
                    prop_assert!(may_be.contains(&begun), "{} {:?} {:?}", code, begun, may_be);
                    if begun == Is::New {
                        model.in_flight.insert(code, model.now);
                        model.tried.insert(code, model.now);
                    }
                    continue;
                }
                Event::LogIn(code, stored) => {
                    // Logged in as it began; the calls and the hook took the rest.
                    let since = at(*model.in_flight.get(&code).unwrap_or(&model.now));
                    (code, Some(user(&stored, since)), Some(Is::User(stored, since)), true)
                }
                Event::Snapshot(code) => (code, Some(Outcome::Snapshot), Some(Is::Snapshot), true),
                Event::Fail { code, sent } => (code, Some(failure()), None, sent),
                Event::CutShort(code) => (code, None, None, true),
            };
            if model.in_flight.contains_key(&code) {
                memory.conclude(memory.digest(&code), outcome.as_ref(), sent, now);
                model.conclude(code, result, sent);
            }
            for code in 0..10 {
                let (told, may_be) = (memory.told(&code, now), model.may_be(code));
                prop_assert!(may_be.contains(&told), "{} {:?} {:?}", code, told, may_be);
            }
        }
    }
}
