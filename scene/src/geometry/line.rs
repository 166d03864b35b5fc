//! A directed line on the ground, as drawn in the picture.

use super::{Point, TINY, turn};
use xunge_config::Said;

/// A segment with a direction: from its first point to its second.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    from: Point,
    to: Point,
}

/// Why some points are no line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LineProblem {
    /// Not two points.
    #[error("a line has exactly 2 points, this one has {0}; write [[x1, y1], [x2, y2]]")]
    NotTwoPoints(usize),
    /// A coordinate above 1, below 0 or no number. Points count from 1.
    #[error(
        "point {point} ({x}, {y}) lies outside the picture; both numbers are fractions of the picture, \
         0 to 1, not pixels"
    )]
    OutsideFrame {
        /// Counted from 1.
        point: usize,
        /// As written.
        x: f64,
        /// As written.
        y: f64,
    },
    /// Both points are (nearly) one.
    #[error("both points of the line are the same place, so it has no length; move one of them")]
    NoLength,
}

impl From<LineProblem> for Said {
    fn from(problem: LineProblem) -> Self {
        let zh = match &problem {
            LineProblem::NotTwoPoints(count) => {
                format!("一条线恰好有 2 个点，这里有 {count} 个；请写成 [[x1, y1], [x2, y2]]")
            }
            LineProblem::OutsideFrame { point, x, y } => {
                format!("第 {point} 个点 ({x}, {y}) 在画面之外；两个数都是画面的比例，取 0 到 1，不是像素")
            }
            LineProblem::NoLength => "线的两个点在同一位置，没有长度，请移开其中一个".to_owned(),
        };
        Self::from((problem.to_string(), zh))
    }
}

/// How a path crosses a line, as seen by somebody who walks from the line's first point to its second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// It comes from the walker's left.
    LeftToRight,
    /// It comes from the walker's right.
    RightToLeft,
}

impl Line {
    /// A line from its two points.
    pub fn new(points: &[Point]) -> Result<Self, LineProblem> {
        let &[from, to] = points else {
            return Err(LineProblem::NotTwoPoints(points.len()));
        };
        for (index, p) in points.iter().enumerate() {
            if !p.in_frame() {
                return Err(LineProblem::OutsideFrame { point: index + 1, x: p.x, y: p.y });
            }
        }
        if from.distance(to, 1.0) < 1e-3 {
            return Err(LineProblem::NoLength);
        }
        Ok(Self { from, to })
    }

    /// First and second point.
    pub fn ends(&self) -> (Point, Point) {
        (self.from, self.to)
    }

    /// Distance of `p` from the endless line, in frame heights: positive to the right of the walker, negative to
    /// the left.
    pub fn offset(&self, p: Point, aspect: f64) -> f64 {
        turn(self.from, self.to, p) * aspect / self.from.distance(self.to, aspect)
    }

    /// Where the path from `a` to `b` goes through the segment: direction and how far along the path (0..1).
    /// A point exactly on the line counts as right of it, so a path through it crosses once.
    pub fn crossing(&self, a: Point, b: Point) -> Option<(Direction, f64)> {
        let (before, after) = (turn(self.from, self.to, a), turn(self.from, self.to, b));
        if (before < 0.0) == (after < 0.0) {
            return None;
        }
        let (start, end) = (turn(a, b, self.from), turn(a, b, self.to));
        if start * end > 0.0 && start.abs() > TINY && end.abs() > TINY {
            return None;
        }
        let direction = if before < 0.0 { Direction::LeftToRight } else { Direction::RightToLeft };
        Some((direction, (before / (before - after)).clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(a: (f64, f64), b: (f64, f64)) -> Line {
        Line::new(&[Point::new(a.0, a.1), Point::new(b.0, b.1)]).unwrap()
    }

    #[test]
    fn left_and_right_are_the_walkers() {
        // Walking to the right of the picture: the far side (up) is on the left hand.
        let l = line((0.2, 0.5), (0.8, 0.5));
        let (far, near) = (Point::new(0.5, 0.3), Point::new(0.5, 0.7));
        assert!(l.offset(far, 1.5) < 0.0 && l.offset(near, 1.5) > 0.0);
        let crossing = |a, b| l.crossing(a, b).map(|(direction, along)| (direction, (along * 100.0).round()));
        assert_eq!(crossing(far, near), Some((Direction::LeftToRight, 50.0)));
        assert_eq!(crossing(near, far), Some((Direction::RightToLeft, 50.0)));
        // The same line drawn the other way turns both.
        let back = line((0.8, 0.5), (0.2, 0.5));
        assert_eq!(back.crossing(far, near).map(|c| c.0), Some(Direction::RightToLeft));
    }

    #[test]
    fn past_the_end_is_no_crossing() {
        let l = line((0.2, 0.5), (0.4, 0.5));
        assert_eq!(l.crossing(Point::new(0.6, 0.3), Point::new(0.6, 0.7)), None);
        assert_eq!(l.crossing(Point::new(0.3, 0.3), Point::new(0.3, 0.45)), None);
    }

    #[test]
    fn a_stop_exactly_on_the_line_crosses_once() {
        let l = line((0.2, 0.5), (0.8, 0.5));
        let path = [0.4, 0.5, 0.6].map(|y| Point::new(0.5, y));
        let crossings = path.windows(2).filter(|p| l.crossing(p[0], p[1]).is_some()).count();
        assert_eq!(crossings, 1);
    }

    #[test]
    fn offset_is_a_distance_in_frame_heights() {
        let upright = line((0.5, 0.0), (0.5, 1.0));
        assert!((upright.offset(Point::new(0.4, 0.3), 2.0) - 0.2).abs() < 1e-12);
        assert!((upright.offset(Point::new(0.6, 0.3), 2.0) + 0.2).abs() < 1e-12);
    }

    #[test]
    fn each_mistake_has_its_own_sentence() {
        let p = Point::new;
        assert_eq!(Line::new(&[p(0.1, 0.1)]), Err(LineProblem::NotTwoPoints(1)));
        assert_eq!(Line::new(&[p(0.1, 0.1); 3]), Err(LineProblem::NotTwoPoints(3)));
        assert!(matches!(
            Line::new(&[p(0.1, 0.1), p(0.1, 1.1)]),
            Err(LineProblem::OutsideFrame { point: 2, .. })
        ));
        assert_eq!(Line::new(&[p(0.1, 0.1), p(0.1, 0.1)]), Err(LineProblem::NoLength));
    }
}
