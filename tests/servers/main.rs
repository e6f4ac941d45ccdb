//! The demo where its users run it: with sessions in a real Redis, and behind a real nginx.

#[path = "../support/mod.rs"]
mod support;

mod hub;
mod nginx;
mod redis;

use libtest_mimic::Arguments;
use support::{Page, Visitor, program::trials, wechat, wechat_of};

const PROFILE: &str = "/wechat8008/index";
/// Shared by the servers of one site.
const SESSION_KEY: (&str, &str) = (
    "SESSION_KEY",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\
     0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
);

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = redis::trials();
    trials.extend(nginx::trials());
    trials.extend(hub::trials());
    trials.extend(trials![[]; a_missing_program_is_told_by_name]);
    libtest_mimic::run(&arguments, trials).exit();
}

/// Ignored where somebody works, a failure where changes are judged.
async fn a_missing_program_is_told_by_name() {
    let alone = |ci: &str| {
        let this = std::env::current_exe().expect("the path of this test");
        let done = std::process::Command::new(this)
            .args(["--exact", "redis::the_session_id_changes_at_login"])
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

/// To WeChat and back: the callback's address, not yet opened.
async fn callback(visitor: &Visitor, url: &str) -> String {
    let asked = visitor.get(url).await;
    assert!(asked.is_authorize(), "no way to WeChat: {asked:#?}");
    let back = visitor.get(&asked.location()).await;
    back.assert_status(302);
    back.location()
}

/// Who the site at this address says the visitor is.
async fn openid(visitor: &Visitor, site: &str) -> Option<String> {
    let me = me(visitor, site).await;
    match me.status.as_u16() {
        200 => {
            let user: serde_json::Value = serde_json::from_str(&me.body).expect("JSON");
            Some(user["openid"].as_str().expect("an openid").to_owned())
        }
        401 => None,
        _ => panic!("/api/me answered {me:#?}"),
    }
}

async fn me(visitor: &Visitor, site: &str) -> Page {
    let url = format!("{site}/api/me");
    visitor
        .get_with(&url, &[("accept", "application/json")])
        .await
}
