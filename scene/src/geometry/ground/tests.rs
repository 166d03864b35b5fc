//! Metres from a picture, for cameras of which everything is known.

use super::*;
use proptest::prelude::*;

const ASPECT: f64 = 16.0 / 9.0;

/// Hangs over the origin and looks along the second axis.
#[derive(Debug, Clone, Copy)]
struct Camera {
    above_m: f64,
    down_deg: f64,
    roll_deg: f64,
    /// Focal length, frame heights.
    focal: f64,
}

impl Camera {
    /// Where a place so high above the ground is seen; none behind the camera.
    fn sees(&self, (x, y): (f64, f64), up_m: f64) -> Option<Point> {
        let (down, roll) = (self.down_deg.to_radians(), self.roll_deg.to_radians());
        let below = self.above_m - up_m;
        let depth = y * down.cos() + below * down.sin();
        let (right, low) = (x / depth, (below * down.cos() - y * down.sin()) / depth);
        let turned = (right * roll.cos() - low * roll.sin(), right * roll.sin() + low * roll.cos());
        let p = Point::new(0.5 + self.focal * turned.0 / ASPECT, 0.5 + self.focal * turned.1);
        (depth > 0.1).then_some(p)
    }

    /// The middle of the picture, on the ground.
    fn middle(&self) -> f64 {
        self.above_m / self.down_deg.to_radians().tan()
    }

    fn rectangle(&self, turned_deg: f64, (width, length): (f64, f64)) -> Option<Vec<Point>> {
        let (sin, cos) = turned_deg.to_radians().sin_cos();
        let corner = |(u, v): (f64, f64)| (u * cos - v * sin, self.middle() + u * sin + v * cos);
        let (w, l) = (width / 2.0, length / 2.0);
        [(-w, -l), (w, -l), (w, l), (-w, l)].iter().map(|c| self.sees(corner(*c), 0.0)).collect()
    }
}

fn cameras() -> impl Strategy<Value = Camera> {
    (2.5..10.0_f64, 20.0..85.0_f64, -8.0..8.0_f64, 0.6..1.5_f64)
        .prop_map(|(above_m, down_deg, roll_deg, focal)| Camera { above_m, down_deg, roll_deg, focal })
}

/// A camera with a rectangle that it sees, and that rectangle's sides.
fn calibrated() -> impl Strategy<Value = (Camera, Vec<Point>, (f64, f64))> {
    (cameras(), -180.0..180.0_f64, 1.0..4.0_f64, 1.0..4.0_f64).prop_filter_map(
        "out of the picture, or too small",
        |(camera, turned, width, length)| {
            let corners = camera.rectangle(turned, (width, length))?;
            Ground::new(&corners, width, length).ok()?;
            Some((camera, corners, (width, length)))
        },
    )
}

fn steep() -> (Camera, Ground) {
    let camera = Camera { above_m: 5.0, down_deg: 55.0, roll_deg: 0.0, focal: 1.0 };
    let corners = camera.rectangle(0.0, (3.0, 2.0)).unwrap();
    (camera, Ground::new(&corners, 3.0, 2.0).unwrap())
}

proptest! {
    #[test]
    fn corners_are_the_corners((_, corners, (width, length)) in calibrated()) {
        let ground = Ground::new(&corners, width, length).unwrap();
        for (corner, at) in corners.iter().zip([(0.0, 0.0), (width, 0.0), (width, length), (0.0, length)]) {
            let (x, y) = ground.metres(*corner).unwrap();
            prop_assert!((x - at.0).hypot(y - at.1) < 1e-6, "{x} {y} {at:?}");
            prop_assert!(ground.point(at).unwrap().distance(*corner, ASPECT) < 1e-9);
        }
    }

    #[test]
    fn distances_are_those_of_the_world(
        (camera, corners, (width, length)) in calibrated(),
        (ax, ay, bx, by) in (-8.0..8.0_f64, -3.0..12.0_f64, -8.0..8.0_f64, -3.0..12.0_f64),
    ) {
        let ground = Ground::new(&corners, width, length).unwrap();
        let middle = camera.middle();
        let places = [(ax, middle + ay), (bx, middle + by)];
        if let [Some(a), Some(b)] = places.map(|place| camera.sees(place, 0.0))
            && let Some(distance) = ground.distance_m(a, b)
        {
            let truth = (ax - bx).hypot(ay - by);
            prop_assert!((distance - truth).abs() < 1e-6 * (1.0 + truth), "{distance} {truth}");
        }
    }

    #[test]
    fn what_is_metres_in_the_picture_is_there_again(
        (_, corners, (width, length)) in calibrated(),
        (x, y) in (0.0..1.0_f64, 0.0..1.0_f64),
    ) {
        let ground = Ground::new(&corners, width, length).unwrap();
        if let Some(metres) = ground.metres(Point::new(x, y)) {
            let back = ground.point(metres).unwrap();
            prop_assert!(back.distance(Point::new(x, y), 1.0) < 1e-6, "{back:?}");
        }
    }

    #[test]
    fn a_mirrored_picture_and_the_other_way_round_measure_the_same(
        (_, corners, (width, length)) in calibrated(),
        (ax, ay, bx, by) in (0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64),
    ) {
        let (a, b) = (Point::new(ax, ay), Point::new(bx, by));
        let distance = Ground::new(&corners, width, length).unwrap().distance_m(a, b);
        let flip = |p: &Point| Point::new(1.0 - p.x, p.y);
        let mirrored: Vec<Point> = corners.iter().map(flip).collect();
        let back: Vec<Point> = corners.iter().rev().copied().collect();
        let shifted = [corners[1], corners[2], corners[3], corners[0]];
        let others = [
            Ground::new(&mirrored, width, length).unwrap().distance_m(flip(&a), flip(&b)),
            Ground::new(&back, width, length).unwrap().distance_m(a, b),
            Ground::new(&shifted, length, width).unwrap().distance_m(a, b),
        ];
        for other in others {
            prop_assert_eq!(distance.is_some(), other.is_some());
            let (distance, other) = (distance.unwrap_or_default(), other.unwrap_or_default());
            prop_assert!((distance - other).abs() < 1e-6 * (1.0 + distance), "{} {}", distance, other);
        }
    }

    #[test]
    fn whose_feet_are_hidden_is_where_his_head_says(hidden in 0.0..0.6_f64, aside in 0.5..2.5_f64) {
        let (camera, ground) = steep();
        let standing = |x: f64, hidden: f64| {
            let (head, foot) = (camera.sees((x, 3.5), 1.7).unwrap(), camera.sees((x, 3.5), 0.0).unwrap());
            Bounds::new(foot.x - 0.03, head.y, 0.06, (1.0 - hidden) * (foot.y - head.y))
        };
        let (one, other) = (standing(-aside / 2.0, 0.0), standing(aside / 2.0, hidden));
        let apart = ground.apart_m(&one, &other, 3.0).unwrap();
        prop_assert!((apart - aside).abs() < 0.3, "{aside} m are {apart}");
    }
}

#[test]
fn nothing_is_measured_at_the_horizon_above_it_and_far_away() {
    let camera = Camera { above_m: 3.0, down_deg: 20.0, roll_deg: 0.0, focal: 1.0 };
    let corners = camera.rectangle(0.0, (3.0, 4.0)).unwrap();
    let ground = Ground::new(&corners, 3.0, 4.0).unwrap();
    let horizon = 0.5 - 20.0_f64.to_radians().tan();
    for y in [horizon, horizon - 0.1, 0.0, horizon + 0.002] {
        assert_eq!(ground.metres(Point::new(0.5, y)), None, "{y}");
    }
    let at = |m: f64| camera.sees((0.0, m), 0.0).unwrap();
    assert!(ground.metres(at(25.0)).is_some());
    // A frame height there is z² / (f h) m, z the depth along the optical axis.
    let (y, down) = (10.0_f64, 20.0_f64.to_radians());
    let depth = y * down.cos() + 3.0 * down.sin();
    let scale = ground.metres_per_frame_height(at(y)).unwrap();
    assert!((scale - depth * depth / 3.0).abs() < 1e-6, "{scale}");
    // He is 1.7 m tall: a tenth of that is 0.6 m of ground at 10 m, and 1.4 m at 25 m.
    let tall = |m: f64| at(m).y - camera.sees((0.0, m), 1.7).unwrap().y;
    assert!(ground.tells(at(10.0), tall(10.0), 2.2) && !ground.tells(at(10.0), tall(10.0), 1.8));
    assert!(!ground.tells(at(25.0), tall(25.0), 4.0) && !ground.tells(Point::new(0.5, 0.0), 0.1, 100.0));
}

#[test]
fn a_grid_has_a_line_each_metre_and_the_sides() {
    let (camera, _) = steep();
    let corners = camera.rectangle(0.0, (2.5, 2.0)).unwrap();
    let ground = Ground::new(&corners, 2.5, 2.0).unwrap();
    let grid = ground.grid();
    assert_eq!(grid.len(), 4 + 3, "0, 1, 2, 2.5 m and 0, 1, 2 m");
    let [from, to] = grid[1];
    assert!((ground.distance_m(from, to).unwrap() - 2.0).abs() < 1e-9);
    assert!((ground.metres(from).unwrap().0 - 1.0).abs() < 1e-9);
}

#[test]
fn each_mistake_has_its_own_sentence() {
    let ground = |corners: &[(f64, f64)], width: f64| {
        let corners: Vec<Point> = corners.iter().map(|&(x, y)| Point::new(x, y)).collect();
        Ground::new(&corners, width, 2.0).unwrap_err()
    };
    let good = [(0.3, 0.5), (0.6, 0.5), (0.8, 0.9), (0.1, 0.9)];
    assert_eq!(ground(&good[..3], 3.0), GroundProblem::NotFourCorners(3));
    assert_eq!(ground(&[good[0]; 5], 3.0), GroundProblem::NotFourCorners(5));
    let with = |index: usize, corner: (f64, f64)| {
        let mut corners = good;
        corners[index] = corner;
        ground(&corners, 3.0)
    };
    assert!(matches!(with(2, (320.0, 0.9)), GroundProblem::OutsideFrame { corner: 3, .. }));
    assert!(matches!(with(1, (f64::NAN, 0.9)), GroundProblem::OutsideFrame { corner: 2, .. }));
    assert_eq!(ground(&[good[0], good[1], good[3], good[2]], 3.0), GroundProblem::CrossesItself);
    assert_eq!(with(1, (0.35, 0.7)), GroundProblem::NotConvex(2));
    assert_eq!(with(1, (0.3, 0.5)), GroundProblem::NoCorner(1), "two corners at one place");
    assert_eq!(with(1, (0.55, 0.7)), GroundProblem::NoCorner(2));
    assert_eq!(ground(&[(0.5, 0.5); 4], 3.0), GroundProblem::NoCorner(1));
    let sliver = [(0.1, 0.5), (0.9, 0.5), (0.9, 0.51), (0.1, 0.51)];
    assert!(matches!(ground(&sliver, 3.0), GroundProblem::NoCorner(_)));
    for side in [0.0, -3.0, 0.4, 201.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(ground(&good, side), GroundProblem::Side(_)), "{side}");
    }
}
