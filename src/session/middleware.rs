//! actix-session's middleware, set up as a login wants it.

use actix_session::{
    SessionMiddleware,
    config::{CookieContentSecurity, SessionMiddlewareBuilder},
    storage::SessionStore,
};
use actix_web::cookie::{Key, SameSite};

/// On https the `__Host-` prefix keeps sibling hosts from planting a session.
pub(crate) fn builder<Store: SessionStore>(
    store: Store,
    key: Key,
    https: bool,
) -> SessionMiddlewareBuilder<Store> {
    let name = if https { "__Host-id" } else { "id" };
    SessionMiddleware::builder(store, key)
        .cookie_name(name.to_owned())
        .cookie_secure(https)
        .cookie_http_only(true)
        // A login comes back from another site: `Strict` would lose the cookie.
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Private)
}
