//! Time a request, the library beside what one writes by hand.
//!
//!     cargo bench --features simulator --bench extract
//!
//! On a machine that does other things, trust the ratios within one run, and `instructions` more
//! than either.

#[allow(dead_code, reason = "each benchmark uses its part")]
mod app;
mod by_hand;
mod cases;

use std::time::Duration;

use actix_web::rt::{System, SystemRunner};
use criterion::{BatchSize, Criterion, async_executor::AsyncExecutor};

use crate::cases::{Bench, Case};

/// actix's runtime, as criterion wants one.
struct Runtime<'a>(&'a SystemRunner);

impl AsyncExecutor for Runtime<'_> {
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.block_on(future)
    }
}

fn main() {
    let system = System::new();
    let simulator = system.block_on(cases::simulator());
    let mut criterion = Criterion::default()
        .sample_size(50)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    for case in Case::ALL {
        let mut group = criterion.benchmark_group(case.name());
        for side in case.sides() {
            let code = app::code(&simulator);
            let bench = system.block_on(Bench::new(*side, simulator.url(), &code));
            group.bench_function(side.name(), |bencher| {
                let mut bencher = bencher.to_async(Runtime(&system));
                if case.needs_code() {
                    let code = || app::code(&simulator);
                    bencher.iter_batched(
                        code,
                        async |code| bench.run(case, &code).await,
                        BatchSize::SmallInput,
                    );
                } else {
                    bencher.iter(|| bench.run(case, ""));
                }
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
