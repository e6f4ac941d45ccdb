//! Somebody's home and working folder, with nothing in them, where the command runs.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use tempfile::TempDir;

pub(crate) const COMMAND: &str = env!("CARGO_BIN_EXE_wechat-sim");

/// What would lead a client, or the command itself, elsewhere.
const FOREIGN: [&str; 15] = [
    "CURL_CA_BUNDLE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "JAVA_TOOL_OPTIONS",
    "NODE_EXTRA_CA_CERTS",
    "NO_PROXY",
    "PHP_INI_SCAN_DIR",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "XDG_DATA_HOME",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn with_file(text: &str) -> Self {
        let desk = Self::new();
        desk.write("wechat-sim.toml", text);
        desk
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|err| panic!("{name}: {err}"))
    }

    /// Another program at this desk.
    pub(crate) fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env("HOME", self.path())
            .stdin(Stdio::null());
        let own = std::env::vars_os().map(|(name, _)| name);
        for name in own.filter(|name| name.to_string_lossy().starts_with("WECHAT_")) {
            command.env_remove(name);
        }
        for name in FOREIGN {
            command.env_remove(name);
        }
        command
    }

    /// `wechat-sim` with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(COMMAND);
        command.args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        Done::of(self.command(arguments))
    }

    /// Serves on free ports, until it is dropped.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Serving {
        let mut command = self.command(&["--http", "127.0.0.1:0"]);
        command.args(arguments);
        Serving::start(command)
    }
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    pub(crate) fn of(mut command: Command) -> Self {
        let Output {
            status,
            stdout,
            stderr,
        } = command
            .output()
            .unwrap_or_else(|err| panic!("{command:?} does not run: {err}"));
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            status: status.code(),
            out: text(stdout),
            err: text(stderr),
        }
    }

    #[track_caller]
    pub(crate) fn assert_status(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{self:#?}");
        self
    }
}

/// One that has said `ready`.
pub(crate) struct Serving {
    child: Child,
    out: BufReader<ChildStdout>,
    /// What it said until then.
    pub(crate) said: String,
}

impl Serving {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|err| panic!("{command:?} does not start: {err}"));
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut said = String::new();
        while !said.ends_with("ready\n") {
            let read = out.read_line(&mut said).expect("a line");
            assert_ne!(read, 0, "{command:?} ended without being ready: {said}");
        }
        Self { child, out, said }
    }

    /// What follows a word at the beginning of a line.
    pub(crate) fn line(&self, word: &str) -> &str {
        let found = self.said.lines().find_map(|line| {
            let (first, rest) = line.split_once(' ')?;
            (first == word).then_some(rest.trim_start())
        });
        found.unwrap_or_else(|| panic!("no line `{word}`: {}", self.said))
    }

    /// Ends it; answers its status, and what it said since it was ready.
    pub(crate) fn end(mut self, signal: &str) -> (Option<i32>, String) {
        send(&self.child, signal);
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).expect("its output");
        let status = self.child.wait().expect("its status");
        (status.code(), rest)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A signal by its name, like `TERM`.
pub(crate) fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill")
        .arg(format!("-{signal}"))
        .arg(child.id().to_string())
        .status();
    assert!(sent.is_ok_and(|sent| sent.success()), "{signal} is sent");
}
