//! The environment that leads clients here.

use std::{net::SocketAddr, path::Path, process::ExitCode};

use actix_wechat::simulator::{Account, HOSTS};

use crate::{
    address::Address,
    certificates::Certificates,
    failure::Failure,
    options::{EnvOptions, Language},
    output::print,
    settings::Settings,
};

/// Where a simulator is, and whom it plays.
pub(crate) struct Place<'a> {
    pub(crate) http: SocketAddr,
    pub(crate) proxy: Option<SocketAddr>,
    pub(crate) certificates: Option<&'a Certificates>,
    pub(crate) account: &'a Account,
}

impl Place<'_> {
    /// All variables, or those of one language.
    pub(crate) fn variables(&self, language: Option<Language>) -> Vec<(&'static str, String)> {
        let http = format!("http://{}", Address::to_reach(self.http));
        let mut variables = vec![
            ("WECHAT_SIM_URL", http.clone()),
            ("WECHAT_OPEN_URL", http.clone()),
            ("WECHAT_API_URL", http),
            ("WECHAT_APPID", self.account.appid().to_owned()),
            ("WECHAT_APPSECRET", self.account.secret().to_owned()),
        ];
        if let Some(certificates) = self.certificates {
            variables.extend(trust(certificates));
        }
        if let Some(proxy) = self.proxy {
            variables.extend(through(Address::to_reach(proxy)));
        }
        if let Some(options) = self.java_options() {
            variables.push(("JAVA_TOOL_OPTIONS", options));
        }
        variables.retain(|(name, _)| language.is_none_or(|language| is_for(language, name)));
        variables
    }

    fn java_options(&self) -> Option<String> {
        let certificates = self.certificates?;
        let mut options = vec![
            format!(
                "-Djavax.net.ssl.trustStore={}",
                in_quotes(&certificates.trust_store())
            ),
            "-Djavax.net.ssl.trustStoreType=PKCS12".to_owned(),
        ];
        if let Some(proxy) = self.proxy.map(Address::to_reach) {
            for scheme in ["https", "http"] {
                options.push(format!("-D{scheme}.proxyHost={}", proxy.ip()));
                options.push(format!("-D{scheme}.proxyPort={}", proxy.port()));
            }
        }
        Some(options.join(" "))
    }
}

/// Java splits its options at spaces, but for those in quotes.
fn in_quotes(path: &Path) -> String {
    let path = path.display().to_string();
    if path.contains(' ') {
        format!("'{path}'")
    } else {
        path
    }
}

fn trust(certificates: &Certificates) -> Vec<(&'static str, String)> {
    let bundle = certificates.bundle().display().to_string();
    vec![
        ("SSL_CERT_FILE", bundle.clone()),
        ("REQUESTS_CA_BUNDLE", bundle.clone()),
        ("CURL_CA_BUNDLE", bundle),
        (
            "NODE_EXTRA_CA_CERTS",
            certificates.ca().display().to_string(),
        ),
        // The empty part stands for the folder that PHP reads anyway.
        (
            "PHP_INI_SCAN_DIR",
            format!(":{}", certificates.php_ini_folder().display()),
        ),
    ]
}

fn through(proxy: SocketAddr) -> Vec<(&'static str, String)> {
    let proxy = format!("http://{proxy}");
    let here = "localhost,127.0.0.1,::1".to_owned();
    vec![
        ("HTTPS_PROXY", proxy.clone()),
        ("HTTP_PROXY", proxy.clone()),
        ("NO_PROXY", here.clone()),
        ("https_proxy", proxy.clone()),
        ("http_proxy", proxy),
        ("no_proxy", here),
        ("NODE_USE_ENV_PROXY", "1".to_owned()),
    ]
}

fn is_for(language: Language, variable: &str) -> bool {
    let of_all = variable.starts_with("WECHAT_");
    let proxies = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"].contains(&variable);
    of_all
        || match language {
            Language::Python => {
                proxies || ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"].contains(&variable)
            }
            Language::Node => {
                proxies || ["NODE_USE_ENV_PROXY", "NODE_EXTRA_CA_CERTS"].contains(&variable)
            }
            Language::Go => proxies || variable == "SSL_CERT_FILE",
            Language::Java => variable == "JAVA_TOOL_OPTIONS",
            Language::Php => proxies || variable == "PHP_INI_SCAN_DIR",
            Language::Ruby => variable.ends_with("_proxy") || variable == "SSL_CERT_FILE",
        }
}

pub(crate) fn env(options: EnvOptions) -> Result<ExitCode, Failure> {
    let settings = Settings::of_addresses(
        options.file.config.as_deref(),
        options.addresses,
        options.certificates.tls_dir,
    )?;
    let tls = settings.https.is_some() || settings.proxy.is_some();
    let certificates = tls
        .then(|| Certificates::ensure(settings.tls_dir.as_deref()))
        .transpose()?;
    let place = Place {
        http: settings.http,
        proxy: settings.proxy,
        certificates: certificates.as_ref(),
        account: &settings
            .accounts
            .first()
            .cloned()
            .unwrap_or_else(Account::test),
    };
    let mut lines = String::new();
    for (name, value) in place.variables(Some(options.language)) {
        lines += &format!("export {name}={}\n", quoted(&value));
    }
    if settings.proxy.is_none() {
        lines +=
            "# for clients that hard-code WeChat's hosts, name the proxy: --proxy 127.0.0.1:7302\n";
    }
    if settings.https.is_some() {
        lines += &format!("# in /etc/hosts: 127.0.0.1 {}\n", HOSTS.join(" "));
    }
    print(&lines);
    Ok(ExitCode::SUCCESS)
}

/// As a shell reads it back.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@".contains(&byte);
    if text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
