//! Nobody is there for many seconds, and then something happens: a camera that sleeps must not miss it.

use super::super::scene::Scene;
use super::director::Stage;
use super::{loitering, objects, running, tamper};

/// What happens there, as in the other sets.
const TAKEN: &[&str] = &[
    "paces-1",
    "stands-1",
    "leaves-and-returns-1",
    "left-1",
    "left-2",
    "left-4",
    "left-and-taken-1",
    "removed-1",
    "removed-2",
    "breaks-into-a-run-1",
    "runs-through-1",
    "runs-through-2",
    "runs-through-3",
    "several-run-1",
    "covered-cloth",
    "covered-hand",
    "defocused",
    "moved-aside",
    "frozen",
    "dark",
    "nightfall",
    "exposure-step",
    "lorry",
];

/// All scenes of the set.
pub fn scenes(stage: &Stage<'_>) -> Vec<Scene> {
    let sets = [loitering::scenes, objects::scenes, running::scenes, tamper::scenes];
    let all = sets.into_iter().flat_map(|scenes| scenes(stage));
    all.filter(|scene| scene.name.split_once('/').is_some_and(|(_, name)| TAKEN.contains(&name))).collect()
}
