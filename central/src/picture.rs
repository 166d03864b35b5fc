//! Pictures of evidence, made small, made so that nobody is recognised, marked with who took them out. Pure.

mod brought;
mod place;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageReader, Limits, RgbImage};
use std::io::Cursor;
use thiserror::Error;

pub use brought::{Brought, brought};

/// Width of a small picture; enough to see whether a person is there.
const PREVIEW_WIDTH: u32 = 320;
const PREVIEW_QUALITY: u8 = 70;
/// Larger pictures are none of a camera's.
const MOST_SIDE: u32 = 16_384;
/// Memory for one picture.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// A file that is no picture.
#[derive(Debug, Error)]
#[error("the file is not a picture that can be read: {0}")]
pub struct NotAPicture(String);

fn read(jpeg: &[u8]) -> Result<DynamicImage, NotAPicture> {
    let mut reader = ImageReader::with_format(Cursor::new(jpeg), image::ImageFormat::Jpeg);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    reader.decode().map_err(|error| NotAPicture(error.to_string()))
}

fn write(image: &RgbImage, quality: u8) -> Result<Vec<u8>, NotAPicture> {
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
    encoder.encode_image(image).map_err(|error| NotAPicture(error.to_string()))?;
    Ok(jpeg)
}

/// A small picture, JPEG.
pub fn preview(jpeg: &[u8]) -> Result<Vec<u8>, NotAPicture> {
    let whole = read(jpeg)?;
    let small = if whole.width() > PREVIEW_WIDTH {
        whole.resize(PREVIEW_WIDTH, MOST_SIDE, FilterType::Triangle)
    } else {
        whole
    };
    write(&small.to_rgb8(), PREVIEW_QUALITY)
}

/// Quality of pictures that leave the centre.
const EXPORT_QUALITY: u8 = 90;
/// Where an alert was seen, with this much around it, as a fraction of the frame: heads stick out of boxes.
const MARGIN: f32 = 0.03;

/// A picture that may be handed over: nobody in it is recognised, and it says who took it out.
///
/// An alert names one box around all that take part, nobody else's. So that box is made coarse, and the rest of the picture as fine as
/// faces and plates are lost in it, too: whoever walks by is not asked for either.
pub fn masked(jpeg: &[u8], bounds: [f32; 4], watermark: &str) -> Result<Vec<u8>, NotAPicture> {
    let mut image = read(jpeg)?.to_rgb8();
    let (width, height) = image.dimensions();
    let everywhere = (width / 160).max(8);
    pixelate(&mut image, (0, 0, width, height), everywhere);
    let area = area(bounds, width, height);
    let coarse = (area.2.min(area.3) / 6).max(width / 64).max(12);
    pixelate(&mut image, area, coarse);
    mark(&mut image, watermark);
    write(&image, EXPORT_QUALITY)
}

/// A picture as it is, that says who took it out.
pub fn marked(jpeg: &[u8], watermark: &str) -> Result<Vec<u8>, NotAPicture> {
    let mut image = read(jpeg)?.to_rgb8();
    mark(&mut image, watermark);
    write(&image, EXPORT_QUALITY)
}

/// Left, top, width and height in pixels, within the picture. What is no number is the whole side.
fn area([left, top, wide, high]: [f32; 4], width: u32, height: u32) -> (u32, u32, u32, u32) {
    let side = |from: f32, length: f32, pixels: u32| {
        let whole = !(from.is_finite() && length.is_finite());
        let (from, to) = if whole { (0.0, 1.0) } else { (from - MARGIN, from + length + MARGIN) };
        // fractions of at most 16384 pixels: they fit
        let pixel = |fraction: f32| (fraction.clamp(0.0, 1.0) * pixels as f32) as u32;
        let first = pixel(from).min(pixels.saturating_sub(1));
        (first, (pixel(to).max(first + 1)).min(pixels) - first)
    };
    let (x, w) = side(left, wide, width);
    let (y, h) = side(top, high, height);
    (x, y, w, h)
}

/// Makes an area of squares, each of one colour: the mean of what it was.
fn pixelate(image: &mut RgbImage, (left, top, width, height): (u32, u32, u32, u32), block: u32) {
    let block = block.max(1);
    for y in (top..top + height).step_by(block as usize) {
        for x in (left..left + width).step_by(block as usize) {
            let (right, bottom) = ((x + block).min(left + width), (y + block).min(top + height));
            let mut sum = [0_u64; 3];
            for (column, row) in (x..right).flat_map(|column| (y..bottom).map(move |row| (column, row))) {
                let pixel = image.get_pixel(column, row).0;
                sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u64::from(value));
            }
            let count = (u64::from(right - x) * u64::from(bottom - y)).max(1);
            let mean = sum.map(|sum| u8::try_from(sum / count).unwrap_or(u8::MAX));
            for (column, row) in (x..right).flat_map(|column| (y..bottom).map(move |row| (column, row))) {
                image.put_pixel(column, row, image::Rgb(mean));
            }
        }
    }
}

/// Columns of a letter and the gap behind it, rows of a line.
const LETTER: (u32, u32) = (6, 8);

/// Writes a line at the bottom, and faintly all over the picture, so that cutting the bottom off does not help.
fn mark(image: &mut RgbImage, text: &str) {
    let (width, height) = image.dimensions();
    let letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX).max(1);
    let scale = (width / (letters.saturating_mul(LETTER.0) + 4)).clamp(1, (height / 120).max(1));
    let bar = (LETTER.1 + 3) * scale;
    let faint = scale;
    let (wide, step) = (letters.saturating_mul(LETTER.0) * faint, (height / 4).max(bar));
    for (row, y) in (step / 2..height).step_by(step as usize).enumerate() {
        let shift = if row % 2 == 0 { 0 } else { wide / 2 };
        for x in (0..width + shift).step_by((wide + 60 * faint).max(1) as usize) {
            draw(image, (i64::from(x) - i64::from(shift), i64::from(y)), faint, text, 0.28);
        }
    }
    for y in height.saturating_sub(bar)..height {
        for x in 0..width {
            let pixel = image.get_pixel_mut(x, y);
            pixel.0 = pixel.0.map(|value| value / 4);
        }
    }
    let y = i64::from(height) - i64::from(bar) + 2 * i64::from(scale);
    draw(image, (2 * i64::from(scale), y), scale, text, 1.0);
}

/// Draws letters in white, as strongly as `alpha` says. What lies outside is left out.
fn draw(image: &mut RgbImage, (left, top): (i64, i64), scale: u32, text: &str, alpha: f32) {
    let scale = i64::from(scale);
    for (place, letter) in (0_i64..).zip(text.chars()) {
        let glyph = glyph(letter);
        let x0 = left + place * i64::from(LETTER.0) * scale;
        for (column, bits) in (0_i64..).zip(glyph) {
            for row in (0..7).filter(|row| bits & (1 << row) != 0) {
                for (dx, dy) in (0..scale).flat_map(|dx| (0..scale).map(move |dy| (dx, dy))) {
                    let (x, y) = (x0 + column * scale + dx, top + i64::from(row) * scale + dy);
                    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { continue };
                    if let Some(pixel) = image.get_pixel_mut_checked(x, y) {
                        // between 0 and 255
                        pixel.0 = pixel.0.map(|v| (f32::from(v) + (255.0 - f32::from(v)) * alpha) as u8);
                    }
                }
            }
        }
    }
}

/// A letter of five columns, the lowest bit on top. Letters that are not here are a box: the cover sheet has the whole name.
fn glyph(letter: char) -> [u8; 5] {
    let known = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-:._/ +()";
    let place = known.chars().position(|one| one == letter.to_ascii_uppercase());
    place.and_then(|place| GLYPHS.get(place)).copied().unwrap_or([0x7F, 0x41, 0x41, 0x41, 0x7F])
}

/// In the order of the text in [`glyph`].
const GLYPHS: [[u8; 5]; 45] = [
    [0x3E, 0x51, 0x49, 0x45, 0x3E],
    [0x00, 0x42, 0x7F, 0x40, 0x00],
    [0x42, 0x61, 0x51, 0x49, 0x46],
    [0x21, 0x41, 0x45, 0x4B, 0x31],
    [0x18, 0x14, 0x12, 0x7F, 0x10],
    [0x27, 0x45, 0x45, 0x45, 0x39],
    [0x3C, 0x4A, 0x49, 0x49, 0x30],
    [0x01, 0x71, 0x09, 0x05, 0x03],
    [0x36, 0x49, 0x49, 0x49, 0x36],
    [0x06, 0x49, 0x49, 0x29, 0x1E],
    [0x7E, 0x11, 0x11, 0x11, 0x7E],
    [0x7F, 0x49, 0x49, 0x49, 0x36],
    [0x3E, 0x41, 0x41, 0x41, 0x22],
    [0x7F, 0x41, 0x41, 0x22, 0x1C],
    [0x7F, 0x49, 0x49, 0x49, 0x41],
    [0x7F, 0x09, 0x09, 0x09, 0x01],
    [0x3E, 0x41, 0x49, 0x49, 0x7A],
    [0x7F, 0x08, 0x08, 0x08, 0x7F],
    [0x00, 0x41, 0x7F, 0x41, 0x00],
    [0x20, 0x40, 0x41, 0x3F, 0x01],
    [0x7F, 0x08, 0x14, 0x22, 0x41],
    [0x7F, 0x40, 0x40, 0x40, 0x40],
    [0x7F, 0x02, 0x0C, 0x02, 0x7F],
    [0x7F, 0x04, 0x08, 0x10, 0x7F],
    [0x3E, 0x41, 0x41, 0x41, 0x3E],
    [0x7F, 0x09, 0x09, 0x09, 0x06],
    [0x3E, 0x41, 0x51, 0x21, 0x5E],
    [0x7F, 0x09, 0x19, 0x29, 0x46],
    [0x46, 0x49, 0x49, 0x49, 0x31],
    [0x01, 0x01, 0x7F, 0x01, 0x01],
    [0x3F, 0x40, 0x40, 0x40, 0x3F],
    [0x1F, 0x20, 0x40, 0x20, 0x1F],
    [0x3F, 0x40, 0x38, 0x40, 0x3F],
    [0x63, 0x14, 0x08, 0x14, 0x63],
    [0x07, 0x08, 0x70, 0x08, 0x07],
    [0x61, 0x51, 0x49, 0x45, 0x43],
    [0x08, 0x08, 0x08, 0x08, 0x08],
    [0x00, 0x36, 0x36, 0x00, 0x00],
    [0x00, 0x60, 0x60, 0x00, 0x00],
    [0x40, 0x40, 0x40, 0x40, 0x40],
    [0x20, 0x10, 0x08, 0x04, 0x02],
    [0x00, 0x00, 0x00, 0x00, 0x00],
    [0x08, 0x08, 0x3E, 0x08, 0x08],
    [0x00, 0x1C, 0x22, 0x41, 0x00],
    [0x00, 0x41, 0x22, 0x1C, 0x00],
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Stripes of four pixels: detail that is as fine as a face far away.
    fn stripes(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, _| image::Rgb([if (x / 4) % 2 == 0 { 250 } else { 5 }; 3]))
    }

    /// How much neighbours differ within an area, on average.
    fn detail(image: &RgbImage, (left, top, width, height): (u32, u32, u32, u32)) -> f64 {
        let mut sum = 0.0;
        for (x, y) in (left..left + width - 1).flat_map(|x| (top..top + height).map(move |y| (x, y))) {
            let [a, b] = [x, x + 1].map(|x| f64::from(image.get_pixel(x, y).0[0]));
            sum += (a - b).abs();
        }
        sum / f64::from((width - 1) * height)
    }

    #[test]
    fn nobody_is_recognised_in_or_outside_the_box() {
        let jpeg = write(&stripes(640, 360), 95).unwrap();
        let before = read(&jpeg).unwrap().to_rgb8();
        let after = masked(&jpeg, [0.25, 0.25, 0.25, 0.5], "X").unwrap();
        let after = read(&after).unwrap().to_rgb8();
        assert_eq!(after.dimensions(), (640, 360));
        for area in [(170, 100, 140, 60), (400, 100, 200, 60)] {
            assert!(detail(&before, area) > 40.0);
            assert!(detail(&after, area) < 8.0, "{}", detail(&after, area));
        }
    }

    #[test]
    fn a_watermark_is_seen_and_leaves_the_picture_as_it_is() {
        let grey = RgbImage::from_pixel(640, 360, image::Rgb([100; 3]));
        let jpeg = write(&grey, 95).unwrap();
        let after = read(&marked(&jpeg, "WANG 2026-11-23").unwrap()).unwrap().to_rgb8();
        let bright = after.pixels().filter(|pixel| pixel.0[0] > 200).count();
        assert!(bright > 300, "{bright} pixels of letters");
        let same = after.pixels().filter(|pixel| pixel.0[0].abs_diff(100) < 6).count();
        assert!(same > 640 * 360 * 8 / 10, "{same} pixels as before");
    }

    #[test]
    fn what_is_no_picture_is_said_to_be_none() {
        for bytes in [&b""[..], b"\xff\xd8\xff", b"not a picture"] {
            assert!(preview(bytes).is_err() && masked(bytes, [0.0, 0.0, 1.0, 1.0], "x").is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Whatever a box says, and however small the picture is, there is a picture of the same size.
        #[test]
        fn any_box_fits_any_picture(
            bounds in prop::array::uniform4(any::<f32>()), width in 1_u32..70, height in 1_u32..70, text in ".{0,20}",
        ) {
            let jpeg = write(&stripes(width, height), 90).unwrap();
            let after = read(&masked(&jpeg, bounds, &text).unwrap()).unwrap();
            prop_assert_eq!((after.width(), after.height()), (width, height));
        }

        #[test]
        fn an_area_lies_within_the_picture(bounds in prop::array::uniform4(-2.0_f32..2.0), width in 1_u32..5000, height in 1_u32..5000) {
            let (x, y, w, h) = area(bounds, width, height);
            prop_assert!(w > 0 && h > 0 && x + w <= width && y + h <= height);
        }
    }
}
