//! Who stands with whom, and since when.

use crate::behavior::presence::Stay;
use crate::geometry::{Bounds, Ground, Point, STATURE_M};
use crate::scene::Scene;
use crate::time::StreamTime;
use std::collections::BTreeMap;
use std::time::Duration;

/// Two are near each other within this distance, in the mean of their heights: about 3.5 m …
const NEAR: f64 = 2.0;
/// … and no longer beyond this one: feet that are hidden and seen again make boxes jump.
const APART: f64 = 2.5;
/// Inertia believes an arrival within this time at any rate of looks.
const ARRIVAL: Duration = Duration::from_millis(2500);
/// A camera looks down at the ground at a slant: what lies behind appears nearer than what lies beside. About 30 degrees.
pub(super) const SLANT: f64 = 2.0;
/// Somebody of less than this part of the other's height stands elsewhere …
const SAME_HEIGHT: f64 = 0.5;
/// … unless he stood here and is half hidden now.
const HALF_HIDDEN: f64 = 0.33;

/// Two who have been found surely, one beside the other, for so long are two and not one under two numbers.
const TWO: Duration = Duration::from_secs(1);

/// Somebody at one look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neighbor {
    pub id: u64,
    pub came: StreamTime,
    pub bounds: Bounds,
    /// Found at this look, and well.
    pub sure: bool,
}

impl Neighbor {
    pub(super) fn new(id: u64, stay: &Stay, sure: bool) -> Self {
        Self { id, came: stay.since, bounds: stay.bounds, sure }
    }

    /// The other covers most of him.
    fn is_behind(&self, other: &Self) -> bool {
        self.bounds.overlap(&other.bounds) > 0.5 * self.bounds.area()
    }
}

/// How many of these are surely found, each beside the others: so many there are at least.
pub(super) fn side_by_side(people: &[Neighbor]) -> usize {
    let mut apart: Vec<&Neighbor> = Vec::new();
    for one in people.iter().filter(|one| one.sure) {
        if !apart.iter().any(|other| one.is_behind(other) || other.is_behind(one)) {
            apart.push(one);
        }
    }
    apart.len()
}

/// Two who are near each other.
#[derive(Debug, Clone, Copy)]
struct Bond {
    since: StreamTime,
    /// For how long both have been found surely, one beside the other.
    told_apart: Duration,
}

/// Who is near whom. Kept for those too of whom it is not known yet whether they are people: once it is, it is known
/// how long they have been together.
#[derive(Debug, Default)]
pub(super) struct Neighbors {
    /// Pairs, smaller id first.
    bonds: BTreeMap<(u64, u64), Bond>,
    /// Known time at the look before.
    known: Duration,
}

impl Neighbors {
    /// Takes in where everybody is, by id.
    pub(super) fn look(&mut self, everybody: &[Neighbor], scene: &Scene<'_>) {
        let passed = scene.known.saturating_sub(self.known);
        self.known = scene.known;
        let mut bonds = BTreeMap::new();
        for (index, one) in everybody.iter().enumerate() {
            for other in everybody.iter().skip(index + 1) {
                let before = self.bonds.get(&(one.id, other.id)).copied();
                if !are_near(one, other, before.is_some(), scene) {
                    continue;
                }
                // Who has just come was on his way to the other.
                let came = one.came.max(other.came);
                let since = if scene.at.since(came) > ARRIVAL { scene.at } else { came };
                let mut bond = before.unwrap_or(Bond { since, told_apart: Duration::ZERO });
                if one.sure && other.sure && !one.is_behind(other) && !other.is_behind(one) {
                    bond.told_apart += passed;
                }
                bonds.insert((one.id, other.id), bond);
            }
        }
        self.bonds = bonds;
    }

    /// Nobody knows whether he is not the other under another number: he is hidden or doubtful where that one is.
    pub(super) fn may_be_another(&self, one: &Neighbor, others: &[Neighbor]) -> bool {
        let told_apart = |other: &Neighbor| {
            let bond = self.bonds.get(&(one.id.min(other.id), one.id.max(other.id)));
            bond.is_some_and(|bond| bond.told_apart >= TWO)
        };
        !one.sure && others.iter().any(|other| other.sure && one.is_behind(other) && !told_apart(other))
    }

    /// The largest group among these, ascending by id; of equals the one with the smallest id.
    pub(super) fn largest(&self, people: &[u64]) -> Vec<u64> {
        let groups = self.groups(people, StreamTime(Duration::MAX));
        let best = groups.into_iter().reduce(|best, group| if group.len() > best.len() { group } else { best });
        best.unwrap_or_default()
    }

    /// Since when `count` of these have been together, if they are.
    pub(super) fn since(&self, people: &[u64], count: usize) -> Option<StreamTime> {
        let mut times: Vec<StreamTime> = self.among(people).map(|(_, since)| since).collect();
        times.sort_unstable();
        times.dedup();
        let full = |then: StreamTime| self.groups(people, then).iter().any(|group| group.len() >= count);
        times.get(times.partition_point(|then| !full(*then))).copied()
    }

    fn among(&self, people: &[u64]) -> impl Iterator<Item = ((u64, u64), StreamTime)> {
        let among = |id: u64| people.binary_search(&id).is_ok();
        self.bonds.iter().filter(move |((a, b), _)| among(*a) && among(*b)).map(|(pair, bond)| (*pair, bond.since))
    }

    /// Groups of those who have been near each other since `then`, each ascending.
    fn groups(&self, people: &[u64], then: StreamTime) -> Vec<Vec<u64>> {
        // Everybody's group is named by its smallest id.
        let mut group_of: BTreeMap<u64, u64> = people.iter().map(|id| (*id, *id)).collect();
        for ((one, other), _) in self.among(people).filter(|(_, since)| *since <= then) {
            let (Some(&a), Some(&b)) = (group_of.get(&one), group_of.get(&other)) else { continue };
            group_of.values_mut().filter(|name| **name == a.max(b)).for_each(|name| *name = a.min(b));
        }
        let mut groups: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for (id, name) in group_of {
            groups.entry(name).or_default().push(id);
        }
        groups.into_values().collect()
    }
}

fn are_near(one: &Neighbor, other: &Neighbor, were: bool, scene: &Scene<'_>) -> bool {
    let (alike, near) = if were { (HALF_HIDDEN, APART) } else { (SAME_HEIGHT, NEAR) };
    // Where the ground is known neither slant nor height is guessed.
    let apart_m = |ground: &Ground| ground.apart_m(&one.bounds, &other.bounds, NEAR * STATURE_M);
    if let Some(apart_m) = scene.ground.and_then(apart_m) {
        return apart_m <= near * STATURE_M;
    }
    let (low, high) = (one.bounds.h.min(other.bounds.h), one.bounds.h.max(other.bounds.h));
    // Where feet are hidden heads tell.
    let away = |of: fn(&Bounds) -> Point| {
        let (a, b) = (of(&one.bounds), of(&other.bounds));
        ((a.x - b.x) * scene.aspect).hypot((a.y - b.y) * SLANT)
    };
    let away = away(Bounds::foot).min(away(Bounds::head));
    low >= alike * high && away <= near * f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    const ASPECT: f64 = 16.0 / 9.0;

    fn stay(x: f64, foot_y: f64, h: f64) -> Bounds {
        Bounds::new(x - 0.02, foot_y - h, 0.04, h)
    }

    fn neighbor((id, bounds): (u64, &Bounds)) -> Neighbor {
        Neighbor { id, came: StreamTime::ZERO, bounds: *bounds, sure: true }
    }

    /// The same people, at places that change from look to look, five seconds apart.
    fn looks(neighbors: &mut Neighbors, looks: &[&[Bounds]]) {
        for (look, stays) in (0_u64..).zip(looks) {
            let scene = samples::scene(StreamTime(Duration::from_secs(5 * look)), ASPECT);
            neighbors.look(&(1..).zip(*stays).map(neighbor).collect::<Vec<_>>(), &scene);
        }
    }

    fn largest(stays: &[Bounds]) -> Vec<u64> {
        let mut neighbors = Neighbors::default();
        looks(&mut neighbors, &[stays]);
        neighbors.largest(&(1..=stays.len() as u64).collect::<Vec<_>>())
    }

    fn row(apart: f64) -> Vec<Bounds> {
        (0..5).map(|i| stay(0.1 + apart * f64::from(i), 0.6, 0.1)).collect()
    }

    #[test]
    fn a_chain_is_a_group_and_scattered_people_are_none() {
        assert_eq!(largest(&row(0.12)), [1], "0.12 of the width are 2.1 body heights");
        assert_eq!(largest(&row(0.18)).len(), 1);
        assert_eq!(largest(&row(0.1)), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn somebody_far_behind_is_not_near_though_he_looks_it() {
        assert_eq!(largest(&[stay(0.5, 0.9, 0.4), stay(0.5, 0.85, 0.4), stay(0.5, 0.5, 0.1)]), [1, 2]);
    }

    #[test]
    fn who_was_near_still_is_when_his_box_jumps() {
        let mut neighbors = Neighbors::default();
        looks(&mut neighbors, &[&row(0.1), &row(0.125)]);
        assert_eq!(neighbors.largest(&[1, 2, 3, 4, 5]), [1, 2, 3, 4, 5]);
        looks(&mut neighbors, &[&row(0.18)]);
        assert_eq!(neighbors.largest(&[1, 2, 3, 4, 5]), [1]);
    }

    #[test]
    fn who_is_hidden_behind_another_counts_if_they_were_seen_side_by_side() {
        let beside = [stay(0.1, 0.6, 0.1), stay(0.15, 0.6, 0.1)];
        let behind = [stay(0.1, 0.6, 0.1), stay(0.11, 0.59, 0.1)];
        let hidden = |bounds: &Bounds| Neighbor { sure: false, ..neighbor((2, bounds)) };
        let others = [neighbor((1, &beside[0]))];
        let mut neighbors = Neighbors::default();
        looks(&mut neighbors, &[&behind, &behind]);
        assert!(neighbors.may_be_another(&hidden(&behind[1]), &others));
        assert!(!neighbors.may_be_another(&neighbor((2, &behind[1])), &others), "he is seen, and well");
        assert!(!neighbors.may_be_another(&hidden(&beside[1]), &others), "nobody is there");
        looks(&mut neighbors, &[&beside, &beside, &behind]);
        assert!(!neighbors.may_be_another(&hidden(&behind[1]), &others));
    }

    #[test]
    fn one_man_in_two_boxes_stands_beside_nobody() {
        let man = stay(0.1, 0.6, 0.1);
        let again = Bounds::new(man.x, man.y, man.w, 0.7 * man.h);
        let people = |boxes: &[Bounds]| (1..).zip(boxes).map(neighbor).collect::<Vec<_>>();
        assert_eq!(side_by_side(&people(&[man, again])), 1);
        assert_eq!(side_by_side(&people(&row(0.1))), 5);
        let lost = Neighbor { sure: false, ..neighbor((9, &stay(0.9, 0.6, 0.1))) };
        assert_eq!(side_by_side(&[lost]), 0);
    }

    #[test]
    fn a_group_is_as_old_as_the_youngest_bond_that_it_needs() {
        let apart = [stay(0.1, 0.6, 0.1), stay(0.15, 0.6, 0.1), stay(0.5, 0.6, 0.1)];
        let near = [stay(0.1, 0.6, 0.1), stay(0.15, 0.6, 0.1), stay(0.2, 0.6, 0.1)];
        let mut neighbors = Neighbors::default();
        looks(&mut neighbors, &[&apart, &apart, &near, &near]);
        assert_eq!(neighbors.since(&[1, 2, 3], 2), Some(StreamTime::ZERO));
        assert_eq!(neighbors.since(&[1, 2, 3], 3), Some(StreamTime::from_secs(10.0)));
        assert_eq!(neighbors.since(&[1, 2, 3], 4), None);
        assert_eq!(neighbors.since(&[1, 3], 2), Some(StreamTime::from_secs(10.0)));
    }
}
