//! A certificate for WeChat's hosts, and the CA that signed it.
//!
//! Whoever trusts this CA trusts it for WeChat's names alone, and nobody can sign with it again:
//! its key is gone once it has signed.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use actix_wechat::simulator::HOSTS;
use etcetera::BaseStrategy as _;
use pem::{LineEnding, Pem};
use rustls::{
    RootCertStore, ServerConfig,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
};

use self::signing::{CA_NAME, signed};
use crate::failure::Failure;

mod signing;
mod trust_store;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Browsers refuse what is good for 398 days or more.
const LIFE: Duration = DAY.saturating_mul(390);
const RENEWED_BEFORE_END: Duration = DAY.saturating_mul(30);
const EXPIRES: &str = "# expires ";

/// What is in the folder.
pub(crate) struct Certificates {
    folder: PathBuf,
    pub(crate) expires: SystemTime,
    leaf: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Certificates {
    /// Those of the folder, or new ones where there are none, or none that last.
    pub(crate) fn ensure(folder: Option<&Path>) -> Result<Self, Failure> {
        let folder = folder.map_or_else(default_folder, |folder| Ok(folder.to_owned()))?;
        let ensured = || -> io::Result<Self> {
            fs::create_dir_all(&folder)?;
            let folder = folder.canonicalize()?;
            if let Some(certificates) = Self::load(&folder) {
                return Ok(certificates);
            }
            // Two that start at once share what the first has made.
            let lock = File::create(folder.join("lock"))?;
            lock.lock()?;
            if let Some(certificates) = Self::load(&folder) {
                return Ok(certificates);
            }
            issue(&folder)?;
            Self::load(&folder).ok_or_else(|| io::Error::other("what was just made is no good"))
        };
        ensured().map_err(|error| Failure::at(&folder, "keep certificates in", &error))
    }

    fn load(folder: &Path) -> Option<Self> {
        let written = fs::read_to_string(folder.join("cert.pem")).ok()?;
        let (first, _) = written.split_once('\n')?;
        let expires = humantime::parse_rfc3339(first.strip_prefix(EXPIRES)?).ok()?;
        let leaf = CertificateDer::from_pem_slice(written.as_bytes()).ok()?;
        let ca = CertificateDer::from_pem_file(folder.join("ca.pem")).ok()?;
        let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).ok()?;
        let complete = ["bundle.pem", trust_store::NAME]
            .iter()
            .all(|name| folder.join(name).is_file());
        let certificates = Self {
            folder: folder.to_owned(),
            expires,
            leaf,
            key,
        };
        let lasts = certificates.lasts(ca) && certificates.server_config().is_ok();
        (complete && lasts).then_some(certificates)
    }

    /// Whether a client that trusts this CA is still served well when it would be time to renew.
    fn lasts(&self, ca: CertificateDer<'static>) -> bool {
        let mut roots = RootCertStore::empty();
        if roots.add(ca).is_err() {
            return false;
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
        let Ok(verifier) = verifier else {
            return false;
        };
        let now = SystemTime::now();
        let moments = [now, now + RENEWED_BEFORE_END].map(|moment| {
            let since = moment.duration_since(SystemTime::UNIX_EPOCH);
            UnixTime::since_unix_epoch(since.unwrap_or_default())
        });
        HOSTS.iter().all(|host| {
            let Ok(name) = ServerName::try_from(*host) else {
                return false;
            };
            moments.iter().all(|moment| {
                let verified = verifier.verify_server_cert(&self.leaf, &[], &name, &[], *moment);
                verified.is_ok()
            })
        })
    }

    pub(crate) fn server_config(&self) -> Result<ServerConfig, rustls::Error> {
        ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![self.leaf.clone()], self.key.clone_key())
    }

    /// CA and bundle.
    pub(crate) fn pems(&self) -> Result<(String, String), Failure> {
        let read = |path: PathBuf| {
            fs::read_to_string(&path).map_err(|error| Failure::at(&path, "read", &error))
        };
        Ok((read(self.ca())?, read(self.bundle())?))
    }

    /// What a client has to trust.
    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The same beside the system's roots.
    pub(crate) fn bundle(&self) -> PathBuf {
        self.folder.join("bundle.pem")
    }

    /// The bundle for Java.
    pub(crate) fn trust_store(&self) -> PathBuf {
        self.folder.join(trust_store::NAME)
    }

    /// Where PHP finds the bundle.
    pub(crate) fn php_ini_folder(&self) -> PathBuf {
        self.folder.join("php")
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn default_folder() -> Result<PathBuf, Failure> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| {
        Failure::Usage("no home to keep certificates in: name a folder with `--tls-dir`".to_owned())
    })?;
    Ok(strategy.data_dir().join("wechat-sim"))
}

fn issue(folder: &Path) -> io::Result<()> {
    let now = SystemTime::now();
    let expires = now + LIFE;
    let (ca, leaf, key) = signed(now, expires).map_err(io::Error::other)?;
    let mut roots: Vec<_> = rustls_native_certs::load_native_certs()
        .certs
        .into_iter()
        // The environment may lead to a bundle of this program's, with a CA of before.
        .filter(|root| !is_own(root))
        .map(|root| root.to_vec())
        .collect();
    let ca_pem = to_pem(&[&ca]);
    let bundle = ca_pem.clone() + &to_pem(&roots);
    roots.insert(0, ca);
    let until = humantime::format_rfc3339_seconds(expires);
    let leaf = format!("{EXPIRES}{until}\n{}", to_pem(&[leaf]));
    let php = folder.join("php");
    fs::create_dir_all(&php)?;
    let ini = format!(
        "curl.cainfo = \"{0}\"\nopenssl.cafile = \"{0}\"\n",
        folder.join("bundle.pem").display()
    );
    write(&folder.join("key.pem"), key.as_bytes())?;
    write(&folder.join("ca.pem"), ca_pem.as_bytes())?;
    write(&folder.join("bundle.pem"), bundle.as_bytes())?;
    write(&folder.join(trust_store::NAME), &trust_store::of(&roots))?;
    write(&php.join("wechat-sim.ini"), ini.as_bytes())?;
    write(&folder.join("cert.pem"), leaf.as_bytes())
}

fn is_own(certificate: &[u8]) -> bool {
    let name = CA_NAME.as_bytes();
    certificate.windows(name.len()).any(|part| part == name)
}

fn to_pem(certificates: &[impl AsRef<[u8]>]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(LineEnding::LF);
    let certificates: Vec<_> = certificates
        .iter()
        .map(|der| Pem::new("CERTIFICATE", der.as_ref()))
        .collect();
    pem::encode_many_config(&certificates, config)
}

/// Replaces a file at once, so that nobody reads half of it. Readable by its owner alone where it
/// is a key.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut open = fs::OpenOptions::new();
    open.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let is_key = path.file_name().is_some_and(|name| name == "key.pem");
        open.mode(if is_key { 0o600 } else { 0o644 });
    }
    open.open(&new)?.write_all(bytes)?;
    fs::rename(new, path)
}
