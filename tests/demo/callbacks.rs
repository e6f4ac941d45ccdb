//! What comes back from WeChat: once, twice, late, shared, refused, and beside other tabs.

use std::{thread, time::Duration};

use actix_wechat::simulator::{Account, Consent, Endpoint, Fault, Person, Replay};

use super::{
    PROFILE, assert_authorize, assert_headers, calls, cookie_name, openid_of, wechat, wechat_of,
};
use support::{Page, Visitor, demo::Demo, raw};

const COPIES: usize = 20;

/// A state of our shape that nobody has started.
fn foreign_state(round: u8) -> String {
    format!("{round}u{}", "a".repeat(32))
}

/// What the first client does while its exchange is under way.
#[derive(Clone, Copy, Debug, PartialEq)]
enum First {
    Waits,
    Resets,
    Closes,
}

/// Sends one callback many times at once, each over a connection of its own, and returns what each
/// was answered. The first one may hang up as soon as its exchange is under way.
fn copies(
    demo: &Demo,
    visitor: &Visitor,
    callback: &str,
    first: First,
    is_under_way: impl Fn() -> bool,
) -> Vec<raw::Raw> {
    let cookies = visitor.cookie_header(&demo.url).unwrap_or_default();
    let target = callback.strip_prefix(&demo.url).expect("the demo's own");
    let request = raw::request("GET", &demo.url, target, &[("cookie", &cookies)]);
    if first != First::Waits {
        let mut stream = raw::connect(&demo.url);
        std::io::Write::write_all(&mut stream, &request).expect("a request");
        for _ in 0..2000 {
            if is_under_way() {
                break;
            }
            thread::sleep(Duration::from_millis(5));
        }
        assert!(is_under_way(), "the exchange has begun");
        match first {
            First::Resets => raw::reset(stream),
            _ => drop(stream),
        }
    }
    let copies = if first == First::Waits {
        COPIES
    } else {
        COPIES - 1
    };
    let tasks: Vec<_> = (0..copies)
        .map(|_| {
            let (url, request) = (demo.url.clone(), request.clone());
            thread::spawn(move || raw::send(&url, &request).expect("an answer"))
        })
        .collect();
    tasks
        .into_iter()
        .map(|task| task.join().expect("a request"))
        .collect()
}

#[actix_web::test]
async fn twenty_copies_of_one_callback_are_one_exchange() {
    for first in [First::Waits, First::Resets, First::Closes] {
        let wechat = wechat().await;
        let demo = Demo::start(&wechat, &[("WORKERS", "2")]);
        let visitor = Visitor::new();
        let page = demo.at("/wechat8008/index?a=1");
        let callback = visitor.callback(&page).await;
        // So that all of them come while the exchange is under way.
        wechat.fault(Endpoint::AccessToken, Fault::Delay(Duration::from_secs(1)));
        let under_way = || calls(&wechat).0 > 0;
        let answers = copies(&demo, &visitor, &callback, first, under_way);
        assert_eq!(calls(&wechat), (1, 1), "the first {first:?}");
        let me = Person::named("小明").openid(wechat.account().appid());
        for answer in answers {
            assert_eq!(answer.status, 302, "{answer:?}");
            assert_eq!(answer.header("location"), page);
            let session = answer
                .all("set-cookie")
                .into_iter()
                .find(|cookie| cookie.starts_with("id="))
                .unwrap_or_else(|| panic!("no session: {answer:?}"));
            let pair = session.split(';').next().unwrap_or_default();
            let api = raw::get(&demo.url, "/api/me", &[("cookie", pair)]).expect("an answer");
            assert_eq!(api.status, 200, "{api:?}");
            assert!(api.body.contains(&me), "{api:?}");
        }
        // Again with the cookies of then: no further call.
        let late = copies(&demo, &visitor, &callback, First::Waits, || true);
        assert!(
            late.iter()
                .all(|answer| answer.status == 302 && answer.header("location") == page)
        );
        assert_eq!(calls(&wechat), (1, 1));
    }
}

/// Also a failure is the failure of all of them, and none asks again.
#[actix_web::test]
async fn copies_of_a_callback_that_fails_are_one_exchange_too() {
    for (fault, status) in [(Fault::Errcode(40125), 500), (Fault::Errcode(40029), 302)] {
        let wechat = wechat().await;
        let demo = Demo::start(&wechat, &[]);
        let visitor = Visitor::new();
        let callback = visitor.callback(&demo.at(PROFILE)).await;
        wechat.fault(
            Endpoint::AccessToken,
            Fault::Late(Duration::from_secs(1), Box::new(fault)),
        );
        let answers = copies(&demo, &visitor, &callback, First::Waits, || true);
        assert_eq!(calls(&wechat), (1, 0));
        let alike = answers
            .iter()
            .filter(|answer| answer.status == status)
            .count();
        // One that comes after the result is sent to the clean page: its code was tried.
        assert!(alike > 0, "{answers:?}");
        assert!(
            answers
                .iter()
                .all(|answer| answer.status == status || answer.status == 302)
        );
        wechat.clear_faults();
        let after = visitor.get(&callback).await;
        assert_eq!(after.location(), demo.at(PROFILE));
        assert_eq!(calls(&wechat), (1, 0), "a spent code is never posted again");
        visitor.visit(&callback).await.assert_status(200);
        assert_eq!(calls(&wechat), (2, 1));
    }
}

/// Opened once more, in each way that is known of WeChat's browser and of its users.
#[actix_web::test]
async fn a_replayed_callback_ends_logged_in() {
    let soon = Duration::from_millis(50);
    for (replay, exchanges) in [
        (Replay::Before, 1),
        (Replay::Together, 1),
        (Replay::After(soon), 1),
        (Replay::AnotherCode, 2),
        (Replay::Shared(soon), 1),
    ] {
        for slow in [Duration::ZERO, Duration::from_millis(300)] {
            let wechat = wechat().await;
            wechat.fault(Endpoint::AccessToken, Fault::Delay(slow));
            let demo = Demo::start(&wechat, &[("WORKERS", "2")]);
            let visitor = Visitor::new();
            let authorize = assert_authorize(&visitor.get(&demo.at(PROFILE)).await);
            visitor.carry(&demo.url, wechat.url());
            wechat.set_replay(replay);
            let page = visitor.visit(&authorize).await;
            page.assert_status(200);
            assert_eq!(page.url, demo.at(PROFILE), "{replay:?}");
            let me = Person::named("小明").openid(wechat.account().appid());
            assert_eq!(openid_of(&demo, &visitor).await, Some(me), "{replay:?}");
            support::until(|| !wechat.replays().is_empty()).await;
            let [replayed] = wechat.replays().try_into().expect("one copy");
            assert_eq!(replayed.status, Some(302), "{replayed:?}");
            let location = replayed.location.expect("a way on");
            if matches!(replay, Replay::Shared(_)) {
                assert!(location.contains("/connect/oauth2/authorize"), "{location}");
            } else {
                assert_eq!(location, demo.at(PROFILE), "{replay:?}");
            }
            assert_eq!(calls(&wechat), (exchanges, exchanges), "{replay:?}");
        }
    }
}

/// The process that never saw the code posts it; what it gets is a clean page and a fresh login.
#[actix_web::test]
async fn a_callback_split_over_two_processes_ends_logged_in() {
    const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\
        00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let wechat = wechat().await;
    let one = Demo::start(&wechat, &[("SESSION_KEY", KEY)]);
    let two = Demo::start(
        &wechat,
        &[("SESSION_KEY", KEY), ("WECHAT_PUBLIC_URL", &one.url)],
    );
    let visitor = Visitor::new();
    let callback = visitor.callback(&one.at(PROFILE)).await;
    let before = visitor.cookie_header(&one.url).expect("cookies");
    let first = visitor.get(&callback).await;
    first.assert_status(302);
    let target = callback.strip_prefix(&one.url).expect("its own");
    // With the cookies of before: 40163, so to the clean page, which is the first process's again.
    let answer = raw::get(&two.url, target, &[("cookie", &before)]).expect("an answer");
    assert_eq!(answer.status, 302, "{answer:?}");
    assert_eq!(answer.header("location"), one.at(PROFILE));
    assert!(
        !answer.head.contains("id="),
        "no session from a spent code: {answer:?}"
    );
    // Logged in there if a session exists …
    let after = visitor.cookie_header(&one.url).expect("cookies");
    let known = raw::get(&two.url, target, &[("cookie", &after)]).expect("an answer");
    assert_eq!(known.header("location"), one.at(PROFILE), "{known:?}");
    let known = raw::get(&two.url, PROFILE, &[("cookie", &after)]).expect("an answer");
    assert_eq!(known.status, 200, "{known:?}");
    assert_eq!(
        wechat.count(Endpoint::AccessToken),
        2,
        "one for each process"
    );
    // … else a fresh login.
    let anonymous = raw::get(&two.url, PROFILE, &[("cookie", &before)]).expect("an answer");
    assert!(
        anonymous
            .header("location")
            .contains("/connect/oauth2/authorize")
    );
}

#[actix_web::test]
async fn a_shared_link_logs_in_nobody_else() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let page = demo.at("/wechat8008/index?a=1");
    let sharer = Visitor::new();
    let link = sharer.callback(&page).await;
    // Opened by a friend before the sharer's own browser has, and after.
    let friends = [Visitor::new(), Visitor::new(), Visitor::new()];
    // One of them has a login of their own under way, one opened it through the messenger.
    friends[1].get(&demo.at(PROFILE)).await;
    let links = [
        link.clone(),
        link.clone(),
        format!("{link}&from=singlemessage&isappinstalled=0"),
    ];
    for (friend, link) in friends.iter().zip(&links) {
        let asked = friend.get(link).await;
        assert_authorize(&asked);
        let redirect_uri = asked.location_param("redirect_uri").expect("a page");
        assert!(!redirect_uri.contains("code="), "{redirect_uri}");
        assert!(!redirect_uri.contains("state="), "{redirect_uri}");
        assert!(redirect_uri.starts_with(&page), "{redirect_uri}");
        assert_eq!(
            redirect_uri.contains("from=singlemessage"),
            link.contains("from=")
        );
        assert_eq!(openid_of(&demo, friend).await, None);
    }
    assert_eq!(
        calls(&wechat),
        (0, 0),
        "a code that is not one's own is never exchanged"
    );
    sharer.visit(&link).await.assert_status(200);
    let sharers = openid_of(&demo, &sharer).await;
    for (name, friend) in ["小红", "老王", "小李"].into_iter().zip(&friends) {
        wechat.sign_in(Person::named(name));
        let shown = friend.visit(&link).await;
        shown.assert_status(200);
        assert!(shown.body.contains(name), "{}", shown.body);
        assert_ne!(openid_of(&demo, friend).await, sharers);
    }
    assert_eq!(openid_of(&demo, &sharer).await, sharers);
}

/// A code in the URL of somebody who is in already: this browser's or anybody's.
#[actix_web::test]
async fn a_known_users_url_is_cleaned_without_an_exchange() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let known = Visitor::new();
    known.visit(&demo.at(PROFILE)).await.assert_status(200);
    let me = openid_of(&demo, &known).await;
    wechat.sign_in(Person::named("小红"));
    let others = Visitor::new().callback(&demo.at(PROFILE)).await;
    wechat.clear_calls();
    let foreign = foreign_state(0);
    let base = foreign_state(0).replace('u', "b");
    let rows = [
        (others.clone(), demo.at(PROFILE)),
        (
            demo.at(&format!("{PROFILE}?a=1&code=x&state={foreign}&b=2")),
            demo.at(&format!("{PROFILE}?a=1&b=2")),
        ),
        (
            demo.at(&format!(
                "{PROFILE}?code=own&code=x&state=own&state={foreign}"
            )),
            demo.at(&format!("{PROFILE}?code=own&state=own")),
        ),
        (
            demo.at(&format!("{PROFILE}?state={foreign}")),
            demo.at(PROFILE),
        ),
        (
            demo.at(&format!("{PROFILE}?code=&state={foreign}")),
            demo.at(PROFILE),
        ),
        (
            demo.at(&format!("{PROFILE}?code=authdeny&state={foreign}")),
            demo.at(PROFILE),
        ),
        (
            demo.at(&format!("{PROFILE}?code=x&state={base}")),
            demo.at(PROFILE),
        ),
        (
            demo.at(&format!("/openid?code=x&state={foreign}")),
            demo.at("/openid"),
        ),
        (
            demo.at(&format!("/openid?code=x&state={base}")),
            demo.at("/openid"),
        ),
        (
            demo.at(&format!("/api/me?code=x&state={foreign}")),
            demo.at("/api/me"),
        ),
        (
            demo.at(&format!("/login?return_to=%2F&code=x&state={foreign}")),
            demo.at("/login?return_to=%2F"),
        ),
    ];
    for (url, clean) in rows {
        let page = known.get(&url).await;
        page.assert_status(302);
        assert_headers(&page);
        assert_eq!(page.header("location"), clean, "{url}");
        assert_eq!(openid_of(&demo, &known).await, me, "{url}");
    }
    assert_eq!(calls(&wechat), (0, 0));
}

#[actix_web::test]
async fn a_refusal_is_a_page_and_no_loop() {
    let wechat = wechat().await;
    wechat.set_consent(Consent::Refuse);
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let pages = visitor.travel(&demo.at("/wechat8008/index?a=1")).await;
    assert_eq!(pages.len(), 3, "{pages:#?}");
    assert_declined(&demo, &pages[2], "/wechat8008/index?a=1");
    // Refusing is no failure: the next try is as good as the first, however often.
    for _ in 0..5 {
        visitor.visit(&demo.at(PROFILE)).await.assert_status(403);
    }
    assert_eq!(calls(&wechat), (0, 0));
    wechat.set_consent(Consent::Automatic);
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);

    // Cookie or not, empty or missing, ours or anybody's, from a silent login too.
    let foreign = foreign_state(2);
    let base = foreign_state(0).replace('u', "b");
    for query in [
        format!("state={foreign}"),
        format!("code=&state={foreign}"),
        format!("code&state={foreign}"),
        format!("state={foreign}&code="),
        format!("code=x&code=&state={foreign}"),
        format!("state={base}"),
        // What older versions of WeChat say.
        format!("code=authdeny&state={foreign}"),
        format!("state={foreign}&code=authdeny"),
        format!("code=auth%64eny&state={foreign}"),
        format!("code=x&code=authdeny&state={foreign}"),
        format!("code=authdeny&state={base}"),
    ] {
        let stranger = Visitor::new();
        let pending = Visitor::new();
        let asked = pending.get(&demo.at(PROFILE)).await;
        let own = asked.location_param("state").expect("a state");
        let own = query.replace(&foreign, &own);
        for (visitor, query) in [(&stranger, &query), (&pending, &query), (&pending, &own)] {
            let page = visitor.get(&demo.at(&format!("{PROFILE}?{query}"))).await;
            let clean = if query.contains("code=x") {
                format!("{PROFILE}?code=x")
            } else {
                PROFILE.to_owned()
            };
            assert_declined(&demo, &page, &clean);
        }
        assert_eq!(calls(&wechat), (1, 1), "{query} is exchanged");
    }
}

#[track_caller]
fn assert_declined(demo: &Demo, page: &Page, clean: &str) {
    page.assert_status(403);
    assert_headers(page);
    let href = demo.at(clean).replace('/', "&#x2F;");
    let plain = demo.at(clean);
    assert!(
        page.body.contains(&format!("href=\"{href}\""))
            || page.body.contains(&format!("href=\"{plain}\"")),
        "no way back to {plain}: {}",
        page.body
    );
    assert!(page.set_cookies().is_empty(), "{page:#?}");
}

#[actix_web::test]
async fn a_faithful_refusal_leaves_nothing_behind() {
    let wechat = wechat_of(Account::test().refusal_returns(false)).await;
    wechat.set_consent(Consent::Refuse);
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    for _ in 0..10 {
        let pages = visitor.travel(&demo.at(PROFILE)).await;
        assert_eq!(pages.len(), 2, "nothing comes back: {pages:#?}");
        assert!(pages[1].url.starts_with(wechat.url()));
    }
    wechat.set_consent(Consent::Automatic);
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
}

#[actix_web::test]
async fn a_refusal_keeps_an_openid_that_is_known_already() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let openid = visitor.visit(&demo.at("/openid")).await.body;
    wechat.set_consent(Consent::Refuse);
    visitor.visit(&demo.at(PROFILE)).await.assert_status(403);
    let still = visitor.get(&demo.at("/openid")).await;
    still.assert_status(200);
    assert_eq!(still.body, openid);
}

#[actix_web::test]
async fn who_keeps_no_cookies_meets_wechat_three_times_and_then_a_page() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::without_cookies();
    for _ in 0..2 {
        let pages = visitor.travel(&demo.at("/wechat8008/index?a=1")).await;
        let sent = pages.iter().filter(|page| page.is_authorize()).count();
        assert_eq!(sent, 3, "{pages:#?}");
        let last = pages.last().expect("a page");
        last.assert_status(403);
        assert_headers(last);
        assert!(last.body.contains("Cookie"), "it explains: {}", last.body);
        let button = demo.at("/wechat8008/index?a=1");
        assert!(
            last.body
                .replace("&#x2F;", "/")
                .contains(&format!("href=\"{button}\""))
        );
        // Its button begins anew: the next round of this loop.
    }
    assert_eq!(calls(&wechat), (0, 0), "nothing is exchanged");
    demo.logged(0, "reason=\"cookies_off\"");
}

/// A browser whose logins come back refused, and one that only ever opens shared links.
#[actix_web::test]
async fn a_login_that_always_fails_ends_after_three_tries() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    wechat.fault(Endpoint::AccessToken, Fault::Errcode(40029));
    let visitor = Visitor::new();
    for round in 1..=2 {
        let pages = visitor.travel(&demo.at(PROFILE)).await;
        let sent = pages.iter().filter(|page| page.is_authorize()).count();
        assert_eq!(sent, 3, "{pages:#?}");
        let last = pages.last().expect("a page");
        last.assert_status(403);
        assert_headers(last);
        assert_eq!(calls(&wechat), (3 * round, 0));
        // The page resets the count.
        assert_eq!(visitor.cookie(&demo.url, &cookie_name(&wechat)), None);
    }
    wechat.clear_faults();
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);

    wechat.clear_calls();
    let visitor = Visitor::new();
    let foreign = demo.at(&format!("{PROFILE}?code=x&state={}", foreign_state(0)));
    let mut sent = usize::from(visitor.get(&demo.at(PROFILE)).await.is_authorize());
    let page = loop {
        let page = visitor.get(&foreign).await;
        if !page.is_authorize() {
            break page;
        }
        sent += 1;
        assert!(sent < 10, "a loop");
    };
    assert_eq!(sent, 3);
    page.assert_status(403);
    assert_eq!(calls(&wechat), (0, 0));
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
}

#[actix_web::test]
async fn a_session_that_does_not_stick_ends_after_three_tries() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let mut url = demo.at(PROFILE);
    let mut sent = 0;
    let last = loop {
        let page = visitor.get(&url).await;
        visitor.drop_cookie(&demo.url, "id");
        sent += usize::from(page.is_authorize());
        url = page.location();
        if url.is_empty() {
            break page;
        }
        assert!(sent < 10, "a loop");
    };
    assert_eq!(sent, 3);
    last.assert_status(500);
    assert_headers(&last);
    let log = demo.logged(0, "reason=\"session_lost\"");
    let event = log
        .lines()
        .find(|line| line.contains("session_lost"))
        .unwrap_or_default();
    for cause in [
        "SessionMiddleware",
        "Secure",
        "SameSite",
        "4,096",
        "same name",
        "other app",
        "UTF-8",
    ] {
        assert!(event.contains(cause), "{cause}: {event}");
    }
    // The cure helps at once.
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
}

/// Another app of this host, or a host above, sets a session cookie of the same name; or some
/// cookie is no text, which hides all of them from the server. No loop, and the log names it.
#[actix_web::test]
async fn a_session_hidden_by_another_cookie_ends_after_three_tries() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    for (noise, status) in [
        (b"id=theirs".as_slice(), 500),
        (b"id=", 500),
        (b"noise=\xff\xfe", 403),
        (b"\xe5\xb0=x", 403),
    ] {
        let mark = demo.log().len();
        let visitor = Visitor::new();
        let (mut target, mut sent) = (PROFILE.to_owned(), 0);
        let last = loop {
            let own = visitor.cookie_header(&demo.url).unwrap_or_default();
            let cookies = [noise, b"; ", own.as_bytes()].concat();
            let answer = raw::get_with_cookies(&demo.url, &target, &[], &[&cookies]);
            let answer = answer.expect("an answer");
            for line in answer.all("set-cookie") {
                let (name, rest) = line.split_once('=').expect("a pair");
                let value = rest.split(';').next().unwrap_or_default();
                visitor.set_cookie(&demo.url, name, value);
            }
            let location = answer.header("location").to_owned();
            if location.is_empty() {
                break answer;
            }
            target = match location.strip_prefix(&demo.url) {
                Some(target) => target.to_owned(),
                None => {
                    sent += 1;
                    assert!(sent < 10, "a loop: {noise:?}");
                    let back = Visitor::new().get(&location).await.location();
                    back.strip_prefix(&demo.url).expect("a callback").to_owned()
                }
            };
        };
        assert_eq!(sent, 3, "{noise:?}: {last:?}");
        assert_eq!(last.status, status, "{noise:?}: {last:?}");
        let log = demo.logged(mark, "wechat.login.failed");
        let causes = ["session_lost", "cookies_off"];
        assert!(log.contains(causes[usize::from(status == 403)]), "{log}");
    }
}

#[actix_web::test]
async fn plain_visits_are_never_counted() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let mut tabs = Vec::new();
    for tab in 0..12 {
        let page = visitor.get(&demo.at(&format!("{PROFILE}?tab={tab}"))).await;
        tabs.push(assert_authorize(&page));
    }
    // Any order; each ends on its own page.
    for tab in [11, 3, 7, 0, 5] {
        let page = visitor.visit(&tabs[tab]).await;
        page.assert_status(200);
        assert_eq!(page.url, demo.at(&format!("{PROFILE}?tab={tab}")));
    }
    assert_eq!(calls(&wechat), (1, 1), "the first tab logs all of them in");
}

/// Five tabs that have all been at WeChat before the first of them is opened here again.
#[actix_web::test]
async fn five_tabs_back_from_wechat_each_end_on_their_own_page() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]] {
        let visitor = Visitor::new();
        let mut back = Vec::new();
        for tab in 0..5 {
            back.push(
                visitor
                    .callback(&demo.at(&format!("{PROFILE}?tab={tab}")))
                    .await,
            );
        }
        for tab in order {
            let page = visitor.visit(&back[tab]).await;
            page.assert_status(200);
            assert_eq!(page.url, demo.at(&format!("{PROFILE}?tab={tab}")));
        }
        // And at once, with the cookies that all of them had.
        let visitor = Visitor::new();
        let mut back = Vec::new();
        for tab in 0..5 {
            back.push(
                visitor
                    .callback(&demo.at(&format!("{PROFILE}?tab={tab}")))
                    .await,
            );
        }
        for (tab, url) in back.iter().enumerate() {
            let page = visitor.snapshot().visit(url).await;
            page.assert_status(200);
            assert_eq!(page.url, demo.at(&format!("{PROFILE}?tab={tab}")));
        }
    }
}

#[actix_web::test]
async fn a_tab_of_a_silent_page_and_one_of_a_profile_page_do_not_disturb_each_other() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    for silent_first in [true, false] {
        let visitor = Visitor::new();
        let silent = visitor.callback(&demo.at("/openid")).await;
        let profile = visitor.callback(&demo.at(PROFILE)).await;
        let (first, second) = if silent_first {
            (&silent, &profile)
        } else {
            (&profile, &silent)
        };
        visitor.visit(first).await.assert_status(200);
        visitor.visit(second).await.assert_status(200);
        visitor.get(&demo.at(PROFILE)).await.assert_status(200);
        visitor.get(&demo.at("/openid")).await.assert_status(200);
    }
    // A silent login's callback on a page that wants a profile: not what that page asked.
    let visitor = Visitor::new();
    let silent = visitor.callback(&demo.at("/openid")).await;
    wechat.clear_calls();
    let moved = silent.replace("/openid", PROFILE);
    let asked = visitor.get(&moved).await;
    assert_authorize(&asked);
    assert_eq!(asked.location_param("redirect_uri"), Some(demo.at(PROFILE)));
    assert_eq!(calls(&wechat), (0, 0));
}

#[actix_web::test]
async fn going_back_and_reloading_ends_on_the_page() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let authorize = assert_authorize(&visitor.get(&demo.at(PROFILE)).await);
    let callback = visitor.get(&authorize).await.location();
    for url in [&callback, &callback, &authorize, &callback, &authorize] {
        let page = visitor.visit(url).await;
        page.assert_status(200);
        assert_eq!(page.url, demo.at(PROFILE));
    }
    // The old ways lead to nobody's login once somebody is logged out, but to a new one's.
    visitor.post(&demo.at("/logout")).await;
    wechat.sign_in(Person::named("小红"));
    let page = visitor.visit(&callback).await;
    page.assert_status(200);
    assert!(page.body.contains("小红"), "{}", page.body);
}

/// Two codes of one state: each is its own login, and the second is not answered with the first.
#[actix_web::test]
async fn two_codes_of_one_state_are_two_logins() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let appid = wechat.account().appid().to_owned();
    let visitor = Visitor::new();
    let asked = visitor.get(&demo.at(PROFILE)).await;
    let state = asked.location_param("state").expect("a state");
    for name in ["小明", "小红", "小明"] {
        let person = Person::named(name);
        let code = wechat.mint_code(&appid, &person, "snsapi_userinfo");
        // With the cookies of before any of them came back.
        let tab = visitor.snapshot();
        let page = tab
            .get(&demo.at(&format!("{PROFILE}?code={code}&state={state}")))
            .await;
        assert_eq!(page.location(), demo.at(PROFILE));
        assert_eq!(openid_of(&demo, &tab).await, Some(person.openid(&appid)));
    }
    assert_eq!(calls(&wechat), (3, 3));
}

/// Many people at once, each with two copies of their callback, while WeChat is slow.
#[actix_web::test]
async fn forty_people_at_once_are_each_themselves() {
    const PEOPLE: usize = 40;
    let wechat = wechat().await;
    let demo = std::rc::Rc::new(Demo::start(&wechat, &[("WORKERS", "2")]));
    let appid = wechat.account().appid().to_owned();
    let mut all = Vec::new();
    for number in 0..PEOPLE {
        let person = Person::named(format!("somebody {number}"));
        let visitor = Visitor::new();
        let asked = visitor.get(&demo.at(PROFILE)).await;
        let state = asked.location_param("state").expect("a state");
        let code = wechat.mint_code(&appid, &person, "snsapi_userinfo");
        let url = demo.at(&format!("{PROFILE}?n={number}&code={code}&state={state}"));
        all.push((person, visitor, url));
    }
    wechat.fault(Endpoint::UserInfo, Fault::Delay(Duration::from_millis(300)));
    let tasks: Vec<_> = all
        .into_iter()
        .enumerate()
        .map(|(number, (person, visitor, url))| {
            let (demo, openid) = (std::rc::Rc::clone(&demo), person.openid(&appid));
            actix_web::rt::spawn(async move {
                let copy = visitor.snapshot();
                let twin = actix_web::rt::spawn({
                    let url = url.clone();
                    async move {
                        let page = copy.visit(&url).await;
                        (copy, page)
                    }
                });
                let page = visitor.visit(&url).await;
                let (copy, twins) = twin.await.expect("a page");
                for (visitor, page) in [(visitor, page), (copy, twins)] {
                    page.assert_status(200);
                    assert_eq!(page.url, demo.at(&format!("{PROFILE}?n={number}")));
                    assert!(page.body.contains(&openid), "{}", page.body);
                    assert_eq!(openid_of(&demo, &visitor).await, Some(openid.clone()));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a login");
    }
    assert_eq!(calls(&wechat), (PEOPLE, PEOPLE));
}
