//! Follows blobs from picture to picture while each is one person, whole and alone.

use super::matte::Sighting;
use super::perspective::Perspective;
use super::place::CLUTTER;

/// Boxes of one person in consecutive pictures overlap at least this much.
const OVERLAP: f64 = 0.35;
/// Shorter runs do not show a whole step.
const MIN_PICTURES: usize = 11;

/// Runs of one person each, in order of time. `pictures` holds the sightings of each picture.
pub fn runs(pictures: Vec<Vec<Sighting>>, perspective: &Perspective) -> Vec<Vec<Sighting>> {
    let mut open: Vec<Vec<Sighting>> = Vec::new();
    let mut closed = Vec::new();
    for seen in pictures {
        let mut next: Vec<Vec<Sighting>> = Vec::new();
        for sighting in seen.into_iter().filter(|s| whole(s, perspective)) {
            let near = |run: &Vec<Sighting>| run.last().map_or(0.0, |last| last.overlap(&sighting));
            let best = (0..open.len()).max_by(|&a, &b| near(&open[a]).total_cmp(&near(&open[b])));
            let mut run = match best.filter(|&at| near(&open[at]) >= OVERLAP) {
                Some(at) => open.swap_remove(at),
                None => Vec::new(),
            };
            run.push(sighting);
            next.push(run);
        }
        closed.append(&mut open);
        open = next;
    }
    closed.append(&mut open);
    closed.retain(|run| run.len() >= MIN_PICTURES && steady(run));
    closed
}

/// As tall as a person is there, not two abreast, and nothing in front or fluttering behind.
fn whole(sighting: &Sighting, perspective: &Perspective) -> bool {
    let (left, top, right, bottom) = sighting.area;
    let tall = sighting.height() / perspective.height(bottom);
    let full = sighting.pixels / (sighting.width() * sighting.height()).max(1.0);
    let hidden = CLUTTER.iter().any(|((x0, y0, x1, y1), foot_y)| {
        left < *x1 && right > *x0 && top < *y1 && bottom > *y0 && bottom < *foot_y
    });
    (0.86..1.16).contains(&tall) && sighting.width() < 0.58 * sighting.height() && full > 0.38 && !hidden
}

/// A body's area changes little; that of a group does.
fn steady(run: &[Sighting]) -> bool {
    let areas: Vec<f64> = run.iter().map(|s| s.pixels / s.height().powi(2)).collect();
    let mean = areas.iter().sum::<f64>() / areas.len() as f64;
    let spread = (areas.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / areas.len() as f64).sqrt();
    spread < 0.16 * mean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::cutout::Cutout;

    const LEVEL: Perspective = Perspective { slope: 0.25, horizon_y: 0.0, middle_x: 384.0, focal_px: 1100.0 };

    fn sighting(x: f64, y: f64, height: f64) -> Sighting {
        let width = 0.4 * height;
        let area = (x - width / 2.0, y - height, x + width / 2.0, y);
        Sighting { area, pixels: 0.6 * width * height, middle_x: x, cutout: Cutout::new(1, 1, vec![0; 4]) }
    }

    #[test]
    fn a_run_ends_where_the_person_is_not_whole() {
        let walk = |n: i32| sighting(560.0 + f64::from(n) * 5.0, 400.0, 100.0);
        // a second one far away, one too short by half, then the first goes on
        let pictures = (0..30).map(|n| {
            let main = if n == 14 { sighting(630.0, 400.0, 50.0) } else { walk(n) };
            vec![main, sighting(300.0, 500.0, 125.0)]
        });
        let mut lengths: Vec<usize> = runs(pictures.collect(), &LEVEL).iter().map(Vec::len).collect();
        lengths.sort_unstable();
        assert_eq!(lengths, [14, 15, 30]);
    }

    #[test]
    fn who_is_behind_the_lamp_post_is_not_taken() {
        assert!(!whole(&sighting(430.0, 300.0, 75.0), &LEVEL));
        assert!(whole(&sighting(560.0, 400.0, 100.0), &LEVEL));
    }
}
