//! Points, boxes, zones and lines in fractions of the frame: 0..1, origin top left, y downwards; and the ground in metres.
//!
//! A fraction of the width is longer than the same fraction of the height. Wherever a distance matters,
//! `aspect` (width / height of the picture) is given and the distance comes out in frame heights.

mod ground;
mod line;
mod zone;

pub use ground::{Ground, GroundProblem, SIDES_M, STATURE_M};
pub use line::{Direction, Line, LineProblem};
pub use zone::{Zone, ZoneProblem};

/// A place in the frame, 0..1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// From the left edge, in frame widths.
    pub x: f64,
    /// From the top edge, in frame heights.
    pub y: f64,
}

impl Point {
    /// A point from its two fractions.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// Distance in frame heights. `aspect` is width / height of the picture.
    pub fn distance(self, other: Self, aspect: f64) -> f64 {
        ((self.x - other.x) * aspect).hypot(self.y - other.y)
    }

    /// Distance from the segment `a b`, in frame heights.
    pub fn distance_to_segment(self, a: Self, b: Self, aspect: f64) -> f64 {
        let (dx, dy) = ((b.x - a.x) * aspect, b.y - a.y);
        let length = dx * dx + dy * dy;
        let along = if length > 0.0 {
            (((self.x - a.x) * aspect * dx + (self.y - a.y) * dy) / length).clamp(0.0, 1.0)
        } else {
            0.0
        };
        self.distance(Self::new(a.x + (b.x - a.x) * along, a.y + (b.y - a.y) * along), aspect)
    }

    /// The nearest point inside the frame.
    pub fn clamped(self) -> Self {
        Self { x: self.x.clamp(0.0, 1.0), y: self.y.clamp(0.0, 1.0) }
    }

    /// Is it a number, and inside the frame?
    fn in_frame(self) -> bool {
        (0.0..=1.0).contains(&self.x) && (0.0..=1.0).contains(&self.y)
    }
}

/// An upright box, fractions of the frame. May reach out of the frame a little; sizes are never negative.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bounds {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width, in frame widths.
    pub w: f64,
    /// Height, in frame heights.
    pub h: f64,
}

impl Bounds {
    /// A box from its top left corner and size.
    pub const fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self { x, y, w, h }
    }

    /// Where a person stands: the middle of the bottom edge, kept inside the frame.
    pub fn foot(&self) -> Point {
        Point::new(self.x + self.w / 2.0, self.y + self.h).clamped()
    }

    /// The middle.
    pub fn centre(&self) -> Point {
        Point::new(self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// The middle of the top edge: it stays where it is when legs are hidden.
    pub fn head(&self) -> Point {
        Point::new(self.x + self.w / 2.0, self.y)
    }

    /// Area, in frame areas.
    pub fn area(&self) -> f64 {
        self.w * self.h
    }

    /// Area that both cover.
    pub fn overlap(&self, other: &Self) -> f64 {
        let w = (self.x + self.w).min(other.x + other.w) - self.x.max(other.x);
        let h = (self.y + self.h).min(other.y + other.h) - self.y.max(other.y);
        w.max(0.0) * h.max(0.0)
    }

    /// Intersection over union, 0..1.
    pub fn iou(&self, other: &Self) -> f64 {
        let both = self.overlap(other);
        let either = self.area() + other.area() - both;
        if either > 0.0 { both / either } else { 0.0 }
    }

    /// Whether the point lies in it or on its edge.
    pub fn contains(&self, point: Point) -> bool {
        (self.x..=self.x + self.w).contains(&point.x) && (self.y..=self.y + self.h).contains(&point.y)
    }

    /// This far, 0..1, on the way from this box to another.
    #[must_use]
    pub fn blended(&self, other: &Self, share: f64) -> Self {
        let blend = |a: f64, b: f64| a + share * (b - a);
        Self {
            x: blend(self.x, other.x),
            y: blend(self.y, other.y),
            w: blend(self.w, other.w),
            h: blend(self.h, other.h),
        }
    }

    /// The smallest box around both.
    pub fn union(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.w).max(other.x + other.w);
        let bottom = (self.y + self.h).max(other.y + other.h);
        Self { x, y, w: right - x, h: bottom - y }
    }

    /// Four finite numbers and a real size?
    pub fn is_sound(&self) -> bool {
        [self.x, self.y, self.w, self.h].iter().all(|v| v.is_finite()) && self.w > 0.0 && self.h > 0.0
    }
}

/// Twice the signed area of the triangle `a b p`. With y downwards: positive when `p` lies to the right of
/// somebody who walks from `a` to `b`.
fn turn(a: Point, b: Point, p: Point) -> f64 {
    (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)
}

/// Smaller than any pixel of any camera.
const TINY: f64 = 1e-9;

/// Does `p`, known to lie on the endless line through `a` and `b`, lie between them?
fn between(a: Point, b: Point, p: Point) -> bool {
    p.x >= a.x.min(b.x) - TINY
        && p.x <= a.x.max(b.x) + TINY
        && p.y >= a.y.min(b.y) - TINY
        && p.y <= a.y.max(b.y) + TINY
}

/// Do the segments `a b` and `c d` share a point?
fn segments_touch(a: Point, b: Point, c: Point, d: Point) -> bool {
    let (c_side, d_side) = (turn(a, b, c), turn(a, b, d));
    let (a_side, b_side) = (turn(c, d, a), turn(c, d, b));
    if c_side * d_side < 0.0 && a_side * b_side < 0.0 {
        return true;
    }
    (c_side.abs() <= TINY && between(a, b, c))
        || (d_side.abs() <= TINY && between(a, b, d))
        || (a_side.abs() <= TINY && between(c, d, a))
        || (b_side.abs() <= TINY && between(c, d, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_knows_that_the_frame_is_wider_than_high() {
        let (a, b) = (Point::new(0.0, 0.0), Point::new(0.5, 0.0));
        assert_eq!(a.distance(b, 2.0), 1.0);
        assert_eq!(a.distance(Point::new(0.0, 0.5), 2.0), 0.5);
    }

    #[test]
    fn a_foot_below_the_frame_stands_on_its_edge() {
        assert_eq!(Bounds::new(0.4, 0.7, 0.2, 0.5).foot(), Point::new(0.5, 1.0));
    }

    #[test]
    fn iou_of_equal_half_and_apart() {
        let a = Bounds::new(0.0, 0.0, 0.2, 0.2);
        assert_eq!(a.iou(&a), 1.0);
        assert!((a.iou(&Bounds::new(0.1, 0.0, 0.2, 0.2)) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(a.iou(&Bounds::new(0.5, 0.5, 0.1, 0.1)), 0.0);
        assert_eq!(Bounds::default().iou(&Bounds::default()), 0.0);
    }

    #[test]
    fn union_holds_both() {
        let both = Bounds::new(0.1, 0.2, 0.1, 0.1).union(&Bounds::new(0.5, 0.1, 0.2, 0.1));
        assert!((both.x - 0.1).abs() < 1e-12 && (both.y - 0.1).abs() < 1e-12);
        assert!((both.w - 0.6).abs() < 1e-12 && (both.h - 0.2).abs() < 1e-12);
    }
}
