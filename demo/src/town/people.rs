//! The people of one community, and of the street and the district it lies in. All of them are invented.

use std::fmt::Write as _;

use super::BadTown;
use super::layout::Town;

/// Somebody with one post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Name by which he logs in.
    pub user: String,
    /// Role, as the importer names it.
    pub role: &'static str,
    /// Code of the region of the post; none is everywhere.
    pub region: Option<String>,
    /// Name for people.
    pub full_name: &'static str,
    /// 单位.
    pub unit: String,
    /// Telephone: eleven digits that no telephone has, for no country's code begins with a zero.
    pub phone: String,
}

/// Invented names, one for each person: as many as a community of nine grids needs.
const NAMES: [&str; 19] = [
    "演示管理员",
    "周小安",
    "吴小宁",
    "郑守成",
    "冯调度",
    "褚核实",
    "卫街平",
    "蒋督办",
    "沈安装",
    "韩审计",
    "杨一格",
    "朱二格",
    "秦三格",
    "尤四格",
    "许五格",
    "何六格",
    "吕七格",
    "施八格",
    "张九格",
];

/// Everybody: the security room, who files, who sends, who goes, who checks, and who looks after all of it.
pub fn of_community(town: &Town, community: &str) -> Result<Vec<Person>, BadTown> {
    let name = |code: &str| town.area(code).map_or("", |area| area.name.as_str());
    let grids = town.grids_of(community)?;
    let (street, district) = (community.get(..9).unwrap_or(""), community.get(..6).unwrap_or(""));
    let room = format!("{}值班室（演示）", name(community));
    let office = format!("{}居委会（演示）", name(community));
    let street_office = format!("{}综治中心（演示）", name(street));
    let district_office = format!("{}综治中心（演示）", name(district));
    let there = |code: &str| Some(code.to_owned());

    let mut posts: Vec<(String, &'static str, Option<String>, &str)> = vec![
        ("admin".into(), "admin", None, &district_office),
        ("operator1".into(), "operator", there(community), &room),
        ("operator2".into(), "operator", there(community), &room),
        ("acceptor".into(), "acceptor", there(community), &office),
        ("dispatcher".into(), "dispatcher", there(street), &street_office),
        ("inspector".into(), "inspector", there(street), &street_office),
        ("street".into(), "acceptor", there(street), &street_office),
        ("supervisor".into(), "supervisor", there(district), &district_office),
        ("installer".into(), "installer", there(district), &district_office),
        ("auditor".into(), "auditor", there(district), &district_office),
    ];
    for (number, grid) in (1..).zip(grids) {
        posts.push((format!("worker{number}"), "grid_worker", there(&grid.code), &office));
    }
    let people = (1..).zip(NAMES).zip(posts).map(|((number, full_name), (user, role, region, unit))| {
        Person { user, role, region, full_name, unit: unit.to_owned(), phone: format!("{number:011}") }
    });
    Ok(people.collect())
}

/// The table of their posts.
pub fn table(people: &[Person]) -> String {
    let mut table = "user,role,region,full_name,unit,phone\n".to_owned();
    for Person { user, role, region, full_name, unit, phone } in people {
        let region = region.as_deref().unwrap_or("");
        // writing to a text cannot fail
        let _ = writeln!(table, "{user},{role},{region},{full_name},{unit},{phone}");
    }
    table
}
