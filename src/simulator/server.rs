//! An HTTP server, on a thread of its own.

use std::{
    any::Any,
    io,
    net::{SocketAddr, TcpListener},
    thread,
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::{Extensions, ServerHandle},
    middleware::from_fn,
    rt::{System, net::TcpStream},
};
use socket2::{Domain, SockRef, Socket, Type};
use tokio::sync::{oneshot, watch};

use super::{
    reply::Connection,
    routes::{Gate, Site, guard},
};

/// What a listener speaks.
pub(crate) enum Transport {
    Plain,
    #[cfg(feature = "cli")]
    Tls(Box<rustls::ServerConfig>),
}

/// A server at work.
#[derive(Clone)]
pub(crate) struct Server {
    handle: ServerHandle,
    /// Closed when its thread is done.
    ended: watch::Receiver<()>,
}

impl Server {
    /// Starts one at this listener.
    pub(crate) async fn start(
        listener: TcpListener,
        site: Site,
        transport: Transport,
    ) -> io::Result<Self> {
        // A runtime of its own, so that it serves tests whose runtimes come and go, and whatever runtime the caller has.
        let (started, handle) = oneshot::channel();
        let (ending, ended) = watch::channel(());
        thread::Builder::new()
            .name("wechat-simulator".to_owned())
            .spawn(move || {
                let _ending = ending;
                System::new().block_on(serve(listener, site, transport, started));
            })?;
        let handle = handle
            .await
            .map_err(|_| io::Error::other("the simulator's thread ended at once"))??;
        Ok(Self { handle, ended })
    }

    /// Breaks off whatever is under way, and waits until it has stopped.
    pub(crate) async fn stop(&self) {
        self.handle.stop(false).await;
        let mut ended = self.ended.clone();
        // An error says that the other side is gone, which is what is waited for.
        while ended.changed().await.is_ok() {}
    }
}

async fn serve(
    listener: TcpListener,
    site: Site,
    transport: Transport,
    started: oneshot::Sender<io::Result<ServerHandle>>,
) {
    let app = move || {
        App::new()
            .wrap(from_fn(guard))
            .configure(|app| site.configure(app))
    };
    let server = HttpServer::new(app)
        .on_connect(keep_connection)
        .workers(2)
        .disable_signals()
        // Longer than clients keep their idle connections: theirs is the side that closes, or a request may meet the closing.
        .keep_alive(Duration::from_secs(75));
    let server = match transport {
        Transport::Plain => server.listen(listener),
        #[cfg(feature = "cli")]
        Transport::Tls(config) => server.listen_rustls_0_23(listener, *config),
    };
    match server {
        Err(error) => drop(started.send(Err(error))),
        Ok(server) => {
            let server = server.run();
            // Nobody to tell when the caller has gone; then nobody can stop it either.
            if started.send(Ok(server.handle())).is_ok()
                && let Err(error) = server.await
            {
                tracing::error!(%error, "the simulator stopped");
            }
        }
    }
}

/// Takes an address: of loopback, unless the gate is kept.
pub(crate) fn bind(address: SocketAddr, gate: &Gate) -> io::Result<TcpListener> {
    if !address.ip().is_loopback() && (gate.hosts.is_empty() || gate.token.is_none()) {
        // It lets anybody be anybody.
        let reason = "the simulator listens on loopback addresses only, unless a host is allowed \
                      and a token is set";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    // A longer queue than the standard library's 128: load tests come all at once.
    socket.listen(1024)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn keep_connection(stream: &dyn Any, extensions: &mut Extensions) {
    let socket = tcp(stream).map(|stream| SockRef::from(stream).try_clone());
    if let Some(Ok(socket)) = socket {
        extensions.insert(Connection::new(socket));
    }
}

fn tcp(stream: &dyn Any) -> Option<&TcpStream> {
    #[cfg(feature = "cli")]
    if let Some(stream) =
        stream.downcast_ref::<actix_tls::accept::rustls_0_23::TlsStream<TcpStream>>()
    {
        return Some(stream.get_ref().0);
    }
    stream.downcast_ref()
}
