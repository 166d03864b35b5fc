//! Whether a picture is the very same as the one before: a sum over all its bytes, so that none has to be kept.

use super::Pixels;

/// Compares pictures from look to look.
#[derive(Default)]
pub struct Sameness {
    before: Option<u64>,
}

impl Sameness {
    /// None at the first look.
    pub fn look(&mut self, picture: Pixels<'_>) -> Option<bool> {
        let now = sum(picture);
        self.before.replace(now).map(|before| before == now)
    }

    /// The stream broke.
    pub fn reset(&mut self) {
        self.before = None;
    }
}

/// Any change of any byte gives another sum, but for one case in 2⁶⁴.
fn sum(picture: Pixels<'_>) -> u64 {
    /// Odd, bits well spread: 2⁶⁴ / golden ratio.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let step =
        |sum: u64, bytes: [u8; 8]| (sum.rotate_left(23) ^ u64::from_le_bytes(bytes)).wrapping_mul(SPREAD);
    let mut all = picture.width as u64;
    for row in (0..picture.height).filter_map(|y| picture.row(y)) {
        let (words, rest) = row.as_chunks::<8>();
        all = words.iter().fold(all, |sum, word| step(sum, *word));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        all = step(all, last);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_anywhere_makes_a_picture_another_and_padding_does_not() {
        let (width, height, stride) = (5, 4, 20);
        let mut bytes = vec![7; stride * height];
        let mut sameness = Sameness::default();
        let mut look = |bytes: Option<&[u8]>| {
            let Some(bgr) = bytes else {
                sameness.reset();
                return None;
            };
            sameness.look(Pixels { width, height, stride, bgr })
        };
        assert_eq!(look(Some(&bytes)), None);
        assert_eq!(look(Some(&bytes)), Some(true));
        for byte in 0..bytes.len() {
            bytes[byte] ^= 1;
            let padding = byte % stride >= 3 * width;
            assert_eq!(look(Some(&bytes)), Some(padding), "byte {byte}");
        }
        assert_eq!(look(None), None);
        assert_eq!(look(Some(&bytes)), None);
    }
}
