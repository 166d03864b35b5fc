//! Convex areas and how to cut them. Whatever is cut off a convex area is convex, and the two parts fill it exactly.

/// A point, kilometres east (`x`) and north (`y`) of somewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// East.
    pub x: f64,
    /// North.
    pub y: f64,
}

impl Point {
    fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }

    /// The point that lies `part` of the way to another one.
    pub fn towards(self, other: Self, part: f64) -> Self {
        Self { x: self.x + (other.x - self.x) * part, y: self.y + (other.y - self.y) * part }
    }
}

/// A convex area, its corners counter-clockwise. Whoever makes one of other corners gets nonsense, but no panic.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape(pub Vec<Point>);

/// Halvings until a cut lies where it should: the width of a country comes to less than a thousandth of a millimetre.
const HALVINGS: usize = 50;

impl Shape {
    /// A rectangle around a point.
    pub fn rectangle(middle: Point, half_width: f64, half_height: f64) -> Self {
        let corner =
            |dx: f64, dy: f64| Point { x: middle.x + dx * half_width, y: middle.y + dy * half_height };
        Self(vec![corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)])
    }

    /// Each corner with the next one.
    fn sides(&self) -> impl Iterator<Item = (Point, Point)> {
        self.0.iter().copied().zip(self.0.iter().copied().cycle().skip(1))
    }

    /// Square kilometres (shoelace formula).
    pub fn area(&self) -> f64 {
        self.sides().map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f64>() / 2.0
    }

    /// Its centre of gravity, which lies inside.
    pub fn centre(&self) -> Point {
        // from the first corner, so that what is far from the origin loses no digits
        let first = self.0.first().copied().unwrap_or(Point { x: 0.0, y: 0.0 });
        let (mut x, mut y, mut doubled) = (0.0, 0.0, 0.0);
        for (a, b) in self.sides() {
            let (ax, ay, bx, by) = (a.x - first.x, a.y - first.y, b.x - first.x, b.y - first.y);
            let cross = ax * by - bx * ay;
            (x, y, doubled) = (x + (ax + bx) * cross, y + (ay + by) * cross, doubled + cross);
        }
        if doubled == 0.0 {
            return first;
        }
        Point { x: first.x + x / (3.0 * doubled), y: first.y + y / (3.0 * doubled) }
    }

    /// How far it reaches in a direction: lowest and highest.
    pub fn reach(&self, direction: Point) -> (f64, f64) {
        let along = self.0.iter().map(|corner| corner.dot(direction));
        along.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)))
    }

    /// How long it is in a direction.
    pub fn length(&self, direction: Point) -> f64 {
        let (low, high) = self.reach(direction);
        high - low
    }

    /// Cuts along the line on which `corner · direction = at`: what lies before it, and what lies behind.
    pub fn cut(&self, direction: Point, at: f64) -> (Self, Self) {
        let (mut before, mut behind) = (Vec::new(), Vec::new());
        for (a, b) in self.sides() {
            let (from, to) = (a.dot(direction) - at, b.dot(direction) - at);
            if from <= 0.0 {
                before.push(a);
            }
            if from >= 0.0 {
                behind.push(a);
            }
            if from * to < 0.0 {
                let crossing = a.towards(b, from / (from - to));
                before.push(crossing);
                behind.push(crossing);
            }
        }
        (Self(before), Self(behind))
    }

    /// Cuts it into slices that follow each other in a direction and are as large as their weights say.
    pub fn slices(&self, direction: Point, weights: &[f64]) -> Vec<Self> {
        let mut slices = Vec::with_capacity(weights.len());
        let mut rest = self.clone();
        let mut left: f64 = weights.iter().sum();
        for weight in weights.iter().take(weights.len().saturating_sub(1)) {
            let wanted = rest.area() * weight / left;
            let (mut low, mut high) = rest.reach(direction);
            for _ in 0..HALVINGS {
                let at = f64::midpoint(low, high);
                if rest.cut(direction, at).0.area() < wanted { low = at } else { high = at }
            }
            let (slice, behind) = rest.cut(direction, f64::midpoint(low, high));
            slices.push(slice);
            rest = behind;
            left -= weight;
        }
        if !weights.is_empty() {
            slices.push(rest);
        }
        slices
    }

    /// Cuts it into parts as large as their weights say, each as round as it may be: in two across its longer side, and
    /// so on. The first parts lie in the north and west. `tilt`: by how much all cuts are turned, radians.
    pub fn parts(&self, weights: &[f64], tilt: f64) -> Vec<Self> {
        if weights.len() < 2 {
            return weights.iter().map(|_| self.clone()).collect();
        }
        let east = Point { x: tilt.cos(), y: tilt.sin() };
        let south = Point { x: tilt.sin(), y: -tilt.cos() };
        let direction = if self.length(east) > self.length(south) { east } else { south };
        let (first, second) = weights.split_at(middle(weights));
        let halves = self.slices(direction, &[first.iter().sum(), second.iter().sum()]);
        halves.iter().zip([first, second]).flat_map(|(half, weights)| half.parts(weights, tilt)).collect()
    }
}

/// Where weights are to be parted so that both sides are nearly as heavy; neither is empty.
fn middle(weights: &[f64]) -> usize {
    let all: f64 = weights.iter().sum();
    let mut before = 0.0;
    for (place, weight) in weights.iter().enumerate() {
        // past the middle of the one that reaches over half
        if before + weight / 2.0 >= all / 2.0 {
            return place.clamp(1, weights.len() - 1);
        }
        before += weight;
    }
    weights.len() - 1
}

#[cfg(test)]
pub(super) mod tests;
