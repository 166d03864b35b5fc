//! Tracks: which detections of successive frames are the same thing.
//!
//! Two thresholds in the manner of ByteTrack: only a good detection gives birth to a track, a weak one may continue
//! it, because people who lie or stand far away score low. All lives are durations on stream time, so that one
//! camera looked at 25 times a second and one looked at 1.25 times behave alike.
//!
//! tentative → confirmed ⇄ lost → removed. A tentative track is a guess: behaviors remember where it was but say
//! nothing about it before it is confirmed. A lost one keeps its id for a while in case it comes back near the place
//! where it should be.

mod assignment;
mod doubt;
mod filter;
mod furniture;
mod life;
mod meeting;
mod pairing;

use crate::detection::{Class, Detection, Group};
use crate::geometry::{Bounds, Point};
use crate::time::StreamTime;
use furniture::Shaken;
use life::Life;
pub(crate) use life::PERSON;
use std::time::Duration;

/// Where a track stands in its life. A removed one is no longer listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Seen once or twice: perhaps a false detection.
    Tentative,
    /// Seen often enough.
    Confirmed,
    /// Confirmed, but not seen at the last look that could have shown it.
    Lost,
}

/// One thing over time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Track {
    /// Unique within one run of one camera, never used again.
    pub id: u64,
    /// What it was taken for most convincingly over its life.
    pub class: Class,
    /// Where it stands in its life.
    pub state: State,
    /// There now: found by the detector at this look, or held because nothing moved since it was.
    pub seen: bool,
    /// Its box when it was last found.
    pub bounds: Bounds,
    /// Its usual height, smoothed, in frame heights: the measure for its distances.
    pub height: f64,
    /// Score of the last detection, 0..1.
    pub score: f32,
    /// Best score of its life, 0..1.
    pub best_score: f32,
    /// Frame heights per second, both axes in the same unit.
    pub velocity: Point,
    /// Has at some time been clearly elsewhere than where it was first found. Furniture that a detector takes for a
    /// person never has.
    pub moved: bool,
    /// How long it has been found by such detections only as would not begin a track.
    pub unsure: Duration,
    /// When it was first found.
    pub first_seen: StreamTime,
    /// When it was last found, or held.
    pub last_seen: StreamTime,
}

impl Track {
    /// Where it stands on the ground.
    pub fn foot(&self) -> Point {
        self.bounds.foot()
    }

    /// Own heights per second: a walker makes about 0.8.
    pub fn speed_bh_s(&self) -> f64 {
        self.velocity.x.hypot(self.velocity.y) / self.height.max(1e-3)
    }
}

/// What can be set about tracking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Lowest score that begins a track, 0..1.
    pub birth_score: f32,
    /// Lowest score that continues one, 0..1, at most `birth_score`.
    pub continue_score: f32,
    /// How long an unseen track keeps its id.
    pub lost: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { birth_score: 0.42, continue_score: 0.13, lost: Duration::from_secs(2) }
    }
}

/// What a detection is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// Begins a track.
    Good,
    /// Continues any track.
    Middling,
    /// Continues a confirmed track, for a while.
    Weak,
}

/// What it costs a guess to take what somebody known fits about as well: a second box on him, seen once, is likely nobody.
const YIELDS: f64 = 0.5;

/// The tracker of one camera.
#[derive(Debug)]
pub(crate) struct Tracker {
    settings: Settings,
    aspect: f64,
    last: Option<StreamTime>,
    next_id: u64,
    lives: Vec<Life>,
    tracks: Vec<Track>,
    mixups: Vec<(u64, u64)>,
    meetings: meeting::Meetings,
    /// Where things that move were lost for good, and when. Somebody who stands may be missed for long; when he is found
    /// again there, he is no furniture.
    vanished: Vec<(StreamTime, Bounds)>,
    doubts: doubt::Doubts,
    furniture: furniture::Furniture,
}

/// How long a place is remembered …
const VANISHED_KEPT: Duration = Duration::from_secs(120);
/// … how many of them …
const VANISHED_MOST: usize = 64;
/// … and how near it somebody must be found, in his own heights.
const VANISHED_NEAR: f64 = 0.6;

impl Tracker {
    pub(crate) fn new(settings: Settings, aspect: f64) -> Self {
        Self {
            settings,
            aspect,
            last: None,
            next_id: 1,
            lives: Vec::new(),
            tracks: Vec::new(),
            mixups: Vec::new(),
            meetings: meeting::Meetings::default(),
            vanished: Vec::new(),
            doubts: doubt::Doubts::default(),
            furniture: furniture::Furniture::default(),
        }
    }

    pub(crate) fn set_aspect(&mut self, aspect: f64) {
        self.aspect = aspect;
    }

    /// All tracks, by id.
    pub(crate) fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Pairs of tracks, smaller id first, that may have changed places at this look.
    pub(crate) fn mixups(&self) -> &[(u64, u64)] {
        &self.mixups
    }

    /// Pairs of tracks, smaller id first, of whom it will be known soon whether they have.
    pub(crate) fn undecided(&self) -> &[(u64, u64)] {
        self.meetings.open()
    }

    /// Forgets every track. Ids go on counting.
    pub(crate) fn reset(&mut self) {
        self.last = None;
        self.lives.clear();
        self.tracks.clear();
        self.mixups.clear();
        self.meetings.reset();
        self.vanished.clear();
        self.doubts.reset();
        self.furniture.reset();
    }

    /// Nobody could look for so long that nobody can be called the same; but who is found where somebody was is no
    /// furniture.
    pub(crate) fn forget(&mut self, at: StreamTime) {
        let aspect = self.aspect;
        self.vanished.extend(self.lives.drain(..).filter_map(|life| Some((at, life.vanished_at(aspect)?))));
    }

    /// Nothing moved: what was there is there. A track that was missed before that grows older.
    pub(crate) fn still(&mut self, at: StreamTime) {
        let gap = self.pass(at);
        for life in &mut self.lives {
            life.hold(at, gap, self.aspect);
        }
        self.finish(at);
    }

    /// The detector ran: what is not found is not there, or hidden.
    pub(crate) fn seen(&mut self, at: StreamTime, detections: &[Detection]) {
        let gap = self.pass(at);
        for life in &mut self.lives {
            life.predict(gap);
        }
        for group in Group::ALL {
            self.match_group(at, group, detections);
        }
        for life in &mut self.lives {
            life.age(at, gap);
        }
        self.part_from_furniture(at, gap);
        self.adopt();
        self.finish(at);
    }

    /// Who moved and has become furniture is no longer who moved.
    fn part_from_furniture(&mut self, at: StreamTime, gap: Duration) {
        for life in &mut self.lives {
            let track = life.track(at);
            if !track.seen {
                continue;
            }
            match self.furniture.of_nobody(&track) {
                Some(Shaken::IsThere) => life.deny_movement(),
                Some(Shaken::IsGone) => life.discard(),
                None => {
                    self.furniture.learn(&track, self.aspect);
                    life.rest_on_furniture(self.furniture.is_under(&track), gap);
                }
            }
        }
    }

    fn pass(&mut self, at: StreamTime) -> Duration {
        let gap = self.last.map_or(Duration::ZERO, |last| at.since(last));
        self.last = Some(at);
        self.mixups.clear();
        self.doubts.clear();
        gap
    }

    fn match_group(&mut self, at: StreamTime, group: Group, detections: &[Detection]) {
        let sound = |d: &&Detection| d.class.group() == group && d.bounds.is_sound();
        let mut found: Vec<Detection> = detections.iter().filter(sound).copied().collect();
        found.retain(|d| d.score >= self.settings.continue_score);
        let (mut high, mut low): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|d| d.score >= self.settings.birth_score);

        let mut waiting: Vec<usize> =
            (0..self.lives.len()).filter(|&index| self.lives[index].group() == group).collect();
        self.match_some(at, &mut waiting, &mut high, Strength::Good);
        // A weak detection may continue what is known, but prove nothing new on its own.
        let half_way = f32::midpoint(self.settings.birth_score, self.settings.continue_score);
        let (mut middling, rest): (Vec<_>, Vec<_>) = low.into_iter().partition(|d| d.score >= half_way);
        self.match_some(at, &mut waiting, &mut middling, Strength::Middling);
        low = rest;
        low.extend(middling);
        waiting.retain(|&index| self.lives[index].takes_weak());
        self.match_some(at, &mut waiting, &mut low, Strength::Weak);

        for detection in &low {
            let apart = |life: &Life| life.track(at).bounds.iou(&detection.bounds) < 0.2;
            if self.lives.iter().all(apart) {
                self.doubts.consider(at, detection);
            }
        }
        for detection in high {
            let twin = self.lives.iter().any(|life| life.is_twin(at, &detection));
            if !twin && !self.is_of_two(at, &detection) {
                self.give_birth(at, &detection);
            }
        }
    }

    /// Is it a box around two who are each found?
    fn is_of_two(&self, at: StreamTime, detection: &Detection) -> bool {
        let inside = |life: &&Life| life.is_part_of(at, detection);
        self.lives.iter().filter(inside).count() >= 2
    }

    fn give_birth(&mut self, at: StreamTime, detection: &Detection) -> &mut Life {
        let mut life = Life::new(self.next_id, at, detection, self.aspect);
        let near = |b: &Bounds| {
            b.foot().distance(detection.bounds.foot(), self.aspect) < VANISHED_NEAR * detection.bounds.h
        };
        if self.vanished.iter().any(|(_, bounds)| near(bounds)) {
            life.believe_moved();
        }
        self.next_id += 1;
        self.lives.push_mut(life)
    }

    /// People of this look who are too weak to begin a track: their joints decide.
    pub(crate) fn doubts(&mut self) -> &[Detection] {
        self.doubts.asked()
    }

    /// The joints have decided about one of [`Tracker::doubts`]. A person's track is listed from the next look on.
    pub(crate) fn settle(&mut self, at: StreamTime, doubt: &Detection, is_person: bool) {
        if is_person {
            self.give_birth(at, doubt).prove();
        } else {
            self.doubts.refuse(at, doubt.bounds);
        }
    }

    /// Gives every waiting track its detection; both lists keep what is left over.
    fn match_some(
        &mut self,
        at: StreamTime,
        waiting: &mut Vec<usize>,
        found: &mut Vec<Detection>,
        strength: Strength,
    ) {
        let strict = strength != Strength::Good;
        let costs: Vec<Vec<f64>> = waiting
            .iter()
            .map(|&index| {
                let life = &self.lives[index];
                let expected = life.expected(at, self.aspect);
                let yields = if life.is_confirmed() { 0.0 } else { YIELDS };
                found
                    .iter()
                    .map(|d| yields + pairing::cost(&expected, &d.bounds, self.aspect, strict))
                    .collect()
            })
            .collect();
        let given = assignment::assign(&costs, found.len(), pairing::ALONE);
        if strength == Strength::Good {
            self.note_mixups(at, waiting, &costs, &given);
        }
        let mut taken = vec![false; found.len()];
        let mut left = Vec::new();
        for (&index, column) in waiting.iter().zip(&given) {
            match *column {
                Some(column) => {
                    taken[column] = true;
                    self.lives[index].found(at, &found[column], strength, self.aspect);
                }
                None => left.push(index),
            }
        }
        *waiting = left;
        let mut index = 0;
        found.retain(|_| {
            index += 1;
            !taken[index - 1]
        });
    }

    /// Two tracks so near each other that the other way round would have been nearly as good: nobody can tell which is
    /// which any more.
    fn note_mixups(
        &mut self,
        at: StreamTime,
        waiting: &[usize],
        costs: &[Vec<f64>],
        given: &[Option<usize>],
    ) {
        let cost =
            |row: usize, column: Option<usize>| column.map_or(pairing::ALONE, |column| costs[row][column]);
        for first in 0..waiting.len() {
            for second in first + 1..waiting.len() {
                let (a, b) = (given[first], given[second]);
                let lives = [&self.lives[waiting[first]], &self.lives[waiting[second]]];
                if a.or(b).is_none() || !lives.iter().all(|life| life.is_mature(at)) {
                    continue;
                }
                let swapped = cost(first, b) + cost(second, a);
                if swapped - cost(first, a) - cost(second, b) < pairing::DOUBT {
                    let (one, other) = (lives[0].track(at), lives[1].track(at));
                    let (one, other) = if one.id < other.id { (one, other) } else { (other, one) };
                    if self.meetings.begin(at, &one, &other) {
                        self.mixups.push((one.id, other.id));
                    }
                }
            }
        }
    }

    /// A track that has just proved itself may be the continuation of a lost one that it could not be paired with at
    /// once (half hidden at first): then it goes on under the old id.
    fn adopt(&mut self) {
        for young in 0..self.lives.len() {
            if !self.lives[young].just_confirmed() {
                continue;
            }
            let fit = |old: usize| self.lives[old].continued_by(&self.lives[young], self.aspect);
            let best = (0..self.lives.len())
                .filter(|&old| old != young)
                .map(|old| (fit(old), old))
                .filter(|(cost, _)| cost.is_finite())
                .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            if let Some((_, old)) = best {
                let heir = self.lives[young].clone();
                self.lives[old].go_on_as(heir);
                self.lives[young].discard();
            }
        }
    }

    fn finish(&mut self, at: StreamTime) {
        let (lost, aspect) = (self.settings.lost, self.aspect);
        self.vanished.retain(|(when, _)| at.since(*when) < VANISHED_KEPT);
        let vanished = &mut self.vanished;
        self.lives.retain(|life| {
            let over = life.is_over(lost, aspect);
            vanished.extend(life.vanished_at(aspect).filter(|_| over).map(|bounds| (at, bounds)));
            !over
        });
        let surplus = self.vanished.len().saturating_sub(VANISHED_MOST);
        self.vanished.drain(..surplus);
        self.lives.sort_by_key(Life::id);
        self.tracks = self.lives.iter().map(|life| life.track(at)).collect();
        let tracks = &self.tracks;
        let track = |id: u64| {
            tracks.binary_search_by_key(&id, |track| track.id).ok().and_then(|index| tracks.get(index))
        };
        self.mixups.extend(self.meetings.look(at, self.aspect, track));
    }
}

#[cfg(test)]
mod tests;
