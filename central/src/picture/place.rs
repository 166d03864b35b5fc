//! Where a picture was taken, from its EXIF. Whatever does not fit is no place: the bytes come from anywhere. Pure.

/// Longest list of entries that is read; a camera writes some dozens.
const ENTRIES: usize = 512;

/// A part of TIFF, which is what EXIF is.
struct Tiff<'b> {
    bytes: &'b [u8],
    big: bool,
}

/// One entry of a directory: what, how it is written, how many, and the value or where it stands.
struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    value: usize,
}

impl Tiff<'_> {
    fn at<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.at(at)?;
        Some(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.at(at)?;
        Some(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn offset(&self, at: usize) -> Option<usize> {
        usize::try_from(self.u32(at)?).ok()
    }

    fn entries(&self, directory: usize) -> Option<Vec<Entry>> {
        let count = usize::from(self.u16(directory)?).min(ENTRIES);
        let entry = |at: usize| {
            let (tag, kind, count) = (self.u16(at)?, self.u16(at + 2)?, self.u32(at + 4)?);
            Some(Entry { tag, kind, count, value: at + 8 })
        };
        (0..count).map(|place| entry(directory.checked_add(2 + place * 12)?)).collect()
    }

    /// Degrees, minutes and seconds as one number.
    fn degrees(&self, entry: &Entry) -> Option<f64> {
        const RATIONAL: u16 = 5;
        if entry.kind != RATIONAL || entry.count != 3 {
            return None;
        }
        let first = self.offset(entry.value)?;
        let mut sum = 0.0;
        for (place, unit) in [(0, 1.0), (1, 60.0), (2, 3600.0)] {
            let at = first.checked_add(place * 8)?;
            let (over, under) = (self.u32(at)?, self.u32(at.checked_add(4)?)?);
            if under == 0 {
                return None;
            }
            sum += f64::from(over) / f64::from(under) / unit;
        }
        Some(sum)
    }
}

/// Longitude and latitude, degrees WGS-84, of EXIF as it stands behind `Exif\0\0`; none where it says none.
pub(super) fn place(exif: &[u8]) -> Option<(f64, f64)> {
    const GPS: u16 = 0x8825;
    const SOUTH_OR_NORTH: u16 = 1;
    const LATITUDE: u16 = 2;
    const EAST_OR_WEST: u16 = 3;
    const LONGITUDE: u16 = 4;
    let big = match exif.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let tiff = Tiff { bytes: exif, big };
    let main = tiff.entries(tiff.offset(4)?)?;
    let gps = tiff.entries(tiff.offset(main.iter().find(|entry| entry.tag == GPS)?.value)?)?;
    let find = |tag: u16| gps.iter().find(|entry| entry.tag == tag);
    let letter = |tag: u16| exif.get(find(tag)?.value).copied();
    let sign = |letter: u8| match letter {
        b'N' | b'E' => Some(1.0),
        b'S' | b'W' => Some(-1.0),
        _ => None,
    };
    let latitude = tiff.degrees(find(LATITUDE)?)? * sign(letter(SOUTH_OR_NORTH)?)?;
    let longitude = tiff.degrees(find(LONGITUDE)?)? * sign(letter(EAST_OR_WEST)?)?;
    let nowhere = latitude == 0.0 && longitude == 0.0;
    let fits = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
    (fits && !nowhere).then_some((longitude, latitude))
}

/// EXIF that says where, and how the picture is to be turned.
#[cfg(test)]
pub(super) fn exif_of(longitude: [u32; 3], latitude: [u32; 3], orientation: u16) -> Vec<u8> {
    let mut exif = b"MM\0*\0\0\0\x08".to_vec();
    let entry = |exif: &mut Vec<u8>, tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        exif.extend(tag.to_be_bytes());
        exif.extend(kind.to_be_bytes());
        exif.extend(count.to_be_bytes());
        exif.extend(value);
    };
    let (gps, values) = (8 + 2 + 2 * 12 + 4_u32, 8 + 2 + 2 * 12 + 4 + 2 + 4 * 12 + 4_u32);
    exif.extend(2_u16.to_be_bytes());
    let [high, low] = orientation.to_be_bytes();
    entry(&mut exif, 0x0112, 3, 1, [high, low, 0, 0]);
    entry(&mut exif, 0x8825, 4, 1, gps.to_be_bytes());
    exif.extend([0; 4]);
    exif.extend(4_u16.to_be_bytes());
    entry(&mut exif, 1, 2, 2, *b"N\0\0\0");
    entry(&mut exif, 2, 5, 3, values.to_be_bytes());
    entry(&mut exif, 3, 2, 2, *b"E\0\0\0");
    entry(&mut exif, 4, 5, 3, (values + 24).to_be_bytes());
    exif.extend([0; 4]);
    for (number, under) in latitude.into_iter().chain(longitude).zip([1_u32, 1, 100].repeat(2)) {
        exif.extend(number.to_be_bytes());
        exif.extend(under.to_be_bytes());
    }
    exif
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn degrees_minutes_and_seconds_are_a_place() {
        let exif = exif_of([111, 17, 1140], [30, 41, 3084], 1);
        let (longitude, latitude) = place(&exif).unwrap();
        assert!(
            (longitude - 111.286_5).abs() < 1e-6 && (latitude - 30.691_9).abs() < 1e-6,
            "{longitude} {latitude}"
        );
    }

    #[test]
    fn what_is_no_place_is_none() {
        assert_eq!(place(b""), None);
        assert_eq!(place(b"MM\0*\0\0\0\x08\0\0"), None, "no GPS");
        assert_eq!(place(&exif_of([0, 0, 0], [0, 0, 0], 1)), None, "a receiver that found nothing");
        assert_eq!(place(&exif_of([11, 17, 0], [91, 0, 0], 1)), None, "not on Earth");
        let whole = exif_of([111, 17, 1140], [30, 41, 3084], 1);
        for length in 0..whole.len() {
            assert_eq!(place(&whole[..length]), None, "cut at {length}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(mut bytes in prop::collection::vec(any::<u8>(), 0..300), flips in prop::collection::vec(any::<(u16, u8)>(), 0..8)) {
            let _ = place(&bytes);
            bytes = exif_of([111, 17, 1140], [30, 41, 3084], 1);
            for (at, to) in flips {
                let at = usize::from(at) % bytes.len();
                bytes[at] = to;
            }
            if let Some((longitude, latitude)) = place(&bytes) {
                prop_assert!(longitude.abs() <= 180.0 && latitude.abs() <= 90.0);
            }
        }
    }
}
