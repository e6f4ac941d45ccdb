//! Programs that hard-code WeChat's hosts, and log somebody in without knowing of a simulator.

use std::{fs, path::Path, process::Command};

use libtest_mimic::Trial;
use serde_json::Value;
use support::{
    program::{find, trial},
    trials,
};

use crate::{
    desk::{Desk, Done},
    where_there_is,
};

const FILE: &str = r#"
consent = "automatic"
[[account]]
kind = "test"
[[person]]
id = "ming"
name = "小明"
"#;

/// The same in every run, and for every client.
const OPENID: &str = "oegSziru4qWX2I0c_rZHw8CG6how";

pub(crate) fn trials() -> Vec<Trial> {
    let requests = if imports("requests") {
        "python3"
    } else {
        "python3-requests"
    };
    let mut trials = trials![["curl"]; curl_logs_in, curl_logs_in_by_the_hosts_file_of_its_own];
    trials.extend(trials![["python3"]; urllib_logs_in]);
    trials.push(trial(
        "command::clients::requests_logs_in",
        &[requests],
        requests_logs_in,
    ));
    trials.push(where_there_is(
        "node, unshare and namespaces",
        find("node").is_some() && namespaces(),
        "clients::fetch_logs_in_by_the_hosts_file",
        fetch_logs_in_by_the_hosts_file,
    ));
    trials.push(where_there_is(
        "a node of 22.21, 24.5 or later",
        node_has_proxies(),
        "clients::fetch_logs_in",
        || async { by_proxy("node", "fetch.mjs") },
    ));
    trials.push(where_there_is(
        "ruby",
        find("ruby").is_some(),
        "clients::ruby_logs_in",
        || async { by_proxy("ruby", "login.rb") },
    ));
    trials
}

fn imports(module: &str) -> bool {
    succeeds(Command::new("python3").args(["-c", &format!("import {module}")]))
}

fn namespaces() -> bool {
    succeeds(Command::new("unshare").args(["-rmn", "ip", "link", "set", "lo", "up"]))
}

/// Whether its `fetch` heeds HTTPS_PROXY.
fn node_has_proxies() -> bool {
    let check = "const [major, minor] = process.versions.node.split('.').map(Number); \
                 process.exit(major > 24 || major === 24 && minor >= 5 || major === 22 && minor >= 21 ? 0 : 1)";
    succeeds(Command::new("node").args(["-e", check]))
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn desk_with(client: &str) -> Desk {
    let desk = Desk::with_file(FILE);
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/command/clients");
    fs::copy(clients.join(client), desk.path().join(client)).expect("the client");
    desk
}

/// Runs a client with a simulator of its own.
fn by_proxy(program: &str, client: &str) {
    let desk = desk_with(client);
    let done = desk.run(&["exec", "--", program, client]).assert_status(0);
    assert_user(&done);
}

#[track_caller]
fn assert_user(done: &Done) {
    let user: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    assert_eq!(user["nickname"], "小明", "{user}");
    assert_eq!(user["openid"], OPENID, "{user}");
}

async fn curl_logs_in() {
    by_proxy("sh", "curl.sh");
}

async fn urllib_logs_in() {
    by_proxy("python3", "urllib_login.py");
}

async fn requests_logs_in() {
    by_proxy("python3", "requests_login.py");
}

/// Its own hosts file: `--resolve`, by its configuration, so that the program stays as it is.
async fn curl_logs_in_by_the_hosts_file_of_its_own() {
    let desk = desk_with("curl.sh");
    let serving = desk.serve(&["--https", "127.0.0.1:0", "--tls-dir", "tls"]);
    let port = serving
        .line("https")
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    desk.write(
        ".curlrc",
        &format!(
            "connect-to = \"open.weixin.qq.com:443:127.0.0.1:{port}\"\n\
             connect-to = \"api.weixin.qq.com:443:127.0.0.1:{port}\"\n"
        ),
    );
    let lines = desk
        .run(&["env", "--for", "go", "--https", &port, "--tls-dir", "tls"])
        .assert_status(0)
        .out;
    let mut shell = desk.program("sh");
    shell.args([
        "-c",
        "eval \"$1\"; CURL_CA_BUNDLE=$SSL_CERT_FILE sh curl.sh",
        "sh",
        &lines,
    ]);
    assert_user(&Done::of(shell).assert_status(0));
}

/// A Node of before heeds no proxy: WeChat's names lead here by the hosts file, in namespaces of
/// the test's own.
async fn fetch_logs_in_by_the_hosts_file() {
    let desk = desk_with("fetch.mjs");
    desk.write(
        "hosts",
        "127.0.0.1 localhost open.weixin.qq.com api.weixin.qq.com\n",
    );
    desk.write(
        "run.sh",
        r#"set -eu
ip link set lo up
mount --bind hosts /etc/hosts
"$0" --https 443 --tls-dir tls >serving &
trap "kill $!" EXIT
"$0" ready --https 443 --wait 60s
eval "$("$0" env --for node --https 443 --tls-dir tls)"
node fetch.mjs
"#,
    );
    let mut shell = desk.program("unshare");
    shell.args([
        "-rmn",
        "sh",
        "-c",
        &desk.read("run.sh"),
        crate::desk::COMMAND,
    ]);
    assert_user(&Done::of(shell).assert_status(0));
}
