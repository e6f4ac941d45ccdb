//! CPU time a login, by the scheduler: the time that the app's thread was on a processor, so that a busy machine changes little.
//!
//!     cargo bench --features simulator --bench cpu
//!
//! The sides take turns, a round each, on one thread; the simulator has threads of its own, which are not counted. All are on one
//! processor: to wake a thread on another costs the one that wakes it, and which thread of the simulator a side's connection got
//! would decide the ratio. Each ratio is the median of the rounds' ratios.
//!
//! A login that is alone finds the processor's caches cold, for WeChat's side ran while it waited: it pays for the size of its code,
//! too. Many at once is a server under load.

mod app;
#[allow(dead_code, reason = "each benchmark uses its part")]
mod by_hand;
#[allow(dead_code, reason = "each benchmark uses its part")]
mod cases;

use std::{fs, process::ExitCode, rc::Rc, thread};

use actix_web::rt::{self, System};
use actix_wechat::simulator::Simulator;

use crate::{
    app::Side,
    cases::{Bench, Case},
};

const ROUNDS: usize = 30;
const LOGINS: usize = 320;
/// How many logins are on their way at once.
const AT_ONCE: [usize; 3] = [1, 16, 64];

fn main() -> ExitCode {
    if on_processor().is_none() || !stay_on_one_processor() {
        eprintln!(
            "needs Linux: its /proc/thread-self/schedstat tells the time on a processor, its sched_setaffinity keeps to one"
        );
        return ExitCode::FAILURE;
    }
    System::new().block_on(compare());
    ExitCode::SUCCESS
}

async fn compare() {
    let simulator = cases::simulator().await;
    let mut sides = Vec::new();
    for side in Side::ALL {
        let bench = Bench::new(side, simulator.url(), &app::code(&simulator)).await;
        let bench = Rc::new(bench);
        for at_once in AT_ONCE {
            // Its connections are made, its tables are grown.
            round(&bench, &simulator, at_once).await;
        }
        sides.push(bench);
    }
    println!("CPU time a login, medians of {ROUNDS} rounds of {LOGINS}");
    for at_once in AT_ONCE {
        let mut took = vec![Vec::new(); sides.len()];
        for _ in 0..ROUNDS {
            for (bench, took) in sides.iter().zip(&mut took) {
                took.push(round(bench, &simulator, at_once).await);
            }
        }
        let library = &took[0];
        println!("{at_once} at once");
        for (side, times) in Side::ALL.into_iter().zip(&took) {
            let ratios = library.iter().zip(times).map(|(one, other)| one / other);
            println!(
                "  {:<18} {:>6.1} µs  library ÷ it {:.3}",
                side.name(),
                median(times.clone()),
                median(ratios.collect()),
            );
        }
    }
}

/// The time of one login among some, in microseconds. They run as a server's requests do, in tasks of
/// the thread: who waits at the root of the runtime is woken by system calls.
async fn round(bench: &Rc<Bench>, simulator: &Simulator, at_once: usize) -> f64 {
    let codes: Vec<_> = (0..LOGINS).map(|_| app::code(simulator)).collect();
    let (bench, codes) = (Rc::clone(bench), Rc::new(codes));
    let logins = rt::spawn(async move {
        let before = on_processor().unwrap_or_default();
        let visitors = (0..at_once).map(|first| {
            let (bench, codes) = (Rc::clone(&bench), Rc::clone(&codes));
            rt::spawn(async move {
                for code in codes.iter().skip(first).step_by(at_once) {
                    bench.run(Case::Login, code).await;
                }
            })
        });
        for visitor in visitors.collect::<Vec<_>>() {
            visitor.await.expect("logins");
        }
        on_processor().unwrap_or_default() - before
    });
    let took = logins.await.expect("logins");
    took as f64 / 1e3 / LOGINS as f64
}

/// Keeps this thread, and the threads that it starts, to the processor that it is on.
#[cfg(target_os = "linux")]
fn stay_on_one_processor() -> bool {
    use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};

    let mut here = CpuSet::new();
    here.set(sched_getcpu());
    sched_setaffinity(None, &here).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn stay_on_one_processor() -> bool {
    false
}

/// How long this thread has been on a processor, in nanoseconds.
fn on_processor() -> Option<u64> {
    // The figure is brought up to date when the thread gives way.
    thread::yield_now();
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
