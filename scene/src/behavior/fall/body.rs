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
        let tallest = self.trail.iter().filter_map(|s| s.tall).fold(0.0, f64::max);
        if tallest > 0.0 && sample.stance != Stance::Down {
            self.stature = tallest;
        }
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
        Some(Sample { at: scene.at, stance, head, tall })
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

    /// Is on his way down, or has been until he was lost: worth a closer look.
    pub(super) fn is_sinking(&self, at: StreamTime) -> bool {
        let recent = || self.trail.iter().filter(|s| at.since(s.at) <= FALL_WITHIN);
        let highest = recent().map(|s| s.head).fold(0.0, f64::max);
        self.trail.back().is_some_and(|s| s.head < 0.86 * highest || s.stance != Stance::Up)
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
mod tests {
    use super::*;
    use crate::samples;

    const ASPECT: f64 = 1.5;
    const TALL: f64 = 0.4;
    const FLOOR: f64 = 0.9;

    fn at(secs: f64) -> StreamTime {
        StreamTime::from_secs(secs)
    }

    /// A box of this height and width on the floor, in parts of his stature.
    fn low(head: f64, width: f64) -> Bounds {
        let (w, h) = (width * TALL / ASPECT, head * TALL);
        Bounds::new(0.5 - w / 2.0, FLOOR - h, w, h)
    }

    fn track(bounds: Bounds) -> Track {
        samples::person(1, bounds)
    }

    /// Joints with shoulders and hips so high above the floor, in parts of his stature.
    fn joints(bounds: Bounds, shoulders: f64, hips: f64, lean_deg: f64, score: f32) -> Posture {
        Posture {
            shoulders_y: FLOOR - shoulders * TALL,
            hips_y: FLOOR - hips * TALL,
            lean_deg,
            trunk: 0.288 * TALL,
            score,
            bounds,
        }
    }

    fn look(body: &mut Body, secs: f64, shown: Shown<'_>) -> Option<Stance> {
        body.look(shown, &samples::scene(at(secs), ASPECT));
        body.stance(at(secs))
    }

    /// Somebody who has stood until second 1.
    fn standing() -> Body {
        let upright = track(low(1.0, 0.35));
        let mut body = Body::new(&upright, at(0.0));
        for look_number in 0..=5 {
            let shown = Shown { track: Some(&upright), ..Shown::default() };
            assert_eq!(look(&mut body, 0.2 * f64::from(look_number), shown), Some(Stance::Up));
        }
        assert!(body.real && (body.stature - TALL).abs() < 1e-9);
        body
    }

    /// Stance half a second later by his box alone, and by his box with joints.
    fn stances(bounds: Bounds, shoulders: f64, hips: f64, lean_deg: f64) -> [Option<Stance>; 2] {
        let now = track(bounds);
        [None, Some(joints(bounds, shoulders, hips, lean_deg, 0.7))]
            .map(|posture| look(&mut standing(), 1.5, Shown { track: Some(&now), posture, ..Shown::default() }))
    }

    #[test]
    fn a_box_and_joints_tell_how_somebody_holds_himself() {
        use Stance::{Between, Down, Up};
        for (what, bounds, (shoulders, hips, lean_deg), expected) in [
            ("stands", low(1.0, 0.35), (0.82, 0.53, 2.0), [Up, Up]),
            ("sits on a chair", low(0.77, 0.5), (0.58, 0.3, 10.0), [Up, Up]),
            ("squats", low(0.6, 0.45), (0.44, 0.18, 25.0), [Between, Between]),
            ("bends", low(0.58, 0.55), (0.4, 0.5, 110.0), [Between, Between]),
            ("sits on the floor", low(0.52, 0.5), (0.4, 0.12, 10.0), [Between, Between]),
            ("is on all fours", low(0.55, 0.8), (0.4, 0.4, 90.0), [Between, Between]),
            ("lies", low(0.25, 0.95), (0.12, 0.1, 88.0), [Down, Down]),
            ("lies towards the camera", low(0.33, 0.3), (0.2, 0.1, 60.0), [Down, Down]),
            ("fell on his head", low(0.55, 0.5), (0.15, 0.4, 150.0), [Between, Down]),
        ] {
            assert_eq!(stances(bounds, shoulders, hips, lean_deg), expected.map(Some), "{what}");
        }
    }

    #[test]
    fn joints_that_are_guesses_or_of_another_do_not_count() {
        let (bounds, lying) = (low(1.0, 0.35), low(0.25, 0.95));
        let now = track(bounds);
        let shown = |posture| Shown { track: Some(&now), posture: Some(posture), ..Shown::default() };
        assert_eq!(
            look(&mut standing(), 1.5, shown(joints(lying, 0.1, 0.1, 88.0, 0.7))),
            Some(Stance::Down),
            "joints are believed against the box"
        );
        assert_eq!(
            look(&mut standing(), 1.5, shown(joints(lying, 0.1, 0.1, 88.0, 0.3))),
            Some(Stance::Up)
        );
        let far = Bounds { x: 0.9, ..lying };
        assert_eq!(look(&mut standing(), 1.5, shown(joints(far, 0.1, 0.1, 88.0, 0.7))), Some(Stance::Up));
    }

    #[test]
    fn without_a_track_a_find_or_joints_show_him_and_nothing_leaves_all_as_it_was() {
        let lying = low(0.25, 0.95);
        let mut body = standing();
        assert_eq!(look(&mut body, 1.2, Shown::default()), None);
        assert_eq!((body.bounds, body.shown), (low(1.0, 0.35), at(1.0)));
        let found = |score| Shown { found: Some((score, lying)), ..Shown::default() };
        assert_eq!(look(&mut body, 1.4, found(0.2)), None, "too weak");
        assert_eq!(look(&mut body, 1.6, found(0.3)), Some(Stance::Down));
        let posture = Some(joints(lying, 0.12, 0.1, 88.0, 0.7));
        assert_eq!(look(&mut standing(), 1.4, Shown { posture, ..Shown::default() }), Some(Stance::Down));
    }

    #[test]
    fn a_fall_is_quick() {
        let now = track(low(0.25, 0.95));
        for (secs, fallen) in [(1.5, true), (3.1, true), (3.3, false)] {
            let mut body = standing();
            look(&mut body, secs, Shown { track: Some(&now), ..Shown::default() });
            assert_eq!(body.has_fallen(at(secs)), fallen, "{secs}");
            assert!((body.stature - TALL).abs() < 1e-9, "who lies is as tall as before");
        }
    }

    #[test]
    fn who_may_have_been_a_thing_for_a_second_may_have_stood_so_long() {
        let (upright, now) = (track(low(1.0, 0.35)), track(low(0.25, 0.95)));
        for (secs, fallen) in [(3.9, true), (4.1, false)] {
            let mut body = standing();
            look(&mut body, 1.8, Shown { doubtful: Some(&upright), ..Shown::default() });
            look(&mut body, secs, Shown { track: Some(&now), ..Shown::default() });
            assert_eq!(body.has_fallen(at(secs)), fallen, "{secs}");
        }
    }

    #[test]
    fn who_gets_lower_at_the_lower_edge_lies_only_when_he_gets_wide() {
        let cut = |width: f64| {
            let (w, h) = (width * TALL / ASPECT, 0.2 * TALL);
            track(Bounds::new(0.5 - w / 2.0, 1.0 - h, w, h))
        };
        let stance = |now: &Track| {
            look(&mut standing(), 1.5, Shown { track: Some(now), ..Shown::default() })
        };
        assert_eq!(stance(&cut(0.35)), Some(Stance::Between));
        assert_eq!(stance(&cut(0.95)), Some(Stance::Down));
    }

    #[test]
    fn who_walks_out_over_the_lower_edge_upright_has_not_fallen_whatever_is_found_there() {
        let tall = |head: f64| {
            let (w, h) = (0.35 * TALL / ASPECT, head * TALL);
            Bounds::new(0.5 - w / 2.0, 1.0 - h, w, h)
        };
        // Sinks by a part of his stature at each look, with such a trunk; then something that lies is found beside him.
        let falls = |drop: f64, lean_deg: f64| {
            let mut body = standing();
            for (secs, looks) in [(1.2, 1.0), (1.4, 2.0), (1.6, 3.0)] {
                let bounds = tall(1.0 - drop * looks);
                let posture = Posture { bounds, ..joints(bounds, 0.3, 0.2, lean_deg, 0.6) };
                let now = track(bounds);
                look(&mut body, secs, Shown { track: Some(&now), posture: Some(posture), ..Shown::default() });
            }
            let sheet = Bounds::new(0.45, 0.88, 0.9 * TALL / ASPECT, 0.05);
            let stance = look(&mut body, 1.8, Shown { found: Some((0.5, sheet)), ..Shown::default() });
            assert_eq!(stance, Some(Stance::Down));
            body.has_fallen(at(1.8))
        };
        assert!(!falls(0.1, 5.0), "walks out");
        assert!(falls(0.1, 60.0), "his trunk leans");
        assert!(falls(0.2, 5.0), "nobody walks that fast");
    }

    #[test]
    fn what_the_detector_hardly_believes_shows_nobodys_shape() {
        let low = Track { score: 0.15, ..track(low(0.25, 0.95)) };
        let shown = Shown { track: Some(&low), ..Shown::default() };
        assert_eq!(look(&mut standing(), 1.5, shown), Some(Stance::Between));
        let shown = Shown { found: Some((0.3, low.bounds)), ..shown };
        assert_eq!(look(&mut standing(), 1.5, shown), Some(Stance::Down), "another look believes it");
    }

    #[test]
    fn the_small_the_unproven_and_the_immovable_are_not_real() {
        let real = |now: Track, posture: Option<Posture>| {
            let mut body = Body::new(&now, at(0.0));
            look(&mut body, 0.2, Shown { track: Some(&now), posture, ..Shown::default() });
            body.real
        };
        let there = track(low(1.0, 0.35));
        assert!(real(there, None));
        assert!(!real(Track { state: State::Tentative, ..there }, None));
        let small = Bounds::new(0.5, 0.5, 0.03, 0.1);
        assert!(!real(Track { bounds: small, height: 0.1, ..there }, None));
        let still = Track { moved: false, ..there };
        assert!(!real(still, None));
        assert!(real(still, Some(joints(there.bounds, 0.82, 0.53, 2.0, 0.7))), "has the joints of a person");
    }

    #[test]
    fn a_new_track_near_where_he_was_lost_may_be_he() {
        let body = standing();
        let lying = track(low(0.25, 0.95));
        assert!(body.may_be(&lying, at(2.0), ASPECT));
        assert!(!body.may_be(&lying, at(3.3), ASPECT), "too late");
        let far = track(Bounds { x: 0.8, ..lying.bounds });
        assert!(!body.may_be(&far, at(2.0), ASPECT), "too far");
        assert!(!body.may_be(&track(low(1.4, 0.4)), at(2.0), ASPECT), "too tall");
    }
}
