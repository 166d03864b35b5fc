//! Imports into the organisation: with a dry run that does everything but commit.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row;
use utoipa::ToSchema;
use xunge_database::{Sql, insert, parts};

use super::duty::write_duties;
use super::{all_duties, catalogue, write_places};
use crate::case::guard::Actor;
use crate::case::guard::{Post, Role};
use crate::org::import::{self, CameraRow, Outline, PostRow, Problem, RegionRow, ResourceRow};
use crate::org::roster::Duty;
use crate::org::{Category, Level, Position, Region};
use crate::store::names::json;
use crate::store::resources;
use crate::store::{Doing, Store, StoreError, Tx, us};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// Regions, CSV.
    Regions,
    /// Outlines of grids, GeoJSON.
    Outlines,
    /// Where cameras stand, CSV.
    Cameras,
    /// People and their posts, CSV.
    Posts,
    /// Rotas, CSV: rows are added, those that are there stay.
    Duties,
    /// The event catalogue, CSV: in place of the one of before.
    Catalogue,
    /// Resources for an emergency, CSV.
    Resources,
    /// Emergency plans, TOML.
    Plans,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = ImportReport)]
pub struct Report {
    /// Whether it was done; false after a dry run, and whenever there are problems.
    pub applied: bool,
    /// Rows that make something new.
    pub new: u64,
    /// Rows that change something.
    pub changed: u64,
    /// Rows that say what is known already.
    pub same: u64,
    /// What is wrong, by line.
    pub problems: Vec<Problem>,
}

impl Report {
    fn count<T: PartialEq>(&mut self, before: Option<&T>, now: &T) {
        match before {
            None => self.new += 1,
            Some(before) if before == now => self.same += 1,
            Some(_) => self.changed += 1,
        }
    }

    fn problem(&mut self, line: u64, zh: String, en: String) {
        self.problems.push(Problem { line, zh, en });
    }
}

impl Store {
    /// Imports a file. Nothing is written in a dry run, or where any row is wrong: half an organisation is worse than the
    /// one of before.
    pub async fn import(
        &self,
        kind: ImportKind,
        bytes: &[u8],
        actor: &Actor,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<Report, StoreError> {
        self.import_as(kind, bytes, actor, dry_run, false, now).await
    }

    /// The same; `demo` marks regions as demo data.
    pub async fn import_as(
        &self,
        kind: ImportKind,
        bytes: &[u8],
        actor: &Actor,
        dry_run: bool,
        demo: bool,
        now: Timestamp,
    ) -> Result<Report, StoreError> {
        if kind == ImportKind::Plans {
            return self.import_plans(bytes, actor, dry_run, now).await;
        }
        let mut tx = self.begin().await?;
        let mut work = Work { tx: &mut tx, actor, demo, now, report: Report::default() };
        match kind {
            ImportKind::Regions => work.regions(import::regions(bytes)).await?,
            ImportKind::Outlines => work.outlines(import::outlines(bytes)).await?,
            ImportKind::Cameras => work.cameras(import::cameras(bytes)).await?,
            ImportKind::Posts => work.posts(import::posts(bytes)).await?,
            ImportKind::Duties => work.duties(import::duties(bytes)).await?,
            ImportKind::Catalogue => work.catalogue(import::catalogue(bytes)).await?,
            ImportKind::Resources => work.resources(import::resources(bytes)).await?,
            ImportKind::Plans => {}
        }
        let mut report = work.report;
        report.problems.sort_by_key(|problem| problem.line);
        if dry_run || !report.problems.is_empty() {
            return Ok(report);
        }
        Self::org_changed(&mut tx).await?;
        tx.commit().await.doing("commit an import")?;
        report.applied = true;
        if kind == ImportKind::Catalogue {
            // kinds have limits of their own
            self.wind_clocks(false, now).await?;
        }
        Ok(report)
    }
}

struct Work<'w> {
    tx: &'w mut Tx,
    actor: &'w Actor,
    demo: bool,
    now: Timestamp,
    report: Report,
}

impl Work<'_> {
    /// Whether the person may change something there; says so at the line.
    fn may(&mut self, line: u64, region: &Region, roles: &[Role]) -> bool {
        let may = self.actor.holds(roles, region);
        if !may {
            let zh = format!("{region} 不在您的管辖范围内");
            self.report.problem(line, zh, format!("{region} is not in a region of yours"));
        }
        may
    }

    async fn names(&mut self) -> Result<HashMap<Region, String>, StoreError> {
        let doing = "read the regions";
        let rows =
            sqlx::query("SELECT code, name FROM region").fetch_all(&mut **self.tx).await.doing(doing)?;
        let mut names = HashMap::with_capacity(rows.len());
        for row in &rows {
            names.insert(
                Region::of_site(row.try_get("code").doing(doing)?),
                row.try_get("name").doing(doing)?,
            );
        }
        Ok(names)
    }

    async fn regions(&mut self, read: import::Read<RegionRow>) -> Result<(), StoreError> {
        self.report.problems = read.problems;
        let before = self.names().await?;
        let coming: BTreeSet<Region> = read.rows.iter().map(|(_, row)| row.code.clone()).collect();
        let mut rows = Vec::with_capacity(read.rows.len());
        for (line, row) in &read.rows {
            let parent = row.code.parent().filter(|parent| parent.level() < Level::City);
            if let Some(parent) =
                parent.filter(|parent| !before.contains_key(parent) && !coming.contains(parent))
            {
                let zh = format!("{} 的上级 {parent} 不存在", row.code);
                self.report.problem(*line, zh, format!("{parent}, which {} lies in, is not known", row.code));
            } else if self.may(*line, &row.code, &[Role::Admin]) {
                self.report.count(before.get(&row.code), &row.name);
                rows.push(row);
            }
        }
        let (demo, now) = (i64::from(self.demo), us(self.now));
        let head = "INSERT INTO region (code, name, demo, updated_us)";
        let tail = " ON CONFLICT (code) DO UPDATE SET name = excluded.name, demo = excluded.demo, updated_us = excluded.updated_us";
        insert(self.tx, "write regions", (head, tail), 4, &rows, |values, row| {
            values.bind(row.code.as_str()).bind(&row.name).bind(demo).bind(now);
        })
        .await?;
        Ok(())
    }

    async fn outlines(&mut self, read: import::Read<Outline>) -> Result<(), StoreError> {
        let doing = "write outlines";
        self.report.problems = read.problems;
        let names = self.names().await?;
        let before = outlines(self.tx).await?;
        let mut rows = Vec::with_capacity(read.rows.len());
        let mut seen = BTreeSet::new();
        for (line, row) in read.rows {
            let code = row.code.clone();
            let name = row.name.clone().or_else(|| names.get(&code).cloned());
            let known = code.parent().is_none_or(|parent| {
                names.contains_key(&code) || names.contains_key(&parent) || parent.level() == Level::City
            });
            if !seen.insert(code.clone()) {
                self.report.problem(line, format!("{code} 重复"), format!("{code} stands twice"));
            } else if !known {
                let zh = format!("{code} 及其上级都不存在，请先导入区划");
                self.report.problem(
                    line,
                    zh,
                    format!("neither {code} nor what it lies in is known; import regions first"),
                );
            } else if self.may(line, &code, &[Role::Admin]) {
                self.report.count(before.get(&code), &row.geometry);
                let name =
                    name.unwrap_or_else(|| format!("第{}网格", code.as_str().get(12..).unwrap_or_default()));
                rows.push((code, name, row.geometry.to_string()));
            }
        }
        let (demo, now) = (i64::from(self.demo), us(self.now));
        let head = "INSERT INTO region (code, name, outline, demo, updated_us)";
        let tail = " ON CONFLICT (code) DO UPDATE SET name = excluded.name, outline = excluded.outline,
            updated_us = excluded.updated_us";
        insert(self.tx, doing, (head, tail), 5, &rows, |values, (code, name, outline)| {
            values.bind(code.as_str()).bind(name).bind(outline).bind(demo).bind(now);
        })
        .await?;
        Ok(())
    }

    async fn cameras(&mut self, read: import::Read<CameraRow>) -> Result<(), StoreError> {
        self.report.problems = read.problems;
        let names = self.names().await?;
        let areas = outlines(self.tx).await?;
        let grids: Vec<(&Region, &Value)> =
            areas.iter().filter(|(code, _)| code.level() == Level::Grid).collect();
        let before = places(self.tx, &read.rows).await?;
        let mut rows = Vec::with_capacity(read.rows.len());
        for (line, mut row) in read.rows {
            let found = |position: Position| {
                grids.iter().find(|(_, area)| import::contains(area, position.lon, position.lat))
            };
            if !row.region_given {
                match row.place.position.and_then(found) {
                    Some((code, _)) => row.place.region = (*code).clone(),
                    None => {
                        self.report.problem(
                            line,
                            "该位置不在任何网格边界内，请填写所属网格".into(),
                            "the position lies in no grid's outline; name the region".into(),
                        );
                        continue;
                    }
                }
            }
            let region = row.place.region.clone();
            if !names.contains_key(&region) {
                let zh = format!("网格 {region} 不存在，请先导入区划");
                self.report.problem(
                    line,
                    zh,
                    format!("the region {region} is not known; import regions first"),
                );
            } else if self.may(line, &region, &[Role::Admin, Role::Installer]) {
                let key = (row.edge.clone(), row.camera.clone());
                let told = crate::store::names::json_text(&row.place)?;
                self.report.count(before.get(&key), &told);
                rows.push(row);
            }
        }
        write_places(self.tx, &rows.iter().collect::<Vec<_>>(), self.now).await
    }

    async fn resources(&mut self, read: import::Read<ResourceRow>) -> Result<(), StoreError> {
        let doing = "write resources";
        self.report.problems = read.problems;
        let names = self.names().await?;
        let rows = sqlx::query(resources::COLUMNS).fetch_all(&mut **self.tx).await.doing(doing)?;
        let mut before = HashMap::with_capacity(rows.len());
        for row in &rows {
            let known = resources::resource(row)?;
            let key = (known.region.clone(), known.kind, known.name.clone());
            before.insert(key, (known.phone, known.note, known.position));
        }
        let mut rows = Vec::with_capacity(read.rows.len());
        for (line, row) in read.rows {
            if !names.contains_key(&row.region) {
                let zh = format!("辖区 {} 不存在，请先导入区划", row.region);
                let en = format!("the region {} is not known; import regions first", row.region);
                self.report.problem(line, zh, en);
            } else if self.may(line, &row.region, &[Role::Admin, Role::Supervisor]) {
                let key = (row.region.clone(), row.kind, row.name.clone());
                let told = (row.phone.clone(), row.note.clone(), row.position);
                self.report.count(before.get(&key), &told);
                rows.push(row);
            }
        }
        let now = self.now;
        let head = "INSERT INTO resource (id, kind, name, region, phone, note, lon, lat, updated_us)";
        let tail =
            " ON CONFLICT (region, kind, name) DO UPDATE SET phone = excluded.phone, note = excluded.note,
            lon = excluded.lon, lat = excluded.lat, updated_us = excluded.updated_us";
        insert(self.tx, doing, (head, tail), 9, &rows, |values, row| {
            values
                .bind(crate::case::book::id_at(now).to_string())
                .bind(row.kind.as_str())
                .bind(&row.name)
                .bind(row.region.as_str())
                .bind(&row.phone)
                .bind(&row.note)
                .bind(row.position.map(|position| position.lon))
                .bind(row.position.map(|position| position.lat))
                .bind(us(now));
        })
        .await?;
        Ok(())
    }

    async fn posts(&mut self, read: import::Read<PostRow>) -> Result<(), StoreError> {
        let doing = "write posts";
        self.report.problems = read.problems;
        let rows = sqlx::query("SELECT user_, role, region FROM post")
            .fetch_all(&mut **self.tx)
            .await
            .doing(doing)?;
        let mut before: BTreeSet<(String, String, String)> = BTreeSet::new();
        for row in &rows {
            before.insert((
                row.try_get("user_").doing(doing)?,
                row.try_get("role").doing(doing)?,
                row.try_get("region").doing(doing)?,
            ));
        }
        let mut people: BTreeMap<String, PostRow> = BTreeMap::new();
        let mut posts = BTreeSet::new();
        for (line, row) in read.rows {
            let Post { role, region } = &row.post;
            let may = match region {
                Some(region) => self.may(line, region, &[Role::Admin]),
                None => {
                    let all =
                        self.actor.posts.iter().any(|post| post.role == Role::Admin && post.region.is_none());
                    if !all {
                        let zh = "未填辖区即为全部辖区，只有全域管理员可以授予".to_owned();
                        let en = "no region means everywhere, which only an admin of everywhere may give"
                            .to_owned();
                        self.report.problem(line, zh, en);
                    }
                    all
                }
            };
            if !may {
                continue;
            }
            let region = region.as_ref().map_or_else(String::new, |region| region.as_str().to_owned());
            let key = (row.user.clone(), role.as_str().to_owned(), region);
            if !before.contains(&key) && posts.insert(key) {
                self.report.new += 1;
            } else {
                self.report.same += 1;
            }
            people.insert(row.user.clone(), row);
        }
        let now = us(self.now);
        let people: Vec<&PostRow> = people.values().collect();
        // a hash that no password fits: an admin gives the first one
        let head = "INSERT INTO user_ (name, password_hash, full_name, unit, phone, created_us, changed_us)";
        let tail = " ON CONFLICT (name) DO UPDATE SET full_name = excluded.full_name, unit = excluded.unit,
            phone = excluded.phone, changed_us = excluded.changed_us";
        insert(self.tx, doing, (head, tail), 7, &people, |values, row| {
            values
                .bind(&row.user)
                .bind("!")
                .bind(&row.full_name)
                .bind(&row.unit)
                .bind(&row.phone)
                .bind(now)
                .bind(now);
        })
        .await?;
        let posts: Vec<_> = posts.into_iter().collect();
        let head = "INSERT INTO post (user_, role, region)";
        insert(self.tx, doing, (head, ""), 3, &posts, |values, (user, role, region)| {
            values.bind(user).bind(role).bind(region);
        })
        .await?;
        Ok(())
    }
}

impl Work<'_> {
    async fn duties(&mut self, read: import::Read<Duty>) -> Result<(), StoreError> {
        let doing = "write the rota";
        self.report.problems = read.problems;
        let users: Vec<String> = sqlx::query_scalar("SELECT name FROM user_ WHERE disabled_us IS NULL")
            .fetch_all(&mut **self.tx)
            .await
            .doing(doing)?;
        let users: BTreeSet<String> = users.into_iter().collect();
        let before = all_duties(self.tx).await?;
        let mut rows = Vec::with_capacity(read.rows.len());
        for (line, row) in read.rows {
            if !users.contains(&row.user) {
                let user = &row.user;
                let zh = format!("没有用户 {user}，请先导入人员岗位");
                self.report.problem(line, zh, format!("there is no user {user}; import posts first"));
            } else if self.may(line, &row.region, &[Role::Admin, Role::Acceptor]) {
                self.report.count(before.iter().find(|own| own.is_row_of(&row)), &row);
                rows.push(row);
            }
        }
        write_duties(self.tx, &rows.iter().collect::<Vec<_>>()).await?;
        Ok(())
    }

    async fn catalogue(&mut self, read: import::Read<Category>) -> Result<(), StoreError> {
        self.report.problems = read.problems;
        let before = catalogue::read(self.tx).await?;
        for (_, row) in &read.rows {
            self.report.count(before.get(&row.code), row);
        }
        let everywhere = |post: &Post| post.role == Role::Admin && post.region.is_none();
        if !self.actor.posts.iter().any(everywhere) {
            let zh = "事件分类全市通用，只有全域管理员可以导入".to_owned();
            let en =
                "the catalogue is the same everywhere: only an admin of everywhere may import it".to_owned();
            self.report.problem(0, zh, en);
        }
        let rows: Vec<&Category> = read.rows.iter().map(|(_, row)| row).collect();
        if rows.is_empty() && self.report.problems.is_empty() {
            let zh = "文件中没有分类".to_owned();
            self.report.problem(0, zh, "the file holds no kind of case".to_owned());
        }
        catalogue::write(self.tx, &rows).await
    }
}

async fn outlines(tx: &mut Tx) -> Result<BTreeMap<Region, Value>, StoreError> {
    let doing = "read the outlines";
    let rows = sqlx::query("SELECT code, outline FROM region WHERE outline IS NOT NULL")
        .fetch_all(&mut **tx)
        .await
        .doing(doing)?;
    let mut outlines = BTreeMap::new();
    for row in &rows {
        let code = Region::of_site(row.try_get("code").doing(doing)?);
        outlines.insert(code, json(row.try_get("outline").doing(doing)?)?);
    }
    Ok(outlines)
}

/// Where the cameras of these rows stand now, as JSON to compare with.
async fn places(
    tx: &mut Tx,
    rows: &[(u64, CameraRow)],
) -> Result<HashMap<(String, String), String>, StoreError> {
    let doing = "read where cameras stand";
    let mut places = HashMap::new();
    for part in parts(rows, 2) {
        let mut sql = Sql::new("SELECT p.edge, p.camera, p.region, p.lon, p.lat, p.kind, p.adjacent FROM ");
        sql.values(part, |values, (_, row)| {
            values.bind(&row.edge).bind(&row.camera);
        });
        sql.push(" AS k CROSS JOIN camera_place p WHERE p.edge = k.column1 AND p.camera = k.column2");
        for row in sql.all(tx, doing).await? {
            let place = crate::store::policy::place(&row)?;
            let key = (row.try_get("edge").doing(doing)?, row.try_get("camera").doing(doing)?);
            places.insert(key, crate::store::names::json_text(&place)?);
        }
    }
    Ok(places)
}
