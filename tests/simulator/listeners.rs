//! One world at several addresses.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use actix_web::rt::System;
use actix_wechat::simulator::{Endpoint, Simulator};

use super::client::*;

fn local(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

#[test]
fn a_port_of_ones_own_can_be_had_once() {
    let free = std::net::TcpListener::bind(local(0)).expect("a free port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let sim = start(Simulator::builder().listen(address));
    assert_eq!(sim.url(), format!("http://{address}"));
    let error = System::new()
        .block_on(Simulator::builder().listen(address).start())
        .expect_err("taken");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    let error = System::new()
        .block_on(sim.listen(address))
        .expect_err("taken");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[test]
fn further_addresses_share_the_world_and_its_end() {
    let sim = automatic();
    let further = System::new()
        .block_on(sim.listen(local(0)))
        .expect("a port");
    let code = get(&sim, &authorize(sim.account(), "snsapi_base")).code();
    let answer = request_at(
        TcpStream::connect(further).expect("a connection"),
        "GET",
        &access_token(sim.account(), &code),
        &[("Host", &further.to_string())],
        "",
    );
    assert!(answer.expect("an answer").json()["openid"].is_string());
    assert_eq!(sim.count(Endpoint::AccessToken), 1);
    System::new().block_on(sim.stop());
    let error = TcpStream::connect(further).expect_err("stopped");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

#[cfg(feature = "cli")]
mod tls {
    use std::sync::Arc;

    use actix_wechat::simulator::Fault;
    use rustls::{
        ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned,
        crypto::ring,
        pki_types::{PrivateKeyDer, ServerName},
    };

    use super::*;

    const HOST: &str = "api.weixin.qq.com";

    struct Tls {
        address: SocketAddr,
        client: Arc<ClientConfig>,
    }

    impl Tls {
        fn of(sim: &Simulator) -> Self {
            let own = rcgen::generate_simple_self_signed([HOST.to_owned()]).expect("a certificate");
            let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
            let provider = Arc::new(ring::default_provider());
            let server = ServerConfig::builder_with_provider(provider.clone())
                .with_safe_default_protocol_versions()
                .expect("versions")
                .with_no_client_auth()
                .with_single_cert(vec![own.cert.der().clone()], key)
                .expect("a server");
            let mut roots = RootCertStore::empty();
            roots.add(own.cert.der().clone()).expect("a root");
            let client = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .expect("versions")
                .with_root_certificates(roots)
                .with_no_client_auth();
            let address = System::new().block_on(sim.listen_tls(local(0), server));
            Self {
                address: address.expect("a port"),
                client: Arc::new(client),
            }
        }

        fn connect(&self) -> StreamOwned<ClientConnection, TcpStream> {
            let name = ServerName::try_from(HOST).expect("a name");
            let session = ClientConnection::new(self.client.clone(), name).expect("a client");
            let stream = TcpStream::connect(self.address).expect("a connection");
            StreamOwned::new(session, stream)
        }
    }

    #[test]
    fn a_client_of_wechats_own_host_is_served() {
        let sim = automatic();
        let tls = Tls::of(&sim);
        let code = get(&sim, &authorize(sim.account(), "snsapi_base")).code();
        let path = access_token(sim.account(), &code);
        let answer = request_at(tls.connect(), "GET", &path, &[("Host", HOST)], "");
        assert!(answer.expect("an answer").json()["openid"].is_string());
    }

    #[test]
    fn connections_break_on_purpose_too() {
        let sim = automatic();
        let tls = Tls::of(&sim);
        for fault in [Fault::Close, Fault::Reset, Fault::Truncated] {
            sim.fault(Endpoint::Auth, fault.clone());
            let mut stream = tls.connect();
            let head = format!("GET /sns/auth HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
            stream.write_all(head.as_bytes()).expect("a request");
            let mut answer = Vec::new();
            stream
                .read_to_end(&mut answer)
                .expect_err("no proper end of the connection");
            assert_eq!(fault == Fault::Truncated, !answer.is_empty(), "{fault:?}");
        }
    }
}
