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
