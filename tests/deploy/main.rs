//! The library where its users run it: with sessions in a real Redis, behind a real nginx, and seen
//! in a real browser, Debian's Chromium, by somebody who reads and clicks. What the browser saw is
//! kept as pictures in the build folder, under `screenshots`.

mod addresses;
mod browser;
mod desktop;
mod gallery;
mod hub;
mod hub_journeys;
mod journeys;
mod nginx;
mod pages;
mod redis;
mod sessions;
mod sibling;
mod simulator;
mod systemd;

use libtest_mimic::Arguments;
use support::trials;

const PROFILE: &str = "/wechat8008/index";
/// Shared by the servers of one site.
const SESSION_KEY: (&str, &str) = (
    "SESSION_KEY",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\
     0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
);

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = sessions::trials();
    trials.extend(redis::trials());
    trials.extend(addresses::trials());
    trials.extend(nginx::trials());
    trials.extend(hub::trials());
    trials.extend(journeys::trials());
    trials.extend(sibling::trials());
    trials.extend(desktop::trials());
    trials.extend(hub_journeys::trials());
    trials.extend(pages::trials());
    trials.extend(simulator::trials());
    trials.extend(systemd::trials());
    trials.extend(gallery::trials());
    trials.extend(trials![[]; a_missing_program_is_told_by_name]);
    let conclusion = libtest_mimic::run(&arguments, trials);
    browser::stop_driver();
    conclusion.exit();
}

/// Ignored where somebody works, a failure where changes are judged.
async fn a_missing_program_is_told_by_name() {
    let alone = |ci: &str| {
        let this = std::env::current_exe().expect("the path of this test");
        let done = std::process::Command::new(this)
            .args(["--exact", "sessions::redis::a_login_lasts"])
            .env("PATH", "")
            .env("CI", ci)
            .output()
            .expect("this test once more");
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(said.contains("[needs redis-server]"), "{said}");
        (done.status.success(), said)
    };
    let (passed, said) = alone("");
    assert!(passed && said.contains(" 1 ignored"), "{said}");
    let (passed, said) = alone("true");
    assert!(!passed && said.contains(" 1 failed"), "{said}");
}
