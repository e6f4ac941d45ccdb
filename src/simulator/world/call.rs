use std::time::SystemTime;

use serde::Serialize;

use super::{endpoint::Endpoint, fault::Fault};
use crate::simulator::query::Params;

/// One request that the simulator received.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Call {
    /// Counts up from 1, over all accounts.
    pub id: u64,
    /// The account it was for; empty where it is none of the simulator's.
    pub appid: String,
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
    /// The code of the login that it belongs to, as far as that is known: of the page once it is consented to, of the calls with the
    /// tokens that came for the code.
    pub login: String,
    /// The error that it was answered with, if it was one of WeChat's numbers.
    pub errcode: Option<i64>,
    /// The fault that it met.
    pub fault: Option<Fault>,
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
