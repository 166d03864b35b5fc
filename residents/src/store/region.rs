//! Names of regions. Codes are public and the same everywhere; this half is told them by a file of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunge_database::{Doing, Sql, insert};

use super::audit::{self, Deed};
use super::find::holding;
use super::{Store, StoreError};
use crate::import::Problem;
use crate::right::is_region;
use crate::table::Table;

/// A region with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ResidentsRegion)]
pub struct RegionView {
    /// 4 digits for a city, 6 for a district, 9 for a street, 12 for a community, 15 for a grid.
    pub code: String,
    /// What people call it.
    pub name: String,
}

/// Lengths of codes, the widest region first.
const LENGTHS: [usize; 5] = [4, 6, 9, 12, 15];
/// Longest name, in characters.
const NAME_CHARS: usize = 100;

/// Reads a table with the columns `code` (编码) and `name` (名称); others are left alone.
pub fn read_regions(table: Table) -> Result<Vec<RegionView>, Vec<Problem>> {
    let place =
        |names: &[&str]| table.headings().iter().position(|heading| names.contains(&heading.as_str()));
    let (Some(code), Some(name)) = (place(&["code", "编码"]), place(&["name", "名称"])) else {
        return Err(vec![Problem::new(
            1,
            "表头须有 code（编码）和 name（名称）两列",
            "the columns `code` and `name` are needed",
        )]);
    };
    let (mut regions, mut problems) = (Vec::new(), Vec::new());
    for (line, row) in table {
        let cells = match row {
            Ok(cells) => cells,
            Err(why) => {
                problems.push(Problem::new(
                    line,
                    format!("此行无法读取：{why}"),
                    format!("cannot be read: {why}"),
                ));
                continue;
            }
        };
        let cell = |place: usize| cells.get(place).cloned().unwrap_or_default();
        let region = RegionView { code: cell(code), name: cell(name) };
        let named = (1..=NAME_CHARS).contains(&region.name.chars().count());
        if is_region(&region.code) && named {
            regions.push(region);
        } else {
            problems.push(Problem::new(
                line,
                "编码须为 4、6、9、12 或 15 位数字，名称须为 1 至 100 字",
                "the code is 4, 6, 9, 12 or 15 digits, the name 1 to 100 characters",
            ));
        }
    }
    if problems.is_empty() { Ok(regions) } else { Err(problems) }
}

impl Store {
    /// Names regions, also anew.
    pub async fn set_regions(&self, regions: &[RegionView], deed: &Deed) -> Result<(), StoreError> {
        let doing = "name regions";
        // of one code that stands there twice, the last
        let regions: BTreeMap<&str, &str> =
            regions.iter().map(|region| (region.code.as_str(), region.name.as_str())).collect();
        let rows: Vec<(&str, &str)> = regions.into_iter().collect();
        let mut tx = self.begin().await?;
        let head = "INSERT INTO region_name (code, name)";
        let tail = " ON CONFLICT (code) DO UPDATE SET name = excluded.name";
        insert(&mut tx, doing, (head, tail), 2, &rows, |values, (code, name)| {
            values.bind(*code).bind(*name);
        })
        .await?;
        audit::write(&mut tx, deed, None, &rows.len()).await?;
        tx.commit().await.doing(doing)?;
        Ok(())
    }

    /// The regions that lie directly in one, or the widest that are named where none is given, by code.
    pub async fn regions_in(&self, code: &str) -> Result<Vec<RegionView>, StoreError> {
        let mut connection = self.db.reader().await?;
        for length in LENGTHS.into_iter().filter(|length| *length > code.len()) {
            let mut sql = Sql::packed("r.code, r.name");
            sql.push(" FROM region_name r WHERE r.code >= ").bind(code).push(" AND r.code < ");
            // a code is digits, and `:` stands behind them
            sql.bind(format!("{code}:")).push(" AND LENGTH(r.code) = ").bind(length as i64);
            let mut found: Vec<RegionView> = sql.unpack(&mut connection, "read regions").await?;
            if !found.is_empty() {
                found.sort_by(|one, other| one.code.cmp(&other.code));
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }

    /// Regions in one (or anywhere) whose names hold these words, by code.
    pub async fn find_regions(
        &self,
        (code, words): (&str, &str),
        limit: u32,
    ) -> Result<Vec<RegionView>, StoreError> {
        let mut sql = Sql::packed("r.code, r.name");
        sql.push(" FROM (SELECT * FROM region_name WHERE code >= ").bind(code).push(" AND code < ");
        sql.bind(format!("{code}:")).push(" AND LOWER(name) LIKE ").bind(holding(words)).push(" ESCAPE '!'");
        sql.push(" ORDER BY LENGTH(code), code LIMIT ").bind(i64::from(limit)).push(") r");
        let mut found: Vec<RegionView> =
            sql.unpack(&mut *self.db.reader().await?, "look for regions").await?;
        found.sort_by(|one, other| (one.code.len(), &one.code).cmp(&(other.code.len(), &other.code)));
        Ok(found)
    }

    /// What regions are called; those without a name are left out.
    pub async fn region_names(&self, codes: &[String]) -> Result<BTreeMap<String, String>, StoreError> {
        let mut sql = Sql::packed("r.code, r.name");
        sql.push(" FROM region_name r WHERE r.code IN ").list(codes.iter().map(String::as_str));
        let found: Vec<(String, String)> =
            sql.unpack(&mut *self.db.reader().await?, "read names of regions").await?;
        Ok(found.into_iter().collect())
    }
}
