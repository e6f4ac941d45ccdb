use proptest::prelude::*;

use super::{
    Instead::{Clean, Depart, Refuse, Stop},
    *,
};
use crate::{
    address::state::Challenge,
    clock::Moment,
    samples::{a_cookie, a_page},
    scope::Scopes,
    visit::login_cookie::{Completed, Pending},
};

#[path = "returns.rs"]
mod returns;

type Step = super::Step<()>;

const SECONDS: u64 = 1_700_000_000;
const NOW: Moment = Moment::from_millis(SECONDS * 1_000);
const NONCE: &str = "0123456789abcdefABCDEF0123456789";

/// A person without anything opens a page that takes a `WechatUser`.
fn visit() -> Visit {
    Visit {
        appended: None,
        page: "/p".to_owned(),
        callback: None,
        asks: GET,
        is_get: true,
        is_outside: false,
        has_tapped: false,
        cookie: None,
        look_alikes: Vec::new(),
        has_unreadable_cookies: false,
        held_since: None,
        scope: Scope::UserInfo,
        wants: Scopes::default().with(Scope::UserInfo),
        is_for_another: false,
        languages: Vec::new(),
        referer: None,
        now: NOW,
    }
}

fn ago(seconds: u64) -> Moment {
    Moment::from_millis(NOW.millis() - seconds * 1_000)
}

/// The step of a visitor whom the session does not know, or not well enough.
fn step(visit: &Visit) -> Step {
    decide(visit, Found::TooLittle)
}

fn state(rounds: u8) -> State {
    State {
        rounds,
        scope: Scope::UserInfo,
        own_codes: 0,
        challenge: challenge(NONCE),
    }
}

/// What a nonce is known as in a `state`.
fn challenge(nonce: &str) -> Challenge {
    pending_with(0, nonce).challenge()
}

/// A login that was sent out for `/p`.
fn pending_with(rounds: u8, nonce: &str) -> Pending {
    Pending {
        nonce: Nonce::parse(nonce).unwrap(),
        ..Pending::renew(None, rounds, "/p", NOW)
    }
}

fn callback(rounds: u8) -> Option<Callback> {
    Some(Callback {
        code: Some("C".to_owned()),
        state: state(rounds),
        has_appid: false,
    })
}

fn declined() -> Option<Callback> {
    Some(Callback {
        code: None,
        state: state(0),
        has_appid: false,
    })
}

fn pending(rounds: u8) -> Option<LoginCookie> {
    Some(LoginCookie::Pending(pending_with(rounds, NONCE)))
}

/// Of another login of this browser.
fn other_pending(rounds: u8) -> Option<LoginCookie> {
    let nonce: String = NONCE.chars().rev().collect();
    Some(LoginCookie::Pending(pending_with(rounds, &nonce)))
}

fn completed(rounds: u8, seconds_ago: u64) -> Option<LoginCookie> {
    let at = ago(seconds_ago);
    Some(LoginCookie::Completed(Completed { rounds, at }))
}

fn login_after(before: u8) -> Step {
    Step::Answer(Depart(Round {
        before,
        cookie: true,
        session_lost: false,
    }))
}

fn login_without_session_after(before: u8) -> Step {
    Step::Answer(Depart(Round {
        before,
        cookie: true,
        session_lost: true,
    }))
}

fn preview_after(before: u8) -> Step {
    Step::Answer(Depart(Round {
        before,
        cookie: false,
        session_lost: false,
    }))
}

fn came_back(rounds: u8) -> CameBack {
    CameBack {
        code: "C".to_owned(),
        scope: Scope::UserInfo,
        nonce: Nonce::parse(NONCE).unwrap(),
        rounds,
    }
}

fn exchange(rounds: u8) -> Step {
    Step::Exchange(came_back(rounds))
}

/// Since when the session holds something of ours that is not enough for this extractor.
const NOBODY: Option<Moment> = None;
const TOO_LITTLE: Option<Moment> = Some(NOW);

const GET: Asks = Asks::Person(Navigation::Get);
const HEAD: Asks = Asks::Person(Navigation::Head);
const PROGRAM: Asks = Asks::Program { html: false };
const PROGRAM_OF_PAGES: Asks = Asks::Program { html: true };

#[test]
fn each_case_has_its_step() {
    use Reason::{CodeRefused, CookiesOff, Declined, SessionLost};

    let refuse = |html| Step::Answer(Refuse { html });
    let stop = |reason| Step::Answer(Stop(reason));
    let table = [
        // A program is never sent anywhere, whatever its URL carries.
        (NOBODY, PROGRAM, None, None, refuse(false)),
        (NOBODY, PROGRAM, callback(0), pending(0), refuse(false)),
        (NOBODY, PROGRAM, callback(3), None, refuse(false)),
        (NOBODY, PROGRAM, declined(), pending(0), refuse(false)),
        (NOBODY, PROGRAM, None, completed(2, 1), refuse(false)),
        (TOO_LITTLE, PROGRAM, None, None, refuse(false)),
        (NOBODY, PROGRAM_OF_PAGES, None, None, refuse(true)),
        (
            NOBODY,
            PROGRAM_OF_PAGES,
            callback(0),
            pending(0),
            refuse(true),
        ),
        // Anonymous, after so many failures.
        (NOBODY, GET, None, None, login_after(0)),
        (NOBODY, GET, None, pending(0), login_after(0)),
        (NOBODY, GET, None, pending(1), login_after(1)),
        (NOBODY, GET, None, pending(2), login_after(2)),
        (NOBODY, GET, None, pending(3), stop(CodeRefused)),
        (TOO_LITTLE, GET, None, None, login_after(0)),
        (TOO_LITTLE, GET, None, pending(1), login_after(1)),
        // HEAD completes nothing and sets nothing.
        (NOBODY, HEAD, None, None, preview_after(0)),
        (NOBODY, HEAD, None, pending(1), preview_after(1)),
        (NOBODY, HEAD, None, completed(1, 1), preview_after(1)),
        (NOBODY, HEAD, callback(0), pending(0), preview_after(0)),
        (NOBODY, HEAD, declined(), pending(0), preview_after(0)),
        // A callback of this browser's own.
        (NOBODY, GET, callback(0), pending(0), exchange(0)),
        (NOBODY, GET, callback(0), pending(2), exchange(2)),
        (NOBODY, GET, callback(0), pending(3), exchange(3)),
        (TOO_LITTLE, GET, callback(0), pending(0), exchange(0)),
        // Declined, cookie or not, known by openid or not.
        (NOBODY, GET, declined(), None, stop(Declined)),
        (NOBODY, GET, declined(), pending(0), stop(Declined)),
        (NOBODY, GET, declined(), other_pending(2), stop(Declined)),
        (NOBODY, GET, declined(), completed(2, 1), stop(Declined)),
        (TOO_LITTLE, GET, declined(), pending(0), stop(Declined)),
        // Not of this browser, which sends no cookie: the digit counts.
        (NOBODY, GET, callback(0), None, login_after(1)),
        (NOBODY, GET, callback(1), None, login_after(2)),
        (NOBODY, GET, callback(2), None, stop(CookiesOff)),
        (NOBODY, GET, callback(3), None, stop(CookiesOff)),
        // Not of this login: the cookie counts, whatever the digit says.
        (NOBODY, GET, callback(3), other_pending(0), login_after(1)),
        (NOBODY, GET, callback(0), other_pending(1), login_after(2)),
        (
            NOBODY,
            GET,
            callback(0),
            other_pending(2),
            stop(CodeRefused),
        ),
        (
            NOBODY,
            GET,
            callback(0),
            other_pending(3),
            stop(CodeRefused),
        ),
        // A login has just succeeded, and the session does not know of it.
        (
            NOBODY,
            GET,
            None,
            completed(0, 0),
            login_without_session_after(1),
        ),
        (
            NOBODY,
            GET,
            None,
            completed(0, 59),
            login_without_session_after(1),
        ),
        (
            NOBODY,
            GET,
            None,
            completed(1, 1),
            login_without_session_after(2),
        ),
        (NOBODY, GET, None, completed(2, 1), stop(SessionLost)),
        (NOBODY, GET, None, completed(3, 1), stop(SessionLost)),
        // The session does stick: a log-out or a step-up is no failure.
        (TOO_LITTLE, GET, None, completed(2, 1), login_after(0)),
        (TOO_LITTLE, HEAD, None, completed(2, 1), preview_after(0)),
        // The callback of a login that has been completed.
        (NOBODY, GET, callback(0), completed(0, 1), login_after(1)),
        (NOBODY, GET, callback(0), completed(2, 1), stop(CodeRefused)),
        (
            TOO_LITTLE,
            GET,
            callback(3),
            completed(2, 1),
            login_after(1),
        ),
    ];
    for (held_since, asks, callback, cookie, expected) in table {
        let visit = Visit {
            held_since,
            asks,
            callback,
            cookie,
            ..visit()
        };
        assert_eq!(step(&visit), expected, "{visit:?}");
    }
}

#[test]
fn a_known_visitor_is_on_the_clean_page_and_a_sibling_has_its_login() {
    let run = || Step::Run(());
    let clean = |completed| Step::Answer(Clean { completed });
    let nobody_asks = Scopes::default();
    let sibling_asks = visit().wants;
    let table = [
        (nobody_asks, PROGRAM, None, None, run()),
        (nobody_asks, PROGRAM, callback(0), pending(0), run()),
        (nobody_asks, PROGRAM_OF_PAGES, declined(), pending(0), run()),
        (nobody_asks, GET, None, None, run()),
        (nobody_asks, GET, None, pending(3), run()),
        (nobody_asks, HEAD, None, None, run()),
        // Whosever the callback is.
        (nobody_asks, GET, callback(0), pending(0), clean(Some(0))),
        (nobody_asks, GET, callback(0), pending(2), clean(Some(2))),
        (nobody_asks, GET, callback(3), other_pending(3), clean(None)),
        (nobody_asks, GET, callback(0), completed(0, 1), clean(None)),
        (nobody_asks, GET, declined(), None, clean(None)),
        (nobody_asks, GET, declined(), pending(0), clean(None)),
        (nobody_asks, HEAD, callback(0), pending(0), clean(None)),
        // Another extractor of the handler waits for it; all else is for that one to answer.
        (sibling_asks, PROGRAM, callback(0), pending(0), run()),
        (sibling_asks, GET, None, pending(0), run()),
        (sibling_asks, GET, callback(0), pending(1), exchange(1)),
        (sibling_asks, GET, callback(0), other_pending(0), run()),
        (sibling_asks, GET, callback(0), completed(0, 1), run()),
        (sibling_asks, GET, callback(0), None, run()),
        (sibling_asks, GET, declined(), pending(0), run()),
        (sibling_asks, HEAD, callback(0), pending(0), run()),
    ];
    for (wants, asks, callback, cookie, expected) in table {
        let visit = Visit {
            held_since: Some(NOW),
            asks,
            callback,
            cookie,
            wants,
            ..visit()
        };
        assert_eq!(decide(&visit, Found::Enough(())), expected, "{visit:?}");
    }
}

#[test]
fn a_login_to_another_account_is_left_to_that_account() {
    let clean = |completed| Step::Answer(Clean { completed });
    let table = [
        (GET, callback(0), None, true, Step::Run(())),
        (HEAD, callback(0), None, true, Step::Run(())),
        (PROGRAM, callback(0), None, true, Step::Run(())),
        (GET, declined(), None, true, Step::Run(())),
        (GET, None, None, true, Step::Run(())),
        (GET, callback(0), other_pending(0), true, Step::Run(())),
        (GET, callback(0), None, false, clean(None)),
        (GET, callback(0), pending(1), false, clean(Some(1))),
    ];
    for (asks, callback, cookie, is_for_another, expected) in table {
        let visit = Visit {
            held_since: Some(NOW),
            asks,
            callback,
            cookie,
            is_for_another,
            // Who is satisfied asks for nothing.
            wants: Scopes::default(),
            ..visit()
        };
        assert_eq!(decide(&visit, Found::Enough(())), expected, "{visit:?}");
    }
    // Whom this account does not know it sends to a login of its own.
    let unknown = Visit {
        callback: callback(0),
        cookie: other_pending(0),
        is_for_another: true,
        ..visit()
    };
    assert_eq!(step(&unknown), login_after(1));
}

#[test]
fn while_a_look_alike_is_sent_nobody_is_known_and_nothing_begins() {
    let stop = Step::Answer(Stop(Reason::CookiesOff));
    let table = [
        (GET, None, None, stop.clone()),
        (HEAD, None, None, stop.clone()),
        (GET, None, completed(0, 1), stop.clone()),
        (GET, callback(0), pending(0), stop.clone()),
        (GET, callback(0), None, stop.clone()),
        (GET, declined(), pending(0), stop),
        (PROGRAM, None, None, Step::Answer(Refuse { html: false })),
        (
            PROGRAM_OF_PAGES,
            callback(0),
            pending(0),
            Step::Answer(Refuse { html: true }),
        ),
    ];
    for (asks, callback, cookie, expected) in table {
        let visit = Visit {
            asks,
            callback,
            cookie,
            look_alikes: vec![b"%5F_Host-id".to_vec()],
            ..visit()
        };
        assert_eq!(step(&visit), expected, "{visit:?}");
    }
}

#[test]
fn a_session_that_holds_something_older_than_the_login_is_lost() {
    let millis = |millis| Some(Moment::from_millis(ago(10).millis() - millis));
    let lost = login_without_session_after(2);
    let table = [
        (Some(ago(10)), login_after(0)),
        (Some(ago(9)), login_after(0)),
        (millis(0), login_after(0)),
        (millis(1), lost.clone()),
        (Some(ago(11)), lost.clone()),
        (None, lost),
    ];
    for (held_since, expected) in table {
        let visit = Visit {
            held_since,
            cookie: completed(1, 10),
            ..visit()
        };
        assert_eq!(step(&visit), expected, "{held_since:?}");
    }
}

#[test]
fn a_callback_belongs_to_a_page_that_asks_for_its_scope() {
    let base = Scopes::default().with(Scope::Base);
    let table = [
        (Scopes::default(), login_after(1)),
        (base, login_after(1)),
        (base.with(Scope::Login), login_after(1)),
        (base.with(Scope::UserInfo), exchange(0)),
    ];
    for (wants, expected) in table {
        let visit = Visit {
            callback: callback(0),
            cookie: pending(0),
            wants,
            ..visit()
        };
        assert_eq!(step(&visit), expected, "{wants:?}");
    }
}

/// Opens a page again and again; `back` is how each login comes back and fails. Returns how many
/// redirects to WeChat there were, and the page that ended them.
fn walk(mut back: impl FnMut(u8) -> Visit) -> (usize, Reason) {
    let mut now = visit();
    for redirects in 0..10 {
        match step(&now) {
            Step::Answer(Depart(round)) => now = back(round.before),
            Step::Answer(Stop(reason)) => return (redirects, reason),
            other => panic!("{other:?}"),
        }
    }
    panic!("a loop");
}

#[test]
fn three_redirects_then_a_page() {
    let without_cookies = |rounds| Visit {
        callback: callback(rounds),
        ..visit()
    };
    assert_eq!(walk(without_cookies), (3, Reason::CookiesOff));
    let without_session = |rounds| Visit {
        cookie: completed(rounds, 1),
        ..visit()
    };
    assert_eq!(walk(without_session), (3, Reason::SessionLost));
    let of_another = |rounds| Visit {
        callback: callback(0),
        cookie: other_pending(rounds),
        ..visit()
    };
    assert_eq!(walk(of_another), (3, Reason::CodeRefused));
    // A code that WeChat refuses counts as the page is cleaned.
    let refused = |rounds| Visit {
        cookie: pending(rounds + 1),
        ..visit()
    };
    assert_eq!(walk(refused), (3, Reason::CodeRefused));
}

fn a_visit() -> impl Strategy<Value = Visit> {
    let nonce = prop_oneof![Just(NONCE.to_owned()), "[a-z]{32}"];
    let asks = prop::sample::select(vec![GET, HEAD, PROGRAM, PROGRAM_OF_PAGES]);
    let code = prop::option::of("[A-Z]{1,3}");
    let scope = || prop::sample::select(Scope::ALL.to_vec());
    let callback = (code, 0..=State::MAX_ROUNDS, scope(), nonce.clone()).prop_map(
        |(code, rounds, scope, nonce)| Callback {
            code,
            state: State {
                rounds,
                scope,
                own_codes: 0,
                challenge: challenge(&nonce),
            },
            has_appid: false,
        },
    );
    let cookie = a_cookie(SECONDS - 700..SECONDS + 60, nonce);
    let scopes = prop::collection::vec(scope(), 0..3)
        .prop_map(|scopes| scopes.into_iter().fold(Scopes::default(), Scopes::with));
    (
        a_page(),
        any::<bool>(),
        prop::option::of(SECONDS - 700..SECONDS + 60),
        asks,
        prop::option::of(callback),
        prop::option::of(cookie),
        prop::option::weighted(0.1, "[a-z]{1,3}"),
        scopes,
    )
        .prop_map(
            |(page, is_for_another, held_since, asks, callback, cookie, look_alike, wants)| Visit {
                page,
                callback,
                asks,
                cookie,
                look_alikes: look_alike.into_iter().map(String::into_bytes).collect(),
                held_since: held_since.and_then(Moment::from_seconds),
                wants,
                is_for_another,
                ..visit()
            },
        )
}

proptest! {
    #[test]
    fn each_visit_has_a_step_that_it_may_have(visit in a_visit(), is_enough: bool) {
        let found = if is_enough { Found::Enough(()) } else { Found::TooLittle };
        let step = decide(&visit, found);
        let is_get = visit.asks == GET;
        let is_safe = visit.look_alikes.is_empty();
        let is_person = matches!(visit.asks, Asks::Person(_));
        let may_be = match &step {
            Step::Run(()) => is_enough && (is_safe || !is_person),
            Step::Answer(Clean { completed }) => {
                is_enough && is_safe && is_person && visit.callback.is_some() && !visit.is_for_another
                    && completed.is_none_or(|rounds| is_get && rounds <= State::MAX_ROUNDS)
            }
            Step::Answer(Refuse { html }) => !is_enough && visit.asks == Asks::Program { html: *html },
            Step::Answer(Depart(Round { before, cookie: true, session_lost })) => {
                !is_enough && is_safe && is_get && *before < State::MAX_ROUNDS
                    && (!session_lost || visit.cookie.as_ref().is_some_and(|cookie| cookie.pending().is_none()))
            }
            Step::Answer(Depart(Round { before, cookie: false, session_lost })) => {
                !is_enough && is_safe && visit.asks == HEAD && *before <= State::MAX_ROUNDS && !session_lost
            }
            Step::Exchange(CameBack { code, scope, nonce, .. }) => {
                let callback = visit.callback.clone().unwrap();
                let pending = visit.cookie.as_ref().and_then(LoginCookie::pending);
                is_safe && is_get
                    && visit.wants.contains(*scope)
                    && pending.map(Pending::challenge) == Some(callback.state.challenge)
                    && pending.is_some_and(|pending| pending.nonce == *nonce)
                    && callback.state.scope == *scope
                    && callback.code.as_ref() == Some(code)
            }
            Step::Answer(Stop(Reason::CookiesOff)) if !is_safe => is_person,
            Step::Answer(Stop(_)) => !is_enough && is_safe && is_get,
        };
        prop_assert!(may_be, "{step:?}");
    }

    #[test]
    fn a_plain_visit_is_never_counted(
        page in a_page(), before in 0..State::MAX_ROUNDS, seconds_ago in 0..600_u64, times in 1..20_u64,
    ) {
        let issued_at = ago(seconds_ago);
        let mut cookie = Pending { issued_at, ..Pending::renew(None, before, &page, NOW) };
        for seconds in 0..times {
            let now = Moment::from_millis(NOW.millis() + seconds * 1_000);
            let current = Some(LoginCookie::Pending(cookie));
            let step = step(&Visit { page: page.clone(), cookie: current, now, ..visit() });
            prop_assert_eq!(step, login_after(before));
            cookie = Pending::renew(current.as_ref(), before, &page, now);
        }
    }

    #[test]
    fn a_log_out_is_never_counted(visit in a_visit(), rounds in 0..=State::MAX_ROUNDS, seconds_ago in 0..60_u64) {
        let visit = Visit {
            held_since: Some(NOW),
            asks: GET,
            callback: None,
            cookie: completed(rounds, seconds_ago),
            look_alikes: Vec::new(),
            ..visit
        };
        prop_assert_eq!(step(&visit), login_after(0));
    }
}
