use proptest::prelude::*;

use super::*;
use crate::samples::a_cookie;

const NOW: u64 = 1_700_000_000;
const NONCE: &str = "0123456789abcdefABCDEF0123456789";

/// A person without anything opens a page that takes a `WechatUser`.
fn visit() -> Visit {
    Visit {
        satisfied: false,
        held_since: None,
        navigation: Some(Navigation::Get),
        callback: None,
        is_elsewhere: false,
        cookie: None,
        scopes: Scopes::default().with(Scope::UserInfo),
        now: NOW,
    }
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
fn challenge(nonce: &str) -> String {
    let pending = LoginCookie::Pending {
        rounds: 0,
        issued_at: NOW,
        nonce: nonce.to_owned(),
    };
    pending.challenge().unwrap()
}

fn callback(rounds: u8) -> Option<Callback> {
    Some(Callback {
        code: Some("C".to_owned()),
        state: state(rounds),
    })
}

fn declined() -> Option<Callback> {
    Some(Callback {
        code: None,
        state: state(0),
    })
}

fn pending(rounds: u8) -> Option<LoginCookie> {
    Some(LoginCookie::Pending {
        rounds,
        issued_at: NOW,
        nonce: NONCE.to_owned(),
    })
}

/// Of another login of this browser.
fn other_pending(rounds: u8) -> Option<LoginCookie> {
    Some(LoginCookie::Pending {
        rounds,
        issued_at: NOW,
        nonce: NONCE.chars().rev().collect(),
    })
}

fn completed(rounds: u8, ago: u64) -> Option<LoginCookie> {
    Some(LoginCookie::Completed {
        rounds,
        issued_at: NOW - ago,
    })
}

fn login_after(rounds: u8) -> Step {
    Step::Login {
        rounds,
        cookie: true,
    }
}

fn preview_after(rounds: u8) -> Step {
    Step::Login {
        rounds,
        cookie: false,
    }
}

fn exchange(rounds: u8) -> Step {
    Step::Exchange {
        code: "C".to_owned(),
        state: state(0),
        rounds,
    }
}

/// What the session holds: (enough for this extractor, something of ours).
const NOBODY: (bool, bool) = (false, false);
const TOO_LITTLE: (bool, bool) = (false, true);

const GET: Option<Navigation> = Some(Navigation::Get);
const HEAD: Option<Navigation> = Some(Navigation::Head);
const PROGRAM: Option<Navigation> = None;

#[test]
fn each_case_has_its_step() {
    use Reason::{CodeRefused, CookiesOff, Declined, SessionLost};
    use Step::{Refuse, Stop};

    let table = [
        // A program is never sent anywhere, whatever its URL carries.
        (NOBODY, PROGRAM, None, None, Refuse),
        (NOBODY, PROGRAM, callback(0), pending(0), Refuse),
        (NOBODY, PROGRAM, declined(), pending(0), Refuse),
        (TOO_LITTLE, PROGRAM, None, None, Refuse),
        // Anonymous, after so many failures.
        (NOBODY, GET, None, None, login_after(0)),
        (NOBODY, GET, None, pending(0), login_after(0)),
        (NOBODY, GET, None, pending(1), login_after(1)),
        (NOBODY, GET, None, pending(2), login_after(2)),
        (NOBODY, GET, None, pending(3), Stop(CodeRefused)),
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
        (NOBODY, GET, declined(), None, Stop(Declined)),
        (NOBODY, GET, declined(), pending(0), Stop(Declined)),
        (NOBODY, GET, declined(), other_pending(2), Stop(Declined)),
        (NOBODY, GET, declined(), completed(2, 1), Stop(Declined)),
        (TOO_LITTLE, GET, declined(), pending(0), Stop(Declined)),
        // Not of this browser, which sends no cookie: the digit counts.
        (NOBODY, GET, callback(0), None, login_after(1)),
        (NOBODY, GET, callback(1), None, login_after(2)),
        (NOBODY, GET, callback(2), None, Stop(CookiesOff)),
        (NOBODY, GET, callback(3), None, Stop(CookiesOff)),
        // Not of this login: the cookie counts, whatever the digit says.
        (NOBODY, GET, callback(3), other_pending(0), login_after(1)),
        (NOBODY, GET, callback(0), other_pending(1), login_after(2)),
        (
            NOBODY,
            GET,
            callback(0),
            other_pending(2),
            Stop(CodeRefused),
        ),
        (
            NOBODY,
            GET,
            callback(0),
            other_pending(3),
            Stop(CodeRefused),
        ),
        // A login has just succeeded, and the session does not know of it.
        (NOBODY, GET, None, completed(0, 0), login_after(1)),
        (NOBODY, GET, None, completed(0, 59), login_after(1)),
        (NOBODY, GET, None, completed(1, 1), login_after(2)),
        (NOBODY, GET, None, completed(2, 1), Stop(SessionLost)),
        (NOBODY, GET, None, completed(2, 60), login_after(0)),
        // The session does stick: a log-out or a step-up is no failure.
        (TOO_LITTLE, GET, None, completed(2, 1), login_after(0)),
        (TOO_LITTLE, HEAD, None, completed(2, 1), preview_after(0)),
        // The callback of a login that has been completed.
        (NOBODY, GET, callback(0), completed(0, 1), login_after(1)),
        (NOBODY, GET, callback(0), completed(2, 1), Stop(CodeRefused)),
        (
            TOO_LITTLE,
            GET,
            callback(3),
            completed(2, 1),
            login_after(1),
        ),
    ];
    for ((satisfied, session_kept), navigation, callback, cookie, expected) in table {
        let asking = visit();
        let visit = Visit {
            satisfied,
            held_since: session_kept.then_some(NOW),
            navigation,
            callback,
            cookie,
            // Who is satisfied asks for nothing.
            scopes: if satisfied {
                Scopes::default()
            } else {
                asking.scopes
            },
            ..asking
        };
        assert_eq!(decide(visit.clone()), expected, "{visit:?}");
    }
}

#[test]
fn a_known_visitor_is_on_the_clean_page_and_a_sibling_has_its_login() {
    use Step::Run;

    let clean = |completed| Step::Clean { completed };
    let nobody_asks = Scopes::default();
    let sibling_asks = visit().scopes;
    let table = [
        (nobody_asks, PROGRAM, None, None, Run),
        (nobody_asks, PROGRAM, callback(0), pending(0), Run),
        (nobody_asks, GET, None, None, Run),
        (nobody_asks, GET, None, pending(3), Run),
        (nobody_asks, HEAD, None, None, Run),
        // Whosever the callback is.
        (nobody_asks, GET, callback(0), pending(0), clean(Some(0))),
        (nobody_asks, GET, callback(0), pending(2), clean(Some(2))),
        (nobody_asks, GET, callback(3), other_pending(3), clean(None)),
        (nobody_asks, GET, callback(0), completed(0, 1), clean(None)),
        (nobody_asks, GET, declined(), None, clean(None)),
        (nobody_asks, GET, declined(), pending(0), clean(None)),
        (nobody_asks, HEAD, callback(0), pending(0), clean(None)),
        // Another extractor of the handler waits for it; all else is for that one to answer.
        (sibling_asks, PROGRAM, callback(0), pending(0), Run),
        (sibling_asks, GET, None, pending(0), Run),
        (sibling_asks, GET, callback(0), pending(1), exchange(1)),
        (sibling_asks, GET, callback(0), other_pending(0), Run),
        (sibling_asks, GET, callback(0), completed(0, 1), Run),
        (sibling_asks, GET, callback(0), None, Run),
        (sibling_asks, GET, declined(), pending(0), Run),
        (sibling_asks, HEAD, callback(0), pending(0), Run),
    ];
    for (scopes, navigation, callback, cookie, expected) in table {
        let visit = Visit {
            satisfied: true,
            held_since: Some(NOW),
            navigation,
            callback,
            cookie,
            scopes,
            ..visit()
        };
        assert_eq!(decide(visit.clone()), expected, "{visit:?}");
    }
}

#[test]
fn a_login_to_another_account_is_left_to_that_account() {
    use Step::Run;

    let table = [
        (GET, callback(0), true, Run),
        (HEAD, callback(0), true, Run),
        (GET, declined(), true, Run),
        (GET, None, true, Run),
        (GET, callback(0), false, Step::Clean { completed: None }),
    ];
    for (navigation, callback, is_elsewhere, expected) in table {
        let visit = Visit {
            satisfied: true,
            held_since: Some(NOW),
            navigation,
            callback,
            is_elsewhere,
            scopes: Scopes::default(),
            ..visit()
        };
        assert_eq!(decide(visit.clone()), expected, "{visit:?}");
    }
}

#[test]
fn a_session_that_holds_something_older_than_the_login_is_lost() {
    let table = [
        (Some(NOW - 10), login_after(0)),
        (Some(NOW - 9), login_after(0)),
        (Some(NOW - 11), login_after(2)),
        (None, login_after(2)),
    ];
    for (held_since, expected) in table {
        let visit = Visit {
            held_since,
            cookie: completed(1, 10),
            ..visit()
        };
        assert_eq!(decide(visit), expected, "{held_since:?}");
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
    for (scopes, expected) in table {
        let visit = Visit {
            callback: callback(0),
            cookie: pending(0),
            scopes,
            ..visit()
        };
        assert_eq!(decide(visit), expected, "{scopes:?}");
    }
}

#[test]
fn scopes_hold_what_was_asked() {
    let mut scopes = Scopes::default();
    for scope in Scope::ALL {
        assert!(!scopes.contains(scope), "{scope:?}");
        scopes = scopes.with(scope);
        assert!(scopes.contains(scope), "{scope:?}");
        assert_eq!(scopes.with(scope), scopes);
    }
}

/// Opens a page again and again; `back` is how each login comes back and fails. Returns how many
/// redirects to WeChat there were, and the page that ended them.
fn walk(mut back: impl FnMut(u8) -> Visit) -> (usize, Reason) {
    let mut now = visit();
    for redirects in 0..10 {
        match decide(now) {
            Step::Login { rounds, .. } => now = back(rounds),
            Step::Stop(reason) => return (redirects, reason),
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
    let navigation = prop::option::of(prop_oneof![Just(Navigation::Get), Just(Navigation::Head)]);
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
        },
    );
    let cookie = a_cookie(NOW - 700..NOW + 60, nonce);
    let scopes = prop::collection::vec(scope(), 0..3)
        .prop_map(|scopes| scopes.into_iter().fold(Scopes::default(), Scopes::with));
    (
        any::<(bool, bool)>(),
        prop::option::of(NOW - 700..NOW + 60),
        navigation,
        prop::option::of(callback),
        prop::option::of(cookie),
        scopes,
    )
        .prop_map(
            |((satisfied, is_elsewhere), held_since, navigation, callback, cookie, scopes)| Visit {
                satisfied,
                held_since,
                navigation,
                callback,
                is_elsewhere,
                cookie,
                scopes,
                now: NOW,
            },
        )
}

proptest! {
    #[test]
    fn each_visit_has_a_step_that_it_may_have(visit in a_visit()) {
        let step = decide(visit.clone());
        let is_person = visit.navigation.is_some();
        let may_be = match &step {
            Step::Run => visit.satisfied,
            Step::Clean { .. } => visit.satisfied && is_person && visit.callback.is_some(),
            Step::Refuse => !visit.satisfied && !is_person,
            Step::Login { rounds, cookie: true } => {
                !visit.satisfied && visit.navigation == Some(Navigation::Get) && *rounds < State::MAX_ROUNDS
            }
            Step::Login { rounds, cookie: false } => {
                !visit.satisfied && visit.navigation == Some(Navigation::Head) && *rounds <= State::MAX_ROUNDS
            }
            Step::Exchange { code, state, .. } => {
                visit.navigation == Some(Navigation::Get)
                    && visit.scopes.contains(state.scope)
                    && visit.cookie.as_ref().and_then(LoginCookie::challenge).as_ref() == Some(&state.challenge)
                    && visit.callback == Some(Callback { code: Some(code.clone()), state: state.clone() })
            }
            Step::Stop(_) => !visit.satisfied && visit.navigation == Some(Navigation::Get),
        };
        prop_assert!(may_be, "{step:?}");
    }

    #[test]
    fn a_plain_visit_is_never_counted(before in 0..State::MAX_ROUNDS, ago in 0..600_u64, times in 1..20_u64) {
        let mut cookie = LoginCookie::Pending {
            rounds: before,
            issued_at: NOW - ago,
            nonce: NONCE.to_owned(),
        };
        for seconds in 0..times {
            let now = NOW + seconds;
            let step = decide(Visit { cookie: Some(cookie.clone()), now, ..visit() });
            prop_assert_eq!(step, login_after(before));
            cookie = LoginCookie::pend(Some(&cookie), before, now);
        }
    }

    #[test]
    fn a_log_out_is_never_counted(visit in a_visit(), rounds in 0..=State::MAX_ROUNDS, ago in 0..600_u64) {
        let visit = Visit {
            satisfied: false,
            held_since: Some(NOW),
            navigation: Some(Navigation::Get),
            callback: None,
            cookie: completed(rounds, ago),
            ..visit
        };
        prop_assert_eq!(decide(visit), login_after(0));
    }
}
