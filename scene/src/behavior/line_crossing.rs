//! Somebody crosses a line.
//!
//! **Sees** the paths of foot points, and the side of the line on which each is.
//! **Begins** and **ends** at once, for every track that goes through the line between its two ends and then has been
//! clearly on the other side (0.15 of its height away) for three looks and .6 s. `since` is when it went through.
//! Who steps to and fro on the line crosses when he has stayed on the other side, not at every step.
//! **Cannot know** who vanishes right behind the line: a line belongs where people are seen on both sides of it, not at
//! the picture's edge. Between two looks the way is taken to be straight.
//! **Why these defaults**: both directions, people only; nothing is held back (`re_alert_secs = 0`), every crossing
//! counts.

use super::steady::Steady;
use super::{Behavior, Parameters, Report};
use crate::config::{ARMED, CLASSES, MIN_HEIGHT, NAME, Places, ZONE_KEY, classes, re_alert_secs, severity};
use crate::detection::Class;
use crate::geometry::{Direction, Line, Point, Zone};
use crate::scene::Scene;
use crate::time::StreamTime;
use crate::track::{State, Track};
use std::collections::BTreeMap;
use xunge_config::{Key, Section, Table};

const LINE: Key = Key::name("line").required().example("\"gate\"").doc("Line that is watched.", "所监视的线。");
const DIRECTION: Key = Key::choice("direction", &["any", "left_to_right", "right_to_left"])
    .default("\"any\"")
    .doc(
        "Which way counts, as seen walking from the line's first point to its second.",
        "哪个方向报警，以从线的第一点走向第二点的人为准。",
    );
const SEVERITY: Key = severity("2");
const RE_ALERT_SECS: Key = re_alert_secs("0");

/// `[[camera.rule.line_crossing]]`.
pub static TABLE: Table = Table::many(
    "line_crossing",
    &[&[NAME, LINE, DIRECTION, ZONE_KEY, CLASSES, ARMED, SEVERITY, RE_ALERT_SECS, MIN_HEIGHT]],
)
.doc(
    "Somebody crosses a line. With a zone, only where the line lies in it.",
    "越线：有人越过警戒线。写了区域时，只算区域内的部分。",
);

/// Parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Name and place of the line.
    pub line: (String, Line),
    /// The way that counts; none is both.
    pub direction: Option<Direction>,
    /// What is looked at.
    pub classes: Vec<Class>,
}

pub(crate) fn read(section: &Section<'_>, places: &Places) -> Option<Settings> {
    let direction = match section.choice(&DIRECTION) {
        "left_to_right" => Some(Direction::LeftToRight),
        "right_to_left" => Some(Direction::RightToLeft),
        _ => None,
    };
    let classes = classes(section);
    let line = places.line(section, &LINE)?;
    if let Some(zone) = places.known_zone(section)
        && !zone.meets(&line.1)
    {
        section.problem(
            &ZONE_KEY,
            (
                "no part of the line lies in the zone, so no crossing could count; leave `zone` out or draw it over the line",
                "线没有任何部分在区域内，任何越线都不会算；请不写 `zone`，或让区域盖住线",
            ),
        );
    }
    Some(Settings { line, direction, classes })
}

impl Parameters for Settings {
    type Machine = Machine;

    fn classes(&self) -> &[Class] {
        &self.classes
    }

    fn place(&self) -> Option<&str> {
        Some(&self.line.0)
    }

    fn bears(&self) -> std::time::Duration {
        super::BEARS_LITTLE
    }

    fn machine(&self, zone: Option<Zone>) -> Machine {
        Machine { line: self.line.1.clone(), direction: self.direction, zone, walkers: BTreeMap::new() }
    }
}

/// Nearer to the line than this, in own heights, is neither side.
const BAND: f64 = 0.15;

/// The machine.
pub struct Machine {
    line: Line,
    direction: Option<Direction>,
    zone: Option<Zone>,
    walkers: BTreeMap<u64, Walker>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

#[derive(Debug)]
struct Walker {
    side: Steady<Side>,
    last: (StreamTime, Point),
    /// Went through the line, and has not yet settled on the other side.
    through: Option<Through>,
}

#[derive(Debug, Clone, Copy)]
struct Through {
    direction: Direction,
    since: StreamTime,
    place: Point,
}

impl Behavior for Machine {
    fn observe(&mut self, scene: &Scene<'_>, moments: &mut Vec<Report>) -> Option<Report> {
        for track in scene.tracks.iter().filter(|track| track.seen) {
            if let Some(through) = self.look_at(track, scene)
                && self.direction.is_none_or(|direction| direction == through.direction)
                && self.zone.as_ref().is_none_or(|zone| zone.contains(through.place))
            {
                moments.push(Report {
                    since: through.since,
                    present: true,
                    tracks: vec![track.id],
                    bounds: track.bounds,
                    score: track.best_score,
                    ..Report::default()
                });
            }
        }
        self.walkers.retain(|id, _| scene.tracks.binary_search_by_key(id, |t| t.id).is_ok());
        None
    }

    fn reset(&mut self) {
        self.walkers.clear();
    }
}

impl Machine {
    /// The crossing that this look completes.
    fn look_at(&mut self, track: &Track, scene: &Scene<'_>) -> Option<Through> {
        let foot = track.foot();
        let walker = self.walkers.entry(track.id).or_insert_with(|| Walker {
            side: Steady::new(),
            last: (scene.at, foot),
            through: None,
        });
        let (before, from) = std::mem::replace(&mut walker.last, (scene.at, foot));
        let offset = self.line.offset(foot, scene.aspect);
        if let Some((direction, along)) = self.line.crossing(from, foot) {
            let back = walker.through.is_some_and(|through| through.direction != direction);
            walker.through = (!back).then(|| Through {
                direction,
                since: before + scene.at.since(before).mul_f64(along),
                place: Point::new(from.x + (foot.x - from.x) * along, from.y + (foot.y - from.y) * along),
            });
        } else if (self.line.offset(from, scene.aspect) < 0.0) != (offset < 0.0) {
            // Around an end of the line.
            walker.through = None;
        }

        let away = offset / track.height.max(1e-3);
        let side = match away {
            _ if away < -BAND => Side::Left,
            _ if away > BAND => Side::Right,
            _ => return None,
        };
        if walker.side.value().is_none() {
            walker.side.settle(side);
        }
        walker.side.look(side, scene)?;
        let arrived = match side {
            Side::Left => Direction::RightToLeft,
            Side::Right => Direction::LeftToRight,
        };
        let through = walker.through.take();
        through.filter(|through| through.direction == arrived && track.state == State::Confirmed)
    }
}
