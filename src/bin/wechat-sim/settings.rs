use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use actix_wechat::simulator::{Account, Consent, Person};

use crate::{
    address::Address,
    failure::Failure,
    file::File,
    options::{Addresses, ExecOptions, ServeOptions, TlsDir},
};

const HTTP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7301);

/// What holds: the command line before the environment, the environment before the file, the file
/// before the defaults.
pub(crate) struct Settings {
    pub(crate) http: SocketAddr,
    pub(crate) https: Option<SocketAddr>,
    pub(crate) proxy: Option<SocketAddr>,
    pub(crate) pass_through: bool,
    pub(crate) tls_dir: Option<PathBuf>,
    pub(crate) allow_host: Vec<String>,
    pub(crate) token: Option<String>,
    pub(crate) consent: Consent,
    pub(crate) accounts: Vec<Account>,
    pub(crate) people: Vec<Person>,
}

impl Settings {
    pub(crate) fn of(options: ServeOptions) -> Result<Self, Failure> {
        let file = File::find(options.file.config.as_deref())?;
        Self::merged(options, file)
    }

    pub(crate) fn of_file(file: File) -> Result<Self, Failure> {
        Self::merged(ServeOptions::default(), file)
    }

    /// Where the simulator of these options is reached.
    pub(crate) fn of_addresses(
        config: Option<&Path>,
        addresses: Addresses,
        tls_dir: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let mut file = File::find(config)?;
        // Who asks needs no leave to listen.
        file.token_file = None;
        let options = ServeOptions {
            addresses,
            certificates: TlsDir { tls_dir },
            ..ServeOptions::default()
        };
        Self::unchecked(options, file)
    }

    /// For a command's own simulator: on free ports, whatever the file says.
    pub(crate) fn of_exec(options: ExecOptions) -> Result<Self, Failure> {
        let mut file = File::find(options.file.config.as_deref())?;
        // Nobody else reaches it.
        file.token_file = None;
        let free = Some(Address(Some((Ipv4Addr::LOCALHOST, 0).into())));
        let options = ServeOptions {
            addresses: Addresses {
                http: free,
                https: Some(Address(None)),
                proxy: free,
            },
            pass_through: options.pass_through,
            certificates: options.certificates,
            ..ServeOptions::default()
        };
        Self::merged(options, file)
    }

    fn merged(options: ServeOptions, file: File) -> Result<Self, Failure> {
        let settings = Self::unchecked(options, file)?;
        settings.check()?;
        Ok(settings)
    }

    fn unchecked(options: ServeOptions, file: File) -> Result<Self, Failure> {
        let Addresses { http, https, proxy } = options.addresses;
        let Some(http) = http.or(file.http).map_or(Some(HTTP), |http| http.0) else {
            return Err(Failure::Usage(
                "`http` cannot be off, it has the page and the health check: leave it out, or name \
                 an address"
                    .to_owned(),
            ));
        };
        let mut allow_host = options.allow_host;
        allow_host.retain(|host| !host.is_empty());
        if allow_host.is_empty() {
            allow_host = file.allow_host;
        }
        let token_file = options.token.token_file.or(file.token_file);
        Ok(Self {
            http,
            https: https.or(file.https).and_then(|https| https.0),
            proxy: proxy.or(file.proxy).and_then(|proxy| proxy.0),
            pass_through: options
                .pass_through
                .pass_through
                .or(file.pass_through)
                .unwrap_or(false),
            tls_dir: options.certificates.tls_dir.or(file.tls_dir),
            allow_host,
            token: token_file.as_deref().map(read_token).transpose()?,
            consent: file.consent,
            accounts: file.accounts,
            people: file.people,
        })
    }

    fn check(&self) -> Result<(), Failure> {
        if let Some(host) = self.allow_host.iter().find(|host| !is_host(host)) {
            return Err(Failure::Usage(format!(
                "`{host}` in `allow-host` is no host: write a name like `wechat-sim`, without \
                 scheme and path"
            )));
        }
        let missing = match (self.allow_host.is_empty(), self.token.is_none()) {
            (true, true) => "`--allow-host NAME` and `--token-file FILE`",
            (true, false) => "`--allow-host NAME`",
            (false, true) => "`--token-file FILE`",
            (false, false) => "",
        };
        for (name, address) in self.addresses() {
            if !address.ip().is_loopback() && !missing.is_empty() {
                return Err(Failure::Usage(format!(
                    "`--{name} {address}` lets others in, and whoever reaches the simulator can be \
                     anybody: add {missing}, or listen on 127.0.0.1"
                )));
            }
        }
        if self.pass_through {
            match self.proxy {
                None => {
                    return Err(Failure::Usage(
                        "`--pass-through` is the proxy's: add `--proxy 127.0.0.1:7302`".to_owned(),
                    ));
                }
                Some(proxy) if !proxy.ip().is_loopback() => {
                    return Err(Failure::Usage(format!(
                        "`--proxy {proxy}` with `--pass-through` is an open proxy: leave \
                         `--pass-through` out, or listen on 127.0.0.1"
                    )));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Each address, by its option.
    fn addresses(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> {
        let named = [
            ("http", Some(self.http)),
            ("https", self.https),
            ("proxy", self.proxy),
        ];
        named
            .into_iter()
            .filter_map(|(name, address)| Some((name, address?)))
    }
}

fn read_token(path: &Path) -> Result<String, Failure> {
    let advice = "write one with `openssl rand -hex 32`";
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::Usage(format!(
            "cannot read the token in {}: {error}: {advice}",
            path.display()
        ))
    })?;
    let token = text.trim();
    if token.len() < 16 || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::Usage(format!(
            "{} holds no token of 16 or more visible ASCII characters: {advice}",
            path.display()
        )));
    }
    Ok(token.to_owned())
}

fn is_host(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    !text.is_empty() && text.bytes().all(fits) && !text.contains("://")
}
