//! WeChat's look at the verification file, before it takes a domain.

use std::{net::SocketAddr, time::Duration};

use actix_web::http::header::{HOST, LOCATION};

/// As much of the answer as is read: the file is a few bytes long.
const LONGEST: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);
const REDIRECTS: usize = 3;

/// Fetches `file` from the domain, which listens at `at`, and compares it with what was downloaded; says what is wrong.
pub(crate) async fn check_domain(
    domain: &str,
    at: SocketAddr,
    file: &str,
    content: &[u8],
) -> Result<(), String> {
    if !at.ip().is_loopback() {
        return Err(format!(
            "`{at}` is not of this machine: only loopback is asked"
        ));
    }
    if !is_verification_file(file) {
        return Err(format!(
            "`{file}` is no verification file: it is `MP_verify_`, 16 letters or digits, and `.txt`"
        ));
    }
    let (host, prefix) = match domain.split_once('/') {
        Some((host, prefix)) => (host, format!("/{}", prefix.trim_end_matches('/'))),
        None => (domain, String::new()),
    };
    let client = awc::Client::builder()
        .disable_redirects()
        .timeout(PATIENCE)
        .finish();
    let mut path = format!("{prefix}/{file}");
    for _ in 0..=REDIRECTS {
        let request = client.get(format!("http://{at}{path}"));
        let mut answer = request
            .insert_header((HOST, host))
            .send()
            .await
            .map_err(|error| format!("`{at}` does not answer: {error}"))?;
        if answer.status().is_redirection() {
            let location = answer.headers().get(LOCATION);
            let location = location.and_then(|value| value.to_str().ok());
            path = followed(host, location.unwrap_or_default())?;
            continue;
        }
        if answer.status() != 200 {
            let status = answer.status().as_u16();
            return Err(format!(
                "`{path}` is answered with {status}, not with the file"
            ));
        }
        let body = answer.body().limit(LONGEST).await;
        let body = body.map_err(|error| format!("`{path}` cannot be read: {error}"))?;
        if body != content {
            return Err("the content differs from the downloaded file's".to_owned());
        }
        return Ok(());
    }
    Err("too many redirects".to_owned())
}

/// The path of a redirect to the same host.
fn followed(host: &str, location: &str) -> Result<String, String> {
    if location.starts_with('/') && !location.starts_with("//") {
        return Ok(location.to_owned());
    }
    let rest = location
        .strip_prefix("https://")
        .or_else(|| location.strip_prefix("http://"));
    let (own, path) = match rest.map(|rest| rest.split_once('/')) {
        Some(Some((own, path))) => (own, path),
        Some(None) => (rest.unwrap_or_default(), ""),
        None => ("", ""),
    };
    if own.eq_ignore_ascii_case(host) {
        Ok(format!("/{path}"))
    } else {
        Err(format!(
            "the file is redirected to another host: `{location}`"
        ))
    }
}

fn is_verification_file(file: &str) -> bool {
    let word = file
        .strip_prefix("MP_verify_")
        .and_then(|rest| rest.strip_suffix(".txt"));
    word.is_some_and(|word| {
        word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}
