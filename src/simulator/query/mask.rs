//! What a log must not keep.

use super::params::{decode_text, pairs};

/// The query without what must not be logged: secrets and tokens by name, and every value that holds an app secret, whatever it
/// is called.
pub(crate) fn masked<'a>(query: &str, secrets: impl Iterator<Item = &'a str> + Clone) -> String {
    const NAMES: [&str; 4] = [
        "secret",
        "access_token",
        "refresh_token",
        "component_access_token",
    ];
    let mut clean = String::with_capacity(query.len());
    for (raw_name, raw_value) in pairs(query) {
        let name = decode_text(raw_name);
        let value = decode_text(raw_value);
        let holds_secret = |text: &str| holds_any(text, secrets.clone());
        if !clean.is_empty() {
            clean.push('&');
        }
        clean.push_str(if holds_secret(&name) { "***" } else { raw_name });
        clean.push('=');
        let secret = NAMES.iter().any(|own| name.eq_ignore_ascii_case(own)) || holds_secret(&value);
        clean.push_str(if secret && !value.is_empty() {
            "***"
        } else {
            raw_value
        });
    }
    clean
}

/// The text, unless an app secret was put in its place.
pub(crate) fn unless_secret<'a>(text: &str, secrets: impl Iterator<Item = &'a str>) -> String {
    if holds_any(text, secrets) {
        return "***".to_owned();
    }
    text.to_owned()
}

/// Shorter ones are in many a text by chance, codes above all.
const TELLING: usize = 4;

fn holds_any<'a>(text: &str, mut secrets: impl Iterator<Item = &'a str>) -> bool {
    secrets.any(|secret| {
        !secret.is_empty() && (text == secret || secret.len() >= TELLING && text.contains(secret))
    })
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn secrets_are_masked_by_name_and_by_value() {
        let masked = |query| masked(query, ["s3cret"].into_iter());
        assert_eq!(
            masked("appid=wx1&secret=other&code=C"),
            "appid=wx1&secret=***&code=C"
        );
        assert_eq!(
            masked("%73ecret=x&Access_Token=y"),
            "%73ecret=***&Access_Token=***"
        );
        assert_eq!(masked("code=as3crets&s3cret=1"), "code=***&***=1");
        assert_eq!(masked("code=s3cre%74"), "code=***");
        assert_eq!(masked("secret=&a&b=%zz"), "secret=&a=&b=%zz");
    }

    #[test]
    fn a_short_secret_is_masked_where_it_is_all_there_is() {
        for secret in ["a", "s1", "abc"] {
            let masked = |query: &str| masked(query, [secret].into_iter());
            assert_eq!(
                masked(&format!("secret={secret}&code=0s1abc&x={secret}")),
                "secret=***&code=0s1abc&x=***"
            );
        }
    }
}
