//! A PKCS #12 file of certificates, as Java reads them: no other format comes with it. There is
//! nothing secret in it, so that it has neither encryption nor password (RFC 7292, sections 4 and
//! 4.2.3).

use yasna::{DERWriter, Tag, models::ObjectIdentifier};

pub(crate) const NAME: &str = "truststore.p12";

const DATA: &[u64] = &[1, 2, 840, 113_549, 1, 7, 1];
const CERTIFICATE_BAG: &[u64] = &[1, 2, 840, 113_549, 1, 12, 10, 1, 3];
const X509: &[u64] = &[1, 2, 840, 113_549, 1, 9, 22, 1];
const FRIENDLY_NAME: &[u64] = &[1, 2, 840, 113_549, 1, 9, 20];
/// Oracle's: without it Java takes a certificate for somebody's own, and does not trust it.
const TRUSTED_KEY_USAGE: &[u64] = &[2, 16, 840, 1, 113_894, 746_875, 1, 1];
const ANY_USAGE: &[u64] = &[2, 5, 29, 37, 0];

pub(crate) fn of(certificates: &[Vec<u8>]) -> Vec<u8> {
    let bags = yasna::construct_der(|writer| {
        writer.write_sequence_of(|writer| {
            for (index, certificate) in certificates.iter().enumerate() {
                bag(writer.next(), index, certificate);
            }
        });
    });
    let safe = yasna::construct_der(|writer| {
        writer.write_sequence_of(|writer| data(writer.next(), &bags));
    });
    yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_u8(3);
            data(writer.next(), &safe);
        });
    })
}

/// A ContentInfo of plain data.
fn data(writer: DERWriter<'_>, bytes: &[u8]) {
    writer.write_sequence(|writer| {
        writer.next().write_oid(&oid(DATA));
        writer
            .next()
            .write_tagged(Tag::context(0), |writer| writer.write_bytes(bytes));
    });
}

fn bag(writer: DERWriter<'_>, index: usize, certificate: &[u8]) {
    writer.write_sequence(|writer| {
        writer.next().write_oid(&oid(CERTIFICATE_BAG));
        writer.next().write_tagged(Tag::context(0), |writer| {
            writer.write_sequence(|writer| {
                writer.next().write_oid(&oid(X509));
                writer
                    .next()
                    .write_tagged(Tag::context(0), |writer| writer.write_bytes(certificate));
            });
        });
        writer.next().write_set_of(|writer| {
            attribute(writer.next(), FRIENDLY_NAME, |writer| {
                writer.write_bmp_string(&format!("root {index}"));
            });
            attribute(writer.next(), TRUSTED_KEY_USAGE, |writer| {
                writer.write_oid(&oid(ANY_USAGE));
            });
        });
    });
}

fn attribute(writer: DERWriter<'_>, name: &[u64], value: impl FnOnce(DERWriter<'_>)) {
    writer.write_sequence(|writer| {
        writer.next().write_oid(&oid(name));
        writer.next().write_set_of(|writer| value(writer.next()));
    });
}

fn oid(parts: &[u64]) -> ObjectIdentifier {
    ObjectIdentifier::from_slice(parts)
}
