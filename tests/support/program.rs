//! Programs that tests drive: found by name, started on a free port, stopped when dropped.
//!
//! Where one is missing, its tests are listed as ignored, with its name; with `CI=true` they fail.

use std::{
    env, fs,
    fs::File,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use actix_web::rt::{System, time::timeout};
use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::Port;

/// Only against a hang: no test comes near it.
const LONGEST_TEST: Duration = Duration::from_secs(300);
const TICK: Duration = Duration::from_millis(10);
/// How many ticks a program may take to start or to stop: a minute, for machines that are busy.
const TICKS: usize = 6_000;

/// A list of trials, named after this module and their functions.
#[macro_export]
macro_rules! trials {
    ($needs:expr; $($test:ident),+ $(,)?) => {
        vec![$($crate::program::trial(
            concat!(module_path!(), "::", stringify!($test)),
            &$needs,
            $test,
        )),+]
    };
}

/// A test that needs these programs.
pub fn trial<F>(
    name: &str,
    needs: &[&'static str],
    test: impl FnOnce() -> F + Send + 'static,
) -> Trial
where
    F: Future<Output = ()> + 'static,
{
    // Without the crate's name, as the standard harness prints it.
    let name = name.split_once("::").map_or(name, |(_, rest)| rest);
    let missing: Vec<&str> = needs
        .iter()
        .filter(|program| find(program).is_none())
        .copied()
        .collect();
    if missing.is_empty() {
        return Trial::test(name, move || {
            System::new()
                .block_on(async { timeout(LONGEST_TEST, test()).await })
                .map_err(|_| "still running after five minutes".into())
        });
    }
    let missing = missing.join(", ");
    let in_ci = env::var("CI").is_ok_and(|ci| ci == "true");
    Trial::test(name, {
        let missing = missing.clone();
        move || Err(format!("not installed: {missing}").into())
    })
    .with_kind(format!("needs {missing}"))
    .with_ignored_flag(!in_ci)
}

/// Where a program is; Debian keeps servers where only root's path looks.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

pub fn command(name: &str) -> Command {
    Command::new(find(name).unwrap_or_else(|| panic!("{name} is not installed")))
}

/// A server that runs until it is dropped, with a folder of its own.
pub struct Program {
    command: Command,
    child: Option<Child>,
    port: Port,
    pub folder: TempDir,
}

impl Program {
    /// Starts it on a free port and waits until it takes connections.
    pub fn start(command: Command, set_up: impl FnOnce(&mut Command, &Path, u16)) -> Self {
        Self::start_at(Port::new(), command, set_up)
    }

    pub fn start_at(
        port: Port,
        mut command: Command,
        set_up: impl FnOnce(&mut Command, &Path, u16),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        set_up(&mut command, folder.path(), port.number);
        let mut program = Self {
            command,
            child: None,
            port,
            folder,
        };
        program.start_again();
        program
    }

    /// Starts it with the same port and the same folder, after [`stop`](Self::stop).
    pub fn start_again(&mut self) {
        let output = File::create(self.folder.path().join("output")).expect("a log file");
        let child = self
            .command
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a second handle"))
            .stderr(output)
            .spawn()
            .unwrap_or_else(|err| panic!("{:?} does not start: {err}", self.command));
        let address = self.port.address();
        let child = self.child.insert(child);
        for _ in 0..TICKS {
            let ended = child.try_wait().expect("its state");
            if ended.is_none() && TcpStream::connect(&address).is_ok() {
                return;
            }
            if ended.is_some() {
                break;
            }
            thread::sleep(TICK);
        }
        panic!("{:?} does not start: {}", self.command, self.output());
    }

    /// What it has said.
    pub fn output(&self) -> String {
        fs::read_to_string(self.folder.path().join("output")).unwrap_or_default()
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.port.address()
    }

    /// Its address by http, with a path.
    pub fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Sends a signal by its name, like `STOP`.
    pub fn signal(&self, name: &str) {
        if let Some(child) = &self.child {
            let _ = Command::new("kill")
                .arg(format!("-{name}"))
                .arg(child.id().to_string())
                .status();
        }
    }

    /// Asks it to end, with the processes that it started, and waits for that.
    pub fn stop(&mut self) {
        self.signal("TERM");
        // One that is stopped learns of it only when it goes on.
        self.signal("CONT");
        let Some(mut child) = self.child.take() else {
            return;
        };
        for _ in 0..TICKS {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(TICK);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.stop();
    }
}
