//! What becomes of a crowd: whether it has gathered to stay, grows suddenly, or breaks up at once.

use super::hold::{Change, Hold};
use crate::behavior::presence::Stay;
use crate::geometry::Point;
use crate::scene::Scene;
use crate::time::StreamTime;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// A group that took longer than this from two people to a crowd came one by one: who comes together is there within
/// a few steps of each other.
const ONE_BY_ONE: Duration = Duration::from_secs(5);
/// Somebody stands who has stayed within so many of his heights (under 2 m) …
const STANDS_WITHIN_BH: f64 = 1.0;
/// … for so long: a walker is out of that in less than two seconds.
const STANDS: Duration = Duration::from_secs(4);
/// Growth is sudden within this time.
const SUDDEN: Duration = Duration::from_secs(10);
/// A crowd breaks up that is half of what it was within this time after many of it ran.
const BREAKS_UP: Duration = Duration::from_secs(6);

/// A place near which somebody has stayed, and since when on the clock of known time.
#[derive(Debug, Clone, Copy)]
struct Spot {
    foot: Point,
    known: Duration,
}

/// What is known of one crowd.
#[derive(Debug)]
pub(super) struct Course {
    /// First look at the camera at all.
    first: Option<StreamTime>,
    /// While there are two or more in a group: since when.
    pair_since: Option<StreamTime>,
    spots: BTreeMap<u64, Spot>,
    /// When many ran last, and how many there were when they began to.
    run: Option<(StreamTime, usize)>,
    /// Who is there, and when he came.
    there: BTreeMap<u64, StreamTime>,
    /// When those came and went who have gone lately.
    gone: VecDeque<(StreamTime, StreamTime)>,
    growth: Hold,
    told: Told,
}

/// What has been found out about the crowd that goes on; it holds until it ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// They came one by one and stand.
    pub gathering: bool,
    /// It has suddenly become much larger.
    pub grown: bool,
    /// It breaks up at once.
    pub dispersal: bool,
}

impl Told {
    /// Which of several things the crowd is.
    pub(super) fn detail(self) -> Option<&'static str> {
        match self {
            Self { dispersal: true, .. } => Some("dispersal"),
            Self { gathering: true, .. } => Some("gathering"),
            _ => None,
        }
    }
}

impl Course {
    /// Growth must last for `hold`.
    pub(super) fn new(hold: Duration) -> Self {
        Self {
            first: None,
            pair_since: None,
            spots: BTreeMap::new(),
            run: None,
            there: BTreeMap::new(),
            gone: VecDeque::new(),
            growth: Hold::new(hold),
            told: Told::default(),
        }
    }

    /// As if nothing had been seen yet.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.growth.full());
    }

    pub(super) fn told(&self) -> Told {
        self.told
    }

    /// One look at all who are there and at the `group` of them; `since` when it has been a crowd of `count`, if it is one.
    pub(super) fn look(
        &mut self,
        scene: &Scene<'_>,
        stays: &[(u64, &Stay)],
        group: &[u64],
        since: Option<StreamTime>,
        count: usize,
        many_run: bool,
    ) {
        self.first.get_or_insert(scene.at);
        self.pair_since = (group.len() >= 2).then(|| self.pair_since.unwrap_or(scene.at));
        self.note_gone(scene, stays);
        self.note_spots(scene, stays);
        let Some(since) = since else {
            self.told = Told::default();
            self.growth.forget();
            self.run = None;
            return;
        };
        self.told.gathering |= self.has_gathered(scene, group, since);
        let members = stays.iter().filter(|(id, _)| group.contains(id)).map(|(_, stay)| *stay);
        self.told.grown |= self.grows(scene, members, since, count);
        self.told.dispersal |= self.breaks_up(scene, group.len(), many_run);
    }

    fn note_gone(&mut self, scene: &Scene<'_>, stays: &[(u64, &Stay)]) {
        let there: BTreeMap<u64, StreamTime> = stays.iter().map(|(id, stay)| (*id, stay.since)).collect();
        let gone = self.there.iter().filter(|(id, _)| !there.contains_key(id));
        self.gone.extend(gone.map(|(_, came)| (*came, scene.at)));
        while self.gone.front().is_some_and(|(_, at)| scene.at.since(*at) > SUDDEN) {
            self.gone.pop_front();
        }
        self.there = there;
    }

    fn note_spots(&mut self, scene: &Scene<'_>, stays: &[(u64, &Stay)]) {
        let there = &self.there;
        self.spots.retain(|id, _| there.contains_key(id));
        for &(id, stay) in stays {
            let now = Spot { foot: stay.bounds.foot(), known: scene.known };
            let spot = self.spots.entry(id).or_insert(now);
            if spot.foot.distance(now.foot, scene.aspect) > STANDS_WITHIN_BH * stay.bounds.h {
                *spot = now;
            }
        }
    }

    /// They came one by one, and most of them stand.
    fn has_gathered(&self, scene: &Scene<'_>, group: &[u64], since: StreamTime) -> bool {
        let stands = |id: &&u64| {
            self.spots.get(id).is_some_and(|spot| scene.known.saturating_sub(spot.known) >= STANDS)
        };
        let one_by_one = self.pair_since.is_some_and(|pair| since.since(pair) >= ONE_BY_ONE);
        one_by_one && 3 * group.iter().filter(stands).count() >= 2 * group.len()
    }

    /// As many as make a crowd, or as there were, have joined it lately, more than have gone: tracks that are lost and
    /// found again under another number do both.
    fn grows<'a>(
        &mut self,
        scene: &Scene<'_>,
        members: impl Iterator<Item = &'a Stay> + Clone,
        since: StreamTime,
        count: usize,
    ) -> bool {
        // Who was there when the camera began to look did not come.
        let counts_from = self.first.map_or(since, |first| since.max(first + SUDDEN));
        let lately = |at: StreamTime| at > counts_from && scene.at.since(at) <= SUDDEN;
        let came = members.clone().filter(|stay| lately(stay.since)).count();
        let gone = self.gone.iter().filter(|(came, _)| !lately(*came)).count();
        let more = came.saturating_sub(gone);
        let before = members.count().saturating_sub(more);
        self.growth.look(more > 0 && more >= count.min(before), Change::now(scene), scene);
        self.growth.since().is_some()
    }

    /// Many ran a moment ago, and half of them are no longer here.
    fn breaks_up(&mut self, scene: &Scene<'_>, there: usize, many_run: bool) -> bool {
        let run = self.run.filter(|(last, _)| scene.at.since(*last) <= BREAKS_UP);
        let before = run.map_or(there, |(_, before)| before);
        self.run = if many_run { Some((scene.at, before)) } else { run };
        self.run.is_some() && 2 * there <= before
    }
}
