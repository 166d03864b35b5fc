//! Things that the detector takes for people: somebody who stands or sits stirs, a suitcase does not.
//!
//! In the clips that this was measured on, of signs, cones and a suitcase that scored as people no more than 0.3 % of the
//! pixels stirred at nine looks of ten; of a man who stood and scored .8 it was .9 %. But people who stand in the dark before
//! a dark wall, and one who lay in a soft picture, scored .2 to .5 and stirred as little. So only what is too small for
//! somebody who stands can be a thing, and before one is told the detector looks at it once more, turned.

use xunge_scene::Bounds;

/// What scores as people do is one.
const PERSON: f32 = 0.5;
/// It is found in the same place: intersection over union.
const SAME: f64 = 0.6;
/// At most this share of its pixels stirs …
const STILL: f64 = 0.005;
/// … for so long, but for single looks;
const STILL_SECS: f64 = 5.0;
const STIRS_SECS: f64 = 0.3;
/// a thing that stirs for longer than somebody passes is none after all.
const ALIVE_SECS: f64 = 2.0;
/// It is forgotten when it was not found for so long.
const KEPT_SECS: f64 = 2.0;

#[derive(Debug)]
struct Stay {
    bounds: Bounds,
    /// Seconds of the meter's clock: found there since, and lately.
    since: f64,
    last: f64,
    /// For how long it has been still, and has been stirring, seconds.
    still: f64,
    stirs: f64,
    is_thing: bool,
}

/// Boxes of people who stay where they are.
#[derive(Debug, Default)]
pub(super) struct Stays {
    all: Vec<Stay>,
}

impl Stays {
    /// Whether what was found here with this score is known for a thing.
    pub fn is_thing(&self, bounds: &Bounds, score: f32) -> bool {
        let same = |stay: &&Stay| stay.bounds.iou(bounds) > SAME;
        score < PERSON && self.all.iter().find(same).is_some_and(|stay| stay.is_thing)
    }

    /// Since when a thing that was taken for somebody has stood where `bounds` is, seconds of the meter's clock.
    pub fn thing_since(&self, bounds: &Bounds) -> Option<f64> {
        let holds = |stay: &&Stay| stay.is_thing && stay.bounds.overlap(bounds) > 0.5 * bounds.area();
        self.all.iter().find(holds).map(|stay| stay.since)
    }

    /// Takes in who was found, a look after the one `secs` before. `stirs` tells which share of a box stirs.
    pub fn look(
        &mut self,
        now: f64,
        secs: f64,
        found: &[(Bounds, f32)],
        mut stirs: impl FnMut(&Bounds) -> f64,
    ) {
        for &(bounds, score) in found {
            let known = self.all.iter_mut().find(|stay| stay.bounds.iou(&bounds) > SAME);
            match known {
                Some(stay) if score >= PERSON => stay.stir(secs, STILL_SECS),
                Some(stay) if stay.last < now => {
                    (stay.bounds, stay.last) = (bounds, now);
                    let share = stirs(&bounds);
                    stay.stir(secs, share);
                }
                None if score < PERSON => self.all.push(Stay {
                    bounds,
                    since: now,
                    last: now,
                    still: 0.0,
                    stirs: 0.0,
                    is_thing: false,
                }),
                _ => {}
            }
        }
        self.all.retain(|stay| now - stay.last < KEPT_SECS);
    }

    pub fn clear(&mut self) {
        self.all.clear();
    }
}

impl Stay {
    fn stir(&mut self, secs: f64, share: f64) {
        if share <= STILL {
            self.stirs = 0.0;
            self.still += secs;
            self.is_thing |= self.still >= STILL_SECS;
            return;
        }
        self.stirs += secs;
        if self.stirs > if self.is_thing { ALIVE_SECS } else { STIRS_SECS } {
            (self.still, self.is_thing) = (0.0, false);
        }
    }
}
