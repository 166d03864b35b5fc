//! Where cameras stand.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Region;

/// A point on Earth, WGS-84 degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Position {
    /// Longitude, −180..180.
    pub lon: f64,
    /// Latitude, −90..90.
    pub lat: f64,
}

impl Position {
    /// A point, where it is one.
    pub fn new(lon: f64, lat: f64) -> Option<Self> {
        ((-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat)).then_some(Self { lon, lat })
    }

    /// Metres to another point, along a sphere of 6371 km: off by .6 % at most, which is little against a street.
    pub fn metres_to(self, other: Self) -> f64 {
        let (a, b) = (self.lat.to_radians(), other.lat.to_radians());
        let (dlat, dlon) = (b - a, (other.lon - self.lon).to_radians());
        let h = (dlat / 2.0).sin().powi(2) + a.cos() * b.cos() * (dlon / 2.0).sin().powi(2);
        2.0 * 6_371_000.0 * h.sqrt().min(1.0).asin()
    }
}

/// What kind of place a camera looks at (重点部位).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// 出入口.
    Gate,
    /// 楼道.
    Stairwell,
    /// 电梯.
    Elevator,
    /// 广场.
    Square,
    /// 道路.
    Road,
    /// 停车场.
    Parking,
    /// 周界.
    Perimeter,
    /// 养老服务场所.
    ElderlyCare,
    /// 学校、幼儿园.
    School,
    /// 医院.
    Hospital,
    /// 商业场所.
    Market,
    /// 车站.
    Station,
    /// 党政机关.
    Government,
    /// 水电气等重要设施.
    Utility,
    /// 河湖水边.
    Waterside,
    /// 其他.
    Other,
}

impl PlaceKind {
    /// All kinds.
    pub const ALL: [Self; 16] = [
        Self::Gate,
        Self::Stairwell,
        Self::Elevator,
        Self::Square,
        Self::Road,
        Self::Parking,
        Self::Perimeter,
        Self::ElderlyCare,
        Self::School,
        Self::Hospital,
        Self::Market,
        Self::Station,
        Self::Government,
        Self::Utility,
        Self::Waterside,
        Self::Other,
    ];

    /// The name in the store, in files and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Stairwell => "stairwell",
            Self::Elevator => "elevator",
            Self::Square => "square",
            Self::Road => "road",
            Self::Parking => "parking",
            Self::Perimeter => "perimeter",
            Self::ElderlyCare => "elderly_care",
            Self::School => "school",
            Self::Hospital => "hospital",
            Self::Market => "market",
            Self::Station => "station",
            Self::Government => "government",
            Self::Utility => "utility",
            Self::Waterside => "waterside",
            Self::Other => "other",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What is known of where a camera stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraPlace {
    /// Grid, or community where nobody has said which grid.
    pub region: Region,
    /// Where.
    pub position: Option<Position>,
    /// What it looks at.
    pub kind: Option<PlaceKind>,
    /// Cameras that see the same people a moment later: (box, camera).
    #[serde(default)]
    pub adjacent: Vec<(String, String)>,
}

/// Box and camera.
pub type CameraKey = (String, String);

/// Where all cameras stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Atlas(pub HashMap<CameraKey, CameraPlace>);

impl Atlas {
    /// Where this camera stands.
    pub fn of(&self, edge: &str, camera: &str) -> Option<&CameraPlace> {
        self.0.get(&(edge.to_owned(), camera.to_owned()))
    }

    /// For each camera those of the same grid that are within so many metres, or that somebody entered as its neighbours.
    pub fn near(&self, metres: f64) -> HashMap<CameraKey, Vec<CameraKey>> {
        let mut by_grid: HashMap<&Region, Vec<(&CameraKey, &CameraPlace)>> = HashMap::new();
        for (camera, place) in &self.0 {
            by_grid.entry(&place.region).or_default().push((camera, place));
        }
        let mut near = HashMap::with_capacity(self.0.len());
        for (camera, place) in &self.0 {
            let mut found = place.adjacent.clone();
            for (other, there) in by_grid.get(&place.region).into_iter().flatten() {
                let close = place.position.zip(there.position).is_some_and(|(a, b)| a.metres_to(b) <= metres);
                if close && *other != camera && !found.contains(other) {
                    found.push((*other).clone());
                }
            }
            if !found.is_empty() {
                near.insert(camera.clone(), found);
            }
        }
        near
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_a_map() {
        let yichang = Position::new(111.2865, 30.6919).unwrap();
        // a hundredth of a degree north is 1112 m; east it is 1112 m times the cosine of the latitude
        let north = Position::new(111.2865, 30.7019).unwrap();
        let east = Position::new(111.2965, 30.6919).unwrap();
        assert!((yichang.metres_to(north) - 1112.0).abs() < 1.0);
        assert!((yichang.metres_to(east) - 956.2).abs() < 1.0);
        assert!(yichang.metres_to(yichang) < 1e-6);
        assert_eq!(Position::new(181.0, 0.0), None);
        assert_eq!(Position::new(f64::NAN, 0.0), None);
    }
}
