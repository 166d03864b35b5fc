//! People as others look for them: by name, post and place.

use serde::Serialize;
use sqlx::Row;
use utoipa::ToSchema;
use xunge_database::Sql;

use crate::case::guard::{Post, Role};
use crate::org::Region;
use crate::org::find::Words;
use crate::store::users::post;
use crate::store::{Doing, Store, StoreError};

const DOING: &str = "look for people";

/// Who is looked for.
#[derive(Debug, Clone)]
pub struct PersonQuery {
    /// Whoever has a post there, or over it, or in a part of it; none is everywhere.
    pub regions: Option<Vec<Region>>,
    /// With one of these roles there; none: any.
    pub roles: Vec<Role>,
    /// Each has to be part of the name, the login name, the unit or the telephone number.
    pub words: Words,
    /// At most so many.
    pub limit: u32,
}

/// Somebody who may log in, as others need to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonView {
    /// Name by which the person logs in.
    pub user: String,
    /// Name for people; empty where nobody has entered one.
    pub full_name: String,
    /// 单位.
    pub unit: String,
    /// Telephone.
    pub phone: String,
    /// Posts that have to do with what was asked for, the nearest first.
    pub posts: Vec<Post>,
}

/// Only posts `p` that have to do with one of these regions.
fn concerning(sql: &mut Sql, query: &PersonQuery) {
    if let Some(regions) = &query.regions {
        sql.push(" AND (p.region = ''");
        for region in regions {
            // a code is digits only, so nothing in it means anything to LIKE
            sql.push(" OR p.region LIKE ").bind(format!("{region}%"));
            let above: Vec<Region> = std::iter::successors(region.parent(), Region::parent).collect();
            sql.push(" OR p.region IN ").list(above.iter().map(Region::as_str));
        }
        sql.push(")");
    }
    if !query.roles.is_empty() {
        sql.push(" AND p.role IN ").list(query.roles.iter().map(|role| role.as_str()));
    }
}

/// A word as a part of a text for LIKE.
fn part(word: &str) -> String {
    let mut text = String::from("%");
    for letter in word.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            text.push('\\');
        }
        text.push(letter);
    }
    text.push('%');
    text
}

impl Store {
    /// People who may log in, the nearest to the first of the regions first, then by name; and whether there are more.
    pub async fn people(&self, query: &PersonQuery) -> Result<(Vec<PersonView>, bool), StoreError> {
        let mut sql = Sql::new(
            "SELECT u.name, u.full_name, u.unit, u.phone, u.near, p.role, p.region FROM
             (SELECT w.name, w.full_name, w.unit, w.phone, COALESCE((SELECT MAX(LENGTH(n.region)) FROM post n
                WHERE n.user_ = w.name",
        );
        let first = query.regions.as_ref().and_then(|regions| regions.first());
        let ladder: Vec<Region> = std::iter::successors(first.cloned(), Region::parent).collect();
        sql.push(" AND n.region IN ").list(ladder.iter().map(Region::as_str));
        if !query.roles.is_empty() {
            sql.push(" AND n.role IN ").list(query.roles.iter().map(|role| role.as_str()));
        }
        sql.push("), -1) AS near FROM user_ w WHERE w.disabled_us IS NULL");
        for word in query.words.iter() {
            sql.push(" AND LOWER(w.name || ' ' || w.full_name || ' ' || w.unit || ' ' || w.phone) LIKE ");
            sql.bind(part(word)).push(" ESCAPE '\\'");
        }
        sql.push(" AND EXISTS (SELECT 1 FROM post p WHERE p.user_ = w.name");
        concerning(&mut sql, query);
        sql.push(") ORDER BY near DESC, w.name LIMIT ").bind(i64::from(query.limit) + 1);
        sql.push(") u JOIN post p ON p.user_ = u.name WHERE 1 = 1");
        concerning(&mut sql, query);
        sql.push(" ORDER BY u.near DESC, u.name, LENGTH(p.region) DESC, p.region, p.role");
        let rows = sql.all(&mut *self.reader().await?, DOING).await?;
        let mut people: Vec<PersonView> = Vec::new();
        for row in &rows {
            let user: String = row.try_get("name").doing(DOING)?;
            if people.last().is_none_or(|last| last.user != user) {
                people.push(PersonView {
                    user,
                    full_name: row.try_get("full_name").doing(DOING)?,
                    unit: row.try_get("unit").doing(DOING)?,
                    phone: row.try_get("phone").doing(DOING)?,
                    posts: Vec::new(),
                });
            }
            let held = post(row.try_get("role").doing(DOING)?, row.try_get("region").doing(DOING)?)?;
            if let Some(person) = people.last_mut() {
                person.posts.push(held);
            }
        }
        let more = people.len() > query.limit as usize;
        people.truncate(query.limit as usize);
        Ok((people, more))
    }
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn nothing_that_is_typed_means_anything_to_like() {
        assert_eq!(part(r"a%_\b"), r"%a\%\_\\b%");
    }
}
