//! What is answered where: WeChat's addresses, and beside them the simulator's own.

use actix_web::{
    HttpRequest, Resource, guard as guards,
    middleware::from_fn,
    web::{self, Bytes, Data},
};

pub(crate) use self::gate::{Gate, guard};
use super::world::{Endpoint, World};

mod authorize;
mod avatar;
mod control;
mod gate;
mod qr;
mod sns;

/// What a server serves.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) world: Data<World>,
    pub(crate) gate: Data<Gate>,
    pub(crate) control_api: bool,
}

impl Site {
    pub(crate) fn configure(&self, app: &mut web::ServiceConfig) {
        app.app_data(self.world.clone()).app_data(self.gate.clone());
        routes(app, self.control_api);
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
        app.service(
            web::scope("/_control")
                .wrap(from_fn(gate::guard_control))
                .configure(control::routes),
        );
    }
}

/// Pages are looked at, never posted to.
fn page(path: &str) -> Resource {
    web::resource(path).guard(guards::Any(guards::Get()).or(guards::Head()))
}
