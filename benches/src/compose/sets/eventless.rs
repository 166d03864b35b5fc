//! Hours in which nothing happens: whatever is reported here is false.

use super::super::act::Act;
use super::super::actor::{Pose, Step};
use super::super::foliage::Foliage;
use super::super::light::{Change, Patch};
use super::super::random::Random;
use super::super::scene::Scene;
use super::super::texture::Clouds;
use super::super::view::View;
use super::director::{Director, Stage, WALK_BH_S};

/// Length of one clip.
pub const CLIP_SECS: f64 = 600.0;
/// Nobody is in the picture for longer.
const STAY_SECS: f64 = 20.0;
/// This many people at most are near each other.
const GROUP: usize = 3;
/// This many people at most are in the picture.
const PRESENT: usize = 4;
/// Closer than this is near, in body heights.
const NEAR_BH: f64 = 2.5;

/// As many clips as it takes.
pub fn scenes(stage: &Stage<'_>, hours: f64) -> Vec<Scene> {
    let mut left_s = hours * 3600.0;
    let mut all = Vec::new();
    while left_s > 1.0 {
        let number = all.len() + 1;
        let name = format!("hour-{:02}-{}", (number - 1) / 6, (number - 1) % 6 + 1);
        let mut director = stage.scene(&name, left_s.min(CLIP_SECS));
        director.scene.view = View { mirror: director.scene.view.mirror, ..view(&mut director) };
        let what = weather(&mut director);
        walkers(&mut director);
        all.push(director.done(&format!("ordinary traffic; {what}")));
        left_s -= CLIP_SECS;
    }
    all
}

fn view(director: &mut Director<'_>) -> View {
    let part = director.random.range(0.86, 1.0);
    View::part(640, 480, part, (director.random.range(0.2, 0.8), director.random.range(0.5, 1.0)))
}

/// People on their way, alone and in twos and threes.
fn walkers(director: &mut Director<'_>) {
    let busy_s = director.random.range(4.0, 12.0);
    let mut t = director.random.range(-8.0, 2.0);
    while t < director.scene.duration_s {
        let ((from, to), speed) = (director.gates(), WALK_BH_S * director.random.range(0.85, 1.35));
        let company = [1, 1, 1, 2, 2, 3][director.random.below(6)];
        for n in 0..company {
            let (from, to) = (director.spot(from), director.spot(to));
            let beside = |n: usize| (0.45 * n as f64, 0.25 * n as f64);
            let aside = director.random.range(-0.6, 0.6);
            let (dx, dz) = beside(n);
            let (from, to) = (from.plus(-dx, dz + aside), to.plus(dx, dz + aside));
            let actor = director.act(t, from, vec![Step::Walk { to, speed_bh_s: speed }]);
            if !ordinary(director, actor) {
                director.scene.actors.pop();
                break;
            }
        }
        t += busy_s * director.random.range(0.3, 1.7);
    }
}

/// In the picture for a short time and never in a larger group.
fn ordinary(director: &Director<'_>, newest: usize) -> bool {
    let Some(actor) = director.scene.actors.get(newest) else { return false };
    let (mut t, mut seen_s) = (actor.starts_s, 0.0);
    while let Some(Pose { at: place, .. }) = actor.pose(t) {
        let seen = director.in_view(newest, t);
        seen_s += if seen { 0.5 } else { 0.0 };
        let others = || (0..newest).filter(|&other| director.in_view(other, t));
        let close = |other: &usize| {
            let pose = director.scene.actors[*other].pose(t);
            pose.is_some_and(|other| other.at.distance(place) < NEAR_BH)
        };
        let (near, present) = (others().filter(close).count(), others().count());
        if near >= GROUP || seen_s > STAY_SECS || (seen && present >= PRESENT) {
            return false;
        }
        t += 0.5;
    }
    true
}

/// Light and weather of the ten minutes, in words too.
fn weather(d: &mut Director<'_>) -> String {
    let end_s = d.scene.duration_s;
    let mut words = Vec::new();
    let amount = d.random.range(0.02, 0.08);
    let (period_s, phase) = (d.random.range(90.0, 400.0), d.random.unit());
    d.scene.changes.push(Change::Drift { amount, period_s, phase });
    let dusk = d.random.chance(0.3);
    if dusk {
        d.scene.grading = d.scene.grading.map(|factor| 0.5 * factor);
        words.push("dusk");
        let mut t = d.random.range(20.0, 90.0);
        while t < end_s {
            let path = [(-100.0, 330.0), (850.0, 250.0)];
            let path = if d.random.chance(0.5) { path } else { [path[1], path[0]] };
            let (from_s, to_s) = (t, t + d.random.range(3.0, 7.0));
            d.scene.patches.push(Patch::Headlight { from_s, to_s, path, gain: d.random.range(0.6, 1.3) });
            t += d.random.range(40.0, 160.0);
        }
        words.push("headlights");
    } else if d.random.chance(0.6) {
        let clouds = Clouds::new(&mut d.random, d.scene.view.width as f64 * 0.7, 2, 2.4);
        let (depth, speed_px_s) = (d.random.range(0.15, 0.4), d.random.range(8.0, 40.0) * d.random.sign());
        d.scene.patches.push(Patch::Clouds { clouds, depth, speed_px_s });
        words.push("clouds");
    }
    if d.random.chance(0.5) {
        let x = if d.random.chance(0.5) { 120.0 } else { 640.0 };
        let mut random = Random::new(d.random.bits());
        let foliage = Foliage::grow((x, d.scene.view.top + 15.0), d.random.range(220.0, 340.0), &mut random);
        d.scene.foliage = Some((foliage, d.random.range(0.4, 1.0)));
        words.push("gusts in a branch");
    }
    let mut t = d.random.range(30.0, 200.0);
    while t < end_s {
        // the camera's electronics follow the light now in one way, now in another
        let until_s = t + d.random.range(20.0, 120.0);
        let change = match d.random.below(3) {
            0 => Change::Step { at_s: t, over_s: 0.4, gain: d.random.range(0.75, 1.25), until_s, noise: 1.0 },
            1 => Change::Hunting { at_s: t, amount: d.random.range(0.05, 0.2), period_s: 2.5, fade_s: 3.0 },
            _ => Change::Step { at_s: t, over_s: 6.0, gain: 1.0, until_s, noise: d.random.range(1.3, 2.0) },
        };
        d.scene.changes.push(change);
        t = until_s + d.random.range(30.0, 200.0);
    }
    words.push("exposure and noise change");
    if d.random.chance(0.25) {
        let at_s = d.random.range(0.2, 0.8) * end_s;
        d.scene.changes.push(Change::Infrared { at_s, gain: d.random.range(0.8, 1.15) });
        words.push("infrared from some time on");
    }
    if d.random.chance(0.25) {
        let at_s = d.random.range(0.1, 0.6) * end_s;
        let until_s = at_s + d.random.range(60.0, 180.0);
        d.scene.acts.push(Act::Rain { at_s, until_s, drops: 200 + d.random.below(300) });
        words.push("rain for a while");
    }
    words.join(", ")
}
