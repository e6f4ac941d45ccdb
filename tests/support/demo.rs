//! The demo as its users run it: a process of its own, configured by the environment.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, Once},
    thread,
    time::Duration,
};

use actix_wechat::simulator::Simulator;

use crate::{Page, Port, Visitor, cargo};

/// What the examples read of the environment. A machine's own settings are taken away, so that they
/// change no test.
pub const VARIABLES: [&str; 14] = [
    "WECHAT_APPID",
    "WECHAT_APPSECRET",
    "WECHAT_PUBLIC_URL",
    "WECHAT_OPEN_URL",
    "WECHAT_API_URL",
    "WECHAT_OUTSIDE",
    "WECHAT_WEBSITE_APPID",
    "WECHAT_WEBSITE_APPSECRET",
    "WECHAT_ASK_FIRST",
    "LISTEN",
    "WORKERS",
    "SESSION_KEY",
    "REDIS_URL",
    "RUST_LOG",
];

/// An example that runs until it is dropped.
pub struct Demo {
    child: Child,
    pub url: String,
    _port: Option<Port>,
    log: Arc<Mutex<String>>,
}

/// The command for an example with nothing of the machine's environment that it would read.
pub fn command(name: &str) -> Command {
    static BUILT: Once = Once::new();
    BUILT.call_once(cargo::build_examples);
    let mut command = Command::new(cargo::example(name));
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    command
}

impl Demo {
    /// Starts the demo against a simulator, with more variables; those given win.
    pub fn start(simulator: &Simulator, variables: &[(&str, &str)]) -> Self {
        let account = simulator.account();
        let mut all = vec![
            ("WECHAT_APPID", account.appid()),
            ("WECHAT_APPSECRET", account.secret()),
            ("WECHAT_OPEN_URL", simulator.url()),
            ("WECHAT_API_URL", simulator.url()),
        ];
        all.extend_from_slice(variables);
        Self::start_with(&all)
    }

    /// Starts the demo with just these variables, on a free port unless they name one.
    pub fn start_with(variables: &[(&str, &str)]) -> Self {
        let port = Port::new();
        let mut command = command("demo");
        command.env("LISTEN", port.address()).env("WORKERS", "2");
        command.envs(variables.iter().copied());
        let given = variables.iter().find(|(name, _)| *name == "LISTEN");
        match given {
            Some((_, listen)) => Self::spawn(command, format!("http://{listen}")),
            None => {
                let mut demo = Self::spawn(command, port.url());
                demo._port = Some(port);
                demo
            }
        }
    }

    /// Waits until it says where it listens.
    pub fn spawn(mut command: Command, url: String) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example is built");
        let mut stderr = BufReader::new(child.stderr.take().expect("its stderr"));
        let mut start = String::new();
        while !start.contains("starting service") || !start.contains(&url[7..]) {
            let read = stderr.read_line(&mut start).expect("its log");
            assert!(read > 0, "the example did not start: {start}");
        }
        let log = Arc::new(Mutex::new(start));
        let copy = Arc::clone(&log);
        thread::spawn(move || {
            let mut line = Vec::new();
            while stderr
                .read_until(b'\n', &mut line)
                .is_ok_and(|read| read > 0)
            {
                copy.lock()
                    .expect("the log")
                    .push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        Self {
            child,
            url,
            _port: None,
            log,
        }
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// Waits until its log, from this many bytes on, holds a text, and returns that part. The log
    /// comes through a pipe, so it can be behind the answers.
    #[track_caller]
    pub fn logged(&self, from: usize, text: &str) -> String {
        for _ in 0..500 {
            let log = self.log();
            let part = log.get(from..).unwrap_or_default();
            if part.contains(text) {
                return part.to_owned();
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("`{text}` is not in the log: {}", &self.log()[from..]);
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, as an operator's `kill` does, and waits for its end.
    pub fn terminate(&mut self) -> ExitStatus {
        let status = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .expect("kill");
        assert!(status.success());
        self.child.wait().expect("its end")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the demo until it ends by itself: its exit status and what it said.
pub fn refused(variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let port = Port::new();
    let mut command = command("demo");
    command
        .env("LISTEN", port.address())
        .envs(variables.iter().copied());
    end_of(command)
}

/// The same for any command; no status where it had to be stopped, for it did start.
pub fn end_of(mut command: Command) -> (Option<i32>, String) {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the demo is built");
    let mut stderr = BufReader::new(child.stderr.take().expect("its stderr"));
    let mut said = String::new();
    // It says where it listens as soon as it runs, and else its stderr ends.
    while stderr.read_line(&mut said).expect("its log") > 0 {
        if said.contains("starting service") {
            let _ = child.kill();
            let _ = child.wait();
            return (None, said);
        }
    }
    (child.wait().expect("its end").code(), said)
}

/// What the demo at this address says of the visitor.
pub async fn me(visitor: &Visitor, site: &str) -> Page {
    let url = format!("{site}/api/me");
    visitor
        .get_with(&url, &[("accept", "application/json")])
        .await
}

/// The openid that the visitor is logged in with there; `None` for nobody.
pub async fn openid(visitor: &Visitor, site: &str) -> Option<String> {
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
