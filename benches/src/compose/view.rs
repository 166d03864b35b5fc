//! Which part of the place a camera shows, and how large its picture is.

use super::cutout::Area;
use super::place::SIZE;
use super::random::Random;

/// A camera's view of the plate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Columns of the camera's picture, even.
    pub width: usize,
    /// Rows of the camera's picture, even.
    pub height: usize,
    /// First column of the plate that is seen.
    pub left: f64,
    /// First row of the plate that is seen.
    pub top: f64,
    /// Pixels of the picture for one pixel of the plate.
    pub zoom: f64,
    /// Left and right are exchanged: another place, for a detector.
    pub mirror: bool,
}

/// How far a camera was pushed from its view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Push {
    /// Part of the picture's width by which things move to the right.
    pub right: f64,
    /// Part of the picture's height by which things move down.
    pub down: f64,
    /// Turned by this many degrees.
    pub degrees: f64,
    /// Enlarged by this.
    pub zoom: f64,
}

impl Push {
    /// Not pushed.
    pub const NONE: Self = Self { right: 0.0, down: 0.0, degrees: 0.0, zoom: 1.0 };

    /// This part of the push.
    pub fn part(self, part: f64) -> Self {
        Self {
            right: self.right * part,
            down: self.down * part,
            degrees: self.degrees * part,
            zoom: 1.0 + (self.zoom - 1.0) * part,
        }
    }
}

impl View {
    /// All of the plate.
    pub fn whole(width: usize, height: usize) -> Self {
        let zoom = (width as f64 / SIZE.0 as f64).max(height as f64 / SIZE.1 as f64);
        Self { width, height, left: 0.0, top: 0.0, zoom, mirror: false }
    }

    /// A part of the plate: `part` of its width, from 0 to 1, around the given middle (0..1 of what can be chosen).
    pub fn part(width: usize, height: usize, part: f64, (x, y): (f64, f64)) -> Self {
        let whole = Self::whole(width, height);
        let zoom = whole.zoom / part.clamp(0.1, 1.0);
        let spare = |side: usize, shown: usize| (side as f64 - shown as f64 / zoom).max(0.0);
        Self { zoom, left: x * spare(SIZE.0, width), top: y * spare(SIZE.1, height), ..whole }
    }

    /// A view that differs from scene to scene; always most of the plate.
    pub fn varied(width: usize, height: usize, random: &mut Random) -> Self {
        let part = random.range(0.86, 1.0);
        let middle = (random.range(0.2, 0.8), random.range(0.5, 1.0));
        Self { mirror: random.chance(0.5), ..Self::part(width, height, part, middle) }
    }

    /// The affine map from the plate to the picture, for [`super::raster::Picture::warped`].
    pub fn map(&self, push: Push) -> [f64; 6] {
        let (cx, cy) = (self.width as f64 / 2.0, self.height as f64 / 2.0);
        let (sin, cos) = push.degrees.to_radians().sin_cos();
        let scale = self.zoom * push.zoom;
        let sign = if self.mirror { -1.0 } else { 1.0 };
        // the plate's pixel in the middle of the picture; OpenCV counts from pixel centres
        let (mx, my) = (self.left + cx / self.zoom - 0.5, self.top + cy / self.zoom - 0.5);
        let (dx, dy) = (cx - 0.5 + push.right * self.width as f64, cy - 0.5 + push.down * self.height as f64);
        let (a, b) = (sign * scale * cos, -scale * sin);
        let (d, e) = (sign * scale * sin, scale * cos);
        [a, b, dx - a * mx - b * my, d, e, dy - d * mx - e * my]
    }

    /// Where a place of the plate is in the picture, as fractions of it.
    pub fn point(&self, (x, y): (f64, f64)) -> [f64; 2] {
        let (x, y) = (
            (x - self.left) * self.zoom / self.width as f64,
            (y - self.top) * self.zoom / self.height as f64,
        );
        [if self.mirror { 1.0 - x } else { x }, y]
    }

    /// An area of the plate as `[x, y, w, h]`, fractions of the picture; none when less than half of it is seen.
    pub fn region(&self, (left, top, right, bottom): Area) -> Option<[f64; 4]> {
        let (a, b) = (self.point((left, top)), self.point((right, bottom)));
        let (x0, x1) = (a[0].min(b[0]), a[0].max(b[0]));
        let (cx0, cy0, cx1, cy1) = (x0.max(0.0), a[1].max(0.0), x1.min(1.0), b[1].min(1.0));
        let seen = (cx1 - cx0).max(0.0) * (cy1 - cy0).max(0.0);
        (seen > 0.5 * (x1 - x0) * (b[1] - a[1])).then_some([cx0, cy0, cx1 - cx0, cy1 - cy0])
    }

    /// A polygon of the plate as fractions of the picture, corners drawn to its edge.
    pub fn polygon(&self, corners: &[(f64, f64)]) -> Vec<[f64; 2]> {
        corners.iter().map(|&corner| self.point(corner).map(|part| part.clamp(0.0, 1.0))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(map: [f64; 6], x: f64, y: f64) -> (f64, f64) {
        (map[0] * x + map[1] * y + map[2], map[3] * x + map[4] * y + map[5])
    }

    #[test]
    fn truth_and_pixels_go_the_same_way() {
        let mut random = Random::new(1);
        for _ in 0..20 {
            let view = View::varied(640, 480, &mut random);
            let (x, y) = (random.range(200.0, 500.0), random.range(200.0, 400.0));
            // the map speaks of pixel centres, `point` of corners
            let (px, py) = through(view.map(Push::NONE), x - 0.5, y - 0.5);
            let [fx, fy] = view.point((x, y));
            assert!((px + 0.5 - fx * 640.0).abs() < 1e-6 && (py + 0.5 - fy * 480.0).abs() < 1e-6);
            let corner = through(view.map(Push::NONE), -0.5, -0.5);
            let reach = if view.mirror { corner.0 >= 639.0 } else { corner.0 <= 0.0 };
            assert!(reach && corner.1 <= 0.0, "{view:?} shows what is not there");
        }
    }

    #[test]
    fn a_push_moves_the_middle_by_its_part() {
        let view = View::part(400, 300, 0.7, (0.5, 0.5));
        let middle = through(view.map(Push { right: 0.2, ..Push::NONE }), 383.5, 287.5);
        assert!((middle.0 - (199.5 + 80.0)).abs() < 0.5 && (middle.1 - 149.5).abs() < 0.5, "{middle:?}");
        assert_eq!(view.region((-50.0, -50.0, -10.0, -10.0)), None);
    }
}
