//! Stages: people with bodies in front of a camera that can also look more closely and see what moves, as text.
//!
//! ```text
//! a: 0 .2,.9 stand | 4 .5,.9 stand | 4.7 .5,.9 lie      where the feet are and how he holds himself at which second
//! a stature .4                                         (default .35 of the frame)
//! lost a 4.3..8                                        the detector does not find him as the picture stands …
//! weak a 4.3..8 .3                                     … or scores him so little
//! unjointed a 4..8                                     no joints are found
//! unturned a 4..8                                      nor is he found with the picture turned
//! flowless a 4..8                                      his pixels do not move along with him
//! thing .5,.9 .2,.15 .3 0..60                          furniture, foot, size and score, that is taken for a person
//! rush 8..12 1.5                                       the pixels of everybody move so many body heights a second
//! light 8..8.4 .6                                      those of the whole picture, frame heights a second
//! traffic 0..30 2                                      those of its lower half
//! alike 4..8 .95                                       all places look so much as they did before
//! still 8..10                                          the gate says that nothing moves
//! blind 8..10                                          nobody can look
//! ```

use crate::script::{ASPECT, number, parse_span};
use xunge_scene::facts::{Flow, FlowCell, KEYPOINTS, Keypoint, Pose};
use xunge_scene::{
    Bounds, CameraScene, Class, Closer, Closeup, Detection, Event, Facts, Look, Phase, Point, StreamTime,
    Wants, Watch,
};

/// Shoulders to hips / stature.
const TRUNK: f64 = 0.288;
/// Cells of the flow.
const COLUMNS: usize = 48;
const ROWS: usize = 32;

/// How somebody holds himself, in parts of his stature; hips and head above the floor.
#[derive(Debug, Clone, Copy)]
struct Hold {
    head: f64,
    hips: f64,
    lean_deg: f64,
    width: f64,
    /// What is below is hidden.
    hidden: f64,
}

fn hold(name: &str) -> Hold {
    let of = |head, hips, lean_deg, width, hidden| Hold { head, hips, lean_deg, width, hidden };
    match name {
        "stand" => of(1.0, 0.53, 2.0, 0.35, 0.0),
        "seated" => of(0.77, 0.29, 8.0, 0.5, 0.0),
        "squat" => of(0.6, 0.2, 25.0, 0.45, 0.0),
        "bend" => of(0.58, 0.5, 105.0, 0.55, 0.0),
        "floor" => of(0.52, 0.12, 12.0, 0.55, 0.0),
        "lie" => of(0.24, 0.1, 88.0, 0.95, 0.0),
        "behind" => of(1.0, 0.53, 2.0, 0.35, 0.55),
        _ => panic!("nobody holds himself {name:?}"),
    }
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    t: f64,
    foot: Point,
    hold: Hold,
}

#[derive(Debug, Clone)]
struct Actor {
    name: String,
    stature: f64,
    marks: Vec<Mark>,
}

impl Actor {
    fn at(&self, t: f64) -> Option<Mark> {
        let leg = self.marks.windows(2).find(|leg| (leg[0].t..=leg[1].t).contains(&t))?;
        let (a, b) = (leg[0], leg[1]);
        let along = if b.t > a.t { (t - a.t) / (b.t - a.t) } else { 0.0 };
        let mix = |a: f64, b: f64| a + (b - a) * along;
        let hold = Hold {
            head: mix(a.hold.head, b.hold.head),
            hips: mix(a.hold.hips, b.hold.hips),
            lean_deg: mix(a.hold.lean_deg, b.hold.lean_deg),
            width: mix(a.hold.width, b.hold.width),
            hidden: mix(a.hold.hidden, b.hold.hidden),
        };
        Some(Mark { t, foot: Point::new(mix(a.foot.x, b.foot.x), mix(a.foot.y, b.foot.y)), hold })
    }

    /// What of him is inside the picture; none when that is next to nothing.
    fn bounds(&self, t: f64) -> Option<Bounds> {
        let Mark { foot, hold, .. } = self.at(t)?;
        let half = hold.width * self.stature / ASPECT / 2.0;
        let left = (foot.x - half).max(0.0);
        let right = (foot.x + half).min(1.0);
        let top = (foot.y - hold.head * self.stature).max(0.0);
        let bottom = (foot.y - hold.hidden * self.stature).min(1.0);
        let there = right - left > 0.01 && bottom - top > 0.02;
        there.then(|| Bounds::new(left, top, right - left, bottom - top))
    }

    fn joints(&self, t: f64) -> Option<[Keypoint; KEYPOINTS]> {
        let Mark { foot, hold, .. } = self.at(t)?;
        let lean = hold.lean_deg.to_radians();
        let (hips_x, hips_up) = (0.0, hold.hips);
        let along = |way: f64| (hips_x + way * lean.sin(), hips_up + way * lean.cos());
        let (shoulders, nose) = (along(TRUNK), along(TRUNK + 0.13));
        let ankles = (0.06 - hold.width / 2.0, 0.04);
        let knees = ((hips_x + ankles.0) / 2.0, (hips_up + ankles.1) / 2.0);
        let elbows = ((shoulders.0 + hips_x) / 2.0, (shoulders.1 + hips_up) / 2.0);
        let places =
            [nose, nose, nose, nose, nose, shoulders, shoulders, elbows, elbows, (hips_x, hips_up), elbows];
        let places = places.into_iter().chain([(hips_x, hips_up); 2]).chain([knees; 2]).chain([ankles; 2]);
        let mut joints = [Keypoint::default(); KEYPOINTS];
        for (index, (joint, (x, up))) in joints.iter_mut().zip(places).enumerate() {
            // Left and right are a little apart.
            let side = if index % 2 == 0 { -0.02 } else { 0.02 };
            let at = Point::new(foot.x + (x + side) * self.stature / ASPECT, foot.y - up * self.stature);
            let seen = (0.0..=1.0).contains(&at.x) && (0.0..=1.0).contains(&at.y) && up >= hold.hidden;
            *joint = Keypoint { at, score: if seen { 0.7 } else { 0.05 } };
        }
        Some(joints)
    }

    /// Frame heights a second.
    fn velocity(&self, t: f64) -> Point {
        const STEP: f64 = 0.02;
        match (self.bounds(t - STEP), self.bounds(t + STEP)) {
            (Some(a), Some(b)) => {
                let (a, b) = (a.head(), b.head());
                Point::new((b.x - a.x) * ASPECT / STEP / 2.0, (b.y - a.y) / STEP / 2.0)
            }
            _ => Point::default(),
        }
    }
}

/// Something that holds for a while: of whom or what, from, to, how much.
type Spell = (String, f64, f64, f64);

#[derive(Debug, Clone, Default)]
pub struct Stage {
    actors: Vec<Actor>,
    things: Vec<(Detection, f64, f64)>,
    spells: Vec<Spell>,
}

impl Stage {
    pub fn parse(text: &str) -> Self {
        let mut stage = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let mut spell = |what: String, span: &str, value: f64| {
                let (from, to) = parse_span(span);
                stage.spells.push((what, from, to, value));
            };
            match words.as_slice() {
                ["weak", name, span, score] => spell(format!("weak {name}"), span, number(score)),
                ["thing", foot, size, score, span] => {
                    let ((x, y), (w, h)) = (pair(foot), pair(size));
                    let bounds = Bounds::new(x - w / 2.0, y - h, w, h);
                    let thing = Detection { class: Class::Person, score: number(score) as f32, bounds };
                    let (from, to) = parse_span(span);
                    stage.things.push((thing, from, to));
                }
                [what @ ("lost" | "unjointed" | "unturned" | "flowless"), name, span] => {
                    spell(format!("{what} {name}"), span, 0.0);
                }
                [what @ ("rush" | "light" | "traffic" | "alike"), span, value] => {
                    spell((*what).to_owned(), span, number(value));
                }
                [what @ ("still" | "blind"), span] => spell((*what).to_owned(), span, 0.0),
                [name, "stature", stature] => {
                    let found = stage.actors.iter_mut().find(|actor| actor.name == *name);
                    found.expect("named before").stature = number(stature);
                }
                _ => stage.actors.push(parse_actor(line)),
            }
        }
        stage
    }

    fn spell(&self, what: &str, t: f64) -> Option<f64> {
        let now = |spell: &&Spell| spell.0 == what && (spell.1..spell.2).contains(&t);
        self.spells.iter().find(now).map(|spell| spell.3)
    }

    fn end(&self) -> f64 {
        self.actors.iter().filter_map(|a| a.marks.last()).map(|mark| mark.t).fold(0.0, f64::max)
    }

    fn detections(&self, t: f64) -> Vec<Detection> {
        let things =
            self.things.iter().filter(|(_, from, to)| (*from..*to).contains(&t)).map(|thing| thing.0);
        let people = self.actors.iter().filter_map(|actor| {
            let score = self.spell(&format!("weak {}", actor.name), t).unwrap_or(0.8) as f32;
            let bounds =
                actor.bounds(t).filter(|_| self.spell(&format!("lost {}", actor.name), t).is_none())?;
            Some(Detection { class: Class::Person, score, bounds })
        });
        people.chain(things).collect()
    }

    fn flow(&self, t: f64) -> Flow {
        let mut flow =
            Flow { columns: COLUMNS, rows: ROWS, cells: vec![FlowCell::default(); COLUMNS * ROWS] };
        for (index, cell) in flow.cells.iter_mut().enumerate() {
            let at = Point::new(
                ((index % COLUMNS) as f64 + 0.5) / COLUMNS as f64,
                ((index / COLUMNS) as f64 + 0.5) / ROWS as f64,
            );
            let inside = |b: &Bounds| (b.x..=b.x + b.w).contains(&at.x) && (b.y..=b.y + b.h).contains(&at.y);
            let actor = self.actors.iter().find(|actor| actor.bounds(t).is_some_and(|b| inside(&b)));
            let velocity = match actor {
                Some(actor) if self.spell("rush", t).is_some() => {
                    Point::new(self.spell("rush", t).unwrap_or_default() * actor.stature, 0.0)
                }
                Some(actor) if self.spell(&format!("flowless {}", actor.name), t).is_none() => {
                    actor.velocity(t)
                }
                _ => Point::default(),
            };
            let traffic = self.spell("traffic", t).filter(|_| at.y > 0.5);
            let velocity = match self.spell("light", t).or(traffic) {
                Some(speed) => Point::new(speed, 0.0),
                None => velocity,
            };
            if velocity.x.hypot(velocity.y) > 0.02 {
                *cell = FlowCell { velocity, moving: 0.8 };
            }
        }
        flow
    }

    /// Looks `rate` times a second until 25 s after the last mark.
    pub fn run(&self, scene: &CameraScene, rate: f64) -> Vec<Event> {
        let mut watch = Watch::new(scene);
        watch.set_aspect(ASPECT);
        let mut events = Vec::new();
        for look in 0..((self.end() + 25.0) * rate) as u32 {
            let t = f64::from(look) / rate;
            let (detections, flow) = (self.detections(t), self.flow(t));
            let shown = match () {
                () if self.spell("blind", t).is_some() => Look::Blind,
                () if self.spell("still", t).is_some() => Look::Still,
                () => Look::Seen(&detections),
            };
            let facts = Facts { flow: Some(&flow), ..Facts::default() };
            let mut closer = Near { stage: self, t };
            let new = watch.look_closely(StreamTime::from_secs(t), shown, facts, &mut closer, None);
            assert!(new.is_empty() || !matches!(shown, Look::Blind), "blind, and yet {new:?}");
            events.extend(new);
        }
        events
    }
}

/// Looks more closely at the stage at one moment.
struct Near<'a> {
    stage: &'a Stage,
    t: f64,
}

impl Closer for Near<'_> {
    fn look(&mut self, wants: &Wants) -> Closeup {
        let (stage, t) = (self.stage, self.t);
        assert!(stage.spell("blind", t).is_none(), "nobody can look");
        let shown = |what: &str, actor: &Actor| stage.spell(&format!("{what} {}", actor.name), t).is_none();
        let poses = wants.poses.iter().filter_map(|(&track, asked)| {
            let apart = |actor: &Actor| Some(actor.bounds(t)?.centre().distance(asked.centre(), ASPECT));
            let jointed = stage.actors.iter().filter(|actor| shown("unjointed", actor));
            let near = jointed.filter_map(|actor| Some((apart(actor)?, actor)));
            let (_, actor) =
                near.filter(|(far, a)| *far < 0.6 * a.stature).min_by(|a, b| a.0.total_cmp(&b.0))?;
            Some(Pose { track, joints: actor.joints(t)? })
        });
        let lying = stage.actors.iter().filter(|actor| {
            actor.at(t).is_some_and(|mark| mark.hold.lean_deg > 60.0) && shown("unturned", actor)
        });
        let found = lying.filter_map(|actor| {
            let bounds = actor.bounds(t)?;
            let asked = wants.turned.iter().any(|place| place.overlap(&bounds) > 0.5 * bounds.area());
            asked.then_some(Detection { class: Class::Person, score: 0.5, bounds })
        });
        let before = wants.before.iter().map(|(&track, &(_, before))| {
            assert!(before < StreamTime::from_secs(t), "asked about what is to come");
            track
        });
        let alike = before.filter_map(|track| Some((track, stage.spell("alike", t)?)));
        Closeup {
            alike: alike.collect(),
            poses: poses.collect(),
            turned: found.collect(),
            ..Closeup::default()
        }
    }
}

fn parse_actor(line: &str) -> Actor {
    let (name, marks) = line.split_once(':').expect("name: marks");
    let mark = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (x, y) = pair(words[1]);
        let hold = hold(words.get(2).copied().unwrap_or("stand"));
        Mark { t: number(words[0]), foot: Point::new(x, y), hold }
    };
    Actor { name: name.to_owned(), stature: 0.35, marks: marks.split('|').map(mark).collect() }
}

fn pair(text: &str) -> (f64, f64) {
    let (a, b) = text.split_once(',').expect("two numbers");
    (number(a), number(b))
}

/// When each happening began.
pub fn begun(events: &[Event]) -> Vec<f64> {
    events.iter().filter(|e| e.phase == Phase::Began).map(|e| e.at.secs()).collect()
}
