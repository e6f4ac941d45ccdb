//! A `state` that is lost or altered on the way back, by a browser that embeds the page or by
//! something that rewrites links: few redirects, then a page that names it, with a way on.

use actix_wechat::simulator::Simulator;

use super::{PROFILE, assert_authorize, assert_headers, calls, wechat};
use support::{Page, Visitor, demo::Demo};

/// What becomes of the address that WeChat leads back to: the page, the code and the state of it.
type Alter = fn(page: &str, code: &str, state: &str) -> String;

fn joined(page: &str, appended: &str) -> String {
    let joint = if page.contains('?') { '&' } else { '?' };
    format!("{page}{joint}{appended}")
}

/// Those after which nothing tells whose answer it is.
const LOST: &[(&str, Alter)] = &[
    ("missing", |page, code, _| {
        joined(page, &format!("code={code}"))
    }),
    ("empty", |page, code, _| {
        joined(page, &format!("code={code}&state="))
    }),
    ("bare", |page, code, _| {
        joined(page, &format!("code={code}&state"))
    }),
    ("truncated by one", |page, code, state| {
        joined(
            page,
            &format!("code={code}&state={}", &state[..state.len() - 1]),
        )
    }),
    ("truncated", |page, code, state| {
        joined(page, &format!("code={code}&state={}", &state[..8]))
    }),
    ("cut to its first sign", |page, code, state| {
        joined(page, &format!("code={code}&state={}", &state[..1]))
    }),
    ("without its first sign", |page, code, state| {
        joined(page, &format!("code={code}&state={}", &state[1..]))
    }),
    ("twice in one", |page, code, state| {
        joined(page, &format!("code={code}&state={state}{state}"))
    }),
    ("longer by one", |page, code, state| {
        joined(page, &format!("code={code}&state={state}0"))
    }),
    ("in quotes", |page, code, state| {
        joined(page, &format!("code={code}&state=%22{state}%22"))
    }),
    ("with WeChat's fragment", |page, code, state| {
        joined(
            page,
            &format!("code={code}&state={state}%23wechat_redirect"),
        )
    }),
    ("escaped", |page, code, state| {
        joined(
            page,
            &format!(
                "code={code}&state=%{:02X}{}",
                state.as_bytes()[0],
                &state[1..]
            ),
        )
    }),
    ("with a blank", |page, code, state| {
        joined(page, &format!("code={code}&state={state}+"))
    }),
    ("STATE", |page, code, _| {
        joined(page, &format!("code={code}&state=STATE"))
    }),
    ("null", |page, code, _| {
        joined(page, &format!("code={code}&state=null"))
    }),
    ("first, another's last", |page, code, state| {
        joined(page, &format!("code={code}&state={state}&state=123"))
    }),
    ("another's before the code", |page, code, _| {
        joined(page, &format!("code={code}&state=1&state=2"))
    }),
    ("shared on", |page, code, _| {
        joined(
            page,
            &format!("code={code}&from=singlemessage&isappinstalled=0"),
        )
    }),
    ("altered and shared on", |page, code, state| {
        joined(
            page,
            &format!("code={code}&state={}&from=timeline", &state[..8]),
        )
    }),
    ("renamed", |page, code, state| {
        joined(page, &format!("code={code}&State={state}"))
    }),
    ("as HTML", |page, code, state| {
        joined(page, &format!("code={code}&amp;state={state}"))
    }),
    ("behind a semicolon", |page, code, state| {
        joined(page, &format!("code={code};state={state}"))
    }),
];

/// Those that change nothing of what was said, or only whose login it seems to be.
const READABLE: &[(&str, Alter)] = &[
    ("twice", |page, code, state| {
        joined(page, &format!("code={code}&state={state}&state={state}"))
    }),
    ("swapped", |page, code, state| {
        joined(page, &format!("state={state}&code={code}"))
    }),
    ("all twice", |page, code, state| {
        joined(
            page,
            &format!("code={code}&state={state}&code={code}&state={state}"),
        )
    }),
    ("sorted", |page, code, state| {
        sorted(&joined(page, &format!("code={code}&state={state}")))
    }),
    ("with a blank parameter", |page, code, state| {
        joined(page, &format!("&code={code}&&state={state}&"))
    }),
    ("lower-cased", |page, code, state| {
        joined(page, &format!("code={code}&state={}", state.to_lowercase()))
    }),
    ("with other signs", |page, code, state| {
        let turned: String = state[2..].chars().rev().collect();
        joined(page, &format!("code={code}&state={}{turned}", &state[..2]))
    }),
];

fn sorted(url: &str) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_unstable();
    format!("{path}?{}", pairs.join("&"))
}

const TARGETS: [&str; 10] = [
    "/wechat8008/index",
    "/wechat8008/index?",
    "/wechat8008/index?a=1",
    "/wechat8008/index?b=2&a=1&b=2",
    "/wechat8008/index?q=%E5%BE%AE+x&r=%2f",
    "/wechat8008/index?code=own",
    "/wechat8008/index?x=1&code=own&state=theirs&y=2",
    "/wechat8008/index?state=theirs",
    "/openid",
    "/openid?a=1&code=own",
];

/// Opens a page and goes wherever it leads, with the way back altered each time.
async fn wander(wechat: &Simulator, visitor: &Visitor, page: &str, alter: Alter) -> (usize, Page) {
    let mut url = page.to_owned();
    let mut sent = 0;
    loop {
        let answer = visitor.get(&url).await;
        if answer.status != 302 {
            return (sent, answer);
        }
        url = answer.location();
        if !url.starts_with(wechat.url()) {
            continue;
        }
        sent += 1;
        if sent > 10 {
            return (sent, answer);
        }
        let sent_for = answer.location_param("redirect_uri").expect("a page");
        let state = answer.location_param("state").expect("a state");
        let back = visitor.get(&url).await.location();
        let code = back
            .split("code=")
            .last()
            .and_then(|rest| rest.split('&').next());
        url = alter(&sent_for, code.expect("a code"), &state);
    }
}

#[track_caller]
fn button(page: &Page) -> String {
    page.link("class=\"go\"")
}

#[actix_web::test]
async fn a_lost_state_ends_on_a_page_that_names_it() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    for target in TARGETS {
        for (name, alter) in LOST {
            let page = demo.at(target);
            let row = format!("{target} {name}");
            let mark = demo.log().len();
            let visitor = Visitor::new();
            let (sent, last) = wander(&wechat, &visitor, &page, *alter).await;
            assert!(sent <= 3, "{row}: {sent} redirects to WeChat");
            assert_eq!(last.status, 403, "{row}: {last:#?}");
            assert_headers(&last);
            let log = demo.logged(mark, "wechat.login.failed");
            assert!(log.contains("reason=\"state_lost\""), "{row}: {log}");
            assert!(!log.contains("ERROR"), "{row}: {log}");
            assert_eq!(
                log.matches("wechat.login.failed").count(),
                1,
                "{row}: {log}"
            );
            // Its button works, and the page is the one that was asked for.
            let url = button(&last);
            let done = visitor.visit(&url).await;
            assert_eq!(done.status, 200, "{row}: {done:#?}");
            // What else was appended is the page's own, by all that can be known.
            let url = url.replace("?&", "?");
            let rest = url.strip_prefix(page.trim_end_matches('?'));
            let rest = rest.unwrap_or_else(|| panic!("{row}: {url}"));
            let is_clean = rest.trim_end_matches('?').is_empty();
            assert!(is_clean || appends_more(name), "{row}: {url}");
            assert!(!rest.contains("code="), "{row}: {url}");
        }
    }
}

/// Whose remains cannot be told from a page's own.
fn appends_more(name: &str) -> bool {
    let names = ["shared on", "altered and shared on", "renamed", "as HTML"];
    names.contains(&name)
}

/// Nothing comes back but the codes, one behind the other.
#[actix_web::test]
async fn a_lost_state_without_cookies_ends_on_a_page_too() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    for target in TARGETS {
        for (name, alter) in LOST.iter().filter(|(name, _)| !appends_more(name)) {
            let page = demo.at(target);
            let row = format!("{target} {name}");
            let visitor = Visitor::without_cookies();
            let (sent, last) = wander(&wechat, &visitor, &page, *alter).await;
            assert!(sent <= 3, "{row}: {sent} redirects to WeChat");
            assert_eq!(last.status, 403, "{row}: {last:#?}");
            assert_headers(&last);
            assert!(last.set_cookies().is_empty(), "{row}: {last:#?}");
            // With the browser mended the button works.
            let url = button(&last);
            assert!(!url.contains("code=0"), "{row}: {url}");
            let done = Visitor::new().visit(&url).await;
            assert_eq!(done.status, 200, "{row}: {done:#?}");
        }
    }
    assert_eq!(demo.log().matches("ERROR").count(), 0);
}

#[actix_web::test]
async fn what_can_be_read_of_a_state_is_enough() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    for target in TARGETS {
        for (name, alter) in READABLE {
            let page = demo.at(target);
            let row = format!("{target} {name}");
            let mut visitors = vec![Visitor::new()];
            // Without cookies a `state` of the page's own behind WeChat's hides that for good.
            if !(*name == "sorted" && target.contains("state=")) {
                visitors.push(Visitor::without_cookies());
            }
            for visitor in visitors {
                let (sent, last) = wander(&wechat, &visitor, &page, *alter).await;
                assert!(sent <= 3, "{row}: {sent} redirects to WeChat");
                assert!(
                    matches!(last.status.as_u16(), 200 | 403),
                    "{row}: {last:#?}"
                );
                if last.status == 403 {
                    let done = Visitor::new().visit(&button(&last)).await;
                    assert_eq!(done.status, 200, "{row}: {done:#?}");
                }
            }
        }
    }
    // What is all there logs in at once.
    for (name, alter) in &READABLE[..2] {
        let (sent, last) = wander(&wechat, &Visitor::new(), &demo.at(PROFILE), *alter).await;
        assert_eq!((sent, last.status.as_u16()), (1, 200), "{name}: {last:#?}");
    }
}

/// Nobody is blocked who only opens pages, with or without a `code` of their own, in any order; and
/// who has come back once to an altered address still logs in.
#[actix_web::test]
async fn plain_visits_block_nobody() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let ways: &[&[&str]] = &[
        &[""],
        &["?code=own"],
        &["", "?code=own"],
        &["?code=own", ""],
        &["?code=a", "?code=b"],
        &["?code=a", "?code=a&code=b"],
        &["", "?code=a", "", "?code=b&state=x", "?state=y"],
        &["", "?code=a", "?code=a&code=b"],
        &["?a=1", "?a=1&code=own&state=theirs", "?a=1&state=theirs"],
        &["?code", "?code=", "?code=&code="],
    ];
    for path in [PROFILE, "/openid"] {
        for way in ways {
            let visitor = Visitor::new();
            for step in 0..10 {
                let page = demo.at(&format!("{path}{}", way[step % way.len()]));
                let asked = visitor.get(&page).await;
                assert_authorize(&asked);
                let uri = asked.location_param("redirect_uri");
                assert_eq!(uri.as_deref(), Some(page.as_str()), "{way:?} {step}");
            }
            let page = demo.at(&format!("{path}{}", way[0]));
            let done = visitor.visit(&page).await;
            assert_eq!(done.status, 200, "{way:?}: {done:#?}");
            assert_eq!(done.url, page, "{way:?}");
        }
    }
    assert!(
        !demo.log().contains("wechat.login.failed"),
        "{}",
        demo.log()
    );
    // Altered once, and then not: in, on the page as it was, with what the first return has left.
    let visitor = Visitor::new();
    let asked = visitor.get(&demo.at(PROFILE)).await;
    let back = visitor.get(&asked.location()).await.location();
    let altered = back.split("&state=").next().expect("an address");
    let done = visitor.visit(altered).await;
    done.assert_status(200);
    assert!(done.url.starts_with(&demo.at(PROFILE)), "{}", done.url);
    assert!(calls(&wechat).0 > 0);
}
