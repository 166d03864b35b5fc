//! The detector's look at a place with the picture turned on either side, because it was taught people who stand.
//!
//! Lying people score .12 to .3 as they lie and .3 to .5 when turned (models card). Both turns share one input: the one
//! clockwise stands in its left half, the other in its right half.

use xunge_scene::{Bounds, Class, Detection};

use super::{
    Pixels,
    crop::{Square, Turn},
    detector::{DetectError, Detector},
};

/// What scores less in a turned look is not reported.
const LEAST_SCORE: f32 = 0.2;

impl Detector {
    /// People in the square around `place`, in the frame as it stands.
    pub fn detect_turned(
        &mut self,
        picture: Pixels<'_>,
        place: Bounds,
        out: &mut Vec<Detection>,
    ) -> Result<(), DetectError> {
        #[expect(clippy::cast_precision_loss, reason = "pictures are small")]
        let (width, height) = (picture.width as f64, picture.height as f64);
        let centre = place.centre();
        let side = (place.w * width).max(place.h * height).max(1.0);
        let (across, down) = self.input_size();
        let tile = (across / 2).min(down);
        let mut both = vec![0_u8; 3 * 2 * tile * tile];
        let squares = [Turn::Right, Turn::Left].map(|turn| Square {
            x: centre.x * width,
            y: centre.y * height,
            side,
            turn,
        });
        for (number, square) in squares.iter().enumerate() {
            square.cut(picture, tile, |column, row, bgr| {
                let at = 3 * (row * 2 * tile + number * tile + column);
                both[at..at + 3].copy_from_slice(&bgr);
            });
        }
        let pair = Pixels { width: 2 * tile, height: tile, stride: 3 * 2 * tile, bgr: &both };
        let people = self.detect(pair)?.into_iter().filter(|d| d.class == Class::Person);
        out.extend(people.filter(|d| d.score >= LEAST_SCORE).map(|found| {
            let right_half = found.bounds.centre().x >= 0.5;
            let left = if right_half { 0.5 } else { 0.0 };
            // within its own half, 0..1
            let (u0, u1) = (found.bounds.x.max(left), (found.bounds.x + found.bounds.w).min(left + 0.5));
            let (u0, u1) = (2.0 * (u0 - left), 2.0 * (u1 - left));
            let (v0, v1) = (found.bounds.y, found.bounds.y + found.bounds.h);
            let square = &squares[usize::from(right_half)];
            let ((ax, ay), (bx, by)) = (square.in_picture(u0, v0), square.in_picture(u1, v1));
            let bounds = Bounds::new(
                ax.min(bx) / width,
                ay.min(by) / height,
                (ax - bx).abs() / width,
                (ay - by).abs() / height,
            );
            Detection { bounds, ..found }
        }));
        Ok(())
    }
}
