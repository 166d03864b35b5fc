//! One track from birth to removal.

use super::filter::{Filter, faded};
use super::pairing::{Expected, cost, leaves_frame, manner};
use super::{State, Strength, Track};
use crate::detection::{Class, Detection, Group};
use crate::geometry::{Bounds, Point};
use crate::scene::SILENCE;
use crate::time::StreamTime;
use std::time::Duration;

/// Younger tracks may be second boxes on others.
const MATURE: Duration = Duration::from_secs(1);
/// A guess must be found this often …
const CONFIRM_LOOKS: u32 = 3;
/// … over this long …
const CONFIRM_AFTER: Duration = Duration::from_millis(300);
/// … and is given up when it is missed this long.
const TENTATIVE_KEPT: Duration = Duration::from_millis(900);
/// Somebody who walked out through the frame's edge does not come back under his id.
const GONE_KEPT: Duration = Duration::from_millis(500);
/// Weak detections alone carry a track this long.
const WEAK_KEPT: Duration = Duration::from_secs(5);
/// A track missed no longer than this before everything stood still was missed by mistake.
const FLICKER: Duration = Duration::from_millis(500);
/// What has never gone further than this from where it was first found, in own heights, has not moved: smoothed boxes
/// on furniture wander by a twentieth.
const MOVED: f64 = 0.15;
/// The first box may be of half of it: who has gone nowhere from where he was found after this time …
const FIRST: Duration = Duration::from_millis(250);
/// … until this one has not moved after all …
const SETTLED: Duration = Duration::from_secs(1);
/// … unless it scores as people do.
pub(crate) const PERSON: f32 = 0.5;
/// A track that has covered furniture for so long shows the furniture.
const RESTED: Duration = Duration::from_secs(2);
/// Seconds after which the speed of an unseen thing is no longer believed.
const SPEED_FADES: f64 = 1.5;

/// A track with all that the tracker remembers of it.
#[derive(Debug, Clone)]
pub(super) struct Life {
    track: Track,
    filter: Filter,
    looks: u32,
    /// Time that looks covered without finding it.
    unseen: Duration,
    /// Box at the last detection that was not weak, and how long weak ones alone have carried the track since.
    strong: Bounds,
    weakly: Duration,
    /// How much speaks for each class.
    votes: Vec<(Class, f32)>,
    /// Box when it was born: what a lost track must have led to, and what movement is measured from.
    born: Bounds,
    /// The last of its first boxes; none once it is known whether it moved from there.
    settled: Option<Bounds>,
    just_confirmed: bool,
    discarded: bool,
    /// While it covers furniture: for how long.
    rested: Duration,
}

impl Life {
    pub(super) fn new(id: u64, at: StreamTime, detection: &Detection, aspect: f64) -> Self {
        let bounds = detection.bounds;
        let motion = manner(detection.class.group()).motion;
        Self {
            track: Track {
                id,
                class: detection.class,
                state: State::Tentative,
                seen: true,
                bounds,
                height: bounds.h,
                score: detection.score,
                best_score: detection.score,
                velocity: Point::default(),
                moved: false,
                unsure: Duration::ZERO,
                first_seen: at,
                last_seen: at,
            },
            filter: Filter::new(&bounds, aspect, motion),
            looks: 1,
            unseen: Duration::ZERO,
            strong: bounds,
            weakly: Duration::ZERO,
            votes: vec![(detection.class, detection.score)],
            born: bounds,
            settled: Some(bounds),
            just_confirmed: false,
            discarded: false,
            rested: Duration::ZERO,
        }
    }

    pub(super) fn id(&self) -> u64 {
        self.track.id
    }

    pub(super) fn group(&self) -> Group {
        self.track.class.group()
    }

    /// Old enough to be somebody of its own and not a second box on a neighbour.
    pub(super) fn is_mature(&self, at: StreamTime) -> bool {
        self.is_confirmed() && at.since(self.track.first_seen) >= MATURE
    }

    pub(super) fn is_confirmed(&self) -> bool {
        self.track.state != State::Tentative
    }

    pub(super) fn just_confirmed(&self) -> bool {
        self.just_confirmed
    }

    /// Something better than detections says that it is there.
    pub(super) fn prove(&mut self) {
        self.looks = CONFIRM_LOOKS;
        self.track.state = State::Confirmed;
    }

    /// It turns out to be something that has moved before.
    pub(super) fn believe_moved(&mut self) {
        self.track.moved = true;
        self.settled = None;
    }

    /// It turns out that it only seemed to move.
    pub(super) fn deny_movement(&mut self) {
        self.track.moved = false;
    }

    /// Whether it covers what was furniture before. Who moved and became furniture is gone.
    pub(super) fn rest_on_furniture(&mut self, under: bool, gap: Duration) {
        self.rested = if under && self.track.moved { self.rested + gap.min(SILENCE) } else { Duration::ZERO };
        self.discarded |= self.rested > RESTED;
    }

    /// Where it was lost, if that was a thing that moves and did not walk out of the picture.
    pub(super) fn vanished_at(&self, aspect: f64) -> Option<Bounds> {
        let there = self.track.moved && self.is_confirmed() && !self.discarded;
        (there && !self.has_walked_out(aspect)).then_some(self.track.bounds)
    }

    /// Its memory now lives on in another track.
    pub(super) fn discard(&mut self) {
        self.discarded = true;
    }

    pub(super) fn track(&self, at: StreamTime) -> Track {
        Track { seen: self.track.last_seen == at, ..self.track }
    }

    pub(super) fn predict(&mut self, gap: Duration) {
        let fading = (self.unseen > Duration::ZERO || gap >= SILENCE).then_some(SPEED_FADES);
        self.filter.predict(gap.as_secs_f64(), manner(self.group()).motion, fading);
        self.just_confirmed = false;
    }

    pub(super) fn expected(&self, at: StreamTime, aspect: f64) -> Expected {
        Expected {
            bounds: self.filter.bounds(aspect),
            last: self.track.bounds,
            strong_area: self.strong.area(),
            velocity: self.track.velocity,
            age: at.since(self.track.last_seen).as_secs_f64(),
            missed: self.unseen > Duration::ZERO,
            speed_known: self.looks >= CONFIRM_LOOKS,
            manner: manner(self.group()),
        }
    }

    /// May a weak detection continue it? Furniture scores a little too, all the time; people, even lying ones, now and
    /// then score more.
    pub(super) fn takes_weak(&self) -> bool {
        self.is_confirmed() && self.weakly < WEAK_KEPT
    }

    pub(super) fn found(&mut self, at: StreamTime, detection: &Detection, strength: Strength, aspect: f64) {
        let (sure, weak) = (strength == Strength::Good, strength == Strength::Weak);
        if sure {
            self.track.unsure = Duration::ZERO;
        } else {
            self.track.unsure += at.since(self.track.last_seen).min(SILENCE);
        }
        if weak {
            self.weakly += at.since(self.track.last_seen).min(SILENCE);
        } else {
            self.weakly = Duration::ZERO;
            self.strong = detection.bounds;
        }
        self.filter.correct(&detection.bounds, aspect);
        self.looks = self.looks.saturating_add(1);
        self.unseen = Duration::ZERO;
        self.vote(detection);
        let track = &mut self.track;
        track.bounds = detection.bounds;
        track.height = self.filter.bounds(aspect).h;
        track.velocity = self.filter.velocity();
        track.score = detection.score;
        track.best_score = track.best_score.max(detection.score);
        track.last_seen = at;
        // The smoothed box does not jump, the one just found does not lag behind, and of what is found poorly beside
        // somebody else half may be of him.
        if !weak {
            let smooth = self.filter.bounds(aspect);
            let way = |from: &Bounds| {
                let to = |to: &Bounds| from.centre().distance(to.centre(), aspect);
                to(&smooth).min(to(&detection.bounds))
            };
            track.moved |= way(&self.born) >= MOVED * track.height;
            let age = at.since(track.first_seen);
            if age <= FIRST {
                self.settled = self.settled.map(|_| detection.bounds);
            } else if age >= SETTLED
                && let Some(settled) = self.settled.take()
                && way(&settled) < MOVED * track.height
                && track.best_score < PERSON
            {
                (self.born, track.moved) = (settled, false);
            }
        }
        let proved = self.looks >= CONFIRM_LOOKS && at.since(track.first_seen) >= CONFIRM_AFTER;
        if track.state == State::Tentative && proved {
            track.state = State::Confirmed;
            self.just_confirmed = true;
        } else if track.state == State::Lost {
            track.state = State::Confirmed;
        }
    }

    fn vote(&mut self, detection: &Detection) {
        match self.votes.iter_mut().find(|(class, _)| *class == detection.class) {
            Some((_, votes)) => *votes += detection.score,
            None => self.votes.push((detection.class, detection.score)),
        }
        let best = self.votes.iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        if let Some(&(class, _)) = best {
            self.track.class = class;
        }
    }

    /// After a look that may or may not have found it.
    pub(super) fn age(&mut self, at: StreamTime, gap: Duration) {
        if self.track.last_seen < at {
            self.unseen += gap.min(SILENCE);
            if self.is_confirmed() {
                self.track.state = State::Lost;
            }
        }
    }

    /// Nothing moved in the picture.
    pub(super) fn hold(&mut self, at: StreamTime, gap: Duration, aspect: f64) {
        self.just_confirmed = false;
        if self.unseen > FLICKER || (self.unseen > Duration::ZERO && self.has_walked_out(aspect)) {
            self.unseen += gap.min(SILENCE);
            return;
        }
        self.unseen = Duration::ZERO;
        let track = &mut self.track;
        track.last_seen = at;
        if track.state == State::Lost {
            track.state = State::Confirmed;
        }
        // It stands: a speed from before would carry it away while nobody looks.
        track.velocity = Point::default();
        let motion = manner(track.class.group()).motion;
        self.filter = Filter::new(&self.filter.bounds(aspect), aspect, motion);
    }

    /// Is the detection a second box on what this track has just been found as?
    pub(super) fn is_twin(&self, at: StreamTime, detection: &Detection) -> bool {
        let (mine, other) = (&self.track.bounds, &detection.bounds);
        self.track.last_seen == at
            && self.group() == detection.class.group()
            && (mine.iou(other) > 0.6
                || (detection.score < self.track.score && mine.overlap(other) > 0.85 * other.area()))
    }

    /// Does the detection hold this track, which has just been found as well, and hardly anything above or below it?
    pub(super) fn is_part_of(&self, at: StreamTime, detection: &Detection) -> bool {
        let (mine, other) = (&self.track.bounds, &detection.bounds);
        self.track.last_seen == at
            && self.group() == detection.class.group()
            && mine.overlap(other) > 0.7 * mine.area()
            && other.h < 1.4 * mine.h
    }

    /// Cost of `young` being the continuation of this lost track; `INFINITY` when it cannot be.
    pub(super) fn continued_by(&self, young: &Self, aspect: f64) -> f64 {
        let apart = young.track.first_seen.since(self.track.last_seen);
        if self.track.state != State::Lost || self.group() != young.group() || apart.is_zero() {
            return f64::INFINITY;
        }
        // Where it would have been when the young one was born.
        let age = apart.as_secs_f64();
        let ahead = faded(age, SPEED_FADES);
        let last = self.track.bounds;
        let there = Bounds {
            x: last.x + self.track.velocity.x * ahead / aspect,
            y: last.y + self.track.velocity.y * ahead,
            ..last
        };
        // Its height may have been hidden in part then; it is known better now.
        let born = Bounds { h: young.track.height, ..young.born };
        let expected = Expected {
            bounds: there,
            last,
            strong_area: self.strong.area(),
            velocity: self.track.velocity,
            age,
            missed: true,
            speed_known: true,
            manner: manner(self.group()),
        };
        cost(&expected, &born, aspect, false)
    }

    /// Takes over what the young track knows; the id and the past stay.
    pub(super) fn go_on_as(&mut self, young: Self) {
        let (id, first_seen, moved) = (self.track.id, self.track.first_seen, self.track.moved);
        let best_score = self.track.best_score.max(young.track.best_score);
        let votes = std::mem::take(&mut self.votes);
        let looks = self.looks.saturating_add(young.looks);
        *self = Self { looks, votes, just_confirmed: false, ..young };
        if moved {
            self.believe_moved();
        }
        self.track = Track { id, first_seen, best_score, ..self.track };
    }

    pub(super) fn is_over(&self, lost: Duration, aspect: f64) -> bool {
        let kept = match self.track.state {
            _ if self.discarded => return true,
            State::Tentative => TENTATIVE_KEPT,
            _ if self.has_walked_out(aspect) => GONE_KEPT,
            _ => lost,
        };
        self.unseen > kept
    }

    /// Was on its way out of the frame and would have reached its edge by now.
    fn has_walked_out(&self, aspect: f64) -> bool {
        leaves_frame(&self.filter.bounds(aspect), &self.track.velocity, aspect)
    }
}
