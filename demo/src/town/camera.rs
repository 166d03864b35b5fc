//! Where the cameras of the demo's box stand.

use std::fmt::Write as _;

use super::BadTown;
use super::layout::Town;
use super::outline::written;

/// A camera and what it looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'c> {
    /// Its id on the box.
    pub camera: &'c str,
    /// Kind of place, as the importer names it.
    pub kind: &'c str,
}

/// The table of a box's cameras, one in each of a community's first grids, in the middle; the next ones are neighbours.
///
/// One grid each: what cameras of one grid see may become one case, and the demo shows each kind of alert by itself.
pub fn places(town: &Town, community: &str, edge: &str, cameras: &[Standing<'_>]) -> Result<String, BadTown> {
    let grids = town.grids_of(community)?;
    if grids.len() < cameras.len() {
        return Err(BadTown::FewGrids(community.to_owned()));
    }
    let mut table = "edge,camera,region,lon,lat,kind,adjacent\n".to_owned();
    for (place, (standing, grid)) in cameras.iter().zip(grids).enumerate() {
        let [lon, lat] = written(grid.shape.centre());
        let next = [place.checked_sub(1), place.checked_add(1)];
        let next: Vec<String> = next
            .into_iter()
            .flatten()
            .filter_map(|place| cameras.get(place))
            .map(|other| format!("{edge}/{}", other.camera))
            .collect();
        let Standing { camera, kind } = standing;
        // writing to a text cannot fail
        let _ = writeln!(table, "{edge},{camera},{},{lon},{lat},{kind},{}", grid.code, next.join(" "));
    }
    Ok(table)
}
