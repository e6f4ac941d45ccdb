//! What an operator's Prometheus reads: <http://127.0.0.1:8008/metrics>, after some logins at
//! <http://127.0.0.1:8008>. A dashboard for it is `metrics/dashboard.json`, for Grafana to import.

use std::time::Duration;

use actix_session::storage::CookieSessionStore;
use actix_web::{App, HttpServer, cookie::Key, rt, web};
use actix_wechat::{Wechat, WechatUser, simulator::Simulator};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper ends in seconds: WeChat mostly takes a tenth of one, and a login waits for 5 at most.
const BUCKETS: [f64; 11] = [0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.0, 3.5, 5.0];

async fn page(user: WechatUser) -> String {
    format!("你好，{}！", user.display_name())
}

/// Not for everybody: let the proxy in front keep this path to itself.
async fn metrics(exporter: web::Data<PrometheusHandle>) -> String {
    exporter.render()
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Before the account is built, whose series begin there.
    let calls = Matcher::Full("wechat_call_duration_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(calls, &BUCKETS)?;
    let exporter = builder.install_recorder()?;
    let upkeep = exporter.clone();
    rt::spawn(async move {
        // What nobody reads would pile up.
        loop {
            rt::time::sleep(Duration::from_secs(10)).await;
            upkeep.run_upkeep();
        }
    });

    let listen = std::env::var("LISTEN").unwrap_or("127.0.0.1:8008".to_owned());
    let simulator = Simulator::start().await?;
    let url = format!("http://{listen}");
    let wechat = Wechat::simulated(&simulator).public_url(url).build()?;
    let (key, exporter) = (Key::generate(), web::Data::new(exporter));
    let server = HttpServer::new(move || {
        let session = wechat.session(CookieSessionStore::default(), key.clone());
        App::new()
            .app_data(wechat.worker())
            .app_data(exporter.clone())
            .wrap(session.build())
            .route("/", web::get().to(page))
            .route("/metrics", web::get().to(metrics))
    });
    Ok(server.bind(listen)?.run().await?)
}
