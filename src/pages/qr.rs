//! The QR code of an address, as an `<svg>` element.

use std::fmt::Write as _;

use qrcode::{Color, QrCode};

/// A code of a longer address is large, slow to draw and hard to scan.
const LONGEST: usize = 500;
/// The white frame that scanners need, in modules (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

/// Empty where the address is longer than 500 bytes.
pub(crate) fn svg(address: &str) -> String {
    if address.len() > LONGEST {
        return String::new();
    }
    let Ok(code) = QrCode::new(address) else {
        return String::new();
    };
    let (width, colors) = (code.width(), code.to_colors());
    let side = width + 2 * QUIET_ZONE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/>\
         <path d=\""
    );
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run[0] == Color::Dark {
                let (left, top, length) = (x + QUIET_ZONE, y + QUIET_ZONE, run.len());
                // Writing to a string cannot fail.
                let _ = write!(svg, "M{left} {top}h{length}v1h-{length}z");
            }
            x += run.len();
        }
    }
    svg.push_str("\"/></svg>");
    svg
}

#[cfg(test)]
#[path = "tests/qr.rs"]
mod tests;
