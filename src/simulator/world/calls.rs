use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use serde::Serialize;

use super::endpoint::Endpoint;
use crate::simulator::query::Params;

/// One request that the simulator received.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Call {
    /// What was called.
    pub endpoint: Endpoint,
    /// `GET`, `POST` …
    pub method: String,
    /// The path.
    pub path: &'static str,
    /// The query as it came, and after it a form's fields; secrets and tokens are replaced by `***`.
    pub query: String,
    /// When, by the simulator's clock.
    pub at: SystemTime,
    /// The code, where one was sent, else empty. Codes are the simulator's own, so they are no secret here.
    pub code: String,
}

impl Call {
    /// A parameter's decoded value, if it was sent.
    ///
    /// ```
    /// # actix_web::rt::System::new().block_on(async {
    /// use actix_wechat::simulator::Simulator;
    ///
    /// let simulator = Simulator::start().await?;
    /// let url = format!("{}/sns/auth?openid=oABC", simulator.url());
    /// awc::Client::new().get(url).send().await.unwrap();
    /// assert_eq!(simulator.calls()[0].parameter("openid").as_deref(), Some("oABC"));
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    pub fn parameter(&self, name: &str) -> Option<String> {
        let params = Params::parse(&self.query);
        params.has(name).then(|| params.get(name).to_owned())
    }
}

/// The calls, the oldest forgotten first, and how many there were.
#[derive(Debug)]
pub(crate) struct CallLog {
    calls: Mutex<VecDeque<Call>>,
    counts: [AtomicUsize; Endpoint::ALL.len()],
    capacity: usize,
}

impl CallLog {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            calls: Mutex::default(),
            counts: Default::default(),
            capacity,
        }
    }

    pub(crate) fn push(&self, call: Call) {
        self.counts[call.endpoint as usize].fetch_add(1, Ordering::Relaxed);
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        while calls.len() >= self.capacity.max(1) {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    pub(crate) fn all(&self) -> Vec<Call> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().cloned().collect()
    }

    pub(crate) fn count(&self, endpoint: Endpoint) -> usize {
        self.counts[endpoint as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn clear(&self) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.clear();
        for count in &self.counts {
            count.store(0, Ordering::Relaxed);
        }
    }
}
