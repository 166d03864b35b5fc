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
        // Turned by quarters, the picture's column depends on the row or the column alone, and its row on the other.
        let along: Vec<[Between; 2]> = (0..size)
            .map(|i| {
                let (x, y) = self.in_picture(of(i), of(i));
                [Between::of(x), Between::of(y)]
            })
            .collect();
        let upright = self.turn == Turn::Upright;
        for (row, of_row) in along.iter().enumerate() {
            for (column, of_column) in along.iter().enumerate() {
                let (x, y) = if upright { (of_column[0], of_row[1]) } else { (of_row[0], of_column[1]) };
                put(column, row, sample(picture, x, y));
            }
        }
    }
}

/// A place between two columns, or two rows, of pixels.
#[derive(Debug, Clone, Copy)]
struct Between {
    /// The first of them; may lie outside of the picture.
    first: i64,
    /// Weight of the second.
    second: f32,
}

impl Between {
    /// Pixel centres lie at half numbers.
    fn of(place: f64) -> Self {
        let first = (place - 0.5).floor();
        #[expect(clippy::cast_possible_truncation, reason = "a weight and a pixel's number")]
        Self { first: first as i64, second: (place - 0.5 - first) as f32 }
    }
}

/// Bilinear.
fn sample(picture: Pixels<'_>, x: Between, y: Between) -> [u8; 3] {
    let [(a, b), (c, d)] = [y.first, y.first + 1].map(|row| pair(picture, x.first, row));
    std::array::from_fn(|i| {
        let upper = f32::from(a[i]) * (1.0 - x.second) + f32::from(b[i]) * x.second;
        let lower = f32::from(c[i]) * (1.0 - x.second) + f32::from(d[i]) * x.second;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of bytes is one")]
        let value = (upper * (1.0 - y.second) + lower * y.second + 0.5) as u8;
        value
    })
}

/// Two pixels side by side; black outside of the picture.
fn pair(picture: Pixels<'_>, column: i64, row: i64) -> ([u8; 3], [u8; 3]) {
    let Some(row) = usize::try_from(row).ok().and_then(|row| picture.row(row)) else {
        return Default::default();
    };
    if let Some([b, g, r, b2, g2, r2]) =
        usize::try_from(column).ok().and_then(|column| row.get(3 * column..3 * column + 6))
    {
        return ([*b, *g, *r], [*b2, *g2, *r2]);
    }
    let pixel = |column: i64| {
        let column = usize::try_from(column).ok()?;
        <[u8; 3]>::try_from(row.get(3 * column..3 * column + 3)?).ok()
    };
    (pixel(column).unwrap_or_default(), pixel(column + 1).unwrap_or_default())
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
