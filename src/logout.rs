//! [`logout`]: ends a session, on this site's request alone.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};

use crate::{answer::head, login::ReturnTo, user::WechatUser, worker::Worker};

static FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Logs the visitor out ([`WechatUser::forget`]) and goes on to `?return_to=`, a page of this site;
/// everything else becomes `/`.
///
/// It takes a POST; another method gets 405. A form or a script of another site gets 403;
/// `Sec-Fetch-Site` tells it, or `Origin` where a browser sends only that. The
/// [`return_origins`](crate::Builder::return_origins) may log out, too.
///
/// ```
/// use actix_web::{App, web};
///
/// let app = App::new().route("/logout", web::post().to(actix_wechat::logout));
/// # let _ = app;
/// ```
pub async fn logout(req: HttpRequest) -> HttpResponse {
    if req.method() != Method::POST {
        return head::plain(StatusCode::METHOD_NOT_ALLOWED)
            .insert_header((header::ALLOW, "POST"))
            .finish();
    }
    if is_from_elsewhere(&req) {
        return head::plain(StatusCode::FORBIDDEN)
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"))
            .body("only this site can log its visitors out");
    }
    WechatUser::forget(&req);
    let location = ReturnTo::of(&req).location(&req);
    head::plain(StatusCode::SEE_OTHER)
        .insert_header((header::LOCATION, location))
        .finish()
}

fn is_from_elsewhere(req: &HttpRequest) -> bool {
    let worker = Worker::of(req);
    let is_known = |origin: &HeaderValue| {
        let account = worker.as_ref().map(|worker| &worker.wechat().0);
        account.is_some_and(|account| account.is_own_origin(origin.as_bytes()))
    };
    let origin = req.headers().get(header::ORIGIN);
    match req.headers().get(&FETCH_SITE) {
        Some(site) if matches!(site.as_bytes(), b"same-origin" | b"none") => false,
        Some(_) => !origin.is_some_and(is_known),
        None => origin.is_some_and(|origin| origin.as_bytes() != b"null" && !is_known(origin)),
    }
}
