use std::collections::HashSet;

use super::*;

/// Names and statuses are a promise: to those who read the logs, and to scripts that read the JSON.
const TABLE: [(Reason, &str, u16); 16] = [
    (Reason::LoginRequired, "login_required", 401),
    (Reason::Completed, "completed", 302),
    (Reason::Declined, "declined", 403),
    (Reason::CodeRefused, "code_refused", 403),
    (Reason::Busy, "busy", 503),
    (Reason::Unreachable, "unreachable", 502),
    (Reason::TimedOut, "timed_out", 504),
    (Reason::MalformedAnswer, "malformed_answer", 502),
    (Reason::Misconfigured, "misconfigured", 500),
    (Reason::AccountRefused, "account_refused", 403),
    (Reason::Snapshot, "snapshot", 200),
    (Reason::SessionLost, "session_lost", 500),
    (Reason::CookiesOff, "cookies_off", 403),
    (Reason::StateLost, "state_lost", 403),
    (Reason::AddressTooLong, "address_too_long", 414),
    (Reason::HookFailed, "hook_failed", 500),
];

#[test]
fn each_reason_has_its_name_and_status() {
    for (reason, name, status) in TABLE {
        assert_eq!(reason.as_str(), name);
        assert_eq!(reason.status().as_u16(), status, "{name}");
    }
}

#[test]
fn each_reason_says_something_of_its_own() {
    let said: HashSet<String> = TABLE
        .iter()
        .map(|(reason, ..)| reason.to_string())
        .collect();
    assert_eq!(said.len(), TABLE.len());
    assert_eq!(
        Reason::TimedOut.to_string(),
        "WeChat did not answer in time"
    );
    assert!(
        said.iter()
            .all(|text| !text.is_empty() && !text.ends_with('.'))
    );
}
