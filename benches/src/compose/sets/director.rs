//! Sets up one scene: casts people, finds free places, keeps the ordinary traffic going.

use super::super::actor::{Actor, Step};
use super::super::bag::Bag;
use super::super::light::Change;
use super::super::material::Material;
use super::super::people;
use super::super::perspective::Ground;
use super::super::place::gates;
use super::super::prop::{Held, Prop};
use super::super::random::Random;
use super::super::scene::Scene;
use super::super::truth::{Event, rounded};
use super::super::view::View;
use super::BEHAVIORS;

/// How fast people walk, in body heights per second: 1.4 m/s.
pub const WALK_BH_S: f64 = 0.8;
/// Somebody further than 3 m from his object has left it; people are 1.75 m tall.
pub const LEFT_BH: f64 = 3.0 / 1.75;
/// So many people in the picture at once may be called a crowd.
const CROWD: usize = 5;
/// Whoever is in the picture for longer may be called a loiterer.
const LONG_SECS: f64 = 28.0;
/// Areas of the plate (left, top, right, bottom) where people linger and things are put: road and lawn, clear of posts.
const PLACES: [(f64, f64, f64, f64); 4] = [
    (470.0, 225.0, 690.0, 300.0),
    (280.0, 225.0, 400.0, 290.0),
    (560.0, 310.0, 700.0, 390.0),
    (110.0, 300.0, 400.0, 440.0),
];

/// Where the scenes of a set are made.
#[derive(Clone, Copy)]
pub struct Stage<'a> {
    /// What they are made of.
    pub material: &'a Material,
    /// Name of the set.
    pub set: &'static str,
    /// Their chance.
    pub seed: u64,
    /// Nobody passes who has nothing to do with what happens.
    pub deserted: bool,
}

impl<'a> Stage<'a> {
    /// An empty scene; its chance depends on seed, set and name only.
    pub fn scene(&self, name: &str, duration_s: f64) -> Director<'a> {
        Director::new(*self, name, duration_s)
    }
}

/// A scene in the making.
pub struct Director<'a> {
    /// What it is made of.
    pub material: &'a Material,
    /// Chance.
    pub random: Random,
    /// The scene so far.
    pub scene: Scene,
    deserted: bool,
}

impl<'a> Director<'a> {
    fn new(stage: Stage<'a>, name: &str, duration_s: f64) -> Self {
        let Stage { material, set, seed, deserted } = stage;
        let full = format!("{set}/{name}");
        let mut random = Random::of(seed, &full);
        let view = View::varied(768, 576, &mut random);
        let light = random.range(0.8, 1.1);
        let warm = random.range(0.95, 1.05);
        let drift = Change::Drift { amount: 0.015, period_s: random.range(25.0, 70.0), phase: random.unit() };
        let scene = Scene {
            name: full,
            duration_s,
            view,
            actors: Vec::new(),
            props: Vec::new(),
            changes: vec![drift],
            patches: Vec::new(),
            foliage: None,
            acts: Vec::new(),
            noise: random.range(1.6, 2.6),
            grading: [light / warm, light, light * warm],
            seed: random.bits(),
            events: Vec::new(),
            negatives_for: Vec::new(),
            note: String::new(),
        };
        Self { material, random, scene, deserted }
    }

    /// The ground under a pixel of the plate.
    pub fn spot(&self, at: (f64, f64)) -> Ground {
        self.material.spot(at)
    }

    /// Casts someone for these steps; his number in the scene.
    pub fn act(&mut self, starts_s: f64, from: Ground, steps: Vec<Step>) -> usize {
        let random = &mut self.random;
        let mut actor = Actor {
            person: 0,
            size: random.range(0.94, 1.05),
            tint: [random.range(0.8, 1.12), random.range(0.85, 1.08), random.range(0.8, 1.12)],
            starts_s,
            from,
            steps,
            own: random.unit(),
        };
        let places = (0..=actor.steps.len()).map(|n| actor.place_of(n));
        let near = places.map(|place| place.z).fold(f64::MAX, f64::min).max(4.0);
        let size_px = self.material.perspective.focal_px / near;
        actor.person = people::cast(&self.material.people, &actor.ways(), size_px, random);
        self.scene.actors.push(actor);
        self.scene.actors.len() - 1
    }

    /// Someone walks from one place outside the picture to another.
    pub fn passer(&mut self, starts_s: f64, from: (f64, f64), to: (f64, f64), speed_bh_s: f64) -> usize {
        // not all in one line
        let aside = |random: &mut Random| (0.0, 40.0 * (random.unit() - 0.5));
        let (a, b) = (aside(&mut self.random), aside(&mut self.random));
        let (from, to) = (self.spot((from.0, from.1 + a.1)), self.spot((to.0, to.1 + b.1)));
        self.act(starts_s, from, vec![Step::Walk { to, speed_bh_s }])
    }

    /// Two different gates, by chance.
    pub fn gates(&mut self) -> ((f64, f64), (f64, f64)) {
        let from = self.random.below(gates::ALL.len());
        let to = (from + 1 + self.random.below(gates::ALL.len() - 1)) % gates::ALL.len();
        (gates::ALL[from], gates::ALL[to])
    }

    /// Ordinary walkers, one every `every_s` or so, who are all gone at the end; none where the place is deserted.
    pub fn traffic(&mut self, from_s: f64, to_s: f64, every_s: f64) {
        if self.deserted {
            return;
        }
        let mut t = from_s + self.random.range(0.0, every_s);
        while t < to_s {
            let (from, to) = self.gates();
            let speed = WALK_BH_S * self.random.range(0.85, 1.3);
            self.passer(t, from, to, speed);
            t += every_s * self.random.range(0.5, 1.5);
        }
    }

    /// A place where something can stand and is well in view.
    pub fn free_place(&mut self) -> Ground {
        for _ in 0..100 {
            let Some(&(left, top, right, bottom)) = self.random.pick(&PLACES) else { break };
            let at = (self.random.range(left, right), self.random.range(top, bottom));
            let [x, y] = self.scene.view.point(at);
            if (0.12..0.88).contains(&x) && (0.3..0.9).contains(&y) {
                return self.spot(at);
            }
        }
        // every view shows the middle of the crossing
        self.spot((560.0, 260.0))
    }

    /// The colour of the ground, as the scene's camera sees it before exposure.
    pub fn ground_colour(&self, at: Ground) -> [f64; 3] {
        let foot = self.material.perspective.standing(at);
        let plate = &self.material.plate;
        let mut sum = [0.0; 3];
        for dy in -6_i32..=0 {
            for dx in -6_i32..=6 {
                let clamp = |v: f64, end: usize| (v.max(0.0) as usize).min(end - 1);
                let x = clamp(foot.x + f64::from(dx), plate.width);
                let y = clamp(foot.y + f64::from(dy), plate.height);
                for (sum, value) in sum.iter_mut().zip(plate.pixel(x, y)) {
                    *sum += f64::from(value) / 91.0;
                }
            }
        }
        sum
    }

    /// Puts an object into the scene; its number.
    pub fn prop(&mut self, bag: Bag, held: Vec<(f64, Held)>) -> usize {
        self.scene.props.push(Prop { bag, held });
        self.scene.props.len() - 1
    }

    /// Where an object is seen when it stands here.
    pub fn region_of(&self, prop: usize, at: Ground) -> Option<[f64; 4]> {
        let area = self.scene.props.get(prop)?.area(at, &self.material.perspective);
        self.scene.view.region(area)
    }

    /// Whether the middle of an actor is in the picture at this time.
    pub fn in_view(&self, actor: usize, t: f64) -> bool {
        let pose = self.scene.actors.get(actor).and_then(|actor| actor.pose(t));
        pose.is_some_and(|pose| {
            let foot = self.material.perspective.standing(pose.at);
            let [x, y] = self.scene.view.point((foot.x, foot.y - foot.height / 2.0));
            (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y)
        })
    }

    /// Until when, from `from_s` on, an actor is in the picture without a break.
    pub fn seen_until(&self, actor: usize, from_s: f64) -> f64 {
        let mut t = from_s;
        while self.in_view(actor, t) {
            t += 0.05;
        }
        rounded(t.min(self.scene.duration_s))
    }

    /// Since when, from `from_s` on, an actor is more than 3 m away from a place, or out of the picture.
    pub fn left_at(&self, actor: usize, place: Ground, from_s: f64) -> f64 {
        let mut t = from_s;
        let near =
            |t: f64| self.scene.actors.get(actor)?.pose(t).map(|pose| pose.at.distance(place) <= LEFT_BH);
        while near(t).unwrap_or(false) && self.in_view(actor, t) {
            t += 0.05;
        }
        rounded(t)
    }

    /// Since when and until when so many people in the picture are one group: each within `near_bh` body heights of
    /// another of it. Times between at which they are not are part of it. None when they never are.
    pub fn gathered(&self, count: usize, near_bh: f64) -> Option<(f64, f64)> {
        let group_at = |t: f64| {
            let seen = (0..self.scene.actors.len()).filter(|&actor| self.in_view(actor, t));
            let mut alone: Vec<Ground> =
                seen.filter_map(|actor| Some(self.scene.actors.get(actor)?.pose(t)?.at)).collect();
            let mut largest = 0;
            while let Some(first) = alone.pop() {
                let (mut group, mut next) = (vec![first], 0);
                while let Some(&one) = group.get(next) {
                    next += 1;
                    group.extend(alone.extract_if(.., |other| one.distance(*other) <= near_bh));
                }
                largest = largest.max(group.len());
            }
            largest
        };
        let moments = (0..(10.0 * self.scene.duration_s) as u32).map(|n| 0.1 * f64::from(n));
        let mut together = moments.filter(|t| group_at(*t) >= count);
        let from_s = together.next()?;
        Some((rounded(from_s), rounded(together.next_back().unwrap_or(from_s))))
    }

    /// Notes an event.
    pub fn event(&mut self, event: Event) {
        self.scene.events.push(event);
    }

    /// The finished scene. What it has no event of is what must not be reported, unless somebody could call it so.
    pub fn done(mut self, note: &str) -> Scene {
        note.clone_into(&mut self.scene.note);
        let (most, longest_s) = self.attendance();
        let events = |kind: &str| self.scene.events.iter().any(|event| event.kind == kind);
        let doubtful = |kind: &str| match kind {
            "crowd" => most >= CROWD && !events(kind),
            "loitering" => longest_s > LONG_SECS && !events(kind),
            _ => false,
        };
        self.scene.negatives_for = BEHAVIORS.into_iter().filter(|kind| !doubtful(kind)).collect();
        self.scene
    }

    /// How many people are in the picture at once, at most, and how long one of them, in seconds.
    fn attendance(&self) -> (usize, f64) {
        let moments = (0..(2.0 * self.scene.duration_s) as u32).map(|n| f64::from(n) / 2.0);
        let mut stays_s = vec![0.0; self.scene.actors.len()];
        let mut most = 0;
        for t in moments {
            let mut present = 0;
            for (actor, stay_s) in stays_s.iter_mut().enumerate() {
                if self.in_view(actor, t) {
                    present += 1;
                    *stay_s += 0.5;
                }
            }
            most = most.max(present);
        }
        (most, stays_s.into_iter().fold(0.0, f64::max))
    }
}
