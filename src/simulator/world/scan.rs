use std::time::SystemTime;

use super::ledger::Ledger;

/// The QR codes on show.
pub(crate) type Scans = Ledger<Scan>;

#[derive(Debug)]
pub(crate) struct Scan {
    /// The query of the page that shows it.
    pub(crate) query: String,
    pub(crate) expires: SystemTime,
    pub(crate) status: Status,
}

/// What became of one.
#[derive(Clone, Debug)]
pub(crate) enum Status {
    Waiting,
    Scanned,
    Confirmed(String),
    Cancelled,
}

impl Status {
    /// As the poll tells it.
    pub(crate) fn number(&self) -> u16 {
        match self {
            Self::Waiting => 408,
            Self::Scanned => 404,
            Self::Confirmed(_) => 405,
            Self::Cancelled => 403,
        }
    }
}
