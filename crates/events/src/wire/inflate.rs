//! Bodies made smaller: by what they are, whatever their headers say. Bounded in size and in ratio, so that a small request
//! cannot cost much.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// A window larger than 8 MiB (2^23) is memory that nobody needs for a body of this size.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
const READ_BYTES: usize = 64 * 1024;

/// How much may come out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) bytes: usize,
    /// Bytes out for each byte in..
    pub(crate) ratio: usize,
    /// ..once this much came out.
    pub(crate) ratio_from_bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("the body is larger than {bytes} bytes when it is decompressed")]
    TooLarge { bytes: usize },
    #[error("the body grows more than {ratio} times when it is decompressed")]
    Bomb { ratio: usize },
    #[error("the body is no valid {how} stream")]
    Corrupt { how: &'static str },
    #[error("the encoding `{word}` is not known")]
    Unknown { word: String },
}

/// How a body was made smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    Zlib,
    Deflate,
    Zstd,
    Brotli,
}

impl Encoding {
    /// What the bytes are, else what the header says they are. A header that lies about plain JSON is not believed.
    pub(crate) fn of(body: &[u8], header: Option<&str>) -> Result<Option<Self>, Error> {
        match body {
            [0x1f, 0x8b, 0x08, ..] => return Ok(Some(Self::Gzip)),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => return Ok(Some(Self::Zstd)),
            [b'{' | b'[' | b' ' | b'\n', ..] | [] => return Ok(None),
            _ => {}
        }
        match header.map(|word| word.trim().to_ascii_lowercase()).as_deref() {
            Some("br") => Ok(Some(Self::Brotli)),
            Some("deflate") if body[0] & 0x0f == 8 => Ok(Some(Self::Zlib)),
            Some("deflate") => Ok(Some(Self::Deflate)),
            Some("gzip" | "x-gzip") => Ok(Some(Self::Gzip)),
            Some("zstd") => Ok(Some(Self::Zstd)),
            None | Some("" | "identity") => Ok(None),
            Some(word) => Err(Error::Unknown { word: word.to_owned() }),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib | Self::Deflate => "deflate",
            Self::Zstd => "zstd",
            Self::Brotli => "brotli",
        }
    }

    /// The body as it was.
    pub(crate) fn inflate(self, body: &[u8], bounds: Bounds) -> Result<Vec<u8>, Error> {
        match self {
            Self::Gzip => self.read(MultiGzDecoder::new(body), body.len(), bounds),
            Self::Zlib => self.read(ZlibDecoder::new(body), body.len(), bounds),
            Self::Deflate => self.read(DeflateDecoder::new(body), body.len(), bounds),
            Self::Brotli => self.read(brotli_decompressor::Decompressor::new(body, READ_BYTES), body.len(), bounds),
            Self::Zstd => {
                let corrupt = |_| Error::Corrupt { how: self.name() };
                let mut decoder = zstd::Decoder::new(body).map_err(corrupt)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(corrupt)?;
                self.read(decoder, body.len(), bounds)
            }
        }
    }

    fn read(self, mut from: impl Read, sent: usize, bounds: Bounds) -> Result<Vec<u8>, Error> {
        let by_ratio = sent.saturating_mul(bounds.ratio).max(bounds.ratio_from_bytes);
        let most = bounds.bytes.min(by_ratio);
        let mut out = Vec::new();
        let mut part = vec![0; READ_BYTES];
        loop {
            let read = from.read(&mut part).map_err(|_| Error::Corrupt { how: self.name() })?;
            if read == 0 {
                return Ok(out);
            }
            if out.len() + read > most {
                let is_large = most == bounds.bytes;
                return Err(if is_large {
                    Error::TooLarge { bytes: most }
                } else {
                    Error::Bomb { ratio: bounds.ratio }
                });
            }
            out.extend_from_slice(&part[..read]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const BOUNDS: Bounds = Bounds { bytes: 4_000_000, ratio: 100, ratio_from_bytes: 100_000 };
    const TEXT: &[u8] = br#"{"batch":[]}"#;
    /// `TEXT` by the brotli tool.
    const BROTLI: &[u8] =
        &[0x8b, 0x05, 0x80, 0x7b, 0x22, 0x62, 0x61, 0x74, 0x63, 0x68, 0x22, 0x3a, 0x5b, 0x5d, 0x7d, 0x03];

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_encoding_is_read_by_what_it_is() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(TEXT).unwrap();
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
        deflate.write_all(TEXT).unwrap();
        for (body, header, encoding) in [
            (gzip(TEXT), None, Encoding::Gzip),
            (gzip(TEXT), Some("identity"), Encoding::Gzip),
            (zlib.finish().unwrap(), Some("deflate"), Encoding::Zlib),
            (deflate.finish().unwrap(), Some("deflate"), Encoding::Deflate),
            (zstd::encode_all(TEXT, 3).unwrap(), Some("zstd"), Encoding::Zstd),
            (BROTLI.to_vec(), Some("br"), Encoding::Brotli),
        ] {
            assert_eq!(Encoding::of(&body, header), Ok(Some(encoding)));
            assert_eq!(encoding.inflate(&body, BOUNDS).unwrap(), TEXT, "{encoding:?}");
        }
        assert_eq!(Encoding::of(TEXT, Some("gzip")), Ok(None), "a header that lies");
        assert!(Encoding::of(b"data=1", Some("snappy")).is_err());
    }

    #[test]
    fn a_bomb_is_stopped_while_it_grows() {
        let bomb = gzip(&vec![0; 3_000_000]);
        assert_eq!(Encoding::Gzip.inflate(&bomb, BOUNDS), Err(Error::Bomb { ratio: 100 }));
        let bomb = zstd::encode_all(&vec![b' '; 3_000_000][..], 3).unwrap();
        assert_eq!(Encoding::Zstd.inflate(&bomb, BOUNDS), Err(Error::Bomb { ratio: 100 }));
        let large: Vec<u8> = (0..5_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
        assert_eq!(Encoding::Gzip.inflate(&gzip(&large), BOUNDS), Err(Error::TooLarge { bytes: 4_000_000 }));
    }

    #[test]
    fn a_stream_that_ends_too_early_is_corrupt() {
        let body = gzip(TEXT);
        assert_eq!(Encoding::Gzip.inflate(&body[..body.len() - 4], BOUNDS), Err(Error::Corrupt { how: "gzip" }));
    }
}
