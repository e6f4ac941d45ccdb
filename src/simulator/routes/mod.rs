//! What is answered where: WeChat's addresses, and beside them the simulator's own.

use actix_web::{
    HttpRequest, HttpResponse, Resource, ResponseError as _, guard as guards,
    http::StatusCode,
    web::{self, Bytes, Data},
};

pub(crate) use self::gate::{Gate, guard};
use super::{
    query::address,
    reply::Refusal,
    world::{Endpoint, World},
};

mod authorize;
mod avatar;
mod component;
mod control;
mod gate;
mod home;
mod phone;
mod qr;
mod sns;

/// What a server serves.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) world: Data<World>,
    pub(crate) gate: Data<Gate>,
    pub(crate) certificates: Option<Certificates>,
    pub(crate) control_api: bool,
}

/// What clients trust, as PEM.
#[derive(Clone)]
pub(crate) struct Certificates {
    pub(crate) ca: String,
    /// The same beside the system's own.
    pub(crate) bundle: String,
}

impl Site {
    pub(crate) fn configure(&self, app: &mut web::ServiceConfig) {
        app.app_data(self.world.clone())
            .app_data(self.gate.clone())
            .app_data(Data::new(self.clone()));
        wechats(app);
        if self.control_api {
            control::routes(app);
            home::routes(app);
        }
        app.default_service(web::to(unplayed));
    }
}

fn wechats(app: &mut web::ServiceConfig) {
    for endpoint in [
        Endpoint::AccessToken,
        Endpoint::UserInfo,
        Endpoint::RefreshToken,
        Endpoint::Auth,
        Endpoint::ComponentAccessToken,
        Endpoint::ComponentRefreshToken,
    ] {
        let call = move |world: Data<World>,
                         request: HttpRequest,
                         body: Result<Bytes, actix_web::Error>| {
            sns::call(endpoint, world, request, body)
        };
        app.route(endpoint.path(), web::to(call));
    }
    app.route(
        Endpoint::ComponentToken.path(),
        web::post().to(component::token),
    )
    .service(page(Endpoint::Authorize.path()).to(authorize::authorize))
    .service(page("/connect/oauth2/choose/{id}").to(authorize::choose))
    .service(page("/connect/oauth2/allow/{id}").to(authorize::allow))
    .service(page("/connect/oauth2/deny/{id}").to(authorize::deny))
    .service(page("/connect/full_service").to(authorize::full_service))
    .service(page(Endpoint::QrConnect.path()).to(qr::qrconnect))
    .service(page("/connect/qrcode/{uuid}").to(qr::image))
    .service(page("/connect/l/qrconnect").to(qr::poll))
    .service(page("/connect/{language}/htmledition/js/{script}").to(qr::script))
    .service(page("/connect/confirm").to(phone::confirm))
    .service(page("/connect/confirm/choose/{id}").to(phone::choose))
    .service(page("/connect/confirm/allow/{id}").to(phone::allow))
    .service(page("/connect/confirm/deny/{id}").to(phone::deny))
    .service(page("/mmopen/vi_32/{id}/{size}").to(avatar::avatar));
}

/// Pages are looked at, never posted to.
fn page(path: &str) -> Resource {
    web::resource(path).guard(guards::Any(guards::Get()).or(guards::Head()))
}

/// A path that WeChat may have, and the simulator does not.
async fn unplayed(world: Data<World>, request: HttpRequest) -> HttpResponse {
    let address = address(&request);
    let host = address.split("://").nth(1).unwrap_or_default();
    world.record_stray(&request, host, "unplayed_path");
    let message = format!(
        "the simulator does not play `{} {}`",
        request.method(),
        request.path()
    );
    Refusal::new(StatusCode::NOT_FOUND, "unplayed_path", message).error_response()
}
