use std::{
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use actix_web::rt::time::Instant;
use tokio::time;

use super::*;

type Entered = Result<OwnedSemaphorePermit, Full>;

/// Where a future stands, whoever wakes it.
fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn entered<T>(told: Poll<Result<T, Full>>) -> Option<Result<T, Full>> {
    match told {
        Poll::Ready(told) => Some(told),
        Poll::Pending => None,
    }
}

macro_rules! assert_waits {
    ($entering:expr) => {
        assert!(poll($entering.as_mut()).is_pending())
    };
}

/// A place that is there.
fn place(told: Poll<Entered>) -> OwnedSemaphorePermit {
    entered(told).expect("no wait").expect("a place")
}

#[test]
fn as_many_wait_as_there_are_places_and_the_next_does_not() {
    for most in [1, 2, 5] {
        let places = Places::new(most);
        let held: Vec<_> = (0..most)
            .map(|_| place(poll(pin!(places.enter()))))
            .collect();
        let mut waiting: Vec<_> = (0..most).map(|_| Box::pin(places.enter())).collect();
        for entering in &mut waiting {
            assert_waits!(entering);
        }
        for _ in 0..3 {
            let next = poll(pin!(places.enter()));
            assert_eq!(
                entered(next).map(|told| told.err()),
                Some(Some(Full)),
                "{most}"
            );
        }
        // Who was told so takes nobody's turn.
        drop(held);
        for entering in &mut waiting {
            drop(place(poll(entering.as_mut())));
        }
    }
}

#[test]
fn first_who_came_is_first_served() {
    let places = Places::new(3);
    let mut held: Vec<_> = (0..3).map(|_| place(poll(pin!(places.enter())))).collect();
    let [mut first, mut second, mut third] = [(); 3].map(|()| Box::pin(places.enter()));
    for entering in [&mut first, &mut second, &mut third] {
        assert_waits!(entering);
    }
    held.pop();
    // Whoever asks in between does not pass by.
    assert_waits!(third);
    assert_waits!(second);
    let place_of_first = place(poll(first.as_mut()));
    let mut late = Box::pin(places.enter());
    assert_waits!(late);
    drop(place_of_first);
    assert_waits!(late);
    assert_waits!(third);
    let _second = place(poll(second.as_mut()));
    held.clear();
    drop(place(poll(third.as_mut())));
    drop(place(poll(late.as_mut())));
}

#[test]
fn who_goes_away_leaves_the_queue() {
    let places = Places::new(1);
    let held = place(poll(pin!(places.enter())));
    for _ in 0..5 {
        let mut gone = Box::pin(places.enter());
        assert_waits!(gone);
    }
    let mut gone = Box::pin(places.enter());
    assert_waits!(gone);
    assert_eq!(
        entered(poll(pin!(places.enter()))).map(|told| told.err()),
        Some(Some(Full))
    );
    drop(gone);
    let mut next = Box::pin(places.enter());
    assert_waits!(next);
    drop(held);
    // One who was called and left before it answered takes no place along.
    drop(next);
    drop(place(poll(pin!(places.enter()))));
    assert_eq!(places.waiting.load(Ordering::Relaxed), 0);
    assert_eq!(places.free.available_permits(), 1);
}

#[actix_web::test]
async fn place_is_waited_for_two_seconds() {
    time::pause();
    let limit = Limit::of_account(1);
    let held = limit.enter().await;
    assert!(held.is_ok());
    let since = Instant::now();
    assert_eq!(limit.enter().await.err(), Some(Full));
    assert_eq!(since.elapsed().as_secs(), 2);
    // One that comes free in time is taken.
    let giving = async {
        time::sleep(PATIENCE - Duration::from_millis(1)).await;
        drop(held);
    };
    let (second, ()) = futures_util::future::join(limit.enter(), giving).await;
    assert!(second.is_ok());
}

#[actix_web::test]
async fn accounts_limit_is_its_own_and_below_the_processs() {
    time::pause();
    let (small, other) = (Limit::of_account(2), Limit::of_account(2));
    let held = [small.enter().await.is_ok(), small.enter().await.is_ok()];
    assert_eq!(held, [true, true], "given back at once");
    let held = [small.enter().await, small.enter().await];
    assert!(held.iter().all(Result::is_ok));
    assert_eq!(small.enter().await.err(), Some(Full));
    for limit in [&other, &Limit::of_process()] {
        assert!(limit.enter().await.is_ok());
    }
    drop(held);
    assert!(small.enter().await.is_ok());
}

#[test]
fn third_of_the_files_is_the_most_where_that_is_less() {
    let limit = process_limit();
    assert!((1..=MOST).contains(&limit));
    match open_files() {
        Some(files) => assert_eq!(limit, (files / 3).clamp(1, 2_000)),
        None => assert_eq!(limit, 2_000),
    }
}
