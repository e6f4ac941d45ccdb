//! [`Wechat::simulated`]: an account at the simulator.

use crate::{
    account::{Wechat, builder::Builder, outside::Outside},
    simulator::Simulator,
};

impl Wechat {
    /// Starts from the first account of a [`Simulator`], which stands in for WeChat: only
    /// [`public_url`](Builder::public_url) is left to set.
    ///
    /// ```no_run
    /// use actix_wechat::{Wechat, simulator::Simulator};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let simulator = Simulator::start().await?;
    /// let wechat = Wechat::simulated(&simulator)
    ///     .public_url("http://127.0.0.1:8008")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn simulated(simulator: &Simulator) -> Builder {
        Self::builder().simulated(simulator)
    }
}

impl Builder {
    /// Takes account and endpoints from a [`Simulator`], as [`Wechat::simulated`] does, and keeps
    /// the other settings. A website app as the first account is a website app alone.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use actix_wechat::{Wechat, simulator::Simulator};
    ///
    /// let simulator = Simulator::start().await?;
    /// let builder = Wechat::from_env()?.simulated(&simulator);
    /// # Ok(())
    /// # }
    /// ```
    pub fn simulated(self, simulator: &Simulator) -> Self {
        let account = simulator.account();
        let (appid, secret) = (account.appid(), account.secret());
        let builder = self.open_url(simulator.url()).api_url(simulator.url());
        if account.is_website() {
            builder.outside(Outside::website(appid, secret))
        } else {
            builder.appid(appid).secret(secret)
        }
    }
}
