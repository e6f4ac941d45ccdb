//! An app over real sockets, and what its visitors do there.

use actix_web::{App, cookie::Key, http::Method, rt, test, web};
use actix_wechat::simulator::{Account, Consent, Endpoint, Person, Simulator};
use actix_wechat::{Builder, Hub, Outside, Wechat, WechatUser, wx_login};
use serde::Deserialize;

use support::{
    Visitor,
    app::{TestApp, routes, serve, session},
    raw, until,
};

use crate::exporter::Exporter;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const WEBSITE: (&str, &str) = ("wx3eb0000000000001", "s3cret");
pub(crate) const HUB: &str = "https://login.example.cn";

/// What a visitor does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// Opens this page and follows wherever it leads.
    Opens(&'static str),
    /// Logs in by QR code, in another browser than WeChat's.
    Scans,
    /// A script of the page asks for the QR code's options.
    ShowsTheCode,
    /// The same with cookies switched off.
    OpensWithoutCookies,
    Heads,
    Fetches,
    /// Refuses at WeChat.
    Declines,
    /// The callback comes so often at once, and nobody follows where its answers lead.
    ComesBack(usize),
    /// Logs in, loses the session, and opens the page once more.
    LosesTheSession,
    /// Something on the way back takes the `state` away.
    LosesTheState,
    /// Comes back while the only place is taken.
    FindsNoPlace,
    /// Comes back to a page with an extractor that refuses the callback's URL.
    IsPreempted,
    /// Goes away while WeChat takes its time.
    GoesAway,
}

pub(crate) struct Site {
    app: TestApp,
    account: Wechat,
}

#[derive(Deserialize)]
struct Promotion {
    #[serde(rename = "state")]
    _state: Option<u32>,
}

async fn orders(user: WechatUser, _: web::Query<Promotion>) -> String {
    user.nickname
}

async fn nobody(user: WechatUser) -> String {
    user.nickname
}

impl Site {
    pub(crate) async fn start(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let (app, account) = TestApp::prepare(settings).await;
        let (key, wechat) = (Key::generate(), account.clone());
        serve(&app.url, move |config| {
            config
                .service(web::scope("/unregistered").route("/user", web::get().to(nobody)))
                .service(
                    web::scope("")
                        .app_data(wechat.worker())
                        .wrap(session(&key))
                        .configure(routes)
                        .route("/orders/{number}", web::get().to(orders))
                        .route("/any", web::to(nobody))
                        .route("/wx_login", web::get().to(wx_login)),
                );
        });
        Self { app, account }
    }

    pub(crate) fn wechat(&self) -> &Simulator {
        &self.app.simulator
    }

    pub(crate) fn account(&self) -> &Wechat {
        &self.account
    }

    pub(crate) fn at(&self, path: &str) -> String {
        self.app.at(path)
    }

    pub(crate) async fn visit(&self, way: Way, exporter: &Exporter) {
        let visitor = Visitor::new();
        let page = self.at("/user");
        match way {
            Way::Opens(path) => drop(visitor.visit(&self.at(path)).await),
            Way::Scans => {
                let visitor = visitor.with_user_agent(FIREFOX);
                let asked = visitor.get(&page).await;
                let state = asked.location_param("state").expect("a state");
                let (appid, person) = (WEBSITE.0, Person::named("小明"));
                let code = self.wechat().mint_code(appid, &person, "snsapi_login");
                let callback = format!("{page}?code={code}&state={state}");
                visitor.visit(&callback).await.assert_status(200);
            }
            Way::ShowsTheCode => {
                let visitor = visitor.with_user_agent(FIREFOX);
                let options = visitor.get(&self.at("/wx_login")).await;
                options.assert_status(200);
            }
            Way::OpensWithoutCookies => drop(Visitor::without_cookies().visit(&page).await),
            Way::Heads => {
                let page = self.at("/any");
                let answer = visitor.send(Method::HEAD, &page, &[]).await;
                assert!(answer.is_authorize(), "{answer:?}");
            }
            Way::Fetches => {
                let json = [("accept", "application/json")];
                visitor.get_with(&page, &json).await.assert_status(401);
            }
            Way::Declines => {
                self.wechat().set_consent(Consent::Refuse);
                visitor.visit(&page).await.assert_status(403);
            }
            Way::ComesBack(times) => {
                let callback = visitor.callback(&page).await;
                let copies: Vec<_> = (0..times)
                    .map(|_| {
                        let (copy, callback) = (visitor.snapshot().elsewhere(), callback.clone());
                        rt::spawn(async move { copy.get(&callback).await })
                    })
                    .collect();
                for copy in copies {
                    copy.await.expect("an answer");
                }
            }
            Way::LosesTheSession => {
                visitor.visit(&page).await.assert_status(200);
                visitor.drop_cookie(&self.app.url, "id");
                visitor.visit(&page).await.assert_status(200);
            }
            Way::LosesTheState => {
                let mut asked = visitor.get(&page).await;
                while asked.is_authorize() {
                    let back = visitor.get(&asked.location()).await.location();
                    let (altered, _) = back.split_once("&state=").expect("a state");
                    asked = visitor.get(altered).await;
                }
                asked.assert_status(403);
            }
            Way::FindsNoPlace => {
                let late = Visitor::new();
                let [first, second] = [&visitor, &late].map(|it| it.callback(&page));
                let (first, second) = (first.await, second.await);
                let in_flight = rt::spawn(async move { visitor.get(&first).await });
                until(|| self.exchanges() == 1).await;
                late.get(&second).await.assert_status(503);
                in_flight.await.expect("an answer").assert_status(504);
            }
            Way::IsPreempted => {
                let before = exporter.counts();
                let answer = visitor.visit(&self.at("/orders/7")).await;
                answer.assert_status(400);
                // The exchange has begun, and goes on.
                until(|| exporter.counts().since(&before).len() >= 5).await;
            }
            Way::GoesAway => {
                use std::io::Write as _;
                let callback = visitor.callback(&page).await;
                let cookies = visitor
                    .cookie_header(&self.app.url)
                    .expect("a login cookie");
                let target = callback.strip_prefix(&self.app.url).expect("the app's own");
                let cookies = [("cookie", cookies.as_str())];
                let request = raw::request("GET", &self.app.url, target, &cookies);
                let mut stream = raw::connect(&self.app.url);
                stream.write_all(&request).expect("sent");
                until(|| self.exchanges() == 1).await;
                let before = exporter.counts();
                raw::reset(stream);
                // The event, and the login, which goes on without its visitor.
                until(|| exporter.counts().since(&before).len() >= 4).await;
            }
        }
    }

    fn exchanges(&self) -> usize {
        self.wechat().count(Endpoint::AccessToken)
    }
}

/// A website app beside the official account.
pub(crate) fn with_website(builder: Builder) -> Builder {
    builder.outside(Outside::website(WEBSITE.0, WEBSITE.1))
}

/// The website app at WeChat.
pub(crate) fn open_website(wechat: &Simulator) {
    wechat.put_account(Account::website(WEBSITE.0, WEBSITE.1, "127.0.0.1").any_redirect(true));
}

/// Visitors of a hub, one after the other, with these queries.
pub(crate) async fn visit_hub(queries: &[String]) {
    let hub = Hub::builder()
        .public_url(HUB)
        .origins(["https://shop.example.com", HUB])
        .appids(["wx1"])
        .build()
        .expect("settings that work");
    let hub = test::init_service(App::new().service(hub)).await;
    for query in queries {
        let path = format!("/connect/oauth2/authorize?{query}");
        let request = test::TestRequest::get().uri(&path).to_request();
        test::call_service(&hub, request).await;
    }
}
