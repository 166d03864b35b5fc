//! The organisation of the demo: a city's true districts, streets and communities, and invented grids, outlines, people
//! and rotas in them. Pure: the same rows and the same day always give the same organisation.

pub mod camera;
pub mod layout;
pub mod outline;
pub mod people;
pub mod rota;
mod rows;
pub mod shape;

use jiff::civil::Date;
use thiserror::Error;

use camera::Standing;
use layout::Town;

/// Districts, streets and communities with their true codes; `demo/org/README.md` says where they are from.
pub const REGIONS: &str = include_str!("../org/yichang.csv");
/// An example of an event catalogue.
pub const CATALOGUE: &str = include_str!("../org/catalogue.csv");

/// Rows from which no organisation can be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadTown {
    /// A row is not `code,name`.
    #[error("line {0} is not `code,name`")]
    BadRow(usize),
    /// A district whose place on the map is not known.
    #[error("nobody has said where the district {0} lies")]
    UnknownDistrict(String),
    /// A region in which nothing lies, so that it would be a hole in the map.
    #[error("{0} is empty: a street has communities, a district has streets")]
    Empty(String),
    /// A region that lies in none of the others.
    #[error("what {0} lies in is missing")]
    NoParent(String),
    /// A community that is not there.
    #[error("there is no community {0}")]
    UnknownCommunity(String),
    /// More cameras than grids.
    #[error("{0} has fewer grids than the cameras that are to stand there, one in each")]
    FewGrids(String),
}

/// A file that `xunge-central import` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What it holds, as `--kind` names it.
    pub kind: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What stands in it.
    pub text: String,
    /// Rows (features) in it.
    pub rows: usize,
}

/// All files of a demo, in the order in which they are to be imported. People and cameras are those of one community;
/// the rota goes on for a year from `first_day`.
pub fn files(
    community: &str,
    edge: &str,
    cameras: &[Standing<'_>],
    first_day: Date,
) -> Result<Vec<File>, BadTown> {
    let town = Town::of(REGIONS)?;
    let people = people::of_community(&town, community)?;
    let duties = rota::duties(&people, first_day);
    let places = camera::places(&town, community, edge, cameras)?;
    Ok(vec![
        File { kind: "regions", name: "regions.csv", text: REGIONS.to_owned(), rows: lines(REGIONS) },
        File {
            kind: "outlines",
            name: "outlines.geojson",
            text: outline::collection(&town),
            rows: town.areas.len(),
        },
        table("cameras", "cameras.csv", places),
        table("posts", "posts.csv", people::table(&people)),
        table("duties", "duties.csv", duties),
        table("catalogue", "catalogue.csv", CATALOGUE.to_owned()),
    ])
}

fn table(kind: &'static str, name: &'static str, text: String) -> File {
    let rows = lines(&text);
    File { kind, name, text, rows }
}

/// Rows below the headings.
fn lines(text: &str) -> usize {
    text.lines().count().saturating_sub(1)
}

#[cfg(test)]
mod tests;
