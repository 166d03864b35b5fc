//! Region codes: 市 city 4 digits, 区 district 6, 街镇 street 9, 社区 community 12, 网格 grid 15. A code begins with the code
//! of what it belongs to (GB/T 2260 and the statistics office's codes; the grid's three digits are this system's own).
//!
//! Official lists fill codes up with zeros to twelve digits. Here the zeros are left out, so that a longer code always
//! lies in a shorter one.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

/// Levels of the ladder, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 网格.
    Grid,
    /// 社区.
    Community,
    /// 街道、镇、乡.
    Street,
    /// 区、县.
    District,
    /// 市.
    City,
}

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Self; 5] = [Self::Grid, Self::Community, Self::Street, Self::District, Self::City];

    /// Digits of a code of this level.
    pub fn digits(self) -> usize {
        match self {
            Self::Grid => 15,
            Self::Community => 12,
            Self::Street => 9,
            Self::District => 6,
            Self::City => 4,
        }
    }

    /// The next higher level; none above the city.
    pub fn up(self) -> Option<Self> {
        Self::ALL.into_iter().find(|level| *level > self)
    }

    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Community => "community",
            Self::Street => "street",
            Self::District => "district",
            Self::City => "city",
        }
    }

    /// The level with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }
}

/// A text that is no region code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not a region code: 4 digits (city), 6 (district), 9 (street), 12 (community) or 15 (grid); an official \
     12-digit code may be filled up with zeros"
)]
pub struct BadRegion(pub String);

/// A region's code, without the zeros that fill it up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[schema(value_type = String, pattern = "^([0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{15})$", example = "420502001001")]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

impl Region {
    /// Reads a code, filled up with zeros or not.
    pub fn parse(text: &str) -> Result<Self, BadRegion> {
        let bad = || BadRegion(text.chars().take(40).collect());
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad());
        }
        let code = match text.len() {
            // 420500000000, 420502000000, 420502001000
            12 if text.ends_with("00000000") => &text[..4],
            12 if text.ends_with("000000") => &text[..6],
            12 if text.ends_with("000") => &text[..9],
            6 if text.ends_with("00") => &text[..4],
            4 | 6 | 9 | 12 | 15 => text,
            _ => return Err(bad()),
        };
        Ok(Self(code.to_owned()))
    }

    /// The region of a site's code. Intake takes only codes of twelve digits, which always are one.
    pub fn of_site(site: &str) -> Self {
        Self::parse(site).unwrap_or_else(|_| Self("0000".to_owned()))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which level it is of.
    pub fn level(&self) -> Level {
        // its length is one of these since it was read
        Level::ALL.into_iter().find(|level| level.digits() == self.0.len()).unwrap_or(Level::Community)
    }

    /// The region of this level that it lies in, or itself; none where the level is below its own.
    pub fn at(&self, level: Level) -> Option<Self> {
        self.0.get(..level.digits()).map(|code| Self(code.to_owned()))
    }

    /// What it lies in; none for a city.
    pub fn parent(&self) -> Option<Self> {
        self.level().up().and_then(|level| self.at(level))
    }

    /// Whether `other` lies in it or is the same.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Region {
    type Error = BadRegion;
    fn try_from(text: String) -> Result<Self, BadRegion> {
        Self::parse(&text)
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(code: &str) -> Region {
        Region::parse(code).unwrap()
    }

    #[test]
    fn official_codes_lose_their_zeros() {
        for (text, code, level) in [
            ("420500000000", "4205", Level::City),
            ("420500", "4205", Level::City),
            ("420502000000", "420502", Level::District),
            ("420502001000", "420502001", Level::Street),
            ("420502001001", "420502001001", Level::Community),
            ("420502001001007", "420502001001007", Level::Grid),
        ] {
            assert_eq!((region(text).as_str(), region(text).level()), (code, level), "{text}");
        }
        for text in ["", "42", "42050", "4205020010011", "42050200100x", "４２０５"] {
            assert!(Region::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_region_lies_in_those_that_its_code_begins_with() {
        let grid = region("420502001001007");
        let ladder: Vec<String> =
            std::iter::successors(Some(grid.clone()), Region::parent).map(String::from).collect();
        assert_eq!(ladder, ["420502001001007", "420502001001", "420502001", "420502", "4205"]);
        assert!(region("420502").covers(&grid) && grid.covers(&grid));
        assert!(!grid.covers(&region("420502")) && !region("420503").covers(&grid));
        assert_eq!(grid.at(Level::Street), Some(region("420502001")));
        assert_eq!(region("4205").at(Level::Grid), None);
    }
}
