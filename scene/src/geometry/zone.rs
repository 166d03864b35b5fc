//! A polygon on the ground, as drawn in the picture.

use super::{Line, Point, TINY, between, segments_touch, turn};
use xunge_config::Said;

/// A polygon that does not cross itself. The border belongs to it: a foot at the bottom edge of the frame is
/// inside a zone that reaches that edge.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    corners: Vec<Point>,
}

/// Why some corners are no zone.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ZoneProblem {
    /// One or two corners.
    #[error("a zone needs at least 3 different corners, this one has {0}; add the missing corners")]
    TooFewCorners(usize),
    /// A coordinate above 1, below 0 or no number. Corners count from 1.
    #[error(
        "corner {corner} ({x}, {y}) lies outside the picture; both numbers are fractions of the picture, \
         0 to 1, not pixels"
    )]
    OutsideFrame {
        /// Counted from 1.
        corner: usize,
        /// As written.
        x: f64,
        /// As written.
        y: f64,
    },
    /// All corners (nearly) on one line, or at one place.
    #[error(
        "the corners lie so nearly on one line, or so close together, that the zone has hardly any area; \
         move them apart"
    )]
    NoArea,
    /// Two edges cross or touch. Corners count from 1.
    #[error(
        "the zone crosses itself: the edge from corner {0} meets the edge from corner {1}; list the corners in \
         the order in which you would walk around the zone"
    )]
    CrossesItself(usize, usize),
}

impl From<ZoneProblem> for Said {
    fn from(problem: ZoneProblem) -> Self {
        let zh = match &problem {
            ZoneProblem::TooFewCorners(count) => {
                format!("区域至少需要 3 个不同的顶点，这里只有 {count} 个，请补上缺少的顶点")
            }
            ZoneProblem::OutsideFrame { corner, x, y } => {
                format!("第 {corner} 个顶点 ({x}, {y}) 在画面之外；两个数都是画面的比例，取 0 到 1，不是像素")
            }
            ZoneProblem::NoArea => {
                "各顶点几乎在一条直线上或挤在一处，区域几乎没有面积，请把顶点拉开".to_owned()
            }
            ZoneProblem::CrossesItself(first, second) => format!(
                "区域与自身相交：从第 {first} 个顶点出发的边碰到从第 {second} 个顶点出发的边；\
                 请按绕区域一周的顺序列出顶点"
            ),
        };
        Self::from((problem.to_string(), zh))
    }
}

/// Nobody can be told to stand in a zone that is narrower than this on average, fractions of the frame: four pixels of
/// a picture 768 wide, less than any box is exact to.
const NARROWEST: f64 = 0.005;

impl Zone {
    /// A zone from its corners, in order, either way round. The first corner may be repeated at the end.
    pub fn new(corners: &[Point]) -> Result<Self, ZoneProblem> {
        for (index, corner) in corners.iter().enumerate() {
            if !corner.in_frame() {
                return Err(ZoneProblem::OutsideFrame { corner: index + 1, x: corner.x, y: corner.y });
            }
        }
        let mut kept = corners.to_vec();
        kept.dedup();
        if kept.len() > 1 && kept.first() == kept.last() {
            kept.pop();
        }
        let count = kept.len();
        if count < 3 {
            return Err(ZoneProblem::TooFewCorners(count));
        }
        let zone = Self { corners: kept };
        let (a, b) = zone.edge(0);
        if zone.corners.iter().all(|p| turn(a, b, *p).abs() <= TINY) {
            return Err(ZoneProblem::NoArea);
        }
        for first in 0..count {
            for second in first + 1..count {
                if zone.edges_collide(first, second) {
                    return Err(ZoneProblem::CrossesItself(first + 1, second + 1));
                }
            }
        }
        if zone.width() < NARROWEST {
            return Err(ZoneProblem::NoArea);
        }
        Ok(zone)
    }

    /// Mean width: that of a strip with the same area and border.
    fn width(&self) -> f64 {
        let edges = || (0..self.corners.len()).map(|index| self.edge(index));
        let area = edges().map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f64>().abs() / 2.0;
        let border: f64 = edges().map(|(a, b)| a.distance(b, 1.0)).sum();
        2.0 * area / border.max(TINY)
    }

    /// Does any part of the line lie in it?
    pub fn meets(&self, line: &Line) -> bool {
        let (from, to) = line.ends();
        let edges = || (0..self.corners.len()).map(|index| self.edge(index));
        self.contains(from) || edges().any(|(a, b)| segments_touch(a, b, from, to))
    }

    /// The corners, in order.
    pub fn corners(&self) -> &[Point] {
        &self.corners
    }

    /// Is the point inside or on the border?
    pub fn contains(&self, p: Point) -> bool {
        let mut inside = false;
        for index in 0..self.corners.len() {
            let (a, b) = self.edge(index);
            let side = turn(a, b, p);
            if side.abs() <= TINY && between(a, b, p) {
                return true;
            }
            // Even-odd rule: a ray to the right changes sides at every edge that it crosses.
            if (a.y > p.y) != (b.y > p.y) && (side > 0.0) == (b.y < a.y) {
                inside = !inside;
            }
        }
        inside
    }

    /// Distance of `p` from the nearest edge, in frame heights; edges along the frame's own border are no edges, the
    /// ground goes on behind them. Infinite when there are no others.
    pub fn edge_distance(&self, p: Point, aspect: f64) -> f64 {
        (0..self.corners.len())
            .map(|index| self.edge(index))
            .filter(|(a, b)| !along_frame(*a, *b))
            .map(|(a, b)| p.distance_to_segment(a, b, aspect))
            .fold(f64::INFINITY, f64::min)
    }

    fn edge(&self, index: usize) -> (Point, Point) {
        (self.corners[index], self.corners[(index + 1) % self.corners.len()])
    }

    /// Neighbouring edges share a corner by right; they collide only when one folds back over the other.
    fn edges_collide(&self, first: usize, second: usize) -> bool {
        let count = self.corners.len();
        let (a, b) = self.edge(first);
        let (c, d) = self.edge(second);
        let folds = |tail: Point, shared: Point, tip: Point| {
            turn(tail, shared, tip).abs() <= TINY
                && (tail.x - shared.x) * (tip.x - shared.x) + (tail.y - shared.y) * (tip.y - shared.y) > 0.0
        };
        if (first + 1) % count == second {
            folds(a, b, d)
        } else if (second + 1) % count == first {
            folds(c, a, b)
        } else {
            segments_touch(a, b, c, d)
        }
    }
}

/// Does the edge lie on the border of the frame?
fn along_frame(a: Point, b: Point) -> bool {
    const NEAR: f64 = 0.01;
    let same = |a: f64, b: f64| (a < NEAR && b < NEAR) || (a > 1.0 - NEAR && b > 1.0 - NEAR);
    same(a.x, b.x) || same(a.y, b.y)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(list: &[(f64, f64)]) -> Vec<Point> {
        list.iter().map(|&(x, y)| Point::new(x, y)).collect()
    }

    fn zone(list: &[(f64, f64)]) -> Result<Zone, ZoneProblem> {
        Zone::new(&points(list))
    }

    #[test]
    fn inside_outside_and_border() {
        let l = zone(&[(0.1, 0.1), (0.9, 0.1), (0.9, 0.5), (0.5, 0.5), (0.5, 1.0), (0.1, 1.0)]).unwrap();
        for inside in [(0.2, 0.2), (0.8, 0.4), (0.3, 0.9), (0.1, 0.1), (0.5, 0.7), (0.3, 1.0), (0.7, 0.5)] {
            assert!(l.contains(Point::new(inside.0, inside.1)), "{inside:?}");
        }
        for outside in [(0.05, 0.5), (0.8, 0.6), (0.95, 0.3), (0.51, 0.9), (0.3, 0.05)] {
            assert!(!l.contains(Point::new(outside.0, outside.1)), "{outside:?}");
        }
    }

    #[test]
    fn either_way_round_and_closed_explicitly_is_the_same_zone() {
        let corners = [(0.1, 0.1), (0.9, 0.2), (0.6, 0.9)];
        let mut back = corners;
        back.reverse();
        let closed = [corners[0], corners[1], corners[2], corners[0]];
        let (a, b, c) = (zone(&corners).unwrap(), zone(&back).unwrap(), zone(&closed).unwrap());
        assert_eq!(c.corners().len(), 3);
        for step in 0..400 {
            let p = Point::new(f64::from(step % 20) / 19.0, f64::from(step / 20) / 19.0);
            assert_eq!(a.contains(p), b.contains(p));
            assert_eq!(a.contains(p), c.contains(p));
        }
    }

    #[test]
    fn each_mistake_has_its_own_sentence() {
        assert_eq!(zone(&[(0.1, 0.1), (0.2, 0.2)]), Err(ZoneProblem::TooFewCorners(2)));
        assert_eq!(zone(&[(0.1, 0.1), (0.2, 0.2), (0.1, 0.1)]), Err(ZoneProblem::TooFewCorners(2)));
        assert!(matches!(
            zone(&[(0.1, 0.1), (320.0, 0.2), (0.4, 0.9)]),
            Err(ZoneProblem::OutsideFrame { corner: 2, .. })
        ));
        assert!(matches!(
            zone(&[(0.1, 0.1), (0.5, f64::NAN), (0.4, 0.9)]),
            Err(ZoneProblem::OutsideFrame { corner: 2, .. })
        ));
        assert_eq!(zone(&[(0.1, 0.1), (0.3, 0.3), (0.9, 0.9)]), Err(ZoneProblem::NoArea));
        let sliver = [(0.1, 0.5), (0.9, 0.5), (0.9, 0.503), (0.1, 0.503)];
        assert_eq!(zone(&sliver), Err(ZoneProblem::NoArea));
        let speck = [(0.5, 0.5), (0.505, 0.5), (0.505, 0.505), (0.5, 0.505)];
        assert_eq!(zone(&speck), Err(ZoneProblem::NoArea));
        assert!(zone(&[(0.5, 0.5), (0.53, 0.5), (0.53, 0.52), (0.5, 0.52)]).is_ok(), "a mat far away");
        let bow_tie = [(0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)];
        assert_eq!(zone(&bow_tie), Err(ZoneProblem::CrossesItself(1, 3)));
        let spike = [(0.1, 0.1), (0.9, 0.1), (0.5, 0.1), (0.5, 0.9)];
        assert_eq!(zone(&spike), Err(ZoneProblem::CrossesItself(1, 2)));
        let touching = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.5, 0.1), (0.1, 0.9)];
        assert!(matches!(zone(&touching), Err(ZoneProblem::CrossesItself(..))));
    }

    #[test]
    fn a_line_meets_a_zone_that_it_touches_crosses_or_lies_in() {
        let square = zone(&[(0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)]).unwrap();
        let meets = |a: (f64, f64), b: (f64, f64)| square.meets(&Line::new(&points(&[a, b])).unwrap());
        assert!(meets((0.45, 0.5), (0.55, 0.5)), "inside");
        assert!(meets((0.1, 0.5), (0.9, 0.5)), "through it");
        assert!(meets((0.1, 0.5), (0.5, 0.5)), "into it");
        assert!(!meets((0.1, 0.1), (0.9, 0.1)));
        assert!(!meets((0.1, 0.5), (0.3, 0.5)), "towards it");
    }

    #[test]
    fn the_closing_edge_may_not_fold_back_either() {
        let spike = [(0.5, 0.1), (0.5, 0.9), (0.1, 0.1), (0.9, 0.1)];
        assert!(matches!(zone(&spike), Err(ZoneProblem::CrossesItself(..))));
    }
}
