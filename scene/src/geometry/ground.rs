//! The ground, measured: from one rectangle on it whose sides somebody has measured to metres everywhere on it.
//!
//! Four points of a plane and their places in a picture fix the projection of the whole plane, whatever the camera, its
//! height and its tilt: a homography (Heckbert 1989, *Fundamentals of Texture Mapping*, closed form for a square). It
//! holds where the ground goes on as flat as in the rectangle.

mod problem;

pub use problem::GroundProblem;

use super::{Bounds, Point, turn};

/// How tall a standing adult is, metres: 1.70 for men of 18 to 44, 1.58 for women (Report on Nutrition and Chronic Diseases
/// in China, National Health Commission 2020, 中国居民营养与慢性病状况报告), shoes not counted.
pub const STATURE_M: f64 = 1.7;

/// Sides of the rectangle, metres.
pub const SIDES_M: (f64, f64) = (0.5, 200.0);

/// A corner is drawn with an error of a pixel or two. Nearer than this to the line through its neighbours, frame widths
/// and heights, that error would decide everything.
const THINNEST: f64 = 0.02;
/// Where a frame height is more metres than this nothing is measured: one pixel of what the detector is shown (256 rows)
/// is more than a metre there.
const COARSEST: f64 = 256.0;
/// A box ends so much too high or too low, own heights …
const JITTER: f64 = 0.1;
/// … which must be less than this part of the distance to be told.
const SHARE: f64 = 0.3;
/// Somebody of his height whose head is so near the horizon, in parts of the way from his feet to it, does not tell by his
/// head how far away he is: the camera hangs hardly higher than his head.
const LEVEL: f64 = 0.2;

type Matrix = [[f64; 3]; 3];

/// The flat ground in front of a camera, in metres from the rectangle's first corner.
#[derive(Debug, Clone, PartialEq)]
pub struct Ground {
    corners: [Point; 4],
    sides_m: (f64, f64),
    to_picture: Matrix,
    /// Its last row is positive before the horizon.
    to_metres: Matrix,
}

impl Ground {
    /// From the rectangle's corners in the picture, in order round it, either way, and its sides: the first from corner 1
    /// to 2, the second from 2 to 3.
    pub fn new(corners: &[Point], width_m: f64, length_m: f64) -> Result<Self, GroundProblem> {
        let &[a, b, c, d] = corners else { return Err(GroundProblem::NotFourCorners(corners.len())) };
        for (index, corner) in corners.iter().enumerate() {
            if !corner.in_frame() {
                return Err(GroundProblem::OutsideFrame { corner: index + 1, x: corner.x, y: corner.y });
            }
        }
        let corners = [a, b, c, d];
        check_shape(corners)?;
        for side in [width_m, length_m] {
            if !(SIDES_M.0..=SIDES_M.1).contains(&side) {
                return Err(GroundProblem::Side(side));
            }
        }
        let to_picture = square_to(corners).map(|[u, v, w]| [u / width_m, v / length_m, w]);
        let mut to_metres = adjugate(to_picture);
        // Any multiple is the same projection: this one is positive where the rectangle is, before the horizon.
        let [.., middle] = apply(&to_metres, apply_at(&to_picture, width_m / 2.0, length_m / 2.0));
        to_metres = to_metres.map(|row| row.map(|value| value / middle));
        Ok(Self { corners, sides_m: (width_m, length_m), to_picture, to_metres })
    }

    /// Its corners in the picture, in order.
    pub fn corners(&self) -> [Point; 4] {
        self.corners
    }

    /// Where the point of the picture is on the ground, metres along the first and the second side; none at and above the
    /// horizon, and so far away that a pixel is more than a metre.
    pub fn metres(&self, p: Point) -> Option<(f64, f64)> {
        let [x, y, w] = apply(&self.to_metres, [p.x, p.y, 1.0]);
        (self.metres_per_frame_height(p)? <= COARSEST).then(|| (x / w, y / w))
    }

    /// Where a place on the ground is in the picture; none behind the camera.
    pub fn point(&self, (x_m, y_m): (f64, f64)) -> Option<Point> {
        let [x, y, w] = apply_at(&self.to_picture, x_m, y_m);
        let p = Point::new(x / w, y / w);
        (w > 0.0 && self.nearness(p) > 0.0).then_some(p)
    }

    /// Metres between two places; none where one of them cannot be measured.
    pub fn distance_m(&self, a: Point, b: Point) -> Option<f64> {
        let ((ax, ay), (bx, by)) = (self.metres(a)?, self.metres(b)?);
        Some((ax - bx).hypot(ay - by))
    }

    /// How many metres further away a place is that is a frame height further up, at the rate at this point: an error of a
    /// foot point becomes so much on the ground. None at and above the horizon.
    pub fn metres_per_frame_height(&self, p: Point) -> Option<f64> {
        let [x, y, w] = apply(&self.to_metres, [p.x, p.y, 1.0]);
        let [x_by, y_by, w_by] = self.to_metres.map(|row| row[1]);
        (w > 0.0).then(|| (x_by * w - x * w_by).hypot(y_by * w - y * w_by) / (w * w))
    }

    /// Can distances of about so many metres be told at this foot point, where a box is `height` frame heights high and
    /// so exact? Far away and at a flat angle they cannot.
    pub fn tells(&self, foot: Point, height: f64, about_m: f64) -> bool {
        self.metres_per_frame_height(foot).is_some_and(|scale| JITTER * height * scale <= SHARE * about_m)
    }

    /// Metres between where two people stand, or one at two times, if distances of about `about_m` can be told there.
    ///
    /// Hidden feet make a box end too high, and its foot point far away: where two heads, one as high above the ground as
    /// the other, are nearer, those are believed.
    pub fn apart_m(&self, one: &Bounds, other: &Bounds, about_m: f64) -> Option<f64> {
        let tells = |b: &Bounds| self.tells(b.foot(), b.h, about_m);
        if !(tells(one) && tells(other)) {
            return None;
        }
        let feet = self.distance_m(one.foot(), other.foot())?;
        let tall = |b: &Bounds| b.h / self.nearness(b.foot());
        let tallness = tall(one).max(tall(other));
        let under = |b: &Bounds| self.foot_under(b.head(), tallness);
        let heads = self.distance_m(under(one)?, under(other)?)?;
        Some(feet.min(heads))
    }

    /// How large things look, 1 in the middle of the rectangle; 0 at the horizon.
    fn nearness(&self, p: Point) -> f64 {
        apply(&self.to_metres, [p.x, p.y, 1.0])[2]
    }

    /// Where somebody stands whose head is there, and whose box is `tallness` × nearness high.
    fn foot_under(&self, head: Point, tallness: f64) -> Option<Point> {
        // The height is tallness × nearness of the foot, and that grows evenly from the head down.
        let rest = 1.0 - tallness * self.to_metres[2][1];
        let height = tallness * self.nearness(head) / rest;
        (rest >= LEVEL && height > 0.0).then(|| Point::new(head.x, head.y + height))
    }

    /// The rectangle's sides and the lines across it a metre apart, each from end to end, in the picture.
    pub fn grid(&self) -> Vec<[Point; 2]> {
        let (width, length) = self.sides_m;
        let steps = |side: f64| (0_u8..).map(f64::from).take_while(move |at| *at < side).chain([side]);
        let along = steps(width).map(|at| [(at, 0.0), (at, length)]);
        let across = steps(length).map(|at| [(0.0, at), (width, at)]);
        let line = |[from, to]: [(f64, f64); 2]| Some([self.point(from)?, self.point(to)?]);
        along.chain(across).filter_map(line).collect()
    }
}

/// Are these the corners of a rectangle on the ground, seen from somewhere above it?
fn check_shape(corners: [Point; 4]) -> Result<(), GroundProblem> {
    let around = |index: usize| {
        let [a, b, c] = [index + 3, index, index + 1].map(|i| corners[i % 4]);
        // Distance from the line through the neighbours, with its sign.
        (turn(a, b, c), turn(a, b, c) / a.distance(c, 1.0).max(THINNEST))
    };
    let turns = [0, 1, 2, 3].map(around);
    let right = turns.iter().filter(|(turn, _)| *turn > 0.0).count();
    if let Some(flat) = turns.iter().position(|(_, off)| off.abs() < THINNEST) {
        return Err(GroundProblem::NoCorner(flat + 1));
    }
    match right {
        0 | 4 => Ok(()),
        2 => Err(GroundProblem::CrossesItself),
        _ => {
            let odd = turns.iter().position(|(turn, _)| (*turn > 0.0) == (right == 1)).unwrap_or_default();
            Err(GroundProblem::NotConvex(odd + 1))
        }
    }
}

/// The projection of the unit square: (0, 0), (1, 0), (1, 1), (0, 1) onto the corners.
fn square_to([a, b, c, d]: [Point; 4]) -> Matrix {
    let sum = Point::new(a.x - b.x + c.x - d.x, a.y - b.y + c.y - d.y);
    let (one, two) = (Point::new(b.x - c.x, b.y - c.y), Point::new(d.x - c.x, d.y - c.y));
    let area = one.x * two.y - two.x * one.y;
    let g = (sum.x * two.y - two.x * sum.y) / area;
    let h = (one.x * sum.y - sum.x * one.y) / area;
    [
        [b.x - a.x + g * b.x, d.x - a.x + h * d.x, a.x],
        [b.y - a.y + g * b.y, d.y - a.y + h * d.y, a.y],
        [g, h, 1.0],
    ]
}

/// The inverse, but for a factor.
fn adjugate([[a, b, c], [d, e, f], [g, h, i]]: Matrix) -> Matrix {
    [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]
}

fn apply(matrix: &Matrix, [x, y, w]: [f64; 3]) -> [f64; 3] {
    matrix.map(|[a, b, c]| a * x + b * y + c * w)
}

/// Where a place is, as a point with weight 1.
fn apply_at(matrix: &Matrix, x: f64, y: f64) -> [f64; 3] {
    apply(matrix, [x, y, 1.0])
}

#[cfg(test)]
mod tests;
