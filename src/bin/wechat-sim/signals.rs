//! What is passed on to a command.

pub(crate) use self::system::{Signals, status_of};

#[cfg(unix)]
mod system {
    use std::{io, os::unix::process::ExitStatusExt as _, process::ExitStatus};

    use rustix::process::{Pid, Signal, getpgrp, kill_process};
    use tokio::signal::unix::{self, SignalKind, signal};

    pub(crate) struct Signals {
        hangup: unix::Signal,
        interrupt: unix::Signal,
        quit: unix::Signal,
        terminate: unix::Signal,
        user1: unix::Signal,
        user2: unix::Signal,
    }

    #[derive(Clone, Copy)]
    pub(crate) struct Passed(Signal);

    impl Signals {
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self {
                hangup: signal(SignalKind::hangup())?,
                interrupt: signal(SignalKind::interrupt())?,
                quit: signal(SignalKind::quit())?,
                terminate: signal(SignalKind::terminate())?,
                user1: signal(SignalKind::user_defined1())?,
                user2: signal(SignalKind::user_defined2())?,
            })
        }

        pub(crate) async fn next(&mut self) -> Passed {
            Passed(tokio::select! {
                _ = self.hangup.recv() => Signal::HUP,
                _ = self.interrupt.recv() => Signal::INT,
                _ = self.quit.recv() => Signal::QUIT,
                _ = self.terminate.recv() => Signal::TERM,
                _ = self.user1.recv() => Signal::USR1,
                _ = self.user2.recv() => Signal::USR2,
            })
        }
    }

    impl Passed {
        pub(crate) fn pass_on(self, child: u32) {
            // A terminal's keys reach the command without help; twice would be once too often.
            let of_keys = self.0 == Signal::INT || self.0 == Signal::QUIT;
            if of_keys && is_in_front() {
                return;
            }
            let child = i32::try_from(child).ok().and_then(Pid::from_raw);
            if let Some(child) = child {
                // It has ended, if not.
                let _ = kill_process(child, self.0);
            }
        }
    }

    /// Whether a terminal's keys send their signals to this process group.
    fn is_in_front() -> bool {
        rustix::termios::tcgetpgrp(std::io::stdin()).is_ok_and(|front| front == getpgrp())
    }

    /// As shells have it: 128 and the signal's number for a command that was killed.
    pub(crate) fn status_of(status: ExitStatus) -> u8 {
        let code = status
            .code()
            .or_else(|| status.signal().map(|signal| 128 + signal));
        code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
    }
}

#[cfg(not(unix))]
mod system {
    use std::{io, process::ExitStatus};

    /// Consoles send them to the command, too.
    pub(crate) struct Signals;

    pub(crate) struct Passed;

    impl Signals {
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(crate) async fn next(&mut self) -> Passed {
            let _ = tokio::signal::ctrl_c().await;
            Passed
        }
    }

    impl Passed {
        pub(crate) fn pass_on(self, _child: u32) {}
    }

    pub(crate) fn status_of(status: ExitStatus) -> u8 {
        let code = status.code().unwrap_or(1);
        u8::try_from(code).unwrap_or(1)
    }
}
