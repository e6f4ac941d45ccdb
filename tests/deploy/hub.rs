//! A hub behind nginx, with TLS and a path that nginx strips; of the apps behind it one is at the
//! same host, below another path, and one at another port.

use std::fs;

use actix_wechat::simulator::{Endpoint, Person};
use libtest_mimic::Trial;

use super::{
    PROFILE, SESSION_KEY,
    nginx::{make_certificate, trust},
};
use support::{
    Page, Port, Visitor,
    demo::{Demo, command, openid},
    free_port,
    program::{self, Program},
    trials, wechat,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![["nginx", "openssl"]; apps_log_in_through_a_hub_behind_tls_and_a_prefix]
}

async fn apps_log_in_through_a_hub_behind_tls_and_a_prefix() {
    let wechat = wechat().await;
    let site_port = Port::new();
    let ports = [site_port.number, free_port(), free_port(), free_port()];
    let [site, hub, shop, elsewhere] = ports;
    let listen = ports.map(|port| format!("127.0.0.1:{port}"));
    let nginx = Program::start_at(
        site_port,
        program::command("nginx"),
        |nginx, folder, port| {
            let configuration = format!(
                "daemon off; worker_processes 1; pid nginx.pid; error_log stderr;
            events {{}}
            http {{
                access_log off;
                client_body_temp_path body; proxy_temp_path proxy;
                fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                server {{
                    listen 127.0.0.1:{port} ssl;
                    ssl_certificate site.pem; ssl_certificate_key key.pem;
                    location /wx/ {{ proxy_pass http://127.0.0.1:{hub}/; }}
                    location /shop/ {{ proxy_pass http://127.0.0.1:{shop}/; }}
                }}
            }}"
            );
            fs::write(folder.join("nginx.conf"), configuration).expect("its configuration");
            make_certificate(folder);
            nginx.arg("-p").arg(folder);
            nginx.args(["-c", "nginx.conf", "-e", "stderr"]);
        },
    );
    let site = format!("https://127.0.0.1:{site}");
    let hub_url = format!("{site}/wx");
    let mut hub = command("hub");
    hub.env_remove("WECHAT_HUB_APPIDS")
        .env("LISTEN", &listen[1])
        .env("WECHAT_PUBLIC_URL", &hub_url)
        .env(
            "WECHAT_HUB_ORIGINS",
            format!("{site}/shop,http://127.0.0.1:{elsewhere}"),
        )
        .env("WECHAT_OPEN_URL", wechat.url());
    let _hub = Demo::spawn(hub, format!("http://{}", listen[1]));
    let shop_url = format!("{site}/shop");
    let elsewhere_url = format!("http://127.0.0.1:{elsewhere}");
    let apps = [(&listen[2], &shop_url), (&listen[3], &elsewhere_url)];
    let _apps = apps.map(|(listen, url)| {
        Demo::start(
            &wechat,
            &[
                ("LISTEN", listen),
                ("WECHAT_PUBLIC_URL", url),
                ("WECHAT_OPEN_URL", &hub_url),
                SESSION_KEY,
            ],
        )
    });

    let person = Person::named("小明").openid(wechat.account().appid());
    let visitor = Visitor::trusting(trust(&nginx));
    for app in [&shop_url, &elsewhere_url] {
        let url = format!("{app}{PROFILE}?a=1&b=%E5%BE%AE&c=x+y");
        let pages = visitor.travel(&url).await;
        let through = |start: &str| pages.iter().filter(|it| it.url.starts_with(start)).count();
        assert_eq!(through(&format!("{hub_url}/connect/")), 1, "{pages:#?}");
        assert_eq!(through(&format!("{hub_url}/return?")), 1, "{pages:#?}");
        assert!(
            pages
                .iter()
                .filter(|page| page.url.starts_with(&hub_url))
                .all(|page| page.set_cookies().is_empty()),
            "{pages:#?}"
        );
        let page = pages.last().expect("a page");
        page.assert_status(200);
        assert_eq!(page.url, url);
        assert_eq!(openid(&visitor, app).await.as_ref(), Some(&person));
    }
    let back = format!("{hub_url}/return?to=");
    for call in wechat.calls() {
        if let Some(redirect_uri) = call.parameter("redirect_uri") {
            assert!(redirect_uri.starts_with(&back), "{redirect_uri}");
        }
    }
    // Out of the path, in whatever way nginx would read it.
    let asked = wechat.count(Endpoint::Authorize);
    for path in [
        "/",
        "/wx/return",
        "/shopping",
        "/shop/..%2fadmin",
        "/shop/%2e%2e/admin",
        "//shop/",
    ] {
        let target: String =
            url::form_urlencoded::byte_serialize(format!("{site}{path}").as_bytes()).collect();
        for way in ["connect/oauth2/authorize?redirect_uri", "return?to"] {
            let page: Page = visitor.get(&format!("{hub_url}/{way}={target}")).await;
            page.assert_status(403);
            assert_eq!(page.header("location"), "", "{page:#?}");
            assert!(
                page.body.replace("&#x2F;", "/").contains(&site),
                "{page:#?}"
            );
        }
    }
    assert_eq!(wechat.count(Endpoint::Authorize), asked);
}
