use std::{fmt, io, path::Path, process::ExitCode};

/// Why a command ended, and with which exit status.
#[derive(Debug)]
pub(crate) enum Failure {
    Failed(String),
    /// Bad options, or a bad file.
    Usage(String),
    PortTaken(String),
}

impl Failure {
    /// Something that was to be done with a file or a folder.
    pub(crate) fn at(path: &Path, what: &str, error: &io::Error) -> Self {
        Self::Failed(format!("cannot {what} {}: {error}", path.display()))
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::PortTaken(_) => 3,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Failed(message) | Self::Usage(message) | Self::PortTaken(message)) = self;
        f.write_str(message)
    }
}
