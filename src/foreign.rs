//! Runs what the app has given to call: it may fail, panic, or never end.

use std::{error::Error, time::Duration};

use actix_web::rt::{self, time::timeout};

/// Why it came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// In the app's own words.
    Failed(String),
    Panicked,
    TookTooLong,
}

/// In a task of its own, so that a panic in it is an answer, too, and so long at most.
pub(crate) async fn run<T: 'static>(
    patience: Duration,
    work: impl AsyncFnOnce() -> Result<T, Box<dyn Error>> + 'static,
) -> Result<T, Trouble> {
    let mut task = rt::spawn(async move { work().await.map_err(|error| error.to_string()) });
    match timeout(patience, &mut task).await {
        Ok(Ok(Ok(done))) => Ok(done),
        Ok(Ok(Err(problem))) => Err(Trouble::Failed(problem)),
        Ok(Err(_)) => Err(Trouble::Panicked),
        Err(_) => {
            task.abort();
            Err(Trouble::TookTooLong)
        }
    }
}
