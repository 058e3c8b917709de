//! The checksum that Cloud Storage keeps of every object.
//! Source: <https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4>,
//! <https://docs.cloud.google.com/storage/docs/data-validation>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The polynomial of Castagnoli, bits from the lowest.
const POLYNOMIAL: u32 = 0x82F6_3B78;

const TABLE: [u32; 256] = table();

/// CRC-32C of all bytes so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Crc32c(u32);

impl Crc32c {
    /// With more bytes.
    #[must_use]
    pub(crate) fn with(self, bytes: &[u8]) -> Self {
        let end = bytes.iter().fold(!self.0, |crc, byte| {
            let [low, ..] = crc.to_le_bytes();
            TABLE[usize::from(low ^ byte)] ^ (crc >> 8)
        });
        Self(!end)
    }

    /// As the API writes it: four bytes, the highest first, in base64.
    pub(crate) fn write(self) -> String {
        STANDARD.encode(self.0.to_be_bytes())
    }

    /// What [`Self::write`] writes.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        Some(Self(u32::from_be_bytes(bytes.try_into().ok()?)))
    }
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut value = at as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { POLYNOMIAL ^ (value >> 1) } else { value >> 1 };
            bit += 1;
        }
        table[at] = value;
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        let ascending: Vec<u8> = (0..32).collect();
        for (bytes, expected) in [
            (&b""[..], 0),
            (b"123456789", 0xE306_9283),
            (&[0; 32], 0x8A91_36AA),
            (&ascending, 0x46DD_794E),
        ] {
            assert_eq!(Crc32c::default().with(bytes), Crc32c(expected));
            let (left, right) = bytes.split_at(bytes.len() / 2);
            assert_eq!(Crc32c::default().with(left).with(right), Crc32c(expected));
            assert_eq!(Crc32c::read(&Crc32c(expected).write()), Some(Crc32c(expected)));
        }
        assert_eq!((Crc32c(0xE306_9283).write().as_str(), Crc32c::read("x")), ("4waSgw==", None));
    }
}
