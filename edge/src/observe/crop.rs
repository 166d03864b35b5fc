//! A square cut out of a picture, scaled and perhaps turned, outside of the picture black.

use super::Pixels;

/// How the square is turned before it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// As it stands.
    Upright,
    /// By a quarter, clockwise.
    Right,
    /// By a quarter, counter-clockwise.
    Left,
}

/// A square of the picture: centre and side in its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Square {
    /// Centre, columns.
    pub x: f64,
    /// Centre, rows.
    pub y: f64,
    /// Side.
    pub side: f64,
    /// How it is turned.
    pub turn: Turn,
}

impl Square {
    /// Where the point `(u, v)` of the cut square, 0..1, lies in the picture, in pixels.
    pub fn in_picture(&self, u: f64, v: f64) -> (f64, f64) {
        let (u, v) = match self.turn {
            Turn::Upright => (u, v),
            Turn::Right => (v, 1.0 - u),
            Turn::Left => (1.0 - v, u),
        };
        (self.x + (u - 0.5) * self.side, self.y + (v - 0.5) * self.side)
    }

    /// Cuts it out of `picture` at `size` × `size` and gives each pixel's column, row and B, G, R to `put`.
    pub fn cut(&self, picture: Pixels<'_>, size: usize, mut put: impl FnMut(usize, usize, [u8; 3])) {
        #[expect(clippy::cast_precision_loss, reason = "pictures are small")]
        let of = |i: usize| (i as f64 + 0.5) / size as f64;
        for row in 0..size {
            for column in 0..size {
                let (x, y) = self.in_picture(of(column), of(row));
                put(column, row, sample(picture, x, y));
            }
        }
    }
}

/// Bilinear; pixel centres lie at half numbers.
fn sample(picture: Pixels<'_>, x: f64, y: f64) -> [u8; 3] {
    let (x, y) = (x - 0.5, y - 0.5);
    let (left, top) = (x.floor(), y.floor());
    #[expect(clippy::cast_possible_truncation, reason = "weights and pixel numbers")]
    let (fx, fy, column, row) = ((x - left) as f32, (y - top) as f32, left as i64, top as i64);
    let at = |dx: i64, dy: i64| pixel(picture, column + dx, row + dy);
    let (a, b, c, d) = (at(0, 0), at(1, 0), at(0, 1), at(1, 1));
    std::array::from_fn(|i| {
        let upper = f32::from(a[i]) * (1.0 - fx) + f32::from(b[i]) * fx;
        let lower = f32::from(c[i]) * (1.0 - fx) + f32::from(d[i]) * fx;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of bytes is one")]
        let value = (upper * (1.0 - fy) + lower * fy).round() as u8;
        value
    })
}

fn pixel(picture: Pixels<'_>, column: i64, row: i64) -> [u8; 3] {
    let found = || {
        let (column, row) = (usize::try_from(column).ok()?, usize::try_from(row).ok()?);
        let bytes = picture.row(row)?.get(3 * column..3 * column + 3)?;
        <[u8; 3]>::try_from(bytes).ok()
    };
    found().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2 × 2 pixels: 10, 20 above 30, 40.
    const BGR: [u8; 12] = [10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40];
    const PICTURE: Pixels<'_> = Pixels { width: 2, height: 2, stride: 6, bgr: &BGR };

    fn cut(square: Square) -> Vec<u8> {
        let mut grey = Vec::new();
        square.cut(PICTURE, 2, |_, _, [b, ..]| grey.push(b));
        grey
    }

    #[test]
    fn turns_lead_back() {
        let square = |turn| Square { x: 1.0, y: 1.0, side: 2.0, turn };
        assert_eq!(cut(square(Turn::Upright)), [10, 20, 30, 40]);
        assert_eq!(cut(square(Turn::Right)), [30, 10, 40, 20]);
        assert_eq!(cut(square(Turn::Left)), [20, 40, 10, 30]);
        assert_eq!(square(Turn::Right).in_picture(0.25, 0.25), (0.5, 1.5));
    }

    #[test]
    fn outside_is_black_and_between_pixels_is_between() {
        assert_eq!(cut(Square { x: 0.0, y: 0.0, side: 2.0, turn: Turn::Upright }), [0, 0, 0, 10]);
        let mut one = Vec::new();
        Square { x: 1.0, y: 1.0, side: 2.0, turn: Turn::Upright }
            .cut(PICTURE, 1, |_, _, [b, ..]| one.push(b));
        assert_eq!(one, [25]);
    }
}
