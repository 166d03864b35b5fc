//! Pictures as OpenCV takes them.

use opencv::core::{Mat, Vec3b};
use opencv::imgproc;

use super::Pixels;

/// Shows `work` the picture as OpenCV's, B, G, R. It is copied only when its rows are padded.
pub(super) fn with_colour<T>(
    picture: Pixels<'_>,
    work: impl FnOnce(&opencv::boxed_ref::BoxedRef<'_, Mat>) -> opencv::Result<T>,
) -> opencv::Result<T> {
    let mut packed = Vec::new();
    let bgr = packed_rows(picture, &mut packed);
    let side = |n: usize| i32::try_from(n).unwrap_or(0);
    let (width, height) = (side(picture.width), side(picture.height));
    work(&Mat::new_rows_cols_with_bytes::<Vec3b>(height, width, bgr)?)
}

/// The picture in grey.
pub(super) fn grey(picture: Pixels<'_>) -> opencv::Result<Mat> {
    with_colour(picture, |colour| {
        let mut grey = Mat::default();
        imgproc::cvt_color_def(colour, &mut grey, imgproc::COLOR_BGR2GRAY)?;
        Ok(grey)
    })
}

/// Rows without padding; copied into `packed` only when there is some.
fn packed_rows<'a>(picture: Pixels<'a>, packed: &'a mut Vec<u8>) -> &'a [u8] {
    let row = 3 * picture.width;
    if picture.stride == row {
        return picture.bgr.get(..row * picture.height).unwrap_or(picture.bgr);
    }
    packed.clear();
    for line in 0..picture.height {
        packed.extend_from_slice(picture.row(line).unwrap_or(&[]));
    }
    packed
}
