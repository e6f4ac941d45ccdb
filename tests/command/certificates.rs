//! What a client is asked to trust: no more than it must be, and no longer.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};

use actix_wechat::simulator::HOSTS;
use libtest_mimic::Trial;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use support::{program::command, trials};

use crate::desk::{Desk, Done};

pub(crate) fn trials() -> Vec<Trial> {
    trials![["openssl"];
        the_authority_is_for_wechats_names_and_signs_no_more,
        the_bundle_has_the_systems_roots_and_one_of_its_own,
        they_are_kept_until_shortly_before_their_end,
        what_is_broken_is_made_anew,
        those_who_start_at_once_share_them,
    ]
}

const DAY: u64 = 24 * 60 * 60;
const FILES: [&str; 7] = [
    "bundle.pem",
    "ca.pem",
    "cert.pem",
    "key.pem",
    "lock",
    "php",
    "truststore.p12",
];

fn openssl(folder: &Path, arguments: &str) -> Done {
    let mut openssl = command("openssl");
    openssl
        .current_dir(folder)
        .args(arguments.split_whitespace());
    Done::of(openssl)
}

/// The expiry that a start with this folder tells.
fn expiry(desk: &Desk) -> String {
    let serving = desk.serve(&["--https", "127.0.0.1:0", "--tls-dir", "tls"]);
    let (_, expires) = serving
        .line("ca")
        .split_once(" expires ")
        .expect("an expiry");
    expires.to_owned()
}

async fn the_authority_is_for_wechats_names_and_signs_no_more() {
    let desk = Desk::new();
    expiry(&desk);
    let tls = desk.path().join("tls");
    let mut names: Vec<_> = fs::read_dir(&tls)
        .expect("the folder")
        .map(|file| {
            file.expect("a file")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    names.sort();
    assert_eq!(names, FILES);
    // One key, the certificate's, for its owner alone.
    let mut keys = Vec::new();
    for name in ["bundle.pem", "ca.pem", "cert.pem", "key.pem"] {
        let text = fs::read_to_string(tls.join(name)).expect("text");
        keys.extend(vec![name; text.matches("PRIVATE KEY-----\n").count() / 2]);
    }
    assert_eq!(keys, ["key.pem"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(tls.join("key.pem"))
            .expect("it")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let of_key = openssl(&tls, "pkey -in key.pem -pubout")
        .assert_status(0)
        .out;
    let public = |name: &str| openssl(&tls, &format!("x509 -in {name} -noout -pubkey")).out;
    assert_eq!(of_key, public("cert.pem"));
    assert_ne!(of_key, public("ca.pem"));

    let ca = openssl(&tls, "x509 -in ca.pem -noout -text")
        .assert_status(0)
        .out;
    assert!(ca.contains("CA:TRUE, pathlen:0"), "{ca}");
    let constraints = ca
        .split_once("X509v3 Name Constraints: critical")
        .expect("constraints")
        .1;
    let (permitted, excluded) = constraints.split_once("Excluded:").expect("both");
    let permitted: Vec<_> = permitted
        .lines()
        .filter_map(|line| line.trim().strip_prefix("DNS:"))
        .collect();
    assert_eq!(permitted, HOSTS);
    let addresses = excluded
        .lines()
        .filter(|line| line.trim().starts_with("IP:"));
    assert_eq!(addresses.count(), 2, "{excluded}");

    for host in HOSTS {
        let verify = format!("verify -x509_strict -CAfile ca.pem -verify_hostname {host} cert.pem");
        openssl(&tls, &verify).assert_status(0);
    }
    for foreign in [
        "localhost",
        "weixin.qq.com",
        "mp.weixin.qq.com",
        "example.com",
    ] {
        let verify = format!("verify -CAfile ca.pem -verify_hostname {foreign} cert.pem");
        let done = openssl(&tls, &verify);
        assert!(done.err.contains("hostname mismatch"), "{done:?}");
    }
    // Less than 398 days in all, of which one has passed.
    for (days, status) in [(360, 0), (396, 1)] {
        for name in ["ca.pem", "cert.pem"] {
            let check = format!("x509 -in {name} -noout -checkend {}", days * DAY);
            openssl(&tls, &check).assert_status(status);
        }
    }
}

async fn the_bundle_has_the_systems_roots_and_one_of_its_own() {
    let desk = Desk::new();
    expiry(&desk);
    let own = |bundle: &str| {
        let parts = bundle.split("-----BEGIN CERTIFICATE-----").skip(1);
        parts.count()
    };
    let first = desk.read("tls/bundle.pem");
    assert!(first.starts_with(&desk.read("tls/ca.pem")));
    if Path::new("/etc/ssl/certs/ca-certificates.crt").is_file() {
        assert!(own(&first) > 50, "the system's roots are there");
    }
    // With the first one's environment, another folder's bundle has as many.
    let mut command = desk.command(&["env", "--for", "go", "--proxy", "1", "--tls-dir", "other"]);
    command.env("SSL_CERT_FILE", desk.path().join("tls/bundle.pem"));
    Done::of(command).assert_status(0);
    let second = desk.read("other/bundle.pem");
    assert_eq!(own(&first), own(&second));
    assert!(!second.contains(&desk.read("tls/ca.pem")));
}

/// Puts certificates of other ends in place of those that are there.
fn replace(tls: &Path, ends_in: Duration) {
    let now = SystemTime::now();
    let params = |hosts: &[&str]| {
        let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).expect("names");
        params.not_before = (now - Duration::from_secs(DAY)).into();
        params.not_after = (now + ends_in).into();
        params
    };
    let mut ca = params(&[]);
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().expect("a key")).expect("a CA");
    let key = KeyPair::generate().expect("a key");
    let leaf = params(&HOSTS).signed_by(&key, &ca).expect("a certificate");
    fs::write(tls.join("ca.pem"), ca.as_ref().pem()).expect("a file");
    fs::write(tls.join("key.pem"), key.serialize_pem()).expect("a file");
    let leaf = format!("# expires 2099-01-01T00:00:00Z\n{}", leaf.pem());
    fs::write(tls.join("cert.pem"), leaf).expect("a file");
}

async fn they_are_kept_until_shortly_before_their_end() {
    let desk = Desk::new();
    expiry(&desk);
    let tls = desk.path().join("tls");
    let read = |name: &str| fs::read(tls.join(name)).expect("a file");
    let before = FILES.map(|name| {
        if name == "php" {
            Vec::new()
        } else {
            read(name)
        }
    });
    expiry(&desk);
    let after = FILES.map(|name| {
        if name == "php" {
            Vec::new()
        } else {
            read(name)
        }
    });
    assert!(before == after, "a second start changes nothing");

    replace(&tls, Duration::from_secs(31 * DAY));
    assert_eq!(expiry(&desk), "2099-01-01T00:00:00Z");
    replace(&tls, Duration::from_secs(29 * DAY));
    assert_ne!(expiry(&desk), "2099-01-01T00:00:00Z");
}

async fn what_is_broken_is_made_anew() {
    let desk = Desk::new();
    let tls = desk.path().join("tls");
    let breaks: [(&str, fn(&Path)); 7] = [
        ("no CA", |tls| {
            fs::remove_file(tls.join("ca.pem")).expect("it")
        }),
        ("no key", |tls| {
            fs::remove_file(tls.join("key.pem")).expect("it")
        }),
        ("no bundle", |tls| {
            fs::remove_file(tls.join("bundle.pem")).expect("it")
        }),
        ("no trust store", |tls| {
            fs::remove_file(tls.join("truststore.p12")).expect("it");
        }),
        ("no certificate in its file", |tls| {
            fs::write(tls.join("cert.pem"), "# expires 2099-01-01T00:00:00Z\n").expect("it");
        }),
        ("another's key", |tls| {
            let key = KeyPair::generate().expect("a key").serialize_pem();
            fs::write(tls.join("key.pem"), key).expect("it");
        }),
        ("another's CA", |tls| {
            let cert = fs::read_to_string(tls.join("cert.pem")).expect("it");
            replace(tls, Duration::from_secs(300 * DAY));
            fs::write(tls.join("cert.pem"), cert).expect("it");
        }),
    ];
    expiry(&desk);
    for (what, broken) in breaks {
        let before = desk.read("tls/cert.pem");
        broken(&tls);
        expiry(&desk);
        assert_ne!(desk.read("tls/cert.pem"), before, "{what}");
        openssl(
            &tls,
            "verify -CAfile ca.pem -verify_hostname api.weixin.qq.com cert.pem",
        )
        .assert_status(0);
    }
    // A folder that cannot be.
    desk.write("file", "");
    let done = desk
        .run(&[
            "--http",
            "127.0.0.1:0",
            "--proxy",
            "0",
            "--tls-dir",
            "file/tls",
        ])
        .assert_status(1);
    assert!(
        done.err.contains("cannot keep certificates in file/tls"),
        "{}",
        done.err
    );
}

async fn those_who_start_at_once_share_them() {
    let desk = Desk::new();
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let mut command: Command = desk.command(&[
                "exec",
                "--tls-dir",
                "tls",
                "--",
                "sh",
                "-c",
                "cat $SSL_CERT_FILE",
            ]);
            command.stdout(std::process::Stdio::piped());
            command.spawn().expect("a process")
        })
        .collect();
    for start in starts {
        let done = start.wait_with_output().expect("its end");
        assert!(done.status.success());
        let bundle = desk.read("tls/bundle.pem");
        assert!(done.stdout == bundle.as_bytes(), "one bundle for all");
    }
}
