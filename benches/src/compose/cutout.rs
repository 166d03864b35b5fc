//! Something with soft edges that is pasted into a picture.

use super::raster::Picture;

/// Colours already multiplied by alpha, at full size and at halves of it, so that shrinking does not flicker.
#[derive(Debug, Clone)]
pub struct Cutout {
    levels: Vec<Level>,
    /// Where it stands: column and row in the cutout's own pixels.
    pub foot: (f64, f64),
    /// Its pixels per body height.
    pub unit_px: f64,
}

#[derive(Debug, Clone)]
struct Level {
    width: usize,
    height: usize,
    bgra: Vec<u8>,
}

/// How a cutout is put into a picture.
#[derive(Debug, Clone, Copy)]
pub struct Placing {
    /// Column of the foot.
    pub x: f64,
    /// Row of the foot.
    pub y: f64,
    /// The picture's pixels per body height there.
    pub unit_px: f64,
    /// Left and right are exchanged.
    pub mirror: bool,
    /// Columns to the right for each row upwards.
    pub lean: f64,
    /// Height as a part of the natural one.
    pub squash: f64,
    /// Colours are multiplied by this: B, G, R.
    pub tint: [f64; 3],
}

impl Placing {
    /// Upright, natural.
    pub fn new(x: f64, y: f64, unit_px: f64) -> Self {
        Self { x, y, unit_px, mirror: false, lean: 0.0, squash: 1.0, tint: [1.0; 3] }
    }
}

/// A rectangle of a picture: left, top, right, bottom.
pub type Area = (f64, f64, f64, f64);

impl Cutout {
    /// From premultiplied B, G, R, A bytes, `4 * width * height` of them. It stands on the middle of its lower edge, and is
    /// one body height tall.
    pub fn new(width: usize, height: usize, bgra: Vec<u8>) -> Self {
        let mut levels = vec![Level { width, height, bgra }];
        while let Some(next) = levels.last().filter(|last| last.width.min(last.height) >= 8).map(Level::half)
        {
            levels.push(next);
            if levels.len() == 4 {
                break;
            }
        }
        Self { levels, foot: (width as f64 / 2.0, height as f64), unit_px: height as f64 }
    }

    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        (self.levels[0].width, self.levels[0].height)
    }

    /// Premultiplied bytes at full size.
    pub fn bgra(&self) -> &[u8] {
        &self.levels[0].bgra
    }

    /// The part of a picture that it covers.
    pub fn area(&self, at: &Placing) -> Area {
        let scale = at.unit_px / self.unit_px;
        let (width, height) = self.size();
        let side = |column: f64| (column - self.foot.0) * scale * if at.mirror { -1.0 } else { 1.0 };
        let (a, b) = (side(0.0), side(width as f64));
        let (top, bottom) =
            (-self.foot.1 * scale * at.squash, (height as f64 - self.foot.1) * scale * at.squash);
        let leans = [-top * at.lean, -bottom * at.lean];
        let (left, right) = (leans[0].min(leans[1]), leans[0].max(leans[1]));
        (at.x + a.min(b) + left, at.y + top, at.x + a.max(b) + right, at.y + bottom)
    }

    /// Puts it into `canvas`; what sticks out is cut off.
    pub fn paste(&self, canvas: &mut Picture, at: &Placing) {
        let scale = at.unit_px / self.unit_px;
        if !(scale > 0.0 && at.squash > 0.0) {
            return;
        }
        // the largest level that is not shrunk by more than about a third
        let level = self.levels.iter().enumerate().rev().find(|(n, _)| scale * f64::from(1 << n) <= 1.4);
        let (n, level) = level.unwrap_or((0, &self.levels[0]));
        let shrink = f64::from(1 << n);
        let (left, top, right, bottom) = self.area(at);
        let clip = |from: f64, to: f64, end: usize| {
            ((from.floor().max(0.0)) as usize, (to.ceil().clamp(0.0, end as f64)) as usize)
        };
        let ((x0, x1), (y0, y1)) = (clip(left, right, canvas.width), clip(top, bottom, canvas.height));
        if x0 >= x1 || y0 >= y1 {
            return;
        }
        let step = if at.mirror { -1.0 } else { 1.0 } / (scale * shrink);
        let tint = at.tint.map(|t| (t * 256.0) as u32);
        for y in y0..y1 {
            let up = at.y - (y as f64 + 0.5);
            let row = (self.foot.1 - up / (scale * at.squash)) / shrink - 0.5;
            let first = self.foot.0 / shrink + (x0 as f64 + 0.5 - at.x - at.lean * up) * step - 0.5;
            let line = &mut canvas.bgr[3 * (y * canvas.width + x0)..3 * (y * canvas.width + x1)];
            level.paste_row(fixed(row), fixed(first), fixed(step), tint, line);
        }
    }
}

/// Places in a cutout are counted in this many parts of a pixel.
const PARTS: i64 = 1 << 16;

fn fixed(value: f64) -> i64 {
    (value * PARTS as f64).round() as i64
}

/// Premultiplied ink over an opaque pixel; ink and alpha have 8 extra bits.
fn blend(pixel: &mut [u8], ink: [u32; 3], alpha: u32, tint: [u32; 3]) {
    let through = 65_280 - alpha;
    for c in 0..3 {
        let sum = u32::from(pixel[c]) * through / 255 + ink[c] * tint[c] / 256;
        pixel[c] = ((sum + 128) / 256).min(255) as u8;
    }
}

impl Level {
    /// Half as wide and high.
    fn half(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut bgra = Vec::with_capacity(4 * width * height);
        for y in 0..height {
            for x in 0..width {
                for c in 0..4 {
                    let of = |dx: usize, dy: usize| u16::from(self.byte(2 * x + dx, 2 * y + dy, c));
                    bgra.push(((of(0, 0) + of(1, 0) + of(0, 1) + of(1, 1) + 2) / 4) as u8);
                }
            }
        }
        Self { width, height, bgra }
    }

    fn byte(&self, x: usize, y: usize, channel: usize) -> u8 {
        self.bgra[4 * (y * self.width + x) + channel]
    }

    /// Pastes one row: `line` begins at the column `x` and goes on by `step`.
    fn paste_row(&self, y: i64, mut x: i64, step: i64, tint: [u32; 3], line: &mut [u8]) {
        let (top, down) = (y.div_euclid(PARTS), (y.rem_euclid(PARTS) >> 12) as u32);
        let row = |at: i64| {
            let at = usize::try_from(at).ok().filter(|at| *at < self.height);
            at.map_or(&[][..], |at| &self.bgra[4 * at * self.width..4 * (at + 1) * self.width])
        };
        let (upper, lower) = (row(top), row(top + 1));
        for pixel in line.chunks_exact_mut(3) {
            let (left, right) = (x.div_euclid(PARTS), (x.rem_euclid(PARTS) >> 12) as u32);
            x += step;
            if left < -1 || left >= self.width as i64 {
                continue;
            }
            // the column before the first is as transparent as the one after the last
            let offset = 4 * (left + 1) as usize;
            let sum = |c: usize| {
                let of = |row: &[u8], at: usize| {
                    at.checked_sub(4).and_then(|at| row.get(at)).map_or(0, |byte| u32::from(*byte))
                };
                let two = |at: usize| of(upper, at) * (16 - down) + of(lower, at) * down;
                two(offset + c) * (16 - right) + two(offset + 4 + c) * right
            };
            let alpha = sum(3);
            if alpha > 0 {
                blend(pixel, [sum(0), sum(1), sum(2)], alpha, tint);
            }
        }
    }
}

/// Darkens the ground as something that stands on it does: an ellipse with soft edges around (x, y).
pub fn shade(canvas: &mut Picture, (x, y): (f64, f64), (wide, high): (f64, f64), strength: f64) {
    let reach = 1.8;
    let clip = |from: f64, to: f64, end: usize| (from.max(0.0) as usize, to.clamp(0.0, end as f64) as usize);
    let (x0, x1) = clip(x - reach * wide, x + reach * wide + 1.0, canvas.width);
    let (y0, y1) = clip(y - reach * high, y + reach * high + 1.0, canvas.height);
    for row in y0..y1 {
        let dy = (row as f64 + 0.5 - y) / high.max(0.1);
        for column in x0..x1 {
            let dx = (column as f64 + 0.5 - x) / wide.max(0.1);
            let light = 1.0 - strength * (-(dx * dx + dy * dy) * 1.2).exp();
            let at = 3 * (row * canvas.width + column);
            for value in &mut canvas.bgr[at..at + 3] {
                *value = (f64::from(*value) * light).round() as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half_red(side: usize) -> Cutout {
        Cutout::new(side, side, [0, 0, 128, 128].repeat(side * side))
    }

    #[test]
    fn a_cutout_lands_on_its_foot_and_lets_the_plate_through() {
        let mut canvas = Picture::plain(40, 40, [100, 100, 100]);
        let at = Placing::new(20.0, 30.0, 10.0);
        half_red(10).paste(&mut canvas, &at);
        assert_eq!(half_red(10).area(&at), (15.0, 20.0, 25.0, 30.0));
        assert_eq!(canvas.pixel(20, 25), [50, 50, 178]);
        assert_eq!((canvas.pixel(20, 31), canvas.pixel(26, 25)), ([100; 3], [100; 3]));
    }

    #[test]
    fn sizes_and_borders_do_not_matter() {
        for (unit, x, y) in [(2.0, 0.0, 0.0), (300.0, 5.0, 39.0), (7.3, 39.9, 41.0), (1.0, -50.0, 20.0)] {
            let mut canvas = Picture::plain(40, 40, [100, 100, 100]);
            let at = Placing { mirror: true, lean: 0.2, squash: 0.8, ..Placing::new(x, y, unit) };
            half_red(64).paste(&mut canvas, &at);
            assert!(canvas.bgr.chunks(3).all(|p| p[0] <= 100 && p[2] >= 100));
        }
    }

    #[test]
    fn a_shade_is_darkest_in_its_middle() {
        let mut canvas = Picture::plain(30, 30, [100, 100, 100]);
        shade(&mut canvas, (15.0, 15.0), (8.0, 3.0), 0.4);
        assert!(canvas.pixel(15, 15)[0] < 65 && canvas.pixel(22, 15)[0] > 80 && canvas.pixel(0, 0)[0] == 100);
    }
}
