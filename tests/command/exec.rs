//! A command with a simulator of its own.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    process::Stdio,
};

use libtest_mimic::Trial;
use support::trials;

use crate::desk::{Desk, Done, send};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = trials![["python3"]; a_terminals_keys_reach_the_command_once];
    trials.extend(trials![[];
        it_ends_as_the_command_does,
        signals_are_passed_on,
        the_environment_leads_here,
        each_has_a_simulator_of_its_own,
        each_language_gets_its_lines,
    ]);
    trials
}

async fn it_ends_as_the_command_does() {
    let desk = Desk::new();
    desk.write("plain", "no program");
    for (command, status) in [
        (&["true"][..], 0),
        (&["sh", "-c", "exit 7"], 7),
        (&["sh", "-c", "exit 255"], 255),
        (&["sh", "-c", "kill -TERM $$"], 128 + 15),
        (&["sh", "-c", "kill -KILL $$"], 128 + 9),
        (&["./nowhere"], 127),
        (&["./plain"], 126),
    ] {
        let mut arguments = vec!["exec", "--"];
        arguments.extend(command);
        let done = desk.run(&arguments).assert_status(status);
        assert_eq!(done.out, "");
        let is_told = status == 126 || status == 127;
        assert_eq!(
            done.err.contains("wechat-sim: cannot run ./"),
            is_told,
            "{done:?}"
        );
    }
    // Its input, output and arguments are its own.
    let mut cat = desk.command(&[
        "exec",
        "--",
        "sh",
        "-c",
        "cat; echo \"$1\" >&2",
        "sh",
        "a  b",
    ]);
    cat.stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = cat.spawn().expect("a process");
    child
        .stdin
        .take()
        .expect("its input")
        .write_all("小明".as_bytes())
        .expect("it is read");
    let done = child.wait_with_output().expect("its end");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "小明");
    assert_eq!(String::from_utf8_lossy(&done.stderr), "a  b\n");
}

async fn signals_are_passed_on() {
    let desk = Desk::new();
    for signal in ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2"] {
        let script =
            format!("trap 'echo got; exit 42' {signal}; echo set; while :; do read _ || :; done");
        let mut command = desk.command(&["exec", "--", "sh", "-c", &script]);
        // Its input stays open and empty, so that it waits.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a process");
        let _input = child.stdin.take();
        let mut said = BufReader::new(child.stdout.take().expect("its output")).lines();
        assert_eq!(said.next().expect("a line").expect("text"), "set");
        send(&child, signal);
        assert_eq!(
            said.next().expect("a line").expect("text"),
            "got",
            "{signal}"
        );
        assert_eq!(child.wait().expect("its end").code(), Some(42), "{signal}");
    }
}

/// A terminal sends them to both, so that passing them on would be once too often.
async fn a_terminals_keys_reach_the_command_once() {
    let desk = Desk::new();
    desk.write(
        "terminal.py",
        r#"
import os, pty, signal, sys

command = """
import signal, time
signal.signal(signal.SIGINT, lambda *_: print("got it", flush=True))
signal.signal(signal.SIGTERM, lambda *_: exit(9))
print("set", flush=True)
while True:
    # A signal that comes just before it falls asleep is seen when it wakes.
    time.sleep(0.1)
"""
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], [sys.argv[1], "exec", "--", sys.executable, "-c", command])
said = b""
while b"set" not in said:
    said += os.read(terminal, 1000)
# Two may become one where they come at the same time, but hardly each time.
for round in range(1, 21):
    os.write(terminal, b"\x03")
    while said.count(b"got it") < round:
        said += os.read(terminal, 1000)
os.kill(child, signal.SIGTERM)
try:
    while True:
        said += os.read(terminal, 1000)
except OSError:
    pass
print(said.count(b"got it"), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#,
    );
    let mut python = desk.program("python3");
    python.args(["terminal.py", crate::desk::COMMAND]);
    assert_eq!(Done::of(python).assert_status(0).out, "20 9\n");
}

async fn the_environment_leads_here() {
    let desk = Desk::with_file(
        "token_file = \"nowhere\"\nhttp = \"0.0.0.0:1\"\n[[account]]\nkind = \"test\"\n\
         appid = \"wx0123456789abcdef\"\nsecret = \"a-secret\"\n",
    );
    let done = desk.run(&["exec", "--", "env"]).assert_status(0);
    let variable = |name: &str| {
        let found = done.out.lines().find_map(|line| {
            let (own, value) = line.split_once('=')?;
            (own == name).then(|| value.to_owned())
        });
        found.unwrap_or_else(|| panic!("no {name}: {}", done.out))
    };
    let http = variable("WECHAT_SIM_URL");
    assert!(http.starts_with("http://127.0.0.1:"), "{http}");
    assert_ne!(http, "http://127.0.0.1:1");
    for name in ["WECHAT_OPEN_URL", "WECHAT_API_URL"] {
        assert_eq!(variable(name), http);
    }
    assert_eq!(variable("WECHAT_APPID"), "wx0123456789abcdef");
    assert_eq!(variable("WECHAT_APPSECRET"), "a-secret");
    let proxy = variable("HTTPS_PROXY");
    for name in ["HTTP_PROXY", "https_proxy", "http_proxy"] {
        assert_eq!(variable(name), proxy);
    }
    for name in ["NO_PROXY", "no_proxy"] {
        assert_eq!(variable(name), "localhost,127.0.0.1,::1");
    }
    let files = [
        variable("SSL_CERT_FILE"),
        variable("REQUESTS_CA_BUNDLE"),
        variable("CURL_CA_BUNDLE"),
        variable("NODE_EXTRA_CA_CERTS"),
        format!(
            "{}/wechat-sim.ini",
            variable("PHP_INI_SCAN_DIR").trim_start_matches(':')
        ),
    ];
    for file in files {
        assert!(std::path::Path::new(&file).is_file(), "{file}");
        assert!(file.starts_with('/'), "{file} is good in every folder");
    }
    let java = variable("JAVA_TOOL_OPTIONS");
    let port = proxy.rsplit(':').next().expect("a port");
    assert!(
        java.contains(&format!(
            "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={port}"
        )),
        "{java}"
    );
    // Nothing runs on.
    for url in [&http, &proxy] {
        assert!(
            TcpStream::connect(url.trim_start_matches("http://")).is_err(),
            "{url}"
        );
    }
}

async fn each_has_a_simulator_of_its_own() {
    let desk = Desk::new();
    let nested = r#"echo "$WECHAT_SIM_URL $HTTPS_PROXY"; "$0" exec -- sh -c 'echo "$WECHAT_SIM_URL $HTTPS_PROXY"'"#;
    let done = desk
        .run(&["exec", "--", "sh", "-c", nested, crate::desk::COMMAND])
        .assert_status(0);
    let urls: std::collections::BTreeSet<_> = done.out.split_whitespace().collect();
    assert_eq!(urls.len(), 4, "{}", done.out);
}

async fn each_language_gets_its_lines() {
    let desk = Desk::new();
    let tls = desk.path().join("it's a folder");
    let common = [
        "WECHAT_SIM_URL",
        "WECHAT_OPEN_URL",
        "WECHAT_API_URL",
        "WECHAT_APPID",
        "WECHAT_APPSECRET",
    ];
    let proxies = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"];
    let table: &[(&str, &[&str], &[&str])] = &[
        ("python", &proxies, &["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"]),
        (
            "node",
            &proxies,
            &["NODE_EXTRA_CA_CERTS", "NODE_USE_ENV_PROXY"],
        ),
        ("go", &proxies, &["SSL_CERT_FILE"]),
        ("java", &[], &["JAVA_TOOL_OPTIONS"]),
        ("php", &proxies, &["PHP_INI_SCAN_DIR"]),
        (
            "ruby",
            &["https_proxy", "http_proxy", "no_proxy"],
            &["SSL_CERT_FILE"],
        ),
    ];
    for (language, proxies, trust) in table {
        let folder = tls.to_str().expect("UTF-8");
        let arguments = [
            "env",
            "--for",
            language,
            "--proxy",
            "7302",
            "--tls-dir",
            folder,
        ];
        let done = desk.run(&arguments).assert_status(0);
        let mut expected: Vec<_> = common.iter().chain(*proxies).chain(*trust).collect();
        expected.sort();
        let mut names: Vec<_> = done
            .out
            .lines()
            .map(|line| line.strip_prefix("export ").expect("an export"))
            .map(|line| line.split('=').next().unwrap_or_default())
            .collect();
        names.sort_unstable();
        assert_eq!(names.iter().collect::<Vec<_>>(), expected, "{language}");
        // A shell reads it back.
        let mut shell = desk.program("sh");
        shell.args(["-c", "eval \"$1\"; env", "sh", &done.out]);
        let read = Done::of(shell).assert_status(0).out;
        assert!(
            read.contains("WECHAT_SIM_URL=http://127.0.0.1:7301\n"),
            "{read}"
        );
        assert!(read.contains(folder), "{language}: {read}");
    }
    // Without TLS there is nothing to trust, and the way to it is told.
    let done = desk.run(&["env", "--for", "go"]).assert_status(0);
    assert!(!done.out.contains("SSL_CERT_FILE"), "{}", done.out);
    assert!(
        done.out
            .ends_with("name the proxy: --proxy 127.0.0.1:7302\n"),
        "{}",
        done.out
    );
    let done = desk
        .run(&["env", "--for", "node", "--https", "443"])
        .assert_status(0);
    assert!(
        done.out
            .contains("\n# in /etc/hosts: 127.0.0.1 open.weixin.qq.com api.weixin.qq.com "),
        "{}",
        done.out
    );
}
