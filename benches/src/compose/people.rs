//! Real people, each a short loop of pictures that can be played along any way.

use std::f64::consts::{FRAC_PI_2, PI};

use super::cutout::Cutout;
use super::matte::Sighting;
use super::perspective::Perspective;
use super::random::Random;

/// Pictures before and after one over which a way is smoothed.
const SMOOTH: usize = 4;
/// A loop has at least this many pictures: about one whole step with each leg.
const MIN_LOOP: usize = 6;
/// Loops whose ends are less alike stumble.
const MAX_SEAM: f64 = 0.12;
/// Smaller people are too coarse to be shown nearer.
const MIN_SIZE_PX: f64 = 50.0;
/// The footage's camera took so many pictures a second, whatever its file says.
const TAKEN_PER_S: f64 = 7.0;

/// One person who walks in one direction.
#[derive(Debug, Clone)]
pub struct Person {
    /// The loop: after the last picture comes the first.
    pub frames: Vec<Cutout>,
    /// The picture in which the feet are closest together.
    pub standing: usize,
    /// Direction on the ground: 0 is to the right, π/2 is away from the camera.
    pub heading: f64,
    /// Body heights on the ground per second.
    pub speed_bh_s: f64,
    /// How unlike the loop's two ends are, 0 (the same) to 1.
    pub seam: f64,
}

impl Person {
    /// The picture after `walked_s` seconds at this person's own pace.
    pub fn walking(&self, walked_s: f64) -> &Cutout {
        let at = (walked_s * TAKEN_PER_S).rem_euclid(self.frames.len() as f64);
        &self.frames[(at as usize).min(self.frames.len() - 1)]
    }

    /// The picture of one who stands.
    pub fn still(&self) -> &Cutout {
        &self.frames[self.standing]
    }

    /// Pixels per body height in the footage.
    pub fn size_px(&self) -> f64 {
        self.frames.iter().map(|f| f.unit_px).sum::<f64>() / self.frames.len() as f64
    }
}

/// Loops from the runs of people who really walk.
pub fn from_runs(runs: Vec<Vec<Sighting>>, perspective: &Perspective) -> Vec<Person> {
    runs.into_iter().filter_map(|run| person(run, perspective)).collect()
}

fn person(run: Vec<Sighting>, perspective: &Perspective) -> Option<Person> {
    let feet: Vec<(f64, f64)> = (0..run.len())
        .map(|at| {
            let near = &run[at.saturating_sub(SMOOTH)..run.len().min(at + SMOOTH + 1)];
            let mean = |of: fn(&Sighting) -> f64| near.iter().map(of).sum::<f64>() / near.len() as f64;
            (mean(|s| s.middle_x), mean(|s| s.area.3))
        })
        .collect();
    let ground = |at: usize| perspective.ground(feet[at].0, feet[at].1);
    let (first, last) = (ground(0), ground(run.len() - 1));
    let speed_bh_s = first.distance(last) * TAKEN_PER_S / (run.len() - 1) as f64;
    // slower is one who waits, faster is two who were taken for one
    if !(0.3..1.5).contains(&speed_bh_s) {
        return None;
    }
    if perspective.height(feet[0].1) < MIN_SIZE_PX {
        return None;
    }
    let frames: Vec<Cutout> = run
        .into_iter()
        .zip(&feet)
        .map(|(sighting, &(x, y))| {
            let mut cutout = sighting.cutout;
            let corner = cutout.foot;
            cutout.foot = (x - corner.0, y - corner.1);
            cutout.unit_px = perspective.height(y);
            cutout
        })
        .collect();
    let (from, to, seam) = best_loop(&frames).filter(|(.., seam)| *seam < MAX_SEAM)?;
    let frames: Vec<Cutout> = frames.into_iter().take(to).skip(from).collect();
    let standing =
        (0..frames.len()).min_by(|&a, &b| leg_width(&frames[a]).total_cmp(&leg_width(&frames[b])))?;
    Some(Person { frames, standing, heading: first.heading(last), speed_bh_s, seam })
}

/// Where to cut so that the picture after the last is most like the first; longer loops are worth a little unlikeness.
fn best_loop(frames: &[Cutout]) -> Option<(usize, usize, f64)> {
    let small: Vec<Vec<f32>> = frames.iter().map(thumbnail).collect();
    let unlike = |a: usize, b: usize| {
        let sum: f32 = small[a].iter().zip(&small[b]).map(|(x, y)| (x - y).abs()).sum();
        f64::from(sum) / small[a].len() as f64
    };
    let mut best: Option<(f64, usize, usize, f64)> = None;
    for from in 0..frames.len() {
        for to in from + MIN_LOOP..frames.len() {
            let seam = unlike(from, to);
            let cost = seam * (1.0 - 0.006 * (to - from).min(40) as f64);
            if best.is_none_or(|(least, ..)| cost < least) {
                best = Some((cost, from, to, seam));
            }
        }
    }
    best.map(|(_, from, to, seam)| (from, to, seam))
}

/// 16 × 32 samples around the foot, colours and alpha from 0 to 1.
fn thumbnail(cutout: &Cutout) -> Vec<f32> {
    let (width, height) = cutout.size();
    let bytes = cutout.bgra();
    let mut all = Vec::with_capacity(16 * 32 * 4);
    for row in 0..32 {
        for column in 0..16 {
            let x = cutout.foot.0 + (f64::from(column) - 7.5) / 16.0 * 0.7 * cutout.unit_px;
            let y = cutout.foot.1 - (f64::from(row) - 0.5) / 30.0 * cutout.unit_px;
            let inside = x >= 0.0 && y >= 0.0 && x < width as f64 && y < height as f64;
            let at = 4 * (y.max(0.0) as usize * width + x.max(0.0) as usize);
            let of = |c: usize| if inside { f32::from(bytes[at + c]) / 255.0 } else { 0.0 };
            all.extend([of(0), of(1), of(2), of(3)]);
        }
    }
    all
}

/// Pixels from the leftmost to the rightmost solid one between ankle and knee.
fn leg_width(cutout: &Cutout) -> f64 {
    let (width, height) = cutout.size();
    let row = |part: f64| ((cutout.foot.1 - part * cutout.unit_px).max(0.0) as usize).min(height);
    let solid = |x: usize, y: usize| {
        let at = 4 * (y * width + x);
        let pixel = &cutout.bgra()[at..at + 4];
        // a shadow is transparent or black
        pixel[3] > 200
    };
    let (from, to) = (row(0.25), row(0.06));
    let spans = (from..to).filter_map(|y| {
        let mut set = (0..width).filter(|&x| solid(x, y));
        let first = set.next()?;
        Some(set.next_back().unwrap_or(first) - first)
    });
    spans.max().unwrap_or(width) as f64 / cutout.unit_px
}

/// A way's direction as people are cast for it: to the left is the mirror of to the right.
fn folded(heading: f64) -> f64 {
    let turned = (heading + PI).rem_euclid(2.0 * PI) - PI;
    if turned.abs() > FRAC_PI_2 { (PI - turned.abs()) * turned.signum() } else { turned }
}

/// Whether a person who walks in `own` direction must be mirrored for a way in direction `wanted`.
pub fn mirrored(own: f64, wanted: f64) -> bool {
    (own.cos() < 0.0) != (wanted.cos() < 0.0)
}

/// Who suits ways in these directions (with their lengths) at this size; one of the best few, by chance.
pub fn cast(people: &[Person], ways: &[(f64, f64)], size_px: f64, random: &mut Random) -> usize {
    let total: f64 = ways.iter().map(|(_, length)| length).sum::<f64>().max(1e-6);
    let cost = |person: &Person| {
        let own = folded(person.heading);
        let wrong: f64 = ways.iter().map(|(heading, length)| (folded(*heading) - own).abs() * length).sum();
        // enlarging blurs, shrinking is harmless
        let enlarged = (size_px / person.size_px()).ln().max(0.0);
        wrong / total + 0.8 * enlarged + 4.0 * person.seam
    };
    let mut order: Vec<usize> = (0..people.len()).collect();
    order.sort_by(|&a, &b| cost(&people[a]).total_cmp(&cost(&people[b])));
    let few = order.len().min(1 + order.len() / 4);
    random.pick(&order[..few]).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn left_is_the_mirror_of_right() {
        assert!((folded(PI) - 0.0).abs() < 1e-9);
        assert!((folded(PI - 0.3) - 0.3).abs() < 1e-9);
        assert!((folded(-PI + 0.3) + 0.3).abs() < 1e-9);
        assert!((folded(-0.3) + 0.3).abs() < 1e-9);
        assert!(mirrored(0.1, PI) && !mirrored(0.1, -0.2) && !mirrored(PI, PI - 0.5));
    }

    #[test]
    fn a_loop_is_cut_where_the_pictures_are_alike() {
        // a bar that moves to and fro with a period of 9 pictures
        let frame = |n: usize| {
            let x = (n % 9) * 2;
            let mut bgra = vec![0; 4 * 32 * 64];
            for y in 0..64 {
                let at = 4 * (y * 32 + x);
                bgra[at..at + 16].fill(255);
            }
            Cutout::new(32, 64, bgra)
        };
        let frames: Vec<Cutout> = (0..15).map(frame).collect();
        let (from, to, seam) = best_loop(&frames).unwrap();
        assert_eq!((to - from) % 9, 0);
        assert!(seam < 1e-6);
    }
}
