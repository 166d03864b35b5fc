//! The event catalogue in the store.

use sqlx::Row;
use xunge_database::insert;

use crate::case::Class;
use crate::org::{Catalogue, Category, Span};
use crate::store::names::{json, json_text, named};
use crate::store::{Doing, Store, StoreError, Tx};

impl Store {
    /// All kinds of cases, by code.
    pub async fn categories(&self) -> Result<Vec<Category>, StoreError> {
        let mut tx = self.reading().await?;
        Ok(self.current_policy(&mut tx).await?.rules.catalogue.all().cloned().collect())
    }
}

/// All kinds of cases.
pub(in crate::store) async fn read(tx: &mut Tx) -> Result<Catalogue, StoreError> {
    let doing = "read the event catalogue";
    let rows = sqlx::query("SELECT * FROM category").fetch_all(&mut **tx).await.doing(doing)?;
    rows.iter()
        .map(|row| {
            let class: Option<&str> = row.try_get("class").doing(doing)?;
            let handle: Option<&str> = row.try_get("handle").doing(doing)?;
            Ok(Category {
                code: row.try_get("code").doing(doing)?,
                large: row.try_get("large").doing(doing)?,
                middle: row.try_get("middle").doing(doing)?,
                small: row.try_get("small").doing(doing)?,
                class: class.map(|class| named(Class::parse, class)).transpose()?,
                handle: handle.map(|span| named(Span::parse, span)).transpose()?,
                behaviors: json(row.try_get("behaviors").doing(doing)?)?,
            })
        })
        .collect()
}

/// Puts a catalogue in the place of the one of before. Cases keep their codes: a code that is gone stays readable.
pub(super) async fn write(tx: &mut Tx, categories: &[&Category]) -> Result<(), StoreError> {
    let doing = "write the event catalogue";
    sqlx::query("DELETE FROM category").execute(&mut **tx).await.doing(doing)?;
    let mut rows = Vec::with_capacity(categories.len());
    for category in categories {
        rows.push((*category, json_text(&category.behaviors)?));
    }
    let head = "INSERT INTO category (code, large, middle, small, class, handle, behaviors)";
    insert(tx, doing, (head, ""), 7, &rows, |values, (category, behaviors)| {
        values
            .bind(&category.code)
            .bind(&category.large)
            .bind(&category.middle)
            .bind(&category.small)
            .bind(category.class.map(|class| class.as_str()))
            .bind(category.handle.map(|span| span.to_string()))
            .bind(behaviors);
    })
    .await?;
    Ok(())
}
