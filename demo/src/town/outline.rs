//! Outlines as GeoJSON (RFC 7946).

use serde_json::{Value, json};

use super::layout::{Town, degrees};
use super::shape::{Point, Shape};

/// Digits that are kept of a degree: 10⁻⁷ of one is a centimetre.
const PRECISION: f64 = 1e7;

/// All areas as a FeatureCollection, with `code` and `name`.
pub fn collection(town: &Town) -> String {
    let features: Vec<Value> = town
        .areas
        .iter()
        .map(|area| {
            json!({
                "type": "Feature",
                "properties": { "code": area.code, "name": area.name },
                "geometry": { "type": "Polygon", "coordinates": [ring(&area.shape)] },
            })
        })
        .collect();
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}

/// Longitude and latitude as they are written.
pub fn written(point: Point) -> [f64; 2] {
    let (lon, lat) = degrees(point);
    [lon, lat].map(|degree| (degree * PRECISION).round() / PRECISION)
}

/// A closed ring, counter-clockwise.
fn ring(shape: &Shape) -> Vec<[f64; 2]> {
    let mut corners: Vec<[f64; 2]> = shape.0.iter().copied().map(written).collect();
    corners.dedup();
    if corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    corners.extend(corners.first().copied());
    corners
}
