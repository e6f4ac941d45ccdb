use std::time::{Duration, SystemTime};

use actix_wechat::simulator::HOSTS;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints,
};

/// The name that every CA of this program has.
pub(super) const CA_NAME: &str = "wechat-sim, for WeChat's names on this machine";
/// Clocks of containers and virtual machines are late at times.
const BACKDATED: Duration = Duration::from_secs(24 * 60 * 60);

/// A CA, the one certificate that it signs, and the certificate's key.
pub(super) fn signed(
    now: SystemTime,
    until: SystemTime,
) -> Result<(Vec<u8>, Vec<u8>, String), rcgen::Error> {
    let mut ca = params(now, until, CA_NAME, &[])?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.name_constraints = Some(NameConstraints {
        permitted_subtrees: HOSTS
            .iter()
            .map(|host| GeneralSubtree::DnsName((*host).to_owned()))
            .collect(),
        // Permitted names say nothing about addresses.
        excluded_subtrees: vec![
            GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([0; 4], 0)),
            GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix([0; 16], 0)),
        ],
    });
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?;
    let mut leaf = params(now, until, "wechat-sim", &HOSTS)?;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let leaf = leaf.signed_by(&key, &ca)?;
    Ok((
        ca.as_ref().der().to_vec(),
        leaf.der().to_vec(),
        key.serialize_pem(),
    ))
}

fn params(
    now: SystemTime,
    until: SystemTime,
    name: &str,
    hosts: &[&str],
) -> Result<CertificateParams, rcgen::Error> {
    let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts)?;
    params.not_before = (now - BACKDATED).into();
    params.not_after = until.into();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}
