//! Where everything lies: districts around their true places, streets, communities and grids drawn into them.

use std::collections::BTreeMap;

use super::BadTown;
use super::rows::names;
use super::shape::{Point, Shape};

/// Grids of the whole city: as many as Yichang has.
const GRIDS: u64 = 1110;
/// Weights of a community, by which the grids are shared out: with some 180 communities each gets 4 to 9.
const WEIGHTS: std::ops::Range<u64> = 44..82;
/// A grid's name has one of these.
const NUMBERS: [&str; 9] = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];
/// Most by which the streets of a part of the town are turned, radians: squares with the compass look like no town.
const TILT: f64 = 0.22;

/// Code, longitude, latitude (WGS-84, degrees) and kilometres from there to the border where no other district is near.
const DISTRICTS: [(&str, f64, f64, f64); 5] = [
    ("420502", 111.286, 30.711, 6.0),
    ("420503", 111.361, 30.644, 6.0),
    ("420504", 111.268, 30.693, 8.0),
    ("420505", 111.443, 30.531, 6.0),
    ("420506", 111.326, 30.768, 10.0),
];

/// The middle of the map, degrees; kilometres are counted from here.
const MIDDLE: (f64, f64) = (111.3, 30.7);
/// Kilometres of one degree of latitude, on a sphere of 6371 km.
const DEGREE_KM: f64 = 111.195;

/// A region with its area.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// Code: 6 digits a district, 9 a street, 12 a community, 15 a grid.
    pub code: String,
    /// Name.
    pub name: String,
    /// Where it lies.
    pub shape: Shape,
}

/// All areas.
#[derive(Debug, Clone, PartialEq)]
pub struct Town {
    /// Districts, streets, communities and grids, by their codes. The city itself has no outline.
    pub areas: Vec<Area>,
}

impl Town {
    /// A town of rows `code,name` below one of headings.
    pub fn of(rows: &str) -> Result<Self, BadTown> {
        let names = names(rows)?;
        let communities: Vec<&String> = names.keys().filter(|code| code.len() == 12).collect();
        let counts = grid_counts(&communities);
        let mut areas = Vec::new();
        for (code, shape) in districts(&names)? {
            draw(&code, shape, &names, &counts, &mut areas)?;
        }
        areas.sort_by(|a: &Area, b: &Area| a.code.cmp(&b.code));
        Ok(Self { areas })
    }

    /// An area by its code.
    pub fn area(&self, code: &str) -> Option<&Area> {
        let place = self.areas.binary_search_by(|area| area.code.as_str().cmp(code)).ok()?;
        self.areas.get(place)
    }

    /// The grids of a community, in their order.
    pub fn grids_of(&self, community: &str) -> Result<Vec<&Area>, BadTown> {
        let grids: Vec<&Area> = self
            .areas
            .iter()
            .filter(|area| area.code.len() == 15 && area.code.starts_with(community))
            .collect();
        if community.len() != 12 || grids.is_empty() {
            return Err(BadTown::UnknownCommunity(community.to_owned()));
        }
        Ok(grids)
    }
}

/// A point's longitude and latitude (WGS-84, degrees). The map is small enough to be flat.
pub fn degrees(point: Point) -> (f64, f64) {
    let lon = MIDDLE.0 + point.x / (DEGREE_KM * MIDDLE.1.to_radians().cos());
    (lon, MIDDLE.1 + point.y / DEGREE_KM)
}

fn kilometres(lon: f64, lat: f64) -> Point {
    let x = (lon - MIDDLE.0) * DEGREE_KM * MIDDLE.1.to_radians().cos();
    Point { x, y: (lat - MIDDLE.1) * DEGREE_KM }
}

/// The districts: what lies nearer to one's place than to any other's, up to its border.
fn districts(names: &BTreeMap<String, String>) -> Result<Vec<(String, Shape)>, BadTown> {
    let mut shapes = Vec::new();
    for code in names.keys().filter(|code| code.len() == 6) {
        let known = DISTRICTS.iter().find(|(known, ..)| known == code);
        let (_, lon, lat, border) = *known.ok_or_else(|| BadTown::UnknownDistrict(code.clone()))?;
        let own = kilometres(lon, lat);
        let mut shape = Shape::rectangle(own, border, border);
        for (_, lon, lat, _) in DISTRICTS.iter().filter(|(other, ..)| other != code) {
            let other = kilometres(*lon, *lat);
            let direction = Point { x: other.x - own.x, y: other.y - own.y };
            let half = own.towards(other, 0.5);
            shape = shape.cut(direction, half.x * direction.x + half.y * direction.y).0;
        }
        shapes.push((code.clone(), shape));
    }
    Ok(shapes)
}

/// Draws a region and, into it, all that lies in it. Each takes as much room as it has grids.
fn draw(
    code: &str,
    shape: Shape,
    names: &BTreeMap<String, String>,
    counts: &BTreeMap<&str, u64>,
    areas: &mut Vec<Area>,
) -> Result<(), BadTown> {
    let name = names.get(code).cloned().unwrap_or_default();
    if let Some(count) = counts.get(code) {
        areas.extend(grids(code, &shape, *count));
    } else {
        let within: Vec<&String> =
            names.keys().filter(|inner| inner.len() == code.len() + 3 && inner.starts_with(code)).collect();
        if within.is_empty() {
            return Err(BadTown::Empty(code.to_owned()));
        }
        let grids_in = |inner: &str| {
            let own = counts.iter().filter(|(community, _)| community.starts_with(inner));
            own.map(|(_, count)| *count as f64).sum::<f64>()
        };
        let weights: Vec<f64> = within.iter().map(|inner| grids_in(inner)).collect();
        let tilt = (fraction(code) * 2.0 - 1.0) * TILT;
        for (inner, part) in within.into_iter().zip(shape.parts(&weights, tilt)) {
            draw(inner, part, names, counts, areas)?;
        }
    }
    areas.push(Area { code: code.to_owned(), name, shape });
    Ok(())
}

/// The grids of a community, as square as they may be: rows from north to south, each from west to east, numbered so.
fn grids(community: &str, shape: &Shape, count: u64) -> Vec<Area> {
    let south = Point { x: 0.0, y: -1.0 };
    let east = Point { x: 1.0, y: 0.0 };
    let height_to_width = shape.length(south) / shape.length(east);
    let rows = ((count as f64 * height_to_width).sqrt().round() as u64).clamp(1, count);
    let in_row: Vec<u64> = (0..rows).map(|row| share(count, row, rows)).collect();
    let weights: Vec<f64> = in_row.iter().map(|number| *number as f64).collect();
    let shapes = shape
        .slices(south, &weights)
        .into_iter()
        .zip(in_row)
        .flat_map(|(row, number)| row.slices(east, &vec![1.0; usize::try_from(number).unwrap_or(0)]));
    let numbered = (1..).zip(NUMBERS).zip(shapes);
    numbered
        .map(|((number, name), shape)| Area {
            code: format!("{community}{number:03}"),
            name: format!("第{name}网格"),
            shape,
        })
        .collect()
}

/// How many of `all` the `place`-th of `of` equals gets.
fn share(all: u64, place: u64, of: u64) -> u64 {
    all * (place + 1) / of - all * place / of
}

/// How many grids each community has.
fn grid_counts<'c>(communities: &[&'c String]) -> BTreeMap<&'c str, u64> {
    let spread = (WEIGHTS.end - WEIGHTS.start) as f64;
    let weight = |code: &str| WEIGHTS.start + (fraction(code) * spread) as u64;
    let all: u64 = communities.iter().map(|code| weight(code)).sum();
    let mut before = 0;
    let mut counts = BTreeMap::new();
    for code in communities {
        let own = weight(code);
        // each rounds where the one before has stopped: the sum is right
        let count = GRIDS * (before + own) / all - GRIDS * before / all;
        before += own;
        counts.insert(code.as_str(), count.clamp(1, NUMBERS.len() as u64));
    }
    counts
}

/// A number from 0 to below 1 that looks like chance and is always the same for a text (FNV-1a, the upper bits).
fn fraction(text: &str) -> f64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    ((hash >> 16) & 0xffff_ffff) as f64 / 4_294_967_296.0
}
