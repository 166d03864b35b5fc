//! One region that came to rest, for as long as it lasts: is it there now, hidden, or does the place look as before?

use super::album::Album;
use super::canvas::{Colour, Extent, Window};
use super::cover::{Cover, Motion, window_of};
use super::ground::Ground;
use super::light::Light;
use super::shape::{self, Shape};

/// The place has looked as before for so long: it is over.
const OVER_SECS: f64 = 0.8;
/// It has looked like something else again for so long: it is over, too; where it was only light, as soon as that.
const CHANGED_SECS: f64 = 4.0;
const LIGHT_CHANGED_SECS: f64 = 1.0;
/// As likely a thing as light.
const THING: f32 = 0.5;
/// Parts that came to rest within so many seconds of each other may be parts of one thing.
const TOGETHER_SECS: f64 = 2.0;
/// A region that has not grown for so long is as large as the thing; one pixel in so many more is growing.
const SURE_SECS: f64 = 1.2;
const GROWS: usize = 12;
/// And it must look like itself: what crawls does not.
const STEADY: f64 = 0.8;
/// What of it has looked as before for so long is no part of it: the feet of whoever stood beside the thing.
const LEFT_SECS: f64 = 1.6;
/// Grey levels by which it may differ from how it looked.
const ALIKE: f32 = 16.0;
/// How fast its picture follows light.
const FOLLOW_SECS: f64 = 8.0;

/// A region.
#[derive(Debug, Clone)]
pub(super) struct Region {
    pub id: u64,
    pub pixels: Vec<u32>,
    pub window: Window,
    /// Seconds of the meter's clock: when it came to rest, and when it was first taken for a region.
    pub since: f64,
    pub born: f64,
    /// When the place last looked as before, on the same clock.
    left: f64,
    pub shape: Shape,
    /// When it last grew, seconds of the meter's clock.
    grown: f64,
    /// It has not grown for a while: its shape is that of a thing, and not of a shadow on its way.
    pub sure: bool,
    /// For how long something moved beside it when it came, and before it went, seconds.
    came_by: f64,
    went_by: f64,
    /// How long the place had been known before.
    pub known: f64,
    /// Share of that time during which a person was found there.
    peopled_before: f64,
    /// Most of it is seen at this look.
    pub visible: bool,
    /// Share of what is seen of it that looks as it did.
    pub steady: f64,
    /// It has become the background; what was there before is remembered.
    pub settled: bool,
    /// The place looks as it did before it came: last look at it.
    pub over: bool,
    /// What it looks like, and what was there before, pixel by pixel.
    looks: Vec<[f32; 3]>,
    pub before: Vec<[f32; 3]>,
    /// Seconds: at rest without anybody on it, with somebody on it, as before, like something else.
    alone: f64,
    with_people: f64,
    as_before: f64,
    otherwise: f64,
    /// For how long a part of it, and no more, has looked as before.
    partly_before: f64,
}

/// What a region is judged by besides its pixels.
pub(super) struct Seen<'a> {
    pub secs: f64,
    pub extent: Extent,
    pub colours: &'a [Colour],
    pub light: &'a Light,
    pub cover: &'a Cover,
}

impl Region {
    pub fn new(id: u64, pixels: Vec<u32>, now: f64, ground: &Ground, motion: &Motion) -> Self {
        let mut region = Self {
            id,
            pixels,
            window: Window { left: 0, top: 0, right: 0, bottom: 0 },
            since: now,
            born: now,
            left: now,
            shape: Shape::default(),
            grown: now,
            sure: false,
            came_by: 0.0,
            went_by: 0.0,
            known: 0.0,
            peopled_before: 0.0,
            visible: true,
            steady: 1.0,
            settled: false,
            over: false,
            looks: Vec::new(),
            before: Vec::new(),
            alone: 0.0,
            with_people: 0.0,
            as_before: 0.0,
            otherwise: 0.0,
            partly_before: 0.0,
        };
        region.fit(ground);
        let history = ground.history(&region.pixels);
        region.since = now - history.held;
        region.known = history.agreed;
        region.peopled_before = history.peopled;
        region.left = now - history.away;
        region.came_by = motion.around(region.window, region.left - 2.0, region.since + 0.6);
        // who takes something comes from elsewhere
        region.went_by = motion.around(region.window, region.left - 3.0, region.left - 0.1);
        region
    }

    /// It had been taken for somebody since then, and was as it is now.
    pub fn stood_since(&mut self, since: f64) {
        self.since = self.since.min(since.max(self.left));
    }

    /// Something has gone and not come.
    pub fn is_gone(&self) -> bool {
        self.shape.added < 0.0
    }

    /// As far as can be seen, it is only light.
    pub fn is_light(&self) -> bool {
        self.shape.thing < THING
    }

    /// For how long something moved beside it just before, seconds.
    pub fn touched(&self) -> f64 {
        if self.is_gone() { self.went_by } else { self.came_by }
    }

    /// For which share of the time a person was found on it, or on what is gone.
    pub fn peopled(&self) -> f64 {
        let now = self.with_people / (self.with_people + self.alone).max(1e-3);
        if self.is_gone() { self.peopled_before } else { now }
    }

    /// Are the two parts of one thing? They lie close together and came to rest at about the same time.
    pub fn belongs_to(&self, other: &Self) -> bool {
        let side = |region: &Self| region.window.width().max(region.window.height());
        let reach = (side(self).max(side(other)) / 4).max(3);
        let (a, b) = (self.window, other.window);
        let apart = |a: (usize, usize), b: (usize, usize)| a.0.max(b.0).saturating_sub(a.1.min(b.1));
        let close =
            apart((a.left, a.right), (b.left, b.right)).max(apart((a.top, a.bottom), (b.top, b.bottom)));
        let alike = self.is_light() == other.is_light();
        alike && (self.since - other.since).abs() < TOGETHER_SECS && close <= reach
    }

    /// Takes in another part of the same thing.
    pub fn join(&mut self, other: &Self, now: f64, ground: &Ground) {
        let (a, b) = (self.pixels.len() as f64, other.pixels.len() as f64);
        let mean = |one: f64, two: f64| (one * a + two * b) / (a + b).max(1.0);
        self.since = mean(self.since, other.since);
        self.left = self.left.min(other.left);
        self.known = mean(self.known, other.known);
        self.peopled_before = mean(self.peopled_before, other.peopled_before);
        self.came_by = self.came_by.max(other.came_by);
        self.went_by = self.went_by.max(other.went_by);
        self.with_people = self.with_people.max(other.with_people);
        self.alone = self.alone.max(other.alone);
        self.grown = self.grown.max(other.grown);
        self.add(&other.pixels, now, ground);
    }

    /// Are these pixels beside it, which are at rest, a part of it? They are few, or came to rest together with it, or
    /// have been hidden since then. Otherwise something else was put down beside it.
    pub fn reaches_to(&self, more: &[u32], now: f64, ground: &Ground) -> bool {
        if more.len() * 4 < self.pixels.len() {
            return true;
        }
        let history = ground.history(more);
        let (since, left) = (now - history.held, now - history.away);
        (since - self.since).abs() < TOGETHER_SECS || left < self.since + TOGETHER_SECS
    }

    /// More pixels belong to it.
    pub fn extend(&mut self, more: &[u32], now: f64, ground: &Ground) {
        if more.len() > self.pixels.len() {
            // so far only a corner of it was seen
            self.since = self.since.max(now - ground.history(more).held);
        }
        self.add(more, now, ground);
    }

    /// Measures it once more, from whole pictures, when it has stopped growing.
    pub fn settle_down(&mut self, now: f64, seen: &Seen<'_>, ground: &Ground, album: &Album) {
        if self.sure || !self.visible || self.steady < STEADY || now - self.grown < SURE_SECS {
            return;
        }
        self.fit(ground);
        self.sure = true;
        let Some(page) = album.before(self.left, &self.pixels, ground) else { return };
        let whole =
            |colours: &[Colour], pixel: usize| colours.get(pixel).map_or([0.0; 3], |c| c.map(f32::from));
        self.shape = shape::measure(
            &self.pixels,
            self.window,
            seen.extent,
            |pixel| whole(seen.colours, pixel),
            |pixel| whole(page, pixel),
        );
    }

    fn add(&mut self, more: &[u32], now: f64, ground: &Ground) {
        if more.len() * GROWS > self.pixels.len() {
            self.grown = now;
            self.sure = false;
        }
        self.pixels.extend_from_slice(more);
        self.pixels.sort_unstable();
        self.pixels.dedup();
        self.fit(ground);
    }

    /// Takes its pictures from the ground.
    fn fit(&mut self, ground: &Ground) {
        let extent = ground.extent;
        let mut bounds = (extent.width, extent.height, 0, 0);
        for &pixel in &self.pixels {
            let (column, row) = (pixel as usize % extent.width, pixel as usize / extent.width);
            bounds =
                (bounds.0.min(column), bounds.1.min(row), bounds.2.max(column + 1), bounds.3.max(row + 1));
        }
        self.window = extent.window(bounds, 0);
        self.looks = self.pixels.iter().map(|&pixel| ground.resting(pixel as usize)).collect();
        if self.settled {
            return;
        }
        self.before = self.pixels.iter().map(|&pixel| ground.background(pixel as usize)).collect();
        if !self.sure {
            self.shape = shape::measure(
                &self.pixels,
                self.window,
                extent,
                |pixel| ground.resting(pixel),
                |pixel| ground.background(pixel),
            );
        }
    }

    /// Judges it at one look.
    pub fn look(&mut self, seen: &Seen<'_>, now: f64, ground: &Ground) {
        let mut counts = Counts::default();
        let mut left = Vec::new();
        let follow = {
            #[expect(clippy::cast_possible_truncation, reason = "a weight")]
            let weight = (seen.secs / FOLLOW_SECS).min(1.0) as f32;
            weight
        };
        for (index, &pixel) in self.pixels.iter().enumerate() {
            let pixel = pixel as usize;
            let (Some(colour), Some(covered)) = (seen.colours.get(pixel), seen.cover.mask.get(pixel)) else {
                continue;
            };
            let gain = seen.light.at(pixel % seen.extent.width, pixel / seen.extent.width);
            let like = |then: &[f32; 3]| {
                (0..3).all(|c| {
                    let (now, then) = (f32::from(colour[c]), then[c]);
                    now >= then * gain[c].min(1.0) - ALIKE && now <= then * gain[c].max(1.0) + ALIKE
                })
            };
            let (as_it_is, as_before) = (like(&self.looks[index]), like(&self.before[index]));
            let brighten = |then: &mut [f32; 3]| {
                for (value, gain) in then.iter_mut().zip(gain) {
                    *value = (*value * (1.0 + follow * (gain - 1.0))).min(255.0);
                }
            };
            brighten(&mut self.before[index]);
            if *covered != 0 {
                counts.covered += 1;
                brighten(&mut self.looks[index]);
                continue;
            }
            counts.seen += 1;
            counts.alike += usize::from(as_it_is);
            if as_before && !as_it_is {
                left.push(pixel);
            }
            if as_it_is {
                for (look, now) in self.looks[index].iter_mut().zip(colour) {
                    *look += (f32::from(*now) - *look) * follow;
                }
            } else {
                brighten(&mut self.looks[index]);
            }
        }
        counts.before = left.len();
        self.judge(&counts, seen);
        self.part_from(&left, seen.secs, now, ground);
    }

    /// Gives up a part that has looked as before for a while. Of one that is sure it is a part that is hidden, or light.
    fn part_from(&mut self, left: &[usize], secs: f64, now: f64, ground: &Ground) {
        let partly = self.visible && !self.sure && !self.settled && left.len() * GROWS > self.pixels.len();
        self.partly_before = if partly { self.partly_before + secs } else { 0.0 };
        if self.partly_before < LEFT_SECS {
            return;
        }
        self.partly_before = 0.0;
        self.pixels.retain(|&pixel| left.binary_search(&(pixel as usize)).is_err());
        self.grown = now;
        self.fit(ground);
    }

    fn judge(&mut self, counts: &Counts, seen: &Seen<'_>) {
        let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
        let on_it = seen.cover.people.iter().any(|person| {
            let person = window_of(*person, seen.extent);
            let w = self.window.right.min(person.right).saturating_sub(self.window.left.max(person.left));
            let h = self.window.bottom.min(person.bottom).saturating_sub(self.window.top.max(person.top));
            2 * w * h > self.window.width() * self.window.height()
        });
        self.visible = share(counts.seen, self.pixels.len()) >= 0.5;
        if self.visible {
            self.steady = share(counts.alike, counts.seen);
            let as_before = share(counts.before, counts.seen) >= 0.6;
            let otherwise = !as_before && self.steady < if self.is_light() { STEADY } else { 0.5 };
            self.as_before = if as_before { self.as_before + seen.secs } else { 0.0 };
            self.otherwise = if otherwise { self.otherwise + seen.secs } else { 0.0 };
            self.visible = !(as_before || otherwise);
            let changed = if self.is_light() { LIGHT_CHANGED_SECS } else { CHANGED_SECS };
            self.over = self.as_before >= OVER_SECS || self.otherwise >= changed;
        }
        if on_it {
            self.with_people += seen.secs;
        } else if self.visible {
            self.alone += seen.secs;
        }
    }
}

#[derive(Default)]
struct Counts {
    covered: usize,
    seen: usize,
    alike: usize,
    before: usize,
}
