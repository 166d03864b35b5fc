use proptest::prelude::*;

use super::*;

/// The area that two shapes have in common.
pub(in crate::town) fn common(one: &Shape, other: &Shape) -> f64 {
    let mut rest = one.clone();
    for (a, b) in other.sides() {
        let outwards = Point { x: b.y - a.y, y: a.x - b.x };
        rest = rest.cut(outwards, a.dot(outwards)).0;
    }
    rest.area()
}

/// A convex shape: corners on an ellipse.
fn shape() -> impl Strategy<Value = Shape> {
    let middle = (-20.0..20.0, -20.0..20.0);
    let steps = prop::collection::vec(0.2..1.0, 3..9);
    (middle, 0.5..5.0, 0.5..5.0, steps).prop_map(|((x, y), width, height, steps): (_, f64, f64, Vec<f64>)| {
        let whole: f64 = steps.iter().sum();
        let mut angle = 0.0;
        let corner = |step: &f64| {
            angle += step / whole * std::f64::consts::TAU;
            Point { x: x + width * angle.cos(), y: y + height * angle.sin() }
        };
        Shape(steps.iter().map(corner).collect())
    })
}

fn is_convex(shape: &Shape) -> bool {
    let sides: Vec<(Point, Point)> = shape.sides().collect();
    let next = sides.iter().cycle().skip(1);
    sides
        .iter()
        .zip(next)
        .all(|((a, b), (_, c))| (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x) > -1e-9)
}

proptest! {
    #[test]
    fn parts_fill_the_whole_and_none_lies_on_another(
        whole in shape(),
        weights in prop::collection::vec(1.0..10.0_f64, 1..14),
        tilt in -0.5..0.5_f64,
    ) {
        let parts = whole.parts(&weights, tilt);
        prop_assert_eq!(parts.len(), weights.len());
        let (area, all) = (whole.area(), weights.iter().sum::<f64>());
        for (place, (part, weight)) in parts.iter().zip(&weights).enumerate() {
            prop_assert!((part.area() - area * weight / all).abs() < area * 1e-9, "{} of {area}", part.area());
            prop_assert!(is_convex(part));
            prop_assert!((common(part, &whole) - part.area()).abs() < area * 1e-9, "it lies outside");
            for other in parts.iter().skip(place + 1) {
                prop_assert!(common(part, other).abs() < area * 1e-9);
            }
            let centre = part.centre();
            let round = Shape::rectangle(centre, 1e-6, 1e-6);
            prop_assert!(common(&round, part) > 0.99 * round.area(), "its centre is not in it");
        }
    }

    #[test]
    fn slices_follow_each_other(whole in shape(), count in 1..8_usize, angle in -3.0..3.0_f64) {
        let direction = Point { x: angle.cos(), y: angle.sin() };
        let slices = whole.slices(direction, &vec![1.0; count]);
        for pair in slices.windows(2) {
            prop_assert!(pair[0].reach(direction).1 <= pair[1].reach(direction).0 + 1e-9);
        }
    }
}

#[test]
fn a_square_is_cut_where_it_should_be() {
    let square = Shape::rectangle(Point { x: 5.0, y: 5.0 }, 1.0, 1.0);
    assert_eq!((square.area(), square.centre()), (4.0, Point { x: 5.0, y: 5.0 }));
    let east = Point { x: 1.0, y: 0.0 };
    let slices = square.slices(east, &[1.0, 3.0]);
    assert!((slices[0].reach(east).1 - 4.5).abs() < 1e-9, "a quarter: {slices:?}");
    // through a corner: it belongs to both
    let diagonal = square.cut(Point { x: 1.0, y: 1.0 }, 10.0);
    assert_eq!((diagonal.0.0.len(), diagonal.1.0.len()), (3, 3));
    assert!(square.parts(&[], 0.0).is_empty());
}
