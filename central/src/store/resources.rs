//! Resources for an emergency.

use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;
use xunge_database::Sql;

use super::names::named;
use super::{Doing, Store, StoreError, uuid};
use crate::org::{Level, Position, Region, Resource, ResourceKind};

/// Most resources of one list.
const MOST: i64 = 5000;

pub(super) const COLUMNS: &str = "SELECT id, kind, name, region, phone, note, lon, lat FROM resource";

pub(super) fn resource(row: &AnyRow) -> Result<Resource, StoreError> {
    let doing = "read resources";
    let region: &str = row.try_get("region").doing(doing)?;
    let lon: Option<f64> = row.try_get("lon").doing(doing)?;
    let lat: Option<f64> = row.try_get("lat").doing(doing)?;
    Ok(Resource {
        id: uuid(row.try_get("id").doing(doing)?)?,
        kind: named(ResourceKind::parse, row.try_get("kind").doing(doing)?)?,
        name: row.try_get("name").doing(doing)?,
        region: Region::parse(region).map_err(|error| StoreError::Corrupt(error.to_string()))?,
        phone: row.try_get("phone").doing(doing)?,
        note: row.try_get("note").doing(doing)?,
        position: lon.zip(lat).and_then(|(lon, lat)| Position::new(lon, lat)),
    })
}

impl Store {
    /// Resources of these regions; none means everywhere.
    pub async fn resources(&self, within: Option<&[Region]>) -> Result<Vec<Resource>, StoreError> {
        let mut sql = Sql::new(COLUMNS);
        if let Some(regions) = within {
            sql.push(" WHERE (1 = 0");
            for region in regions {
                // a code is digits only, so nothing in it means anything to LIKE
                sql.push(" OR region LIKE ").bind(format!("{region}%"));
            }
            sql.push(")");
        }
        sql.push(" ORDER BY region, kind, name LIMIT ").bind(MOST);
        let rows = sql.all(&mut *self.reader().await?, "read resources").await?;
        rows.iter().map(resource).collect()
    }

    /// Resources that may help in a region: those of its district, and of the whole city.
    pub async fn resources_around(&self, region: &Region) -> Result<Vec<Resource>, StoreError> {
        let mut sql = Sql::new(COLUMNS);
        let around = region.at(Level::District).unwrap_or_else(|| region.clone());
        let city = region.at(Level::City).unwrap_or_else(|| region.clone());
        sql.push(" WHERE region LIKE ").bind(format!("{around}%"));
        sql.push(" OR region = ").bind(city.as_str());
        sql.push(" ORDER BY id LIMIT ").bind(MOST);
        let rows = sql.all(&mut *self.reader().await?, "read resources").await?;
        rows.iter().map(resource).collect()
    }

    /// One resource.
    pub async fn resource(&self, id: Uuid) -> Result<Option<Resource>, StoreError> {
        let mut sql = Sql::new(COLUMNS);
        sql.push(" WHERE id = ").bind(id.to_string());
        let row = sql.first(&mut *self.reader().await?, "read a resource").await?;
        row.as_ref().map(resource).transpose()
    }

    /// Strikes a resource off; false where there is none.
    pub async fn remove_resource(&self, id: Uuid) -> Result<bool, StoreError> {
        let doing = "strike off a resource";
        let mut tx = self.begin().await?;
        let gone = sqlx::query("DELETE FROM resource WHERE id = $1")
            .bind(id.to_string())
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        tx.commit().await.doing(doing)?;
        Ok(gone.rows_affected() == 1)
    }
}
