//! Who stands with whom.

use crate::behavior::presence::Stay;

/// Two are near each other within this distance, in the mean of their heights: about 3.5 m.
const NEAR: f64 = 2.0;
/// A camera looks down at the ground at a slant: what lies behind appears nearer than what lies beside. About 30 degrees.
const SLANT: f64 = 2.0;
/// Somebody of less than this part of the other's height stands elsewhere.
const SAME_HEIGHT: f64 = 0.5;

/// The largest group among `stays`, by id; of equals the one with the smallest id.
pub(super) fn largest<'a>(stays: impl Iterator<Item = (u64, &'a Stay)>, aspect: f64) -> Vec<u64> {
    let mut apart: Vec<(u64, &Stay)> = stays.collect();
    let mut best: Vec<u64> = Vec::new();
    while let Some(first) = (!apart.is_empty()).then(|| apart.remove(0)) {
        let mut group = vec![first];
        let mut next = 0;
        while next < group.len() {
            let (_, one) = group[next];
            let (near, rest) = apart.into_iter().partition(|(_, other)| are_near(one, other, aspect));
            group.extend::<Vec<_>>(near);
            apart = rest;
            next += 1;
        }
        if group.len() > best.len() {
            best = group.into_iter().map(|(id, _)| id).collect();
        }
    }
    best.sort_unstable();
    best
}

fn are_near(one: &Stay, other: &Stay, aspect: f64) -> bool {
    let (a, b) = (one.bounds.foot(), other.bounds.foot());
    let (low, high) = (one.bounds.h.min(other.bounds.h), one.bounds.h.max(other.bounds.h));
    let away = ((a.x - b.x) * aspect).hypot((a.y - b.y) * SLANT);
    low >= SAME_HEIGHT * high && away <= NEAR * f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Bounds;
    use crate::time::StreamTime;

    fn stay(x: f64, foot_y: f64, h: f64) -> Stay {
        Stay::at(StreamTime::ZERO, Bounds::new(x - 0.02, foot_y - h, 0.04, h))
    }

    #[test]
    fn a_chain_is_a_group_and_scattered_people_are_none() {
        let row: Vec<Stay> = (0..5).map(|i| stay(0.1 + 0.12 * f64::from(i), 0.6, 0.1)).collect();
        let wide: Vec<Stay> = (0..5).map(|i| stay(0.1 + 0.18 * f64::from(i), 0.6, 0.1)).collect();
        let of = |stays: &[Stay]| largest((1..).zip(stays), 16.0 / 9.0);
        assert_eq!(of(&row), Vec::<u64>::from([1]), "0.12 of the width are 2.1 body heights");
        assert_eq!(of(&wide).len(), 1);
        let near: Vec<Stay> = (0..5).map(|i| stay(0.1 + 0.1 * f64::from(i), 0.6, 0.1)).collect();
        assert_eq!(of(&near), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn somebody_far_behind_is_not_near_though_he_looks_it() {
        let stays = [stay(0.5, 0.9, 0.4), stay(0.5, 0.85, 0.4), stay(0.5, 0.5, 0.1)];
        assert_eq!(largest((1..).zip(&stays), 1.5), [1, 2]);
    }
}
