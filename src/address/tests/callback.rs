use proptest::prelude::*;

use super::*;
use crate::samples::{CODE, OURS, a_page, a_pair, a_state, append, cleaned};

#[test]
fn clean_takes_away_what_wechat_appended_and_nothing_else() {
    let cases = [
        ("/p", "/p"),
        ("/p?", "/p?"),
        ("/p?x=1", "/p?x=1"),
        // Without a `state` of ours nothing is WeChat's.
        ("/p?code=1", "/p?code=1"),
        ("/p?code=1&state=xyz", "/p?code=1&state=xyz"),
        ("/p?code=1&state", "/p?code=1&state"),
        ("/p?code=C&state={s}", "/p"),
        ("/p?state={s}", "/p"),
        ("/p?code=&state={s}", "/p"),
        ("/p?code&state={s}", "/p"),
        ("/p?x=1&code=C&state={s}", "/p?x=1"),
        ("/p?code=own&x=1&code=C&state={s}", "/p?code=own&x=1"),
        ("/p?state=own&code=C&state={s}", "/p?state=own"),
        (
            "/p?codec=1&statement=2&code=C&state={s}",
            "/p?codec=1&statement=2",
        ),
        // What a chat appends to a link that it shares.
        (
            "/p?a=1&code=C&state={s}&from=singlemessage&isappinstalled=0",
            "/p?a=1&from=singlemessage&isappinstalled=0",
        ),
        ("/p?state={s}&code=C", "/p"),
        ("/p?&code=C&state={s}", "/p?"),
        ("/p?&&code=C&state={s}", "/p?&"),
        ("/p?a&a&a=&code=C&state={s}", "/p?a&a&a="),
        ("/p?q=a+b%2Bc&n=%FF&code=C&state={s}", "/p?q=a+b%2Bc&n=%FF"),
        // The last state is the app's own: all of it is.
        (
            "/p?code=C&state={s}&state=own",
            "/p?code=C&state={s}&state=own",
        ),
    ];
    for (address, expected) in cases {
        let (address, expected) = (address.replace("{s}", OURS), expected.replace("{s}", OURS));
        assert_eq!(cleaned(&address), expected, "{address}");
    }
}

#[test]
fn callback_is_the_last_code_and_the_last_state() {
    let cases = [
        ("", None),
        ("code=C", None),
        ("code=C&state=xyz", None),
        ("xcode=C&xstate={s}", None),
        ("code=C&state={s}&state=own", None),
        ("code=C&state={s}", Some(Some("C"))),
        ("code=A&code=B&state={s}", Some(Some("B"))),
        ("code=A&state=own&code=B&state={s}", Some(Some("B"))),
        ("state={s}", Some(None)),
        ("code=&state={s}", Some(None)),
        ("code&state={s}", Some(None)),
        ("code=A&code=&state={s}", Some(None)),
        // Older WeChat's way to refuse.
        ("code=authdeny&state={s}", Some(None)),
        ("code=auth%64eny&state={s}", Some(None)),
        ("code=authdenyed&state={s}", Some(Some("authdenyed"))),
        ("codec=1&state={s}", Some(None)),
        ("code=a%2Bb+c%3D=&state={s}", Some(Some("a+b c=="))),
        ("code=%FF&state={s}", Some(Some("\u{fffd}"))),
    ];
    for (query, expected) in cases {
        let found = Callback::find(&query.replace("{s}", OURS), None);
        let code = found.as_ref().map(|callback| callback.code.as_deref());
        assert_eq!(code, expected, "{query}");
        if let Some(found) = found {
            assert_eq!(found.state.encode(), OURS, "{query}");
        }
    }
}

#[test]
fn a_code_of_the_pages_own_is_not_wechats() {
    let state = OURS.replacen('u', "v", 1);
    let cases = [
        ("/p?code=own&state={s}", None, "/p?code=own"),
        ("/p?code=own&x=1&state={s}", None, "/p?code=own&x=1"),
        ("/p?code=own&code=&state={s}", None, "/p?code=own"),
        ("/p?code=own&code=C&state={s}", Some("C"), "/p?code=own"),
    ];
    let two = OURS.replacen('u', "w", 1);
    let of_two = [
        ("/p?code=a&code=b&state={s}", None, "/p?code=a&code=b"),
        (
            "/p?code=a&code=b&code=C&state={s}",
            Some("C"),
            "/p?code=a&code=b",
        ),
    ];
    let cases = cases.map(|case| (&state, case));
    for (state, (address, code, expected)) in
        cases.into_iter().chain(of_two.map(|case| (&two, case)))
    {
        let address = address.replace("{s}", state);
        let (_, query) = address.split_once('?').unwrap();
        let found = Callback::find(query, None).unwrap();
        assert_eq!(found.code.as_deref(), code, "{address}");
        assert_eq!(cleaned(&address), expected, "{address}");
    }
}

#[test]
fn page_has_the_codes_that_its_query_has() {
    let table = [
        ("/p?code=1", 1),
        ("/p?x&code", 1),
        ("/p?code=&x", 1),
        ("/p?code=1&x&code=1", 2),
        ("/p?code&code&code&code&code", 3),
        ("/p", 0),
        ("/code=1", 0),
        ("/p?codec=1&x=code", 0),
        ("/p&code=1", 0),
    ];
    for (page, expected) in table {
        assert_eq!(own_codes(page), expected, "{page}");
    }
}

proptest! {
    #[test]
    fn page_comes_back_byte_for_byte(page in a_page(), state in a_state(), code in "[0-9A-Za-z]{1,40}") {
        let state = State { own_codes: own_codes(&page), ..state };
        let consented = append(&page, &format!("code={code}&state={}", state.encode()));
        prop_assert_eq!(cleaned(&consented), page.as_str());
        let found = Callback::find(consented.split_once('?').unwrap().1, None);
        prop_assert_eq!(found, Some(Callback { code: Some(code), state, has_appid: false }));
    }

    #[test]
    fn declined_page_comes_back_byte_for_byte(page in a_page(), state in a_state()) {
        // Of more codes of the page's own the last cannot be told from WeChat's.
        prop_assume!(codes(page.split_once('?').map_or("", |(_, query)| query)).count() <= 3);
        let state = State { own_codes: own_codes(&page), ..state };
        let declined = append(&page, &format!("state={}", state.encode()));
        prop_assert_eq!(cleaned(&declined), page.as_str());
    }

    #[test]
    fn foreign_pairs_keep_their_order(
        before in prop::collection::vec(a_pair(), 0..4),
        between in prop::collection::vec("[a-z]{1,3}=[0-9%+A-F]{0,4}", 0..3),
        after in prop::collection::vec("[a-z]{1,3}=[0-9%+A-F]{0,4}", 0..3),
        state in a_state(),
    ) {
        let kept = [before.clone(), between.clone(), after.clone()].concat();
        let expected = if kept.is_empty() { "/p".to_owned() } else { format!("/p?{}", kept.join("&")) };
        let state = State { own_codes: own_codes(&expected), ..state };
        let mut all = before.clone();
        all.push(format!("code={CODE}"));
        all.extend(between.clone());
        all.push(format!("state={}", state.encode()));
        all.extend(after.clone());
        let query = all.join("&");
        prop_assert_eq!(clean("/p", Some(&query), None), expected);
    }

    #[test]
    fn clean_without_a_callback_changes_nothing(page in a_page()) {
        let query = page.split_once('?').map(|(_, query)| query);
        prop_assume!(query.and_then(|query| Callback::find(query, None)).is_none());
        prop_assert_eq!(cleaned(&page), page);
    }
}

#[test]
fn the_appid_of_a_platforms_account_is_taken_off_behind_our_state() {
    // The query with our callback as `{c}` and `{s}`; what is left of it where WeChat appends `wx1`.
    let table = [
        ("{c}&{s}&appid=wx1", ""),
        ("a=1&{c}&{s}&appid=wx1", "a=1"),
        ("{c}&{s}&appid=wx1&from=timeline", "from=timeline"),
        ("{c}&{s}&from=timeline&appid=wx1", "from=timeline"),
        ("appid=mine&{c}&{s}&appid=wx1", "appid=mine"),
        ("appid=wx1&{c}&{s}&appid=wx1", "appid=wx1"),
        // Declined.
        ("a=1&{s}&appid=wx1", "a=1"),
        // The page's own.
        ("appid=wx1&{c}&{s}", "appid=wx1"),
        ("{c}&appid=wx1&{s}", "appid=wx1"),
        ("{c}&{s}&appid=wx2", "appid=wx2"),
        ("{c}&{s}&appid=wx1&appid=wx2", "appid=wx1&appid=wx2"),
        ("{c}&{s}&appid=", "appid="),
        ("{c}&{s}&appid", "appid"),
        ("{c}&{s}&Appid=wx1", "Appid=wx1"),
        ("{c}&{s}&appid=wx10", "appid=wx10"),
        // No login came back.
        ("{c}&appid=wx1", "code=C&appid=wx1"),
        ("appid=wx1", "appid=wx1"),
    ];
    for (query, left) in table {
        let query = query.replace("{c}", "code=C");
        let query = query.replace("{s}", &format!("state={OURS}"));
        let expected = match left {
            "" => "/p".to_owned(),
            left => format!("/p?{left}"),
        };
        assert_eq!(clean("/p", Some(&query), Some("wx1")), expected, "{query}");
        // Elsewhere every appid is the page's own.
        let appids = |text: &str| text.matches("appid").count();
        let elsewhere = clean("/p", Some(&query), None);
        assert_eq!(appids(&elsewhere), appids(&query), "{query}");
    }
}

#[test]
fn returns_of_a_platforms_account_are_taken_off_with_its_appid() {
    for (address, appended, expected, returns) in [
        ("/p?code=A&appid=wx1&code=B&appid=wx1", Some("wx1"), "/p", 2),
        ("/p?x=1&code=A&state=S&appid=wx1", Some("wx1"), "/p?x=1", 1),
        ("/p?code=A&appid=wx2", Some("wx1"), "/p?code=A&appid=wx2", 0),
        ("/p?code=A&appid=wx1", None, "/p?code=A&appid=wx1", 0),
    ] {
        let found = without_returns(address, 9, appended);
        assert_eq!(found, (expected.into(), returns), "{address}");
    }
}

#[test]
fn returns_at_the_end_are_counted_and_taken_off() {
    let table = [
        ("/p", 9, "/p", 0),
        ("/p?x=1", 9, "/p?x=1", 0),
        ("/p?state=S", 9, "/p?state=S", 0),
        ("/p?code=A", 9, "/p", 1),
        ("/p?x=1&code=A&state=S&code=B&code=C&state", 9, "/p?x=1", 3),
        (
            "/p?x=1&code=A&state=S&code=B&code=C&state",
            2,
            "/p?x=1&code=A&state=S",
            2,
        ),
        ("/p?code=A&x=1&code=B", 9, "/p?code=A&x=1", 1),
        ("/p?code=A&code=B&x=1", 9, "/p?code=A&code=B&x=1", 0),
    ];
    for (address, most, expected, returns) in table {
        assert_eq!(
            without_returns(address, most, None),
            (expected.into(), returns),
            "{address}"
        );
    }
}
