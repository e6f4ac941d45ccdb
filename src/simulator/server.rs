//! The HTTP server, on a thread of its own.

use std::{
    any::Any,
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpServer, Resource,
    dev::{Extensions, ServerHandle},
    guard,
    rt::{System, net::TcpStream},
    web::{self, Bytes, Data},
};
use socket2::{Domain, SockRef, Socket, Type};
use tokio::sync::{oneshot, watch};

use super::{
    Builder, Endpoint, Running, Simulator, authorize, avatar, control, pages::Pages, qr,
    reply::Connection, sns, world::World,
};

pub(super) async fn start(builder: Builder) -> io::Result<Simulator> {
    if !builder.bind.ip().is_loopback() {
        // It lets anybody be anybody.
        let reason = "the simulator listens on loopback addresses only";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    let listener = listen(builder.bind)?;
    let url = format!("http://{}", listener.local_addr()?);
    let control_api = builder.control_api;
    let world = Data::new(World::new(url, builder, Pages::new()?));

    // A runtime of its own, so that it serves tests whose runtimes come and go, and whatever runtime the caller has.
    let (started, handle) = oneshot::channel();
    let (ending, ended) = watch::channel(());
    let served = world.clone();
    thread::Builder::new()
        .name("wechat-simulator".to_owned())
        .spawn(move || {
            let _ending = ending;
            System::new().block_on(serve(listener, served, control_api, started));
        })?;
    let handle = handle
        .await
        .map_err(|_| io::Error::other("the simulator's thread ended at once"))??;
    Ok(Simulator(Arc::new(Running {
        world,
        handle,
        ended,
    })))
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
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
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

fn routes(app: &mut web::ServiceConfig, control_api: bool) {
    for endpoint in [
        Endpoint::AccessToken,
        Endpoint::UserInfo,
        Endpoint::RefreshToken,
        Endpoint::Auth,
    ] {
        let call = move |world: Data<World>,
                         request: HttpRequest,
                         body: Result<Bytes, actix_web::Error>| {
            sns::call(endpoint, world, request, body)
        };
        app.route(endpoint.path(), web::to(call));
    }
    app.service(page(Endpoint::Authorize.path()).to(authorize::authorize))
        .service(page("/connect/oauth2/choose/{id}").to(authorize::choose))
        .service(page("/connect/oauth2/allow/{id}").to(authorize::allow))
        .service(page("/connect/oauth2/deny/{id}").to(authorize::deny))
        .service(page("/connect/full_service").to(authorize::full_service))
        .service(page(Endpoint::QrConnect.path()).to(qr::qrconnect))
        .service(page("/connect/qrcode/{uuid}").to(qr::image))
        .service(page("/connect/l/qrconnect").to(qr::poll))
        .service(page("/connect/confirm").to(qr::confirm))
        .service(page("/connect/confirm/choose/{id}").to(qr::choose))
        .service(page("/connect/confirm/allow/{id}").to(qr::allow))
        .service(page("/connect/confirm/deny/{id}").to(qr::deny))
        .service(page("/mmopen/vi_32/{id}/{size}").to(avatar::avatar));
    if control_api {
        app.service(web::scope("/_control").configure(control::routes));
    }
}

/// Pages are looked at, never posted to.
fn page(path: &str) -> Resource {
    web::resource(path).guard(guard::Any(guard::Get()).or(guard::Head()))
}
