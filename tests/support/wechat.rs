//! WeChat as most tests want it.

use actix_wechat::simulator::{Account, Builder, Consent, Person, Simulator};

/// Everybody consents at once, as 小明.
pub async fn wechat() -> Simulator {
    wechat_of(Account::test()).await
}

pub async fn wechat_of(account: Account) -> Simulator {
    start(Simulator::builder().account(account)).await
}

/// The same of any set-up.
pub async fn start(builder: Builder) -> Simulator {
    let simulator = builder.consent(Consent::Automatic).start().await;
    let simulator = simulator.expect("a simulator");
    simulator.sign_in(Person::named("小明"));
    simulator
}
