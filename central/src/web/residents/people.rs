//! 以人找房, 以房找人: people and dwellings are found, seen, and why they were reminded.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use xunge_reminder::id_number::IdNumber;
use xunge_residents::right::Right;
use xunge_residents::store::{
    Explained, Hidden, Home, PersonFilter, PersonLine, PersonPlace, PersonView, RegionView, What,
};

use super::{Residents, Someone, nobody, reason, region, text};
use crate::web::guard::{Json, Query};
use crate::web::page;
use crate::web::problem::Problem;

/// Regions that are found by words, before and after those are left out that no post reaches.
const REGIONS_READ: u32 = 1000;
const REGIONS_FOUND: usize = 50;
/// Longest name or address that is looked for.
const WORDS_CHARS: usize = 50;

/// Which regions are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct RegionsQuery {
    /// Those that lie directly in this one; left out: the widest ones.
    code: Option<String>,
    /// Instead, those anywhere in it whose names hold these words, 50 at most.
    words: Option<String>,
}

/// Regions with their names.
#[derive(Serialize, ToSchema)]
#[schema(as = ResidentsRegions)]
pub(in crate::web) struct Regions {
    regions: Vec<RegionView>,
}

/// 辖区
///
/// Regions that lie directly in one, or whose names hold some words, as far as your posts reach.
#[utoipa::path(get, path = "/regions", tag = "residents", operation_id = "residents_regions", params(RegionsQuery), responses((status = 200, body = Regions)))]
pub(in crate::web) async fn regions(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Query(query): Query<RegionsQuery>,
) -> Result<Answer<Regions>, Problem> {
    let code = region(query.code)?.unwrap_or_default();
    let words = query.words.map(|words| words.trim().to_owned()).filter(|words| !words.is_empty());
    let mut regions = match &words {
        None => half.store.regions_in(&code).await?,
        Some(words) => {
            text("words", words, WORDS_CHARS)?;
            half.store.find_regions((&code, words), REGIONS_READ).await?
        }
    };
    let posts = &someone.account.posts;
    // what a post is for, what lies in it, and what it lies in
    let reached = |region: &RegionView| {
        posts
            .iter()
            .any(|post| post.region.starts_with(&region.code) || region.code.starts_with(&post.region))
    };
    regions.retain(reached);
    if words.is_some() {
        regions.truncate(REGIONS_FOUND);
    }
    Ok(Answer(Regions { regions }))
}

/// Whose names are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct NamesQuery {
    /// Codes with commas, at most 200.
    codes: String,
}

/// What regions are called.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct RegionNames {
    /// By code; codes without a name are left out.
    names: BTreeMap<String, String>,
}

/// 辖区名称
///
/// What regions are called.
#[utoipa::path(get, path = "/regions/names", tag = "residents", operation_id = "residents_region_names", params(NamesQuery), responses((status = 200, body = RegionNames)))]
pub(in crate::web) async fn region_names(
    State(half): State<Arc<Residents>>,
    _: Someone,
    Query(query): Query<NamesQuery>,
) -> Result<Answer<RegionNames>, Problem> {
    let codes: Vec<String> =
        query.codes.split(',').filter(|code| !code.is_empty()).map(str::to_owned).collect();
    if codes.len() > page::MOST as usize {
        return Err(Problem::said("codes", "一次最多 200 个编码。", "At most 200 codes at once."));
    }
    Ok(Answer(RegionNames { names: half.store.region_names(&codes).await? }))
}

/// Whom somebody looks for. One of name, number, dwelling and region is needed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct PeopleSought {
    /// Beginning of the name.
    name: Option<String>,
    /// A whole identity number, 18 or 15 characters.
    number: Option<String>,
    /// Number of a dwelling.
    dwelling: Option<i64>,
    /// Code of a region.
    region: Option<String>,
    /// At most so many rows, 1 to 200; usually 50.
    #[schema(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// People.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct People {
    people: Vec<PersonLine>,
    /// Hand it back as `after` for the next page; none: this is the last one.
    next: Option<String>,
}

/// How somebody looked for people: never what for.
#[derive(Serialize)]
struct Sought<'s> {
    by: Vec<&'static str>,
    region: Option<&'s str>,
    found: usize,
}

/// 查找人员
///
/// People of your regions by name, identity number, dwelling or region. Numbers stand in the body, never in an address; that
/// somebody looked is logged.
#[utoipa::path(post, path = "/people/find", tag = "residents", operation_id = "find_residents", request_body = PeopleSought, responses((status = 200, body = People)))]
pub(in crate::web) async fn find(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Json(sought): Json<PeopleSought>,
) -> Result<Answer<People>, Problem> {
    let regions = someone.regions(Right::See)?;
    let limit = page::limit(sought.limit)?;
    let after: Option<PersonPlace> = page::after(sought.after.as_deref())?;
    let name = sought.name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    if let Some(name) = &name {
        text("name", name, WORDS_CHARS)?;
    }
    let number = sought.number.filter(|number| !number.trim().is_empty());
    let number = number.as_deref().map(IdNumber::parse).transpose().map_err(|bad| {
        Problem::unprocessable("id_number", format!("{}。", bad.zh()), format!("This is {bad}."))
    })?;
    let region = region(sought.region)?;
    let by = [
        (name.is_some(), "name"),
        (number.is_some(), "number"),
        (sought.dwelling.is_some(), "dwelling"),
        (region.is_some(), "region"),
    ];
    let by: Vec<&'static str> = by.into_iter().filter_map(|(is, what)| is.then_some(what)).collect();
    if by.is_empty() {
        return Err(Problem::unprocessable(
            "sought",
            "请至少给出姓名、身份证号、住所、辖区之一。",
            "Give a name, a number, a dwelling or a region.",
        ));
    }
    let filter = PersonFilter { name, number, dwelling: sought.dwelling, regions, region, after, limit };
    let (people, next) = half.store.find_people(&filter).await?;
    let looked = Sought { by, region: filter.region.as_deref(), found: people.len() };
    half.store.log(&someone.deed(What::Find, ""), None, &looked).await?;
    Ok(Answer(People { people, next: next.map(|next| page::mark(&next)) }))
}

/// Whether somebody may be seen: by whoever may find people there, and by a worker who was told of that person.
/// Gives the grid where that one lives.
async fn seen(half: &Residents, someone: &Someone, person: i64) -> Result<String, Problem> {
    let grid = half.store.grid_of(person).await?.ok_or_else(nobody)?;
    let may = |right| someone.account.may(right, &grid);
    // whom one may not see is not there
    if may(Right::See) {
        return Ok(grid);
    }
    let regions = someone.account.regions(Right::Work);
    let told = may(Right::Work) && half.store.was_told_of(person, regions.as_deref()).await?;
    if told { Ok(grid) } else { Err(nobody()) }
}

/// 人员详情
///
/// Everything that is known of somebody, with numbers masked. That it was looked at is logged.
#[utoipa::path(get, path = "/people/{person}", tag = "residents", operation_id = "show_person",
    params(("person" = i64, Path, description = "人员 Person")), responses((status = 200, body = PersonView)))]
pub(in crate::web) async fn show(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Path(person): Path<i64>,
) -> Result<Answer<PersonView>, Problem> {
    seen(&half, &someone, person).await?;
    let view = half.store.person(person, &someone.deed(What::See, "")).await?;
    view.map(Answer).ok_or_else(nobody)
}

/// What is to be shown in full, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Reveal {
    what: Hidden,
    /// Why, 2 to 500 characters.
    reason: String,
}

/// A number in full.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Revealed {
    /// None: nobody has entered it.
    value: Option<String>,
}

/// 查看完整号码
///
/// An identity number or telephone in full. Who saw it and why is logged before it is shown.
#[utoipa::path(post, path = "/people/{person}/reveal", tag = "residents", operation_id = "reveal",
    params(("person" = i64, Path, description = "人员 Person")), request_body = Reveal, responses((status = 200, body = Revealed)))]
pub(in crate::web) async fn reveal(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Path(person): Path<i64>,
    Json(asked): Json<Reveal>,
) -> Result<Answer<Revealed>, Problem> {
    someone.need_any(&[Right::Reveal])?;
    let grid = seen(&half, &someone, person).await?;
    // a worker telephones; identity numbers are for whoever keeps the residents
    let needed: &[Right] = match asked.what {
        Hidden::Phone => &[Right::Reveal],
        Hidden::IdNumber => &[Right::Reveal, Right::See],
    };
    needed.iter().try_for_each(|right| someone.need(*right, &grid))?;
    let deed = someone.deed(What::Reveal, reason(&asked.reason)?);
    Ok(Answer(Revealed { value: half.store.reveal(person, asked.what, &deed).await? }))
}

/// Of which day it is wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct WhyQuery {
    /// The day; left out today.
    day: Option<Date>,
}

/// What each rule said.
#[derive(Serialize, ToSchema)]
#[schema(as = ReminderWhy)]
pub(in crate::web) struct Reasons {
    day: Date,
    /// Rules that were in use on that day.
    rules: Vec<Explained>,
}

/// 为什么提醒、为什么没提醒
///
/// What each rule that was in use on a day said of somebody, with what was known then.
#[utoipa::path(get, path = "/people/{person}/why", tag = "reminders", operation_id = "why_reminded",
    params(("person" = i64, Path, description = "人员 Person"), WhyQuery), responses((status = 200, body = Reasons)))]
pub(in crate::web) async fn why(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Path(person): Path<i64>,
    Query(query): Query<WhyQuery>,
) -> Result<Answer<Reasons>, Problem> {
    seen(&half, &someone, person).await?;
    let day = query.day.unwrap_or_else(|| half.today());
    let workdays = half.store.workdays().await?;
    let rules = half.store.explain(person, day, &workdays).await?.ok_or_else(nobody)?;
    half.store.log(&someone.deed(What::See, ""), Some(person), &"why").await?;
    Ok(Answer(Reasons { day, rules }))
}

/// Which dwellings are wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct DwellingsSought {
    /// A part of the address.
    address: Option<String>,
    /// Code of a region.
    region: Option<String>,
    /// At most so many rows, 1 to 200; usually 50.
    #[schema(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Dwellings.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Dwellings {
    dwellings: Vec<Home>,
    /// Hand it back as `after` for the next page; none: this is the last one.
    next: Option<String>,
}

/// 查找住所
///
/// Dwellings of your regions by their address: who lives there is asked next.
#[utoipa::path(post, path = "/dwellings/find", tag = "residents", operation_id = "find_dwellings", request_body = DwellingsSought, responses((status = 200, body = Dwellings)))]
pub(in crate::web) async fn dwellings(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Json(sought): Json<DwellingsSought>,
) -> Result<Answer<Dwellings>, Problem> {
    let regions = someone.regions(Right::See)?;
    let limit = page::limit(sought.limit)?;
    let after: Option<i64> = page::after(sought.after.as_deref())?;
    let address = sought.address.unwrap_or_default();
    text("address", &address, WORDS_CHARS)?;
    let region = region(sought.region)?;
    let found = half
        .store
        .find_dwellings(
            address.trim(),
            (regions.as_deref(), region.as_deref()),
            (after.unwrap_or(0), limit + 1),
        )
        .await?;
    let (dwellings, next) = page::cut(found, limit, |home| home.dwelling);
    Ok(Answer(Dwellings { dwellings, next }))
}
