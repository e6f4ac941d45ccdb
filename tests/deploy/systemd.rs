//! The guide's unit for systemd: systemd knows each of its lines, and the app starts with just what
//! the unit gives it.

use std::{fs, process::Command};

use libtest_mimic::Trial;
use support::{Visitor, cargo, demo::command, program::Program, trials};
use tempfile::TempDir;

use crate::SESSION_KEY;

const PROGRAM: &str = "/usr/local/bin/shop";

pub(crate) fn trials() -> Vec<Trial> {
    let mut all = trials![["systemd-analyze"]; each_line_is_known_to_systemd];
    all.extend(trials![[]; the_app_starts_with_what_the_unit_gives]);
    all
}

/// The unit, which both languages have alike.
fn unit() -> &'static str {
    let [english, chinese] = [
        include_str!("../../src/guide/develop.md"),
        include_str!("../../src/guide/zh/develop.md"),
    ]
    .map(|chapter| {
        let (_, unit) = chapter.split_once("\n```ini\n").expect("a unit");
        unit.split("\n```").next().expect("its end")
    });
    assert_eq!(english, chinese);
    english
}

/// What the unit sets, but for where it listens, which a test chooses.
fn settings() -> Vec<(&'static str, &'static str)> {
    let lines = unit().lines();
    let set: Vec<_> = lines
        .filter_map(|line| line.strip_prefix("Environment=")?.split_once('='))
        .collect();
    let names: Vec<_> = set.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["LISTEN", "WECHAT_PUBLIC_URL"]);
    set.into_iter().skip(1).collect()
}

async fn each_line_is_known_to_systemd() {
    let folder = TempDir::new().expect("a folder");
    let _built = command("hello");
    let verify = |unit: &str| {
        let path = folder.path().join("shop.service");
        fs::write(&path, unit).expect("a unit");
        let done = Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .arg(&path)
            .output()
            .expect("systemd-analyze");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        (done.status.success(), said)
    };
    let program = cargo::example("hello");
    let program = program.to_str().expect("a path of plain text");
    assert!(unit().contains(PROGRAM));
    let sound = unit().replace(PROGRAM, program);
    assert_eq!(verify(&sound), (true, String::new()));
    let (_, said) = verify(&sound.replace("DynamicUser", "DynamicUsr"));
    assert!(said.contains("DynamicUsr"), "{said}");
}

async fn the_app_starts_with_what_the_unit_gives() {
    let app = Program::start(command("hello"), |hello, _, port| {
        hello
            .env_clear()
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .envs(settings())
            // The three lines of the file with the secrets.
            .env("WECHAT_APPID", "wx0123456789abcdef")
            .env("WECHAT_APPSECRET", "0123456789abcdef0123456789abcdef")
            .envs([SESSION_KEY]);
    });
    let page = Visitor::new().get(&app.at("/")).await;
    let location = page.assert_status(302).location().to_owned();
    for part in [
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef&",
        "redirect_uri=https%3A%2F%2Fshop.example.cn%2F&",
    ] {
        assert!(location.contains(part), "{location}");
    }
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("__Host-wechat."), "{cookie}");
}
