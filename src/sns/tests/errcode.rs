use super::*;

/// How a call that went wrong ends, written as `demo.md` words it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// A page with this status.
    Page(u16),
    /// 302 to the clean page, and a round is counted.
    CleanUrl,
}

use End::{CleanUrl, Page};

fn end(verdict: Verdict) -> End {
    match verdict.ending {
        Ending::Page(reason) => Page(reason.status().as_u16()),
        Ending::Restart => CleanUrl,
    }
}

/// Each errcode of WeChat's, with the tries in all and the end at the exchange and at the profile
/// call.
const CONTRACT: &[(&[i64], (u8, End), (u8, End))] = &[
    (&[-1], (2, Page(503)), (3, Page(503))),
    (&[40029, 40163, 41008, 42003], (1, CleanUrl), (1, Page(502))),
    (&[40001], (1, Page(500)), (2, CleanUrl)),
    (&[40014, 42001], (1, Page(502)), (2, CleanUrl)),
    (&[42007, 50001, 40030], (1, CleanUrl), (1, CleanUrl)),
    (&[40226, 50002, 50005], (1, Page(403)), (1, Page(403))),
    (&[45009, 45011], (1, Page(503)), (1, Page(503))),
    (
        &[
            40002, 40003, 40013, 40066, 40094, 40125, 40164, 41001, 41002, 41003, 41004, 41009,
            41018, 43001, 43003, 48001, 48004, 61007, 61023,
        ],
        (1, Page(500)),
        (1, Page(500)),
    ),
    // The whole range of the page codes is the operator's.
    (
        &[
            10003, 10004, 10005, 10006, 10007, 10008, 10009, 10010, 10011, 10012, 10013, 10014,
            10015, 10016,
        ],
        (1, Page(500)),
        (1, Page(500)),
    ),
    // Any other: those of calls that no login makes, and those that nobody has seen.
    (
        &[
            1,
            10002,
            10017,
            40028,
            41005,
            41006,
            41007,
            42002,
            48002,
            99999,
            -2,
            i64::MIN,
            i64::MAX,
        ],
        (1, Page(502)),
        (1, Page(502)),
    ),
];

#[test]
fn each_errcode_ends_as_the_contract_says() {
    for (errcodes, exchange, profile) in CONTRACT {
        for errcode in *errcodes {
            for (call, expected) in [(Call::Exchange, exchange), (Call::Profile, profile)] {
                let verdict = verdict(call, Fault::Errcode(*errcode));
                assert_eq!(
                    (verdict.tries, end(verdict)),
                    *expected,
                    "{errcode} at {call:?}"
                );
                let is_quota = [45009, 45011].contains(errcode);
                assert_eq!(verdict.quota, is_quota, "{errcode} at {call:?}");
            }
        }
    }
}

#[test]
fn each_fault_of_the_transport_ends_as_the_contract_says() {
    let table = [
        (Fault::Unconnected, (2, Page(502)), (3, Page(502))),
        (Fault::Unanswered, (2, Page(502)), (3, Page(502))),
        (Fault::Broken, (1, Page(502)), (3, Page(502))),
        (Fault::Malformed, (1, Page(502)), (1, Page(502))),
        (Fault::TimedOut, (1, Page(504)), (1, Page(504))),
    ];
    for (fault, exchange, profile) in table {
        for (call, expected) in [(Call::Exchange, exchange), (Call::Profile, profile)] {
            let verdict = verdict(call, fault);
            assert_eq!(
                (verdict.tries, end(verdict)),
                expected,
                "{fault:?} at {call:?}"
            );
            assert!(!verdict.quota && !verdict.token_is_invalid, "{fault:?}");
        }
    }
}

#[test]
fn what_the_operator_must_mend_has_a_cure() {
    for errcode in CONTRACT.iter().flat_map(|(errcodes, ..)| *errcodes) {
        for call in [Call::Exchange, Call::Profile] {
            let verdict = verdict(call, Fault::Errcode(*errcode));
            let is_operators = verdict.ending == MISCONFIGURED || verdict.quota;
            assert!(
                !is_operators || !verdict.cure.is_empty(),
                "{errcode} at {call:?}"
            );
        }
    }
    let cure = |errcode| verdict(Call::Exchange, Fault::Errcode(errcode)).cure;
    // Words to tell the cases apart by.
    let table = [
        (40001, "secret"),
        (40125, "secret"),
        (40013, "appid"),
        (40164, "whitelist"),
        (45009, "daily"),
        (45011, "per minute"),
        (48001, "permission"),
        (10003, "domain"),
        (61007, "platform"),
        (61023, "platform"),
        (40094, "platform"),
        (41018, "platform"),
        (10015, "platform"),
    ];
    for (errcode, word) in table {
        assert!(cure(errcode).contains(word), "{errcode}: {}", cure(errcode));
    }
}

#[test]
fn a_platforms_calls_name_the_platform() {
    use Call::{ComponentExchange, ComponentRefresh};
    for (call, errcode, expected) in [
        (ComponentExchange, 40029, CleanUrl),
        (ComponentExchange, 40163, CleanUrl),
        (ComponentExchange, 40094, Page(500)),
        (ComponentExchange, 40001, Page(500)),
        (ComponentExchange, 42001, Page(500)),
        (ComponentExchange, 61007, Page(500)),
        (ComponentRefresh, 61007, Page(500)),
        (ComponentRefresh, 40001, Page(500)),
        (ComponentRefresh, 61023, CleanUrl),
        (ComponentRefresh, 42002, CleanUrl),
    ] {
        let verdict = verdict(call, Fault::Errcode(errcode));
        assert_eq!(
            (verdict.tries, end(verdict)),
            (1, expected),
            "{call:?} {errcode}"
        );
        assert!(!verdict.cure.contains("secret"), "{call:?} {errcode}");
        if expected == Page(500) || errcode == 40029 {
            assert!(verdict.cure.contains("platform"), "{call:?} {errcode}");
        }
    }
    for fault in [Fault::NoToken, Fault::TokenTooLate] {
        let verdict = verdict(ComponentExchange, fault);
        assert!(verdict.cure.contains("`platform`"), "{fault:?}");
        assert!(!fault.is_sent());
    }
    // Whatever else happens is as with the account's own call.
    for fault in [
        Fault::Unconnected,
        Fault::Unanswered,
        Fault::Broken,
        Fault::TimedOut,
        Fault::Errcode(-1),
        Fault::Errcode(45011),
    ] {
        assert_eq!(
            verdict(ComponentExchange, fault),
            verdict(Call::Exchange, fault)
        );
        assert_eq!(
            verdict(ComponentRefresh, fault),
            verdict(Call::Refresh, fault)
        );
    }
}

#[test]
fn each_errcode_stands_in_one_row() {
    let mut errcodes: Vec<i64> = ERRCODES
        .iter()
        .flat_map(|row| row.errcodes)
        .copied()
        .collect();
    let rows = errcodes.len();
    errcodes.sort_unstable();
    errcodes.dedup();
    assert_eq!(errcodes.len(), rows);
}

#[test]
fn calls_have_wechats_paths() {
    assert_eq!(Call::Exchange.path(), "/sns/oauth2/access_token");
    assert_eq!(Call::Profile.path(), "/sns/userinfo");
    assert_eq!(Call::Refresh.path(), "/sns/oauth2/refresh_token");
    assert_eq!(Call::Check.path(), "/sns/auth");
    for (call, path) in [
        (Call::ComponentExchange, "access_token"),
        (Call::ComponentRefresh, "refresh_token"),
    ] {
        assert_eq!(call.path(), format!("/sns/oauth2/component/{path}"));
    }
}

#[test]
fn token_is_told_apart_from_a_call_that_failed() {
    let invalid = [40001, 40003, 40014, 42001, 42007, 50001];
    let errcodes = CONTRACT.iter().flat_map(|(errcodes, ..)| *errcodes);
    for errcode in errcodes {
        let verdict = verdict(Call::Check, Fault::Errcode(*errcode));
        assert_eq!(
            verdict.token_is_invalid,
            invalid.contains(errcode),
            "{errcode}"
        );
    }
}

#[test]
fn expired_refresh_token_is_one_at_a_refresh_alone() {
    for (call, expected) in [
        (Call::Refresh, CleanUrl),
        (Call::Exchange, Page(502)),
        (Call::Profile, Page(502)),
        (Call::Check, Page(502)),
    ] {
        let verdict = verdict(call, Fault::Errcode(42002));
        assert_eq!((verdict.tries, end(verdict)), (1, expected), "{call:?}");
    }
}
