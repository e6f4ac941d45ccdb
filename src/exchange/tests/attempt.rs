use std::collections::HashSet;

use super::*;

#[test]
fn wait_before_a_try_doubles_and_is_jittered() {
    for (tries, least, most) in [(1, 50, 100), (2, 100, 200)] {
        let waits: HashSet<u128> = (0..100).map(|_| backoff(tries).as_millis()).collect();
        assert!(
            waits.iter().all(|wait| (least..=most).contains(wait)),
            "{waits:?}"
        );
        assert!(waits.len() > 1, "whoever failed together returns together");
    }
}

#[test]
fn elapsed_time_is_told_in_milliseconds() {
    let started = Instant::now().checked_sub(Duration::from_millis(1_500));
    let told = elapsed_ms(started.unwrap());
    assert!((1_500..60_000).contains(&told), "{told}");
}

#[test]
fn results_are_kept_for_so_many_logins_and_no_more() {
    let exchanges = Exchanges::default();
    let (_telling, waiting) = watch::channel(None);
    for number in 0..MAX_RESULTS + 1_000 {
        let ticket = Ticket {
            scope: Scope::Base,
            nonce: "nonce".to_owned(),
            code: number.to_string(),
        };
        exchanges.results.insert(ticket, waiting.clone());
    }
    exchanges.results.run_pending_tasks();
    assert_eq!(exchanges.results.entry_count(), MAX_RESULTS);
}
