//! WeChat as most tests want it.

use actix_wechat::simulator::{Account, Consent, Person, Simulator};

/// Everybody consents at once, as 小明.
pub async fn wechat() -> Simulator {
    wechat_of(Account::test()).await
}

pub async fn wechat_of(account: Account) -> Simulator {
    let simulator = Simulator::builder()
        .account(account)
        .consent(Consent::Automatic)
        .start()
        .await
        .expect("a simulator");
    simulator.sign_in(Person::named("小明"));
    simulator
}
