//! Pictures that people bring. What they sent is read as a picture and written anew, upright: so nothing is kept but what is
//! seen, no EXIF, no name of a phone, nothing hidden behind the end.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, Limits};

use super::{MOST_BYTES, MOST_SIDE, NotAPicture, place, write};

/// Longer sides are made shorter: a face at arm's length still has hundreds of pixels.
const KEPT_SIDE: u32 = 4096;
const KEPT_QUALITY: u8 = 90;

/// A picture as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Brought {
    /// JPEG without anything but the picture.
    pub jpeg: Vec<u8>,
    /// Where it was taken, longitude and latitude, as far as it said so.
    pub place: Option<(f64, f64)>,
}

/// Reads what somebody sent, by what its bytes say that it is and not by its name: JPEG or PNG, nothing else.
pub fn brought(bytes: &[u8]) -> Result<Brought, NotAPicture> {
    let not = |error: image::ImageError| NotAPicture(error.to_string());
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => upright(JpegDecoder::new(Cursor::new(bytes)).map_err(not)?),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => {
            upright(PngDecoder::with_limits(Cursor::new(bytes), limits()).map_err(not)?)
        }
        _ => Err(NotAPicture("it is neither JPEG nor PNG".into())),
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    limits
}

fn upright(mut decoder: impl ImageDecoder) -> Result<Brought, NotAPicture> {
    let not = |error: image::ImageError| NotAPicture(error.to_string());
    decoder.set_limits(limits()).map_err(not)?;
    // a picture whose EXIF does not read is a picture all the same
    let exif = decoder.exif_metadata().ok().flatten();
    let turned = decoder.orientation().ok();
    let mut image = DynamicImage::from_decoder(decoder).map_err(not)?;
    if let Some(turned) = turned {
        image.apply_orientation(turned);
    }
    if image.width().max(image.height()) > KEPT_SIDE {
        image = image.resize(KEPT_SIDE, KEPT_SIDE, FilterType::Triangle);
    }
    let place = exif.as_deref().and_then(place::place);
    Ok(Brought { jpeg: write(&image.to_rgb8(), KEPT_QUALITY)?, place })
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, RgbImage};

    use super::*;
    use crate::picture::place::exif_of;
    use crate::picture::read;

    /// Left half dark, right half bright.
    fn halves(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, _| image::Rgb([if x < width / 2 { 10 } else { 240 }; 3]))
    }

    /// As a phone writes it: EXIF in front, something of its own behind the end.
    fn photo(width: u32, height: u32, orientation: u16) -> Vec<u8> {
        let jpeg = write(&halves(width, height), 95).unwrap();
        let exif = [b"Exif\0\0".as_slice(), &exif_of([111, 17, 1140], [30, 41, 3084], orientation)].concat();
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..], b"hidden <script>"].concat()
    }

    #[test]
    fn nothing_is_kept_but_the_picture_and_the_place_is_told() {
        let sent = photo(64, 32, 1);
        let kept = brought(&sent).unwrap();
        for secret in [&b"Exif"[..], b"hidden"] {
            assert!(sent.windows(secret.len()).any(|part| part == secret), "the test is none");
            assert!(!kept.jpeg.windows(secret.len()).any(|part| part == secret));
        }
        let (longitude, latitude) = kept.place.unwrap();
        assert!((longitude - 111.286_5).abs() < 1e-6 && (latitude - 30.691_9).abs() < 1e-6);
        assert_eq!(brought(&kept.jpeg).unwrap().place, None);
    }

    #[test]
    fn it_stands_upright() {
        // 6: turned by a quarter, as phones that are held upright write it
        let image = read(&brought(&photo(64, 32, 6)).unwrap().jpeg).unwrap().to_rgb8();
        assert_eq!(image.dimensions(), (32, 64));
        assert!(image.get_pixel(16, 4).0[0] < 60 && image.get_pixel(16, 60).0[0] > 200, "left is above");
    }

    #[test]
    fn a_png_becomes_a_jpeg_and_what_is_large_is_made_smaller() {
        let mut png = Cursor::new(Vec::new());
        DynamicImage::from(halves(5000, 20)).write_to(&mut png, ImageFormat::Png).unwrap();
        let kept = brought(png.get_ref()).unwrap();
        let image = read(&kept.jpeg).unwrap();
        assert_eq!((image.width(), kept.place), (KEPT_SIDE, None));
    }

    #[test]
    fn what_is_no_picture_is_refused_whatever_it_calls_itself() {
        let whole = photo(64, 32, 1);
        for bytes in
            [&b""[..], b"GIF89a....", b"<svg onload=x>", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", &whole[..200]]
        {
            assert!(brought(bytes).is_err(), "{bytes:?}");
        }
    }
}
