//! One person's part in a scene.

use super::perspective::Ground;

/// What an actor does next.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// Walks straight there.
    Walk {
        /// Where to.
        to: Ground,
        /// Body heights per second, on the ground.
        speed_bh_s: f64,
    },
    /// Stays where he is.
    Stand {
        /// How long.
        secs: f64,
    },
    /// Bends down and up again.
    Bend {
        /// How long.
        secs: f64,
    },
}

/// Speed of the people in the footage, who stroll.
const STROLL_BH_S: f64 = 0.42;

impl Step {
    /// Steps per second over those of a stroller; 0 for who does not walk. Speed is the product of how long steps are and
    /// how many; as people walk faster and run, the length grows more.
    fn pace(&self) -> f64 {
        match *self {
            Self::Walk { speed_bh_s, .. } => (speed_bh_s / STROLL_BH_S).cbrt(),
            Self::Stand { .. } | Self::Bend { .. } => 0.0,
        }
    }
}

/// A person and what he does.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Who of [`super::material::Material::people`] plays.
    pub person: usize,
    /// Height as a part of that person's own.
    pub size: f64,
    /// Colours are multiplied by this.
    pub tint: [f64; 3],
    /// When he appears.
    pub starts_s: f64,
    /// Where he appears.
    pub from: Ground,
    /// What he does from then on; afterwards he is gone.
    pub steps: Vec<Step>,
    /// Makes his sway and his first foot different from others', 0 to 1.
    pub own: f64,
}

/// What an actor does at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Where.
    pub at: Ground,
    /// Direction in which he walks or last walked.
    pub heading: f64,
    /// Seconds walked so far, counted at a stroller's pace: who is twice as fast makes longer and somewhat quicker steps.
    pub walked_s: f64,
    /// Body heights per second; 0 while he stands.
    pub speed_bh_s: f64,
    /// How far he is bent, 0 to 1.
    pub bent: f64,
}

impl Actor {
    /// Seconds that a step takes from a place, and where it ends.
    fn step(from: Ground, step: &Step) -> (f64, Ground) {
        match *step {
            Step::Walk { to, speed_bh_s } => (from.distance(to) / speed_bh_s.max(0.01), to),
            Step::Stand { secs } | Step::Bend { secs } => (secs.max(0.0), from),
        }
    }

    /// When he is gone.
    pub fn ends_s(&self) -> f64 {
        self.time_of(self.steps.len())
    }

    /// When the step of this number begins.
    pub fn time_of(&self, number: usize) -> f64 {
        let (mut time, mut place) = (self.starts_s, self.from);
        for step in self.steps.iter().take(number) {
            let (secs, to) = Self::step(place, step);
            time += secs;
            place = to;
        }
        time
    }

    /// Where the step of this number begins.
    pub fn place_of(&self, number: usize) -> Ground {
        self.steps.iter().take(number).fold(self.from, |place, step| Self::step(place, step).1)
    }

    /// Directions and lengths of his ways.
    pub fn ways(&self) -> Vec<(f64, f64)> {
        let mut place = self.from;
        let mut all = Vec::new();
        for step in &self.steps {
            if let Step::Walk { to, .. } = *step {
                all.push((place.heading(to), place.distance(to)));
                place = to;
            }
        }
        all
    }

    /// What he does at this time; none before and after his part.
    pub fn pose(&self, t: f64) -> Option<Pose> {
        let mut left = t - self.starts_s;
        if left < 0.0 {
            return None;
        }
        let mut place = self.from;
        // one who stands before he walks faces his way
        let first = self.steps.iter().find_map(|step| match step {
            Step::Walk { to, .. } => Some(*to),
            _ => None,
        });
        let mut heading = first.map_or(0.0, |to| place.heading(to));
        let mut walked_s = 3.0 * self.own;
        for step in &self.steps {
            let (secs, to) = Self::step(place, step);
            if let Step::Walk { to, .. } = *step {
                heading = place.heading(to);
            }
            if left < secs {
                let part = left / secs;
                walked_s += left * step.pace();
                let (speed, bent) = match *step {
                    Step::Walk { speed_bh_s, .. } => (speed_bh_s, 0.0),
                    Step::Stand { .. } => (0.0, 0.0),
                    Step::Bend { .. } => (0.0, (std::f64::consts::PI * part).sin()),
                };
                let at = place.towards(to, part);
                return Some(Pose { at, heading, walked_s, speed_bh_s: speed, bent });
            }
            walked_s += secs * step.pace();
            place = to;
            left -= secs;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_played_step_by_step() {
        let from = Ground { x: 0.0, z: 10.0 };
        let steps = vec![
            Step::Walk { to: from.plus(4.0, 0.0), speed_bh_s: 0.8 },
            Step::Bend { secs: 1.0 },
            Step::Stand { secs: 2.0 },
            Step::Walk { to: from, speed_bh_s: 2.0 },
        ];
        let actor = Actor { person: 0, size: 1.0, tint: [1.0; 3], starts_s: 2.0, from, steps, own: 0.0 };
        assert_eq!((actor.time_of(1), actor.time_of(3), actor.ends_s()), (7.0, 10.0, 12.0));
        assert_eq!((actor.pose(1.9), actor.pose(12.1)), (None, None));
        let walking = actor.pose(4.5).unwrap();
        assert!((walking.at.x - 2.0).abs() < 1e-9 && (2.5..4.0).contains(&walking.walked_s));
        assert!((actor.pose(7.5).unwrap().bent - 1.0).abs() < 1e-9);
        let back = actor.pose(11.0).unwrap();
        assert_eq!((back.speed_bh_s, back.at.x), (2.0, 2.0));
        assert!((back.heading.abs() - std::f64::consts::PI).abs() < 1e-9);
        assert_eq!(actor.place_of(2).x, 4.0);
    }
}
