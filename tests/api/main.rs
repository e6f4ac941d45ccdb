//! The public API, listed in one file, so that a review sees a change of it.
//!
//! Read from the sources, not from rustdoc's JSON, which needs a certain nightly.

mod listing;
mod source;
mod traits;

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use crate::{listing::Listing, source::Sources};

const HOW: &str = "UPDATE_API=1 cargo test --all-features --test api";

#[test]
fn the_public_api_is_the_listed_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/public.txt");
    let mut now = format!("# The public API. To accept a change of it: {HOW}\n");
    for line in Listing::of(&Sources::read()).lines() {
        now.push_str(line);
        now.push('\n');
    }
    if std::env::var_os("UPDATE_API").is_some() {
        fs::write(&file, &now).expect("a writable checkout");
        return;
    }
    // A checkout may have other line ends.
    let listed = fs::read_to_string(&file).unwrap_or_default();
    let (listed, now): (BTreeSet<_>, BTreeSet<_>) =
        (listed.lines().collect(), now.lines().collect());
    let mut diff = String::new();
    for gone in listed.difference(&now) {
        let _ = writeln!(diff, "- {gone}");
    }
    for new in now.difference(&listed) {
        let _ = writeln!(diff, "+ {new}");
    }
    assert!(
        diff.is_empty(),
        "the public API has changed:\n{diff}\nto accept it: {HOW}"
    );
}

/// What signatures name of other crates, so that a new major version of those is one of this crate,
/// and why it may.
const FOREIGN: &[(&str, &str)] = &[
    (
        "actix_web::FromRequest",
        "a handler takes the user as a parameter",
    ),
    (
        "actix_web::ResponseError",
        "a login error is its own answer",
    ),
    (
        "actix_web::http::StatusCode",
        "a reason has the status of its page",
    ),
    (
        "actix_web::HttpRequest",
        "`login` is a handler, `forget` is called in one",
    ),
    ("actix_web::HttpResponse", "`login` is a handler"),
    (
        "actix_web::Resource",
        "`verification_file` is registered with an app",
    ),
    (
        "actix_web::middleware::Next",
        "`require_user` is for `from_fn`",
    ),
    (
        "actix_web::dev::ServiceRequest",
        "`require_user` and `everywhere` are middleware",
    ),
    (
        "actix_web::dev::ServiceResponse",
        "`require_user` and `everywhere` are middleware",
    ),
    (
        "actix_web::body::MessageBody",
        "`require_user` and `everywhere` are middleware",
    ),
    (
        "actix_web::Error",
        "`require_user` and `everywhere` are middleware",
    ),
    (
        "actix_web::body::EitherBody",
        "`require_user` answers, or what it wraps does",
    ),
    ("actix_web::dev::Service", "`everywhere` is middleware"),
    ("actix_web::dev::Transform", "`everywhere` is middleware"),
    (
        "actix_web::HttpMessage",
        "`sign_in` takes requests of handlers and of middleware",
    ),
    (
        "awc::Client",
        "`worker_with` takes one with another TLS or a proxy",
    ),
    (
        "serde::Serialize",
        "a user is answered as JSON; the simulator's control API speaks it",
    ),
    (
        "serde::Deserialize",
        "the simulator's control API reads faults",
    ),
    (
        "rustls::ServerConfig",
        "the simulator serves with a certificate of the caller's",
    ),
];

#[test]
fn other_crates_types_are_public_only_where_meant() {
    let listing = Listing::of(&Sources::read());
    let mut wrong = String::new();
    for (path, subjects) in &listing.foreign {
        if !FOREIGN.iter().any(|(meant, _)| meant == path) {
            let _ = writeln!(wrong, "{path} is public by {subjects:?}");
        }
    }
    for (meant, _) in FOREIGN {
        if !listing.foreign.contains_key(*meant) {
            let _ = writeln!(wrong, "{meant} is not public");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
