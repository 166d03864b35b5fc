//! One object's part in a scene.

use super::bag::Bag;
use super::cutout::{Area, Placing};
use super::perspective::{Ground, Perspective};

/// Who has the object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Held {
    /// An actor carries it, on his right (1) or left (−1) as seen in the footage.
    By {
        /// Number of the actor in the scene.
        actor: usize,
        /// 1 or −1.
        side: f64,
    },
    /// It stands on the ground.
    On(Ground),
}

/// An object and what becomes of it.
#[derive(Debug, Clone)]
pub struct Prop {
    /// What it looks like.
    pub bag: Bag,
    /// Since when who has it, in order of time. Before the first it is not there.
    pub held: Vec<(f64, Held)>,
}

/// It is put down and taken up in this time.
pub const HAND_SECS: f64 = 0.6;
/// Height of a hanging hand in body heights.
const HAND_BH: f64 = 0.43;
/// Distance of a carried object from the carrier's middle in body heights.
const ASIDE_BH: f64 = 0.17;

impl Prop {
    /// Who has it at this time, and who had it before with the part of the way between them that is done.
    pub fn held(&self, t: f64) -> Option<(Held, Option<(Held, f64)>)> {
        let at = self.held.iter().rposition(|(since, _)| *since <= t)?;
        let (since, now) = self.held[at];
        let part = (t - since) / HAND_SECS;
        let before = at.checked_sub(1).map(|before| self.held[before].1).filter(|_| part < 1.0);
        Some((now, before.map(|before| (before, part))))
    }

    /// Where it stands on the picture when it stands on this ground.
    pub fn standing(&self, at: Ground, perspective: &Perspective) -> Placing {
        let foot = perspective.standing(at);
        Placing::new(foot.x, foot.y, foot.height)
    }

    /// The part of the plate that it covers when it stands on this ground.
    pub fn area(&self, at: Ground, perspective: &Perspective) -> Area {
        self.bag.cutout.area(&self.standing(at, perspective))
    }

    /// In the hand of someone who stands at `at`. A suitcase rolls, everything else hangs.
    pub fn carried(&self, at: Ground, side: f64, perspective: &Perspective) -> Placing {
        let beside = perspective.standing(at.plus(side * ASIDE_BH, 0.0));
        let hanging = (HAND_BH - self.bag.height_bh).max(0.01);
        Placing::new(beside.x, beside.y - hanging * beside.height, beside.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::bag::Kind;
    use crate::compose::random::Random;

    #[test]
    fn an_object_goes_from_hand_to_ground() {
        let bag = Bag::draw(Kind::Backpack, None, &mut Random::new(1));
        let (hand, ground) = (Held::By { actor: 3, side: 1.0 }, Held::On(Ground { x: 1.0, z: 9.0 }));
        let prop = Prop { bag, held: vec![(2.0, hand), (10.0, ground)] };
        assert_eq!(prop.held(1.0), None);
        assert_eq!(prop.held(5.0), Some((hand, None)));
        let Some((now, Some((before, part)))) = prop.held(10.3) else { panic!("no way between") };
        assert_eq!((now, before), (ground, hand));
        assert!((part - 0.5).abs() < 1e-9);
        assert_eq!(prop.held(11.0), Some((ground, None)));
    }
}
