use std::{sync::Arc, time::SystemTime};

use super::ledger::Ledger;

/// The QR codes on show.
pub(crate) type Scans = Ledger<Scan>;

#[derive(Debug)]
pub(crate) struct Scan {
    /// The query of the page that shows it.
    pub(crate) query: String,
    /// Where the browser found that page.
    pub(crate) address: Arc<str>,
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
    Expired,
}

impl Status {
    /// In words, for who looks at it from outside.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Scanned => "scanned",
            Self::Confirmed(_) => "allowed",
            Self::Cancelled => "denied",
            Self::Expired => "expired",
        }
    }

    /// As the poll tells it.
    pub(crate) fn number(&self) -> u16 {
        match self {
            Self::Waiting => 408,
            Self::Scanned => 404,
            Self::Confirmed(_) => 405,
            Self::Cancelled => 403,
            Self::Expired => 402,
        }
    }
}
