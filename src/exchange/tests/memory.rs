use super::*;

#[test]
fn only_the_first_try_is_the_first() {
    let tried = Tried::default();
    let mut runs = 0;
    assert!(tried.enter(&"code", || runs += 1));
    assert!(!tried.enter(&"code", || runs += 1));
    assert!(tried.enter(&"another", || runs += 1));
    tried.forget(&"code");
    assert!(tried.enter(&"code", || runs += 1));
    assert_eq!(runs, 3);
}

#[test]
fn memory_is_bounded_and_the_last_are_remembered() {
    let tried = Tried::default();
    for number in 0..3 * MOST {
        assert!(tried.enter(&number, || ()));
    }
    assert!(!tried.enter(&(2 * MOST), || ()));
    let sets = tried.sets();
    assert!(sets.young.len() + sets.old.len() <= 2 * MOST);
    drop(sets);
    assert!(tried.enter(&0, || ()), "long forgotten");
}

#[test]
fn what_is_old_is_dropped() {
    let tried = Tried::default();
    let age = || {
        let mut sets = tried.sets();
        sets.since = sets.since.checked_sub(CODE_LIFETIME).unwrap();
    };
    assert!(tried.enter(&"code", || ()));
    age();
    assert!(!tried.enter(&"code", || ()), "it may be young yet");
    age();
    assert!(tried.enter(&"code", || ()));
}
