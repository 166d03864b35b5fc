//! One person followed through standing, falling and lying.
//!
//! What is measured is how high his head is above the floor, in parts of his own height. A detector loses people who
//! fall, so his place is followed by whatever still shows him: his track, his joints, or the turned look.

use crate::geometry::{Bounds, Point};
use crate::posture::Posture;
use crate::scene::Scene;
use crate::time::StreamTime;
use crate::track::{State, Track};
use std::collections::VecDeque;
use std::time::Duration;

/// What is remembered of somebody's past.
const TRAIL: Duration = Duration::from_secs(4);
/// From upright to lying. Who lies down takes longer: he sits or kneels first.
const FALL_WITHIN: Duration = Duration::from_millis(2200);

/// So long, at most, what may be he or a thing is believed to have been he.
const PERHAPS: Duration = Duration::from_secs(1);

/// Head above the floor / stature: a standing person's box makes 1, a seated one's .7 to .8, a squatting one's .6.
const UP: f64 = 0.75;
/// Shoulders above the floor / stature of somebody on a chair are .55, of somebody who squats .45.
const SHOULDERS_UP: f64 = 0.5;
/// A trunk that leans less is upright.
const LEAN_UP_DEG: f64 = 40.0;
/// Of somebody who sits on the floor or is on all fours the shoulders are at .38 or higher …
const SHOULDERS_DOWN: f64 = 0.36;
/// … and of one who picks something up, or is on all fours, the hips.
const HIPS_DOWN: f64 = 0.36;
/// Head first: shoulders on the floor, hips above them but lower than those of somebody who bends (.5).
const HEAD_FIRST: (f64, f64) = (0.25, 0.45);
/// A box that is lower than this and wider than high lies.
const BOX_DOWN: f64 = 0.5;
/// One that is lower than this lies, whatever its width.
const BOX_FLAT: f64 = 0.34;
/// A box that reaches so near the lower edge of the picture is cut off by it …
const CUT_MARGIN: f64 = 0.04;
/// … and shows somebody who lies only when it is this wide, in parts of his stature.
const BROAD: f64 = 0.55;
/// Score from which joints are believed against a box.
const POSTURE_SURE: f32 = 0.38;
/// Score from which what is found where somebody was lost while he sank shows him.
const FOUND_SURE: f32 = 0.25;

/// Of smaller people neither joints nor the shape of a box tell how they hold themselves, frame heights.
const LEAST_STATURE: f64 = 0.12;
/// Somebody sinks whose head is lower above the floor by this factor …
const LOWER: f64 = 0.86;
/// … and has come down in the picture by this part of his stature.
const CAME_DOWN: f64 = 0.04;
/// Of so few looks one is enough.
const FEW: usize = 4;
/// A box whose middle moves down this fast sinks, own heights per second.
const SINKING: f64 = 0.25;

/// Whoever walks, at 1.3 m/s, sinks no faster than this at the lower edge, statures per second …
const WALKS_BH_S: f64 = 0.8;
/// … over so long.
const SPEED_OVER: Duration = Duration::from_millis(390);

/// How somebody holds himself at one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stance {
    /// Stands, walks or sits on a chair.
    Up,
    /// Neither: bends, squats, kneels, is on his way down or up.
    Between,
    /// Lies.
    Down,
}

/// One look at somebody.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub at: StreamTime,
    pub stance: Stance,
    /// Head above the floor / stature.
    pub head: f64,
    /// Where the top of what shows him is, downwards.
    pub top: f64,
    /// Stature that this look speaks for, frame heights; none when he is not stretched out.
    pub tall: Option<f64>,
}

/// What one look showed of somebody.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shown<'a> {
    pub track: Option<&'a Track>,
    /// A track that may be a thing.
    pub doubtful: Option<&'a Track>,
    pub posture: Option<Posture>,
    /// Best detection at his place that is of no track, turned or not: score and box.
    pub found: Option<(f32, Bounds)>,
}

/// One person.
#[derive(Debug, Clone)]
pub(super) struct Body {
    /// Where he is believed to be now.
    pub bounds: Bounds,
    /// Frame heights.
    pub stature: f64,
    /// Where his feet stood when he was last upright, downwards.
    pub floor: f64,
    pub trail: VecDeque<Sample>,
    /// When something last showed him.
    pub shown: StreamTime,
    /// Best score of what shows him, 0..1.
    pub score: f32,
    /// Confirmed, and has moved: not furniture.
    pub real: bool,
    /// Walked out of the picture at a side.
    pub left: bool,
    /// Walks out over the lower edge, or has.
    walks_out: bool,
    /// Moved downwards when last tracked.
    sank: bool,
    /// When something as tall as he was last seen where he was, he or a thing.
    perhaps_up: Option<StreamTime>,
}

impl Body {
    pub(super) fn new(track: &Track, at: StreamTime) -> Self {
        Self {
            bounds: track.bounds,
            stature: track.bounds.h,
            floor: track.bounds.y + track.bounds.h,
            trail: VecDeque::new(),
            shown: at,
            score: track.score,
            real: false,
            left: false,
            walks_out: false,
            sank: false,
            perhaps_up: None,
        }
    }

    /// Takes in one look. Nothing shown leaves everything as it was.
    pub(super) fn look(&mut self, shown: Shown<'_>, scene: &Scene<'_>) {
        if let Some(track) = shown.track {
            let person = track.moved || shown.posture.is_some_and(|p| p.score >= POSTURE_SURE);
            self.real |= person && track.state == State::Confirmed && self.stature >= LEAST_STATURE;
            self.sank = track.velocity.y > SINKING * track.height;
            self.left = leaves(track, scene.aspect);
        }
        if shown.doubtful.is_some_and(|t| t.score >= FOUND_SURE && t.bounds.h >= UP * self.stature) {
            self.perhaps_up = Some(scene.at);
        }
        let Some(sample) = self.sample(shown, scene) else { return };
        self.shown = scene.at;
        self.trail.push_back(sample);
        self.note_way_out(&shown, scene);
        while self.trail.front().is_some_and(|s| scene.at.since(s.at) > TRAIL) {
            self.trail.pop_front();
        }
        if let Some(stature) = self.tallest().filter(|_| sample.stance != Stance::Down) {
            self.stature = stature;
        }
    }

    /// The tallest that the trail shows more than once: now and then a box is too large.
    fn tallest(&self) -> Option<f64> {
        let (mut first, mut second) = (None, None);
        for tall in self.trail.iter().filter_map(|s| s.tall) {
            if first.is_none_or(|first| tall > first) {
                (first, second) = (Some(tall), first);
            } else if second.is_none_or(|second| tall > second) {
                second = Some(tall);
            }
        }
        second.or(first)
    }

    /// Whoever walks out over the lower edge gets lower and lower like one who falls, but keeps his trunk upright and is
    /// no faster than walking. From then on, only joints that lean or his whole box show him, and not what is found where
    /// he was lost.
    fn note_way_out(&mut self, shown: &Shown<'_>, scene: &Scene<'_>) {
        let sure = shown.posture.filter(|p| p.score >= POSTURE_SURE && self.is_mine(p, scene.aspect));
        let cut = shown.track.map(|t| is_cut(&t.bounds));
        self.walks_out = match (cut, sure) {
            (Some(false), _) => false,
            (_, Some(p)) if p.lean_deg >= LEAN_UP_DEG => false,
            (Some(true), Some(_)) => self.sank_bh_s(scene.at) < WALKS_BH_S,
            _ => self.walks_out,
        };
    }

    /// How fast his head has sunk lately, where it sank fastest, statures per second.
    fn sank_bh_s(&self, at: StreamTime) -> f64 {
        let speed = |now: &Sample| {
            let before = self.trail.iter().rev().find(|s| now.at.since(s.at) >= SPEED_OVER)?;
            Some((before.head - now.head) / now.at.since(before.at).as_secs_f64())
        };
        let recent = self.trail.iter().filter(|s| at.since(s.at) <= FALL_WITHIN);
        recent.filter_map(speed).fold(0.0, f64::max)
    }

    fn sample(&mut self, shown: Shown<'_>, scene: &Scene<'_>) -> Option<Sample> {
        let posture = shown.posture.filter(|p| self.is_mine(p, scene.aspect));
        let track = shown.track.map(|t| (t.bounds, t.score));
        let found = shown.found.filter(|(score, _)| *score >= FOUND_SURE).map(|(score, b)| (b, score));
        let sure = posture.filter(|p| p.score >= POSTURE_SURE);
        let (bounds, score) = match (track, found, sure) {
            (Some(found), ..) => found,
            (None, _, Some(p)) => (grown(p.bounds, 0.06 * self.stature, scene.aspect), p.score),
            (None, Some(found), None) => found,
            (None, None, None) => return None,
        };
        self.bounds = bounds;
        self.score = score;
        let tall = self.tall(track, sure, scene);
        if let Some(tall) = tall {
            self.stature = self.stature.max(tall);
        }
        let height = self.stature.max(1e-3);
        let bottom = bounds.y + bounds.h;
        let floor = bottom.max(self.floor.min(bottom + 0.5 * height));
        let head = (floor - bounds.y) / height;
        let wide = bounds.w * scene.aspect > bounds.h;
        let (shoulders, hips) = sure
            .map_or((f64::NAN, f64::NAN), |p| ((floor - p.shoulders_y) / height, (floor - p.hips_y) / height));
        let trunk_up = sure.is_some_and(|p| p.lean_deg < LEAN_UP_DEG);
        // Whoever walks out over the lower edge gets lower and lower, but no wider.
        let cut = is_cut(&bounds);
        let broad = bounds.w * scene.aspect > BROAD * height;
        // what the detector itself hardly believes shows nobody's shape
        let believed = score >= FOUND_SURE || found.is_some() || sure.is_some();
        let box_down = believed && ((head < BOX_DOWN && wide) || head < BOX_FLAT) && (!cut || broad);
        let stance = if (shoulders >= SHOULDERS_UP && trunk_up) || (sure.is_none() && head >= UP && !wide) {
            Stance::Up
        } else if sure.is_some() {
            let flat = shoulders < SHOULDERS_DOWN && hips < HIPS_DOWN;
            let over = shoulders < HEAD_FIRST.0 && hips < HEAD_FIRST.1;
            if !trunk_up && (flat || over || box_down) { Stance::Down } else { Stance::Between }
        } else if box_down {
            Stance::Down
        } else {
            Stance::Between
        };
        if stance == Stance::Up {
            self.floor = bottom;
        }
        Some(Sample { at: scene.at, stance, head, top: bounds.y, tall })
    }

    /// Joints far from where he is are somebody else's.
    fn is_mine(&self, posture: &Posture, aspect: f64) -> bool {
        let (mine, found) = (self.bounds.centre(), posture.bounds.centre());
        mine.distance(found, aspect) < 0.7 * self.stature
    }

    fn tall(&self, track: Option<(Bounds, f32)>, sure: Option<Posture>, scene: &Scene<'_>) -> Option<f64> {
        let stands = |b: &Bounds| b.w * scene.aspect < 0.75 * b.h && !is_cut(b);
        let upright = track.filter(|(b, score)| (*score >= 0.4 || sure.is_some()) && stands(b));
        if let Some((bounds, _)) = upright {
            return Some(bounds.h);
        }
        // A trunk seen too long is a mistake of the joints: of who is seated or cut off most is seen all the same.
        let longest = 1.2 * track.map_or(self.stature, |(b, _)| b.h.max(b.w * scene.aspect));
        sure.filter(|p| p.lean_deg < LEAN_UP_DEG).map(|p| p.stature().min(longest))
    }

    /// The stance that the latest look showed, if there was something to see.
    pub(super) fn stance(&self, at: StreamTime) -> Option<Stance> {
        self.trail.back().filter(|s| s.at == at).map(|s| s.stance)
    }

    /// He was upright so short a time before `at` that he must have fallen.
    pub(super) fn has_fallen(&self, at: StreamTime) -> bool {
        if self.walks_out {
            return false;
        }
        let up = self.trail.iter().rev().find(|s| s.stance == Stance::Up && s.at < at);
        up.is_some_and(|up| {
            let still = self.perhaps_up.map_or(Duration::ZERO, |perhaps| perhaps.since(up.at));
            at.since(up.at) <= FALL_WITHIN + still.min(PERHAPS)
        })
    }

    /// When he was last upright.
    pub(super) fn last_up(&self) -> Option<StreamTime> {
        self.trail.iter().rev().find(|s| s.stance == Stance::Up).map(|s| s.at)
    }

    /// Was seen to sink before he was lost.
    pub(super) fn sank(&self) -> bool {
        let last = self.trail.back();
        self.sank || last.is_some_and(|s| s.stance != Stance::Up)
    }

    /// Is on his way down, or has been until he was lost: worth a closer look. Who walks away from the camera gets
    /// smaller, too, but his head does not come down.
    pub(super) fn is_sinking(&self, at: StreamTime) -> bool {
        let Some(now) = self.trail.back() else { return false };
        let recent = || self.trail.iter().filter(|s| at.since(s.at) <= FALL_WITHIN);
        let above = |before: &&Sample| {
            now.head < LOWER * before.head && now.top > before.top + CAME_DOWN * self.stature
        };
        // one box of many that was too tall is a mistake
        let higher = recent().filter(above).count();
        let sank = higher > 1 || (higher == 1 && recent().count() <= FEW);
        now.stance != Stance::Up || sank
    }

    /// Where a turned look should be taken: around where he would lie.
    pub(super) fn lying_place(&self, aspect: f64) -> Bounds {
        let side = 2.2 * self.stature;
        let foot = Point::new(self.bounds.x + self.bounds.w / 2.0, self.bounds.y + self.bounds.h);
        let centre = Point::new(foot.x, foot.y - 0.3 * self.stature);
        Bounds::new(centre.x - side / aspect / 2.0, centre.y - side / 2.0, side / aspect, side)
    }

    /// May the new track be he, who was lost?
    pub(super) fn may_be(&self, track: &Track, at: StreamTime, aspect: f64) -> bool {
        let (mine, found) = (&self.bounds, &track.bounds);
        let feet = mine.foot().distance(found.foot(), aspect);
        let centres = mine.centre().distance(found.centre(), aspect);
        at.since(self.shown) <= FALL_WITHIN && feet.min(centres) < 0.8 * self.stature && found.h < 1.25 * self.stature
    }
}

/// Is it cut off by the lower edge of the picture?
fn is_cut(b: &Bounds) -> bool {
    b.y + b.h >= 1.0 - CUT_MARGIN
}

/// On his way out through the edge of the picture: what is left of him gets lower and lower.
fn leaves(track: &Track, aspect: f64) -> bool {
    let (b, v) = (&track.bounds, &track.velocity);
    let (enough, margin) = (0.25 * track.height, 0.015);
    (b.x < margin / aspect && v.x < -enough) || (b.x + b.w > 1.0 - margin / aspect && v.x > enough)
}

fn grown(b: Bounds, by: f64, aspect: f64) -> Bounds {
    Bounds::new(b.x - by / aspect, b.y - by, b.w + 2.0 * by / aspect, b.h + 2.0 * by)
}

#[cfg(test)]
mod tests;
