//! What stands where it did not stand before, and what is gone: regions of the picture that differ from the background
//! and are at rest.
//!
//! Each pixel keeps a background of its own ([`ground`]): learned only while nobody covers it, following light, never
//! drawn towards a thing that stands there. So nothing is absorbed before it was judged. Where the whole picture or a
//! large part of it becomes brighter or darker, that is taken out first ([`light`]). What differs for long enough and
//! stays the same is a region ([`region`]) with a memory of its own: it is compared with how it looked, and with what was
//! there before, so that neither people who pass nor light make it another. When it has stopped growing, what it looks like
//! ([`shape`]), compared with a whole picture from before ([`album`]), tells a thing from light and what came from what
//! went; light that stays becomes background.
//!
//! Two background models of different speed, as OpenCV offers them, were tried first: a step of the exposure, a cloud,
//! or somebody who stands still becomes an object, and an object becomes background at a time that nobody can set.

mod album;
mod canvas;
mod cover;
mod ground;
mod light;
mod region;
mod shape;
mod stays;
#[cfg(test)]
mod tests;

use xunge_scene::{
    Bounds, Detection, StreamTime,
    facts::{Foreground, StaticRegion},
};

use self::{
    album::Album,
    canvas::{Colour, Extent, Parts, colours},
    cover::{Cover, Motion, window_of},
    ground::{Ground, Shows, Tally},
    light::Light,
    region::{Region, Seen},
    stays::Stays,
};
use super::Pixels;

/// A longer time without a look counts as this.
const LONGEST_SECS: f64 = 2.0;
/// If a larger share of the picture differs, it is not things that have changed.
const UPHEAVAL: f64 = 0.35;
/// It lasts for so long and is at rest: the background is learned anew.
const UPHEAVAL_SECS: f64 = 1.5;
/// A region has at least so many pixels …
const LEAST_PIXELS: usize = 24;
/// … is at least so many wide and high …
const LEAST_SIDE: usize = 4;
/// … fills at least this share of its box, and at most this share of the picture.
const LEAST_FILLED: f64 = 0.35;
const MOST_OF_PICTURE: f64 = 0.15;
/// More new regions than this at one look are no things, and neither is what of them is left later.
const MOST_AT_ONCE: usize = 6;
/// With less than this share of the background's edges, seen at every so many pixels, the picture is out of focus …
const SHARP: f32 = 0.6;
const EDGE_STEP: usize = 4;
/// … and for so long it is waited for.
const SOFT_SECS: f64 = 60.0;
/// Bare ground where something stood is background as soon as that is sure.
const BARE_SECS: f64 = 2.0;
/// What has looked like mere light for so long is light that stays.
const LIGHT_SECS: f64 = 6.0;
/// Whatever stands somewhere for so long belongs there.
const BELONGS_SECS: f64 = 600.0;

/// Finds regions.
#[derive(Default)]
pub struct BackgroundMeter {
    last: Option<StreamTime>,
    began: StreamTime,
    ground: Ground,
    light: Light,
    cover: Cover,
    motion: Motion,
    stays: Stays,
    album: Album,
    regions: Vec<Region>,
    /// To which region each pixel belongs: its place in the list, from 1.
    owned: Vec<u16>,
    next_id: u64,
    upheaval: f64,
    /// When there last were too many new regions for things, seconds of its own clock.
    many_at: Option<f64>,
    /// Out of focus for so long, seconds.
    soft: f64,
    /// What is known as background was learned out of focus.
    learned_soft: bool,
    facts: Vec<StaticRegion>,
    /// The latest look was compared with the background.
    is_measured: bool,
    /// What was known was given up at the latest look.
    is_anew: bool,
    /// Regions were given up since the latest look.
    given_up: bool,
}

impl BackgroundMeter {
    /// Takes in one picture in which the detector found `detections`.
    pub fn look(
        &mut self,
        at: StreamTime,
        picture: Pixels<'_>,
        detections: &[Detection],
    ) -> opencv::Result<()> {
        (self.is_measured, self.is_anew) = (false, false);
        let smooth = canvas::smoothed(picture)?;
        let now = colours(&smooth)?;
        let extent = Extent { width: picture.width, height: picture.height };
        self.cover.take(detections, &self.stays, extent);
        let Some(last) = self.last.replace(at).filter(|_| self.ground.extent == extent) else {
            self.reset();
            self.is_anew = std::mem::take(&mut self.given_up);
            self.last = Some(at);
            self.began = at;
            self.ground.begin(extent, now);
            self.owned = vec![0; extent.area()];
            self.learned_soft = false;
            return Ok(());
        };
        let secs = at.since(last).as_secs_f64().min(LONGEST_SECS);
        let clock = at.since(self.began).as_secs_f64();
        let (cover, ground) = (&self.cover, &self.ground);
        let usable = |pixel: usize| ground.knows(pixel) && cover.mask.get(pixel) == Some(&0);
        self.light.measure(now, &ground.base, extent, usable);
        if !self.is_in_focus(now, secs) {
            self.tell();
            return Ok(());
        }
        let (before, after) = (canvas::range(&self.ground.base, extent)?, canvas::range(now, extent)?);
        let ranges = [(colours(&before.0)?, colours(&before.1)?), (colours(&after.0)?, colours(&after.1)?)];
        #[expect(clippy::cast_possible_truncation, reason = "a short time")]
        let tally = self.ground.look(now, secs as f32, ranges, &self.light, &self.cover, &self.owned);
        let ground = &self.ground;
        let stirs = |bounds: &Bounds| ground.stirring(window_of(*bounds, extent));
        self.stays.look(clock, secs, &self.cover.found, stirs);
        self.motion.note(clock, secs, extent, &self.ground.moving, &self.cover);
        if self.calm(tally, secs) {
            let seen = Seen { secs, extent, colours: now, light: &self.light, cover: &self.cover };
            for region in &mut self.regions {
                region.look(&seen, clock, &self.ground);
                region.settle_down(clock, &seen, &self.ground, &self.album);
            }
            self.settle(clock);
            self.find(clock)?;
        }
        self.album.keep(clock, now, &self.cover);
        self.is_measured = true;
        self.tell();
        Ok(())
    }

    /// Regions after the latest look.
    pub fn regions(&self) -> &[StaticRegion] {
        &self.facts
    }

    /// What was known was given up at the latest look: regions have ended of which nobody knows whether they are there.
    pub fn is_anew(&self) -> bool {
        self.is_anew
    }

    /// Where the background could not be seen at the latest look; none when it was not measured.
    pub fn foreground(&self) -> Option<&Foreground> {
        self.is_measured.then_some(&self.ground.foreground)
    }

    /// The stream broke.
    pub fn reset(&mut self) {
        self.given_up |= !self.regions.is_empty();
        self.last = None;
        self.regions.clear();
        self.motion.reset();
        self.stays.clear();
        self.album.clear();
        self.upheaval = 0.0;
        self.many_at = None;
        self.soft = 0.0;
        self.facts.clear();
        self.is_measured = false;
    }

    /// How many edges the picture has, as a multiple of the background's; none before that is known.
    fn sharpness(&self, now: &[Colour]) -> Option<f32> {
        let Extent { width, height } = self.ground.extent;
        let (mut edges_now, mut edges_before) = (0.0_f32, 0.0_f32);
        let pixels = (0..height)
            .step_by(EDGE_STEP)
            .flat_map(|row| (1..width.saturating_sub(1)).step_by(EDGE_STEP).map(move |column| (column, row)));
        for (column, row) in pixels {
            let pixel = row * width + column;
            if self.cover.mask.get(pixel) == Some(&0) && self.ground.knows(pixel) {
                let across =
                    |colours: &[Colour]| f32::from(colours[pixel + 1][1].abs_diff(colours[pixel - 1][1]));
                edges_now += across(now);
                edges_before += across(&self.ground.base) * self.light.at(column, row)[1];
            }
        }
        (edges_before > 0.0).then_some(edges_now / edges_before)
    }

    /// Whether the picture is in focus. If not, everything would look as if it had come or gone, so nothing is to be
    /// judged, and nothing learned. If that lasts, the soft picture is the background, until it is sharp again.
    fn is_in_focus(&mut self, now: &[Colour], secs: f64) -> bool {
        let Some(sharpness) = self.sharpness(now) else { return true };
        if self.learned_soft && sharpness > 1.0 / SHARP {
            self.begin_anew(now);
            return false;
        }
        if sharpness >= SHARP {
            self.soft = 0.0;
            return true;
        }
        self.soft += secs;
        self.regions.iter_mut().for_each(|region| region.visible = false);
        if self.soft >= SOFT_SECS {
            self.begin_anew(now);
            self.learned_soft = true;
        }
        false
    }

    fn begin_anew(&mut self, now: &[Colour]) {
        let extent = self.ground.extent;
        self.is_anew = true;
        self.regions.clear();
        self.album.clear();
        self.owned.fill(0);
        self.ground.begin(extent, now);
        self.soft = 0.0;
        self.learned_soft = false;
    }

    /// Whether the picture as a whole is as it was. If it is not for long, it is learned anew.
    fn calm(&mut self, tally: Tally, secs: f64) -> bool {
        let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
        let different = share(tally.different, tally.known);
        if different < UPHEAVAL && (self.upheaval == 0.0 || different < UPHEAVAL / 2.0) {
            self.upheaval = 0.0;
            return true;
        }
        self.upheaval += secs;
        if self.upheaval >= UPHEAVAL_SECS && share(tally.resting, tally.different) >= 0.6 {
            self.ground.relearn();
            self.is_anew = true;
            self.regions.clear();
            self.album.clear();
            self.owned.fill(0);
            self.upheaval = 0.0;
        }
        false
    }

    /// Regions that are over go; those that belong there become background.
    fn settle(&mut self, clock: f64) {
        for region in &mut self.regions {
            if region.over && region.settled && !region.is_gone() {
                // the ground that it stood on has never been anything but background
                self.ground.restore(&region.pixels, &region.before);
            }
            let age = clock - region.born;
            let bare = region.shape.added < -0.3 && region.visible && age >= BARE_SECS;
            let light = region.is_light() && age >= LIGHT_SECS;
            let judged = region.sure && (bare || light);
            if !region.settled && !region.over && (judged || age >= BELONGS_SECS) {
                self.ground.absorb(&region.pixels);
                region.settled = true;
            }
        }
    }

    /// Finds new regions, and what belongs to known ones.
    fn find(&mut self, clock: f64) -> opencv::Result<()> {
        self.regions.retain(|region| !region.over);
        self.own();
        let extent = self.ground.extent;
        let free = self.ground.shows.iter().zip(&self.owned);
        let mask: Vec<u8> =
            free.map(|(shows, owner)| if *shows == Shows::Rest && *owner == 0 { 255 } else { 0 }).collect();
        if mask.iter().filter(|pixel| **pixel > 0).count() < LEAST_PIXELS / 2 {
            return Ok(());
        }
        let parts = Parts::of(&mask, extent)?;
        let labels = parts.labels()?;
        let mut new = Vec::new();
        for (number, &[left, top, width, height, _]) in parts.stats.iter().enumerate() {
            let label = i32::try_from(number + 1).unwrap_or(i32::MAX);
            let mut pixels = Vec::new();
            let mut neighbours: Vec<u16> = Vec::new();
            let around = extent.window((left, top, left + width, top + height), 2);
            for row in around.top..around.bottom {
                for column in around.left..around.right {
                    let pixel = row * extent.width + column;
                    let owner = self.owned.get(pixel).copied().unwrap_or_default();
                    if owner > 0 {
                        neighbours.push(owner);
                    } else if labels.get(pixel) == Some(&label) && self.ground.knows(pixel) {
                        pixels.extend(u32::try_from(pixel));
                    }
                }
            }
            neighbours.sort_unstable();
            let most =
                neighbours.chunk_by(|a, b| a == b).max_by_key(|same| same.len()).filter(|n| n.len() >= 4);
            let known = most.and_then(|same| self.regions.get_mut(usize::from(*same.first()?) - 1));
            let part_of = |region: &&mut Region| {
                let whole = !region.settled && !region.is_light();
                whole && region.reaches_to(&pixels, clock, &self.ground)
            };
            if let Some(region) = known.filter(part_of) {
                region.extend(&pixels, clock, &self.ground);
                continue;
            }
            let filled = pixels.len() as f64 / (width * height).max(1) as f64;
            let whole =
                pixels.len() >= LEAST_PIXELS && width.min(height) >= LEAST_SIDE && filled >= LEAST_FILLED;
            if whole && ((width * height) as f64) < MOST_OF_PICTURE * extent.area() as f64 {
                new.push(pixels);
            }
        }
        if new.len() > MOST_AT_ONCE {
            self.many_at = Some(clock);
            return Ok(());
        }
        if let Some(many_at) = self.many_at {
            new.retain(|pixels| clock - self.ground.history(pixels).held > many_at);
        }
        for pixels in new {
            self.next_id += 1;
            self.regions.push(Region::new(self.next_id, pixels, clock, &self.ground, &self.motion));
        }
        self.join(clock);
        for region in &mut self.regions {
            if let Some(since) = self.stays.thing_since(&extent.shares(region.window)) {
                region.stood_since(since);
            }
        }
        self.own();
        Ok(())
    }

    /// Regions that are parts of one thing become one.
    fn join(&mut self, clock: f64) {
        let mut index = 0;
        while index < self.regions.len() {
            let settled = self.regions[index].settled;
            let part = |other: &Region| !settled && !other.settled && self.regions[index].belongs_to(other);
            match (index + 1..self.regions.len()).find(|&other| part(&self.regions[other])) {
                Some(other) => {
                    let part = self.regions.remove(other);
                    self.regions[index].join(&part, clock, &self.ground);
                }
                None => index += 1,
            }
        }
    }

    /// Notes which pixel belongs to which region.
    fn own(&mut self) {
        self.owned.fill(0);
        for (index, region) in self.regions.iter().enumerate().filter(|(_, region)| !region.settled) {
            let number = u16::try_from(index + 1).unwrap_or(u16::MAX);
            for pixel in &region.pixels {
                if let Some(owner) = self.owned.get_mut(*pixel as usize) {
                    *owner = number;
                }
            }
        }
    }

    fn tell(&mut self) {
        let extent = self.ground.extent;
        let began = self.began;
        self.facts.clear();
        self.facts.extend(self.regions.iter().map(|region| StaticRegion {
            id: region.id,
            bounds: extent.shares(region.window),
            since: began + std::time::Duration::from_secs_f64(region.since.max(0.0)),
            added: f64::from(region.shape.added),
            score: if region.sure { f64::from(region.shape.thing) } else { 0.0 },
            touched_secs: region.touched(),
            known_secs: region.known,
            peopled: region.peopled(),
            visible: region.visible,
            steady: region.steady,
        }));
    }
}
