//! The organisation from files that offices have: CSV as a spreadsheet writes it (UTF-8 or GB18030, Chinese or English
//! headings), grid outlines as GeoJSON. Pure. Every bad row is named by its line, all of them at once; good rows are
//! read all the same, so that a dry run says what would happen.

mod catalogue;
mod duty;
mod geojson;
mod table;

pub use catalogue::catalogue;
pub use duty::duties;
pub use geojson::{Outline, contains, outlines};

use super::place::{CameraPlace, PlaceKind, Position};
use super::region::{Level, Region};
use super::resource::ResourceKind;
use crate::case::guard::{Post, Role};
use table::{Line, Table};

/// Something wrong with a file, at a line; or, in GeoJSON, at a feature.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = ImportProblem)]
pub struct Problem {
    /// Line, from 1 (the headings); in GeoJSON the feature, from 1; 0 is the file as a whole.
    pub line: u64,
    /// What and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl Problem {
    fn new(line: u64, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { line, zh: zh.into(), en: en.into() }
    }
}

/// What a file says: rows with their lines, and what is wrong with others.
#[derive(Debug, Clone, PartialEq)]
pub struct Read<T> {
    /// Good rows.
    pub rows: Vec<(u64, T)>,
    /// What is wrong with others.
    pub problems: Vec<Problem>,
}

impl<T> Default for Read<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), problems: Vec::new() }
    }
}

/// A region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionRow {
    /// Code.
    pub code: Region,
    /// Name.
    pub name: String,
}

/// Where a camera stands.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraRow {
    /// Box.
    pub edge: String,
    /// Camera.
    pub camera: String,
    /// Where. Its region is missing where the file names none and the position must say it.
    pub place: CameraPlace,
    /// Whether the file names the region.
    pub region_given: bool,
}

/// A post of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostRow {
    /// Name by which the person logs in.
    pub user: String,
    /// Name for people.
    pub full_name: String,
    /// 单位.
    pub unit: String,
    /// Telephone.
    pub phone: String,
    /// What for, and where.
    pub post: Post,
}

/// A resource for an emergency.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceRow {
    /// What kind.
    pub kind: ResourceKind,
    /// Name.
    pub name: String,
    /// Where it belongs to.
    pub region: Region,
    /// Telephone.
    pub phone: String,
    /// How to find or use it.
    pub note: String,
    /// Where it is.
    pub position: Option<Position>,
}

/// Longest name, in characters.
const NAME_CHARS: usize = 100;

const CODE: &[&str] = &["code", "区划代码", "代码", "网格代码"];
const NAME: &[&str] = &["name", "名称"];
const EDGE: &[&str] = &["edge", "网关", "网关编号"];
const CAMERA: &[&str] = &["camera", "摄像机", "摄像机编号"];
const REGION: &[&str] = &["region", "网格", "所属网格", "辖区"];
const LON: &[&str] = &["lon", "经度"];
const LAT: &[&str] = &["lat", "纬度"];
const KIND: &[&str] = &["kind", "部位", "重点部位"];
const ADJACENT: &[&str] = &["adjacent", "相邻摄像机"];
const USER: &[&str] = &["user", "用户名"];
const FULL_NAME: &[&str] = &["full_name", "姓名"];
const UNIT: &[&str] = &["unit", "单位"];
const PHONE: &[&str] = &["phone", "电话"];
const ROLE: &[&str] = &["role", "岗位"];
const BEHAVIORS: &[&str] = &["behaviors", "事件类型"];
const RESOURCE: &[&str] = &["kind", "类别", "资源类别"];
const NOTE: &[&str] = &["note", "备注", "说明"];

/// Regions: `code,name`.
pub fn regions(bytes: &[u8]) -> Read<RegionRow> {
    let mut seen = std::collections::HashSet::new();
    Table::read(bytes, &[CODE, NAME], &[]).rows(|line| {
        let code = region(line, CODE)?;
        let name = line.text(NAME, NAME_CHARS)?;
        if !seen.insert(code.clone()) {
            return Err(line.problem(format!("{code} 重复"), format!("{code} stands twice")));
        }
        Ok(RegionRow { code, name })
    })
}

/// Cameras: `edge,camera`, and any of `region,lon,lat,kind,adjacent`. Neighbours are written `gw-1/east gw-2/gate`.
pub fn cameras(bytes: &[u8]) -> Read<CameraRow> {
    let mut seen = std::collections::HashSet::new();
    Table::read(bytes, &[EDGE, CAMERA], &[REGION, LON, LAT, KIND, ADJACENT]).rows(|line| {
        let edge = line.text(EDGE, NAME_CHARS)?;
        let camera = line.text(CAMERA, NAME_CHARS)?;
        let position = position(line)?;
        let region_given = line.optional(REGION).is_some();
        let region = match (region_given, position) {
            (true, _) => region(line, REGION)?,
            // the position says it, once the outlines are known
            (false, Some(_)) => Region::of_site("0000"),
            (false, None) => {
                return Err(
                    line.problem("网格和经纬度至少填一项", "neither a region nor a position is given")
                );
            }
        };
        if region_given && region.level() > Level::Community {
            let zh = format!("{region} 不是网格或社区");
            return Err(line.problem(zh, format!("{region} is neither a grid nor a community")));
        }
        let kind = line.optional(KIND).map(|text| kind(line, text)).transpose()?;
        let adjacent = adjacent(line)?;
        if !seen.insert((edge.clone(), camera.clone())) {
            return Err(
                line.problem(format!("{edge}/{camera} 重复"), format!("{edge}/{camera} stands twice"))
            );
        }
        Ok(CameraRow { edge, camera, place: CameraPlace { region, position, kind, adjacent }, region_given })
    })
}

/// Posts of people: `user,role`, and any of `region,full_name,unit,phone`. One line a post.
pub fn posts(bytes: &[u8]) -> Read<PostRow> {
    Table::read(bytes, &[USER, ROLE], &[REGION, FULL_NAME, UNIT, PHONE]).rows(|line| {
        let user = line.text(USER, 64)?;
        if let Err(error) = crate::password::check_name(&user) {
            return Err(line.problem(format!("用户名 {user} 不可用"), error.to_string()));
        }
        let role = role(line)?;
        let region = match line.optional(REGION) {
            Some(_) => Some(region(line, REGION)?),
            None => None,
        };
        let optional = |names| line.optional(names).unwrap_or_default().to_owned();
        Ok(PostRow {
            user,
            full_name: optional(FULL_NAME),
            unit: optional(UNIT),
            phone: optional(PHONE),
            post: Post { role, region },
        })
    })
}

/// Resources: `kind,name,region`, and any of `lon,lat,phone,note`.
pub fn resources(bytes: &[u8]) -> Read<ResourceRow> {
    let mut seen = std::collections::HashSet::new();
    Table::read(bytes, &[RESOURCE, NAME, REGION], &[LON, LAT, PHONE, NOTE]).rows(|line| {
        let kind = resource_kind(line)?;
        let name = line.text(NAME, NAME_CHARS)?;
        let region = region(line, REGION)?;
        let position = position(line)?;
        let optional = |names, most| match line.optional(names) {
            Some(_) => line.text(names, most),
            None => Ok(String::new()),
        };
        let (phone, note) = (optional(PHONE, NAME_CHARS)?, optional(NOTE, 500)?);
        if !seen.insert((kind, name.clone(), region.clone())) {
            return Err(line.problem(format!("{name} 重复"), format!("{name} stands twice")));
        }
        Ok(ResourceRow { kind, name, region, phone, note, position })
    })
}

fn region(line: &Line<'_>, names: &[&str]) -> Result<Region, Problem> {
    let text = line.text(names, NAME_CHARS)?;
    Region::parse(&text).map_err(|error| {
        line.problem(format!("{text} 不是区划代码（4、6、9、12 或 15 位数字）"), error.to_string())
    })
}

fn position(line: &Line<'_>) -> Result<Option<Position>, Problem> {
    let number =
        |names| line.optional(names).map(|text| text.parse::<f64>().map_err(|_| text.to_owned())).transpose();
    let bad = |what: &str| {
        line.problem(format!("{what} 不是经纬度"), format!("`{what}` is not a longitude or latitude"))
    };
    match (number(LON).map_err(|text| bad(&text))?, number(LAT).map_err(|text| bad(&text))?) {
        (Some(lon), Some(lat)) => match Position::new(lon, lat) {
            Some(position) => Ok(Some(position)),
            None => Err(bad(&format!("{lon}, {lat}"))),
        },
        (None, None) => Ok(None),
        _ => Err(line.problem("经度和纬度须同时填写", "longitude and latitude go together")),
    }
}

/// Kinds of places by their names in files.
const KINDS: [(&str, PlaceKind); 16] = [
    ("出入口", PlaceKind::Gate),
    ("楼道", PlaceKind::Stairwell),
    ("电梯", PlaceKind::Elevator),
    ("广场", PlaceKind::Square),
    ("道路", PlaceKind::Road),
    ("停车场", PlaceKind::Parking),
    ("周界", PlaceKind::Perimeter),
    ("养老场所", PlaceKind::ElderlyCare),
    ("学校", PlaceKind::School),
    ("医院", PlaceKind::Hospital),
    ("商场", PlaceKind::Market),
    ("车站", PlaceKind::Station),
    ("机关", PlaceKind::Government),
    ("重要设施", PlaceKind::Utility),
    ("水边", PlaceKind::Waterside),
    ("其他", PlaceKind::Other),
];

fn kind(line: &Line<'_>, text: &str) -> Result<PlaceKind, Problem> {
    let by_name = KINDS.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind);
    by_name.or_else(|| PlaceKind::parse(text)).ok_or_else(|| {
        let zh: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        let en: Vec<&str> = PlaceKind::ALL.iter().map(|kind| kind.as_str()).collect();
        line.problem(
            format!("部位 {text} 不认识，可用：{}", zh.join("、")),
            format!("`{text}` is no kind of place; use {}", en.join(", ")),
        )
    })
}

/// Behaviors by their names in files, as the console and as the documents of the trade call them.
const BEHAVIOR_NAMES: [(&str, &str); 14] = [
    ("徘徊", "loitering"),
    ("倒地", "fall"),
    ("人群聚集", "crowd"),
    ("群体事件", "crowd"),
    ("越线", "line_crossing"),
    ("人员徘徊", "loitering"),
    ("人员倒地", "fall"),
    ("物品遗留", "abandoned_object"),
    ("物品移除", "removed_object"),
    ("突然加速", "running"),
    ("群体聚集", "crowd"),
    ("区域入侵", "intrusion"),
    ("越界", "line_crossing"),
    ("视频异常", "tamper"),
];

/// A list of behaviors, in either language; new ones of a box's own are taken by their names.
fn behaviors(line: &Line<'_>) -> Result<Vec<String>, Problem> {
    let text = line.optional(BEHAVIORS).unwrap_or_default();
    let words = text.split([' ', ',', '，', '、', ';', '；']).filter(|word| !word.is_empty());
    words
        .map(|word| {
            if let Some((_, name)) = BEHAVIOR_NAMES.iter().find(|(zh, _)| *zh == word) {
                return Ok((*name).to_owned());
            }
            let fits = word.len() <= 64
                && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            fits.then(|| word.to_owned()).ok_or_else(|| {
                let zh: Vec<&str> = BEHAVIOR_NAMES.iter().map(|(zh, _)| *zh).collect();
                let en: Vec<&str> = BEHAVIOR_NAMES.iter().map(|(_, en)| *en).collect();
                line.problem(
                    format!("事件类型 {word} 不认识，可用：{}", zh.join("、")),
                    format!("`{word}` is no behavior; use {}", en.join(", ")),
                )
            })
        })
        .collect()
}

fn adjacent(line: &Line<'_>) -> Result<Vec<(String, String)>, Problem> {
    let mut neighbours = Vec::new();
    for word in line.optional(ADJACENT).unwrap_or_default().split_whitespace() {
        match word.split_once('/') {
            Some((edge, camera)) if !edge.is_empty() && !camera.is_empty() => {
                neighbours.push((edge.to_owned(), camera.to_owned()));
            }
            _ => {
                return Err(line.problem(
                    format!("相邻摄像机 {word} 应写作 网关/摄像机"),
                    format!("the neighbour `{word}` is written box/camera"),
                ));
            }
        }
    }
    Ok(neighbours)
}

/// Kinds of resources by their names in files.
const RESOURCES: [(&str, ResourceKind); 11] = [
    ("AED", ResourceKind::Aed),
    ("医院", ResourceKind::Hospital),
    ("卫生服务中心", ResourceKind::Hospital),
    ("派出所", ResourceKind::Police),
    ("警务室", ResourceKind::Police),
    ("微型消防站", ResourceKind::FirePost),
    ("灭火器", ResourceKind::Extinguisher),
    ("物业", ResourceKind::Property),
    ("值班人员", ResourceKind::OnCall),
    ("避难场所", ResourceKind::Shelter),
    ("其他", ResourceKind::Other),
];

fn resource_kind(line: &Line<'_>) -> Result<ResourceKind, Problem> {
    let text = line.text(RESOURCE, NAME_CHARS)?;
    let by_name = RESOURCES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind);
    by_name.or_else(|| ResourceKind::parse(&text)).ok_or_else(|| {
        let zh: Vec<&str> = RESOURCES.iter().map(|(name, _)| *name).collect();
        let en: Vec<&str> = ResourceKind::ALL.iter().map(|kind| kind.as_str()).collect();
        line.problem(
            format!("类别 {text} 不认识，可用：{}", zh.join("、")),
            format!("`{text}` is no kind of resource; use {}", en.join(", ")),
        )
    })
}

/// Roles by their names in files.
const ROLES: [(&str, Role); 11] = [
    ("系统管理员", Role::Admin),
    ("值班员", Role::Operator),
    ("受理员", Role::Acceptor),
    ("社区受理员", Role::Acceptor),
    ("派遣员", Role::Dispatcher),
    ("网格员", Role::GridWorker),
    ("核查员", Role::Inspector),
    ("综治办", Role::Supervisor),
    ("综治督办", Role::Supervisor),
    ("安装维护员", Role::Installer),
    ("审计员", Role::Auditor),
];

fn role(line: &Line<'_>) -> Result<Role, Problem> {
    let text = line.text(ROLE, NAME_CHARS)?;
    let by_name = ROLES.iter().find(|(name, _)| *name == text).map(|(_, role)| *role);
    by_name.or_else(|| Role::parse(&text)).ok_or_else(|| {
        let zh: Vec<&str> = ROLES.iter().map(|(name, _)| *name).collect();
        let en: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        line.problem(
            format!("岗位 {text} 不认识，可用：{}", zh.join("、")),
            format!("`{text}` is no role; use {}", en.join(", ")),
        )
    })
}

#[cfg(test)]
mod tests;
