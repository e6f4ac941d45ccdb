//! What [`Builder::build`] refuses of whose login it is: appids and secrets, by name.

use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    account::{
        builder::{Builder, Setting},
        config_error::ConfigError,
        logins::Whose,
    },
    credentials::{Credentials, Platform},
};

/// Whose logins the settings name.
pub(crate) fn whose(builder: &Builder) -> Result<Whose, ConfigError> {
    let website = || {
        let website = builder.outside.value.as_website();
        website
            .map(|it| credentials(&it.appid, &it.secret))
            .transpose()
    };
    let official = if let Some(platform) = &builder.platform {
        through(platform, builder)?
    } else if !builder.has_credentials()
        && let Some(website) = website()?
    {
        return Ok(Whose::Website(website));
    } else {
        credentials(&builder.appid, &builder.secret)?
    };
    let website = website()?;
    if let (Some(website), Some(settings)) = (&website, builder.outside.value.as_website())
        && website.appid == official.appid
    {
        return Err(settings
            .appid
            .refused("must be the website app's own, not the official account's"));
    }
    Ok(Whose::Official { official, website })
}

/// An account that is acted for by a platform.
fn through(platform: &Platform, builder: &Builder) -> Result<Credentials, ConfigError> {
    let appid = builder.appid.required()?;
    check_appid(&builder.appid, appid)?;
    if builder.secret.value.is_some() {
        return Err(builder.secret.refused(
            "cannot be used beside `platform`, which logs in without it; leave one of them out",
        ));
    }
    let setting = Setting::new("platform: component_appid", ());
    check_appid(&setting, &platform.component_appid)?;
    if platform.component_appid == *appid {
        return Err(setting.refused("must be the platform's own, not the account's"));
    }
    Ok(Credentials::through(platform.clone(), appid.clone()))
}

fn credentials(
    appid: &Setting<Option<String>>,
    secret: &Setting<Option<SecretString>>,
) -> Result<Credentials, ConfigError> {
    let (name, key) = (appid.required()?, secret.required()?);
    check_appid(appid, name)?;
    check_id(secret, key.expose_secret())?;
    Ok(Credentials::new(name.clone(), key.clone()))
}

/// A secret is never repeated in the message.
fn check_id<T>(setting: &Setting<T>, value: &str) -> Result<(), ConfigError> {
    const QUOTES: [char; 9] = ['"', '\'', '`', '“', '”', '‘', '’', '「', '」'];
    if value.trim().is_empty() {
        return Err(setting.refused("is blank"));
    }
    if value.contains(QUOTES) {
        return Err(setting.refused("must not be in quotes"));
    }
    if value
        .chars()
        .any(|char| char.is_whitespace() || char.is_control())
    {
        return Err(setting.refused("must not contain spaces"));
    }
    Ok(())
}

/// The appid stands in a cookie's name, where few characters may.
pub(crate) fn check_appid<T>(setting: &Setting<T>, value: &str) -> Result<(), ConfigError> {
    check_id(setting, value)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !value.bytes().all(fits) || value.len() > 64 {
        return Err(
            setting.refused("must be letters, digits, `-` and `_`, like `wx0123456789abcdef`")
        );
    }
    Ok(())
}
