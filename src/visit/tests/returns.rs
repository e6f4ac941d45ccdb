//! What becomes of an answer of WeChat's whose `state` is lost on the way.

use super::*;
use crate::{
    address::callback::{clean, own_codes},
    samples::{OURS, append},
};

/// A browser that opens pages, at whose login an answer of WeChat's arrives as `alter` leaves it.
struct Browser {
    cookie: Option<LoginCookie>,
    keeps_cookies: bool,
}

impl Browser {
    fn new() -> Self {
        Self {
            cookie: None,
            keeps_cookies: true,
        }
    }

    /// What an address says, read as a request's is.
    fn visit(&self, address: &str) -> Visit {
        let (path, query) = match address.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (address, None),
        };
        Visit {
            page: clean(path, query, None).into_owned(),
            callback: query.and_then(|query| Callback::find(query, None)),
            cookie: self.cookie,
            ..visit()
        }
    }

    /// Opens an address. Returns what comes of it and, where it is a login, WeChat's answer.
    fn open(&mut self, address: &str) -> (Step, String) {
        let visit = self.visit(address);
        let step = step(&visit);
        let Step::Answer(Depart(round)) = &step else {
            return (step, visit.page);
        };
        let pending = Pending::renew(self.cookie.as_ref(), round.before, &visit.page, NOW);
        let state = State {
            rounds: round.before,
            scope: Scope::UserInfo,
            own_codes: own_codes(&visit.page),
            challenge: pending.challenge(),
        };
        if self.keeps_cookies {
            self.cookie = Some(LoginCookie::Pending(pending));
        }
        let answer = append(&visit.page, &format!("code=C&state={}", state.encode()));
        (step, answer)
    }

    /// The exchange of the login that its cookie has pending.
    fn exchange(&self, rounds: u8) -> Step {
        let pending = self.cookie.as_ref().and_then(LoginCookie::pending);
        Step::Exchange(CameBack {
            nonce: pending.unwrap().nonce,
            ..came_back(rounds)
        })
    }

    /// Follows each redirect. Returns how many there were to WeChat, what ended them, and where.
    fn follow(&mut self, address: &str, alter: impl Fn(&str) -> String) -> (usize, Step, String) {
        let mut address = address.to_owned();
        for redirects in 0..20 {
            let (step, answer) = self.open(&address);
            if !matches!(step, Step::Answer(Depart(_))) {
                return (redirects, step, address);
            }
            address = alter(&answer);
        }
        panic!("a loop: {address}");
    }
}

/// A `state` with something else in its place; given the name and the value.
fn with_state(answer: &str, alter: impl Fn(&str) -> String) -> String {
    let (before, state) = answer.rsplit_once("&state=").unwrap();
    format!("{before}{}", alter(state))
}

/// Parameters in their order by name, as some proxies keep them.
fn sorted(answer: &str) -> String {
    with_pairs(answer, |pairs| {
        pairs.sort_by_key(|pair| pair.split('=').next())
    })
}

type Alter = fn(&str) -> String;

/// What becomes of the `state` alone.
const ALTERATIONS: [(&str, Alter); 9] = [
    ("missing", |answer| with_state(answer, |_| String::new())),
    ("empty", |answer| {
        with_state(answer, |_| "&state=".to_owned())
    }),
    ("bare", |answer| with_state(answer, |_| "&state".to_owned())),
    ("another", |answer| {
        with_state(answer, |_| "&state=STATE".to_owned())
    }),
    ("cut", |answer| {
        with_state(answer, |state| format!("&state={}", &state[..20]))
    }),
    ("longer", |answer| {
        with_state(answer, |state| format!("&state={state}.1"))
    }),
    ("encoded", |answer| {
        with_state(answer, |state| format!("&state=%{state}"))
    }),
    ("encoded again", |answer| {
        with_state(answer, |state| format!("&state={state}%23wechat_redirect"))
    }),
    ("doubled", |answer| {
        with_state(answer, |state| format!("&state={state}x&state={state}x"))
    }),
];

/// An answer with another query.
fn with_pairs(answer: &str, alter: impl Fn(&mut Vec<&str>)) -> String {
    let (path, query) = answer.split_once('?').unwrap();
    let mut pairs: Vec<&str> = query.split('&').collect();
    alter(&mut pairs);
    format!("{path}?{}", pairs.join("&"))
}

/// What becomes of the rest of the query as well, where the `state` is lost.
const REWRITES: [(&str, Alter); 6] = [
    ("sorted", sorted),
    ("turned round", |answer| {
        with_pairs(answer, |pairs| pairs.reverse())
    }),
    ("a parameter more at the end", |answer| {
        with_pairs(answer, |pairs| pairs.push("from=singlemessage"))
    }),
    ("a parameter more at the start", |answer| {
        with_pairs(answer, |pairs| pairs.insert(0, "from=singlemessage"))
    }),
    ("written anew", |answer| {
        with_pairs(answer, |pairs| {
            for pair in pairs.iter_mut() {
                *pair = match *pair {
                    "x" => "x=",
                    "y=%FF" => "y=%ff",
                    pair => pair,
                };
            }
        })
    }),
    ("without its other parameters", |answer| {
        with_pairs(answer, |pairs| {
            pairs.retain(|pair| pair.starts_with("code"))
        })
    }),
];

const PAGES: [&str; 8] = [
    "/p",
    "/p?",
    "/p?x=1&y=%FF",
    "/p?code=own",
    "/p?code=own&x=1",
    "/p?code=a&x&code=b&code=c",
    "/p?state=own",
    "/p?code=own&state=own",
];

#[test]
fn return_without_its_state_is_three_redirects_and_a_page_with_a_way_back() {
    for (name, alter) in ALTERATIONS {
        for page in PAGES {
            let mut browser = Browser::new();
            let (redirects, step, address) = browser.follow(page, alter);
            let case = format!("{name}: {page}, {address}");
            assert_eq!(redirects, 3, "{case}");
            assert_eq!(step, Step::Answer(Stop(Reason::StateLost)), "{case}");
            // The button's address.
            assert_eq!(
                browser.visit(&address).without_lost_returns(),
                page,
                "{case}"
            );
        }
    }
}

#[test]
fn return_with_a_state_of_our_shape_is_a_callback() {
    let lower =
        |answer: &str| with_state(answer, |state| format!("&state={}", state.to_lowercase()));
    let doubled =
        |answer: &str| with_state(answer, |state| format!("&state={state}&state={state}"));
    let none = |answer: &str| answer.to_owned();
    for page in PAGES {
        // Somebody else's, by all that it says.
        let (redirects, step, _) = Browser::new().follow(page, lower);
        assert_eq!(
            (redirects, step),
            (3, Step::Answer(Stop(Reason::CodeRefused))),
            "{page}"
        );
        for alter in [&doubled as &dyn Fn(&str) -> String, &none, &sorted] {
            let mut browser = Browser::new();
            let (redirects, step, address) = browser.follow(page, alter);
            assert_eq!((redirects, step), (1, browser.exchange(0)), "{address}");
        }
    }
}

#[test]
fn return_whose_query_was_rewritten_is_three_redirects_and_a_page() {
    for (name, alter) in REWRITES {
        for page in PAGES {
            let alter = |answer: &str| alter(&with_state(answer, |_| "&state=S".to_owned()));
            let (redirects, step, address) = Browser::new().follow(page, alter);
            let expected = (3, Step::Answer(Stop(Reason::StateLost)));
            assert_eq!((redirects, step), expected, "{name}: {page}, {address}");
        }
    }
}

#[test]
fn where_no_cookie_comes_back_three_codes_at_the_end_tell_of_lost_states() {
    let stop = || Step::Answer(Stop(Reason::StateLost));
    for (name, alter) in ALTERATIONS {
        for page in ["/p", "/p?x=1", "/p?state=own", "/p?code=own&x=1"] {
            let mut browser = Browser {
                keeps_cookies: false,
                ..Browser::new()
            };
            let (redirects, step, address) = browser.follow(page, alter);
            assert_eq!((redirects, step), (3, stop()), "{name}: {address}");
            assert_eq!(
                browser.visit(&address).without_lost_returns(),
                page,
                "{name}: {address}"
            );
        }
    }
    let table = [
        ("/p?code=a", login_after(0)),
        ("/p?code=a&code=b", login_after(0)),
        ("/p?code=a&state=S&code=b&state=T&state=U", login_after(0)),
        ("/p?code=a&code=b&x=1&code=c", login_after(0)),
        ("/p?code=a&code=b&code=c&x=1", login_after(0)),
        ("/p?code=a&code=b&codec=c", login_after(0)),
        ("/p?code=a&code=b&code=c", stop()),
        ("/p?code&code=&code=c", stop()),
        ("/p?code=a&state=S&code=b&code=c&state&state=T", stop()),
        ("/p?x=1&code=a&code=b&code=c&code=d", stop()),
    ];
    for (address, expected) in table {
        let mut without = Browser::new();
        assert_eq!(without.open(address).0, expected, "{address}");
        // Where one comes back, it is what counts.
        let mut with = Browser {
            cookie: pending(0),
            ..Browser::new()
        };
        let expected = if address.matches("code").count() == 1 {
            // `/p` and a code, which is the page that the cookie was sent out for.
            login_after(1)
        } else {
            login_after(0)
        };
        assert_eq!(with.open(address).0, expected, "{address}");
    }
}

#[test]
fn plain_visits_of_pages_with_codes_of_their_own_never_block() {
    let walks: [&[&str]; 7] = [
        &["/p", "/p?code=x"],
        &["/p?code=x", "/p"],
        &["/p?code=x"],
        &["/p?code=x", "/p?code=y"],
        &["/p", "/p?code=x", "/p?code=x&code=y"],
        &["/p?code=x", "/p?code=x&code=y"],
        &[
            "/p?x=1",
            "/p?x=1&code=x",
            "/p",
            "/p?code=x&x=1",
            "/q?code=x",
        ],
    ];
    for walk in walks {
        let mut browser = Browser::new();
        for address in walk.iter().cycle().take(60) {
            let (step, _) = browser.open(address);
            assert!(
                matches!(step, Step::Answer(Depart(_))),
                "{walk:?}: {address} {step:?}"
            );
        }
    }
    // One redirect more is what it may cost: the login itself still ends.
    let mut browser = Browser::new();
    browser.open("/p");
    let (step, answer) = browser.open("/p?code=x");
    assert_eq!(step, login_after(1));
    assert_eq!(browser.open(&answer).0, browser.exchange(1));
}

#[test]
fn an_altered_return_is_of_the_login_that_went_out_last() {
    // Sent out, coming in, and whether it is counted.
    let table = [
        ("/p", "/p?code=C", true),
        ("/p", "/p?code=C&state=S", true),
        ("/p?x=1", "/p?x=1&code=C&state=S", true),
        ("/p?x=1", "/p?code=C&state=S&x=1", true),
        ("/p", "/p?x=1&code=C", true),
        ("/p?x=1", "/p?code=C", true),
        ("/p", "/p", false),
        ("/p", "/p?state=S", false),
        ("/p", "/p?codec=C", false),
        ("/p", "/p?Code=C", false),
        ("/p", "/q?code=C", false),
        ("/p?code=x", "/p?code=y&z&code=C", true),
        ("/p?code=x", "/p?code=x&code=C&code=D", false),
        // The same address once more, which has a code of its own.
        ("/p?code=x", "/p?code=x", false),
        ("/p?code=x", "/p?code=y", false),
        ("/p?code=x", "/p", false),
    ];
    for (sent, comes, is_counted) in table {
        let mut browser = Browser::new();
        browser.open(sent);
        let expected = login_after(u8::from(is_counted));
        assert_eq!(browser.open(comes).0, expected, "{sent} {comes}");
    }
    // A completed login has nothing to return.
    let visit = Visit {
        page: "/p?code=C".to_owned(),
        cookie: completed(0, 1),
        held_since: Some(NOW),
        ..visit()
    };
    assert_eq!(step(&visit), login_after(0));
}

proptest! {
    #[test]
    fn plain_visits_of_any_two_pages_never_block(page in a_page(), own in "[a-z]{1,5}", times in 1..20) {
        // Of pages with more codes of their own one may pass for the other's answer that often.
        prop_assume!(count_codes(&page) < 2);
        prop_assume!(Callback::find(page.split_once('?').map_or("", |(_, query)| query), None).is_none());
        let other = append(&page, &format!("code={own}"));
        let mut browser = Browser::new();
        for _ in 0..times {
            for address in [&page, &other] {
                let (step, _) = browser.open(address);
                prop_assert!(matches!(step, Step::Answer(Depart(_))), "{address} {step:?}");
            }
        }
    }

    #[test]
    fn a_return_without_its_state_never_makes_a_loop(
        page in a_page(),
        alteration in prop::sample::select(ALTERATIONS.to_vec()),
        rewrite in prop::option::of(prop::sample::select(REWRITES.to_vec())),
        keeps_cookies: bool,
    ) {
        // A callback of long ago is another matter.
        prop_assume!(!page.contains(OURS));
        // Where no cookie comes back, the end of the address is all that tells.
        prop_assume!(keeps_cookies || rewrite.is_none());
        let altered = |answer: &str| {
            let answer = alteration.1(answer);
            rewrite.map(|(_, rewrite)| rewrite(&answer)).unwrap_or(answer)
        };
        let mut browser = Browser { keeps_cookies, ..Browser::new() };
        let (redirects, step, address) = browser.follow(&page, altered);
        prop_assert_eq!(step, Step::Answer(Stop(Reason::StateLost)), "{}", address);
        prop_assert!(redirects <= 3, "{address}");
    }
}
