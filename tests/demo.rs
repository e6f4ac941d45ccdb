//! The demo keeps its contract: each row, against the demo as a process of its own.
#![cfg(feature = "simulator")]

mod support;

use actix_wechat::simulator::{Consent, Person, Simulator};
use support::{Visitor, demo::Demo};

async fn wechat() -> Simulator {
    let simulator = Simulator::start().await.expect("a simulator");
    simulator.set_consent(Consent::Automatic);
    simulator.sign_in(Person::named("小明"));
    simulator
}

#[actix_web::test]
async fn a_visitor_gets_from_nothing_to_the_profile_page() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let page = visitor.visit(&demo.at("/wechat8008/index?a=1")).await;
    page.assert_status(200);
    assert!(page.body.contains("小明"), "{}", page.body);
    assert_eq!(page.url, demo.at("/wechat8008/index?a=1"));
}
