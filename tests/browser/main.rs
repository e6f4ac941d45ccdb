//! The login in a real browser, Debian's Chromium, with somebody who reads and clicks. What it saw
//! is kept as pictures in the build folder, under `screenshots`.

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod journeys;
mod pages;
mod simulator;

use libtest_mimic::Arguments;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = journeys::trials();
    trials.extend(pages::trials());
    trials.extend(simulator::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    browser::stop_driver();
    conclusion.exit();
}
