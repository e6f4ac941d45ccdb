//! An API host of several addresses, the first of which leads nowhere. The demo runs where the
//! system's list of hosts is the test's.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    process::{Command, Stdio},
};

use actix_wechat::simulator::{Account, Builder, Endpoint, Simulator};
use libtest_mimic::Trial;

use super::PROFILE;
use support::{
    Port, Visitor,
    demo::{Demo, command},
    program, trials,
    upstream::DeadAddress,
    wechat::start,
};

const HOST: &str = "api.test";

pub(crate) fn trials() -> Vec<Trial> {
    // What it takes is a program, and that a user may have a list of mounts.
    let needs = if may_mount() {
        "unshare"
    } else {
        "unshare --mount"
    };
    trials![[needs];
        a_first_address_that_is_dead_delays_a_login_and_no_more,
        where_all_addresses_are_dead_a_page_tells,
    ]
}

fn may_mount() -> bool {
    program::find("unshare").is_some_and(|unshare| {
        Command::new(unshare)
            .args(["-rm", "mount", "--bind", "/etc/hosts", "/etc/hosts"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    })
}

/// The demo, with these addresses of [`HOST`].
fn demo(simulator: &Simulator, addresses: &[IpAddr], port: u16) -> (Demo, tempfile::TempDir, Port) {
    let folder = tempfile::tempdir().expect("a folder");
    let hosts = folder.path().join("hosts");
    let list: String = addresses
        .iter()
        .map(|address| format!("{address} {HOST}\n"))
        .collect();
    fs::write(&hosts, list).expect("a list of hosts");
    let example = command("demo");
    let mut command = program::command("unshare");
    command.args([
        "-rm",
        "sh",
        "-c",
        "mount --bind \"$0\" /etc/hosts && exec \"$1\"",
    ]);
    command.arg(&hosts).arg(example.get_program());
    for (name, value) in example.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let listen = Port::new();
    let account = simulator.account();
    command
        .env("LISTEN", listen.address())
        .env("WECHAT_APPID", account.appid())
        .env("WECHAT_APPSECRET", account.secret())
        .env("WECHAT_OPEN_URL", simulator.url())
        .env("WECHAT_API_URL", format!("http://{HOST}:{port}"))
        .stdin(Stdio::null());
    (Demo::spawn(command, listen.url()), folder, listen)
}

/// WeChat, which answers to the host's name.
fn simulator() -> Builder {
    Simulator::builder()
        .account(Account::test())
        .allow_host(HOST)
}

/// The addresses that a row of the table has, the last one WeChat's.
fn rows() -> Vec<Vec<IpAddr>> {
    let v4 = |last| IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
    let v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
    vec![
        vec![v4(1)],
        vec![v6, v4(1)],
        vec![v4(2), v4(1)],
        vec![v4(2), v4(3), v4(1)],
        vec![v6, v4(2), v4(1)],
    ]
}

/// Both calls of a login, each of them on a connection that has to be made: with the first address
/// waited for, either would end in 502 or in 504.
async fn a_first_address_that_is_dead_delays_a_login_and_no_more() {
    for addresses in rows() {
        let simulator = start(simulator()).await;
        let port = simulator.url().rsplit(':').next().map(str::parse);
        let port: u16 = port.expect("a port").expect("a number");
        let dead: Vec<_> = addresses[..addresses.len() - 1]
            .iter()
            .map(|address| DeadAddress::at(*address, port))
            .collect();
        let (demo, _hosts, _listen) = demo(&simulator, &addresses, port);
        for _ in 0..2 {
            let page = Visitor::new().visit(&demo.at(PROFILE)).await;
            assert_eq!(page.status, 200, "{addresses:?}: {page:#?}");
        }
        assert_eq!(simulator.count(Endpoint::AccessToken), 2, "{addresses:?}");
        assert!(!demo.log().contains("wechat.login.failed"), "{addresses:?}");
        drop(dead);
    }
}

async fn where_all_addresses_are_dead_a_page_tells() {
    let simulator = start(simulator()).await;
    let [first, second] = [2, 3].map(|last| IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)));
    let dead = DeadAddress::at(first, 0);
    let port = dead.address.port();
    let _second = DeadAddress::at(second, port);
    let (demo, _hosts, _listen) = demo(&simulator, &[first, second], port);
    let visitor = Visitor::new();
    let callback = visitor.callback(&demo.at(PROFILE)).await;
    let page = visitor.get(&callback).await;
    assert!(matches!(page.status.as_u16(), 502 | 504), "{page:#?}");
    let log = demo.logged(0, "wechat.login.failed");
    assert!(log.contains(&format!("host=\"{HOST}:{port}\"")), "{log}");
    assert!(log.contains("cure=\""), "{log}");
}
