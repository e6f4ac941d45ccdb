//! The HTTP server, on a thread of its own.

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
    rt::{System, net::TcpStream},
    web::Data,
};
use socket2::{Domain, SockRef, Socket, Type};
use tokio::sync::{oneshot, watch};

use super::{reply::Connection, routes::routes, world::World};

/// A server at work.
pub(crate) struct Server {
    handle: ServerHandle,
    /// Closed when its thread is done.
    ended: watch::Receiver<()>,
}

impl Server {
    /// Serves the world at this listener.
    pub(crate) async fn start(
        listener: TcpListener,
        world: Data<World>,
        control_api: bool,
    ) -> io::Result<Self> {
        // A runtime of its own, so that it serves tests whose runtimes come and go, and whatever runtime the caller has.
        let (started, handle) = oneshot::channel();
        let (ending, ended) = watch::channel(());
        thread::Builder::new()
            .name("wechat-simulator".to_owned())
            .spawn(move || {
                let _ending = ending;
                System::new().block_on(serve(listener, world, control_api, started));
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
    world: Data<World>,
    control_api: bool,
    started: oneshot::Sender<io::Result<ServerHandle>>,
) {
    let app = move || {
        App::new()
            .app_data(world.clone())
            .configure(|app| routes(app, control_api))
    };
    let server = HttpServer::new(app)
        .on_connect(keep_connection)
        .workers(2)
        .disable_signals()
        // Longer than clients keep their idle connections: theirs is the side that closes, or a request may meet the closing.
        .keep_alive(Duration::from_secs(75))
        .listen(listener);
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

/// A longer queue than the standard library's 128: load tests come all at once.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn keep_connection(stream: &dyn Any, extensions: &mut Extensions) {
    let socket = stream
        .downcast_ref::<TcpStream>()
        .map(|stream| SockRef::from(stream).try_clone());
    if let Some(Ok(socket)) = socket {
        extensions.insert(Connection::new(socket));
    }
}
