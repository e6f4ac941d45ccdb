//! Everybody at once while WeChat fails in every way it can: nobody is lost, nobody becomes
//! somebody else.

use std::{collections::BTreeMap, time::Duration};

use actix_web::{App, HttpServer, cookie::Key, rt, web};
use actix_wechat::{
    Wechat, WechatUser,
    simulator::{Endpoint, Simulator},
};

use support::{
    Port,
    app::session,
    crowd::{Crowd, End, Guest, faults, panics, trouble},
};

async fn page(user: WechatUser) -> String {
    user.openid
}

/// An app of two workers, and its page.
async fn serve(simulator: &Simulator) -> (Port, String) {
    let port = Port::new();
    let url = port.url();
    let wechat = Wechat::simulated(simulator)
        .public_url(&url)
        // So that hanging calls end soon.
        .deadline(Duration::from_millis(1_500))
        .build()
        .expect("settings that work");
    let key = Key::generate();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(wechat.worker())
            .wrap(session(&key))
            .route("/page", web::get().to(page))
    })
    .workers(2)
    .disable_signals()
    .bind(&url["http://".len()..])
    .expect("a free port");
    rt::spawn(server.run());
    (port, format!("{url}/page"))
}

#[actix_web::test]
async fn everybody_ends_logged_in_as_themselves_or_is_told_why() {
    const GUESTS: usize = 300;
    let before = panics();
    let simulator = Simulator::start().await.expect("a simulator");
    let (_port, page) = serve(&simulator).await;
    let crowd = Crowd::new(&simulator, &page);
    let faults = faults();
    // Few enough of the many kinds that most visitors meet none.
    let exchange_again = trouble(&simulator, Endpoint::AccessToken, GUESTS / 2, &faults[..10]);
    let profile_again = trouble(&simulator, Endpoint::UserInfo, GUESTS / 10, &faults);

    let guests = (0..GUESTS).map(Guest::number).collect();
    let ends = crowd.log_in_all(guests).await;
    let mut told = Vec::new();
    for (guest, end) in ends {
        match end {
            End::In(openid) => assert_eq!(openid, crowd.openid(&guest), "somebody else"),
            End::Told { status, why } => told.push((guest, status, why)),
            End::Lost(how) => panic!("a visitor is lost: {how}"),
        }
    }
    assert!(told.len() > GUESTS / 20, "the faults did not come");
    assert!(told.len() < GUESTS / 2, "{} of {GUESTS} failed", told.len());

    // A code is sent again only where WeChat says that it is busy, and then once.
    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    for call in simulator.calls() {
        if call.endpoint == Endpoint::AccessToken {
            *sent.entry(call.code).or_default() += 1;
        }
    }
    let twice = sent.values().filter(|times| **times > 1).count();
    assert!(sent.values().all(|times| *times <= 2), "{sent:?}");
    assert!(twice <= exchange_again, "{twice} codes were sent twice");
    let profiles = simulator.count(Endpoint::UserInfo);
    assert!(
        profiles <= sent.len() + profile_again,
        "{profiles} profile calls for {} codes",
        sent.len()
    );

    // The page's button, with WeChat well again.
    simulator.clear_faults();
    let guests = told.into_iter().map(|(guest, ..)| guest).collect();
    for (guest, end) in crowd.log_in_all(guests).await {
        assert_eq!(end, End::In(crowd.openid(&guest)));
    }
    assert_eq!(panics(), before);
}

#[actix_web::test]
async fn hostile_callbacks_cost_wechat_one_call_each_at_most() {
    const STATE: &str = "0uQ2W3E4R5T6Y7U8I9O0P1A2S3D4F5G6H7";
    let before = panics();
    let simulator = Simulator::start().await.expect("a simulator");
    let (_port, page) = serve(&simulator).await;
    let crowd = Crowd::new(&simulator, &page);

    // Somebody else's `state`: never exchanged.
    for number in 0..200 {
        let url = format!("{page}?code=foreign{number}&state={STATE}");
        let answer = crowd.get(&mut Guest::number(number), &url).await;
        let (status, location, _) = answer.expect("an answer");
        assert_eq!(status, 302);
        assert!(location.is_some_and(|url| url.starts_with(simulator.url())));
    }
    assert_eq!(simulator.count(Endpoint::AccessToken), 0);

    // One's own `state` with made-up codes, each of them twice.
    let mut guest = Guest::number(0);
    let (_, authorize, _) = crowd.get(&mut guest, &page).await.expect("an answer");
    let authorize = authorize.expect("a login");
    let (_, state) = authorize.rsplit_once("state=").expect("a state");
    let state = state.trim_end_matches("#wechat_redirect");
    for number in 0..200 {
        let url = format!("{page}?code=garbage{}&state={state}", number / 2);
        let (status, location, _) = crowd.get(&mut guest, &url).await.expect("an answer");
        assert_eq!((status, location), (302, Some(page.clone())), "{number}");
    }
    assert_eq!(simulator.count(Endpoint::AccessToken), 100);
    assert_eq!(simulator.count(Endpoint::UserInfo), 0);

    // And it was no harm to the next login.
    let mut guest = Guest::number(1);
    let end = crowd.log_in(&mut guest).await;
    assert_eq!(end, End::In(crowd.openid(&guest)));
    assert_eq!(panics(), before);
}
