//! Outlines of grids as GeoJSON (RFC 7946): a FeatureCollection whose features have `code` (and may have `name`) and a
//! Polygon or MultiPolygon in WGS-84.

use serde_json::Value;

use super::{Problem, Read};
use crate::org::region::Region;

/// Most points of one outline.
const POINTS: usize = 10_000;

/// An outline.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Of which region.
    pub code: Region,
    /// Its name, where the file says one.
    pub name: Option<String>,
    /// The geometry, as GeoJSON.
    pub geometry: Value,
}

/// Reads outlines.
pub fn outlines(bytes: &[u8]) -> Read<Outline> {
    let mut read = Read::default();
    let whole = |zh: &str, en: String| Problem::new(0, zh, en);
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => {
            read.problems.push(Problem::new(
                error.line() as u64,
                "不是 JSON",
                format!("this is not JSON: {error}"),
            ));
            return read;
        }
    };
    let features = match (value.get("type").and_then(Value::as_str), value.get("features")) {
        (Some("FeatureCollection"), Some(Value::Array(features))) => features,
        _ => {
            read.problems
                .push(whole("不是 GeoJSON FeatureCollection", "this is no FeatureCollection".into()));
            return read;
        }
    };
    for (number, feature) in (1_u64..).zip(features) {
        match outline(feature) {
            Ok(outline) => read.rows.push((number, outline)),
            Err((zh, en)) => read.problems.push(Problem::new(number, zh, en)),
        }
    }
    read
}

type Said = (String, String);

fn said(zh: &str, en: &str) -> Said {
    (zh.to_owned(), en.to_owned())
}

fn outline(feature: &Value) -> Result<Outline, Said> {
    let property = |names: &[&str]| {
        let properties = feature.get("properties")?;
        let value = names.iter().find_map(|name| properties.get(*name))?;
        value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()))
    };
    let code =
        property(super::CODE).ok_or_else(|| said("缺少属性 code", "the property `code` is missing"))?;
    let code = Region::parse(&code).map_err(|error| (format!("{code} 不是区划代码"), error.to_string()))?;
    let name = property(super::NAME).map(|name| name.chars().take(super::NAME_CHARS).collect());
    let geometry = feature.get("geometry").cloned().unwrap_or(Value::Null);
    check(&geometry)?;
    Ok(Outline { code, name, geometry })
}

/// Refuses what is no area on Earth.
fn check(geometry: &Value) -> Result<(), Said> {
    let coordinates = geometry.get("coordinates").and_then(Value::as_array);
    let polygons: Vec<&Vec<Value>> = match (geometry.get("type").and_then(Value::as_str), coordinates) {
        (Some("Polygon"), Some(rings)) => vec![rings],
        (Some("MultiPolygon"), Some(polygons)) => polygons.iter().filter_map(Value::as_array).collect(),
        _ => {
            return Err(said(
                "几何须为 Polygon 或 MultiPolygon",
                "the geometry is neither Polygon nor MultiPolygon",
            ));
        }
    };
    let rings: Vec<Vec<[f64; 2]>> =
        polygons.iter().flat_map(|rings| rings.iter()).map(ring).collect::<Result<_, _>>()?;
    if polygons.is_empty() || polygons.iter().any(|rings| rings.is_empty()) {
        return Err(said("多边形没有顶点", "a polygon has no corners"));
    }
    if rings.iter().map(Vec::len).sum::<usize>() > POINTS {
        return Err(said("顶点过多，请先抽稀", "there are too many corners; simplify it"));
    }
    Ok(())
}

fn ring(value: &Value) -> Result<Vec<[f64; 2]>, Said> {
    let points = value.as_array().into_iter().flatten().map(point).collect::<Option<Vec<_>>>();
    let points = points.ok_or_else(|| said("坐标不是经纬度", "a corner is not [longitude, latitude]"))?;
    if points.len() < 4 || points.first() != points.last() {
        return Err(said(
            "边界未闭合（首尾顶点须相同，至少 4 个）",
            "a ring is not closed: first and last corner must be the same, four at least",
        ));
    }
    let doubled: f64 = points.windows(2).map(|pair| pair[0][0] * pair[1][1] - pair[1][0] * pair[0][1]).sum();
    if doubled.abs() < 1e-12 {
        return Err(said("边界没有面积", "a ring has no area"));
    }
    Ok(points)
}

fn point(value: &Value) -> Option<[f64; 2]> {
    let lon = value.get(0)?.as_f64()?;
    let lat = value.get(1)?.as_f64()?;
    crate::org::place::Position::new(lon, lat).map(|_| [lon, lat])
}

/// Whether a point lies in an outline that was checked: inside an odd number of rings.
pub fn contains(geometry: &Value, lon: f64, lat: f64) -> bool {
    let coordinates = geometry.get("coordinates").and_then(Value::as_array);
    let polygons: Vec<&Value> = match (geometry.get("type").and_then(Value::as_str), coordinates) {
        (Some("MultiPolygon"), Some(polygons)) => polygons.iter().collect(),
        (_, Some(_)) => geometry.get("coordinates").into_iter().collect(),
        _ => Vec::new(),
    };
    let mut inside = false;
    for ring in polygons.iter().filter_map(|polygon| polygon.as_array()).flatten() {
        let points: Vec<[f64; 2]> = ring.as_array().into_iter().flatten().filter_map(point).collect();
        for pair in points.windows(2) {
            let ([x0, y0], [x1, y1]) = (pair[0], pair[1]);
            if (y0 > lat) != (y1 > lat) && lon < (x1 - x0) * (lat - y0) / (y1 - y0) + x0 {
                inside = !inside;
            }
        }
    }
    inside
}
