//! [`verification_file`]: proves to WeChat that the domain is yours.

use std::sync::Arc;

use actix_web::{HttpResponse, Resource, http::header, web};

use crate::ConfigError;

/// Serves the `MP_verify_….txt` that WeChat's settings give out for a domain, at its name, to
/// anybody and byte for byte.
///
/// Where the setting holds a path, mount it within that scope.
///
/// # Errors
///
/// Where the name is not `MP_verify_`, 16 letters and digits, `.txt`.
///
/// ```
/// # fn main() -> Result<(), actix_wechat::ConfigError> {
/// use actix_web::App;
///
/// let name = "MP_verify_abcdefABCDEF0123.txt";
/// let file = actix_wechat::verification_file(name, "abcdefABCDEF0123")?;
/// let app = App::new().service(file);
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
pub fn verification_file(name: &str, content: impl Into<Vec<u8>>) -> Result<Resource, ConfigError> {
    let token = name
        .strip_prefix("MP_verify_")
        .and_then(|rest| rest.strip_suffix(".txt"));
    let is_token =
        |token: &str| token.len() == 16 && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !token.is_some_and(is_token) {
        return Err(ConfigError::new(
            "verification_file",
            "must be named as WeChat named it: `MP_verify_`, 16 letters and digits, `.txt`",
        ));
    }
    let content: Arc<[u8]> = content.into().into();
    let serve = move || {
        let content = web::Bytes::copy_from_slice(&content);
        async move {
            HttpResponse::Ok()
                .insert_header((header::CONTENT_TYPE, "text/plain"))
                .body(content)
        }
    };
    Ok(web::resource(format!("/{name}")).route(web::get().to(serve)))
}
