//! Which column of a table is what.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::Problem;

/// Something that a table may say of a resident.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportColumn)]
pub struct Column {
    /// As programs call it.
    pub name: &'static str,
    /// Headings that mean it; the first is what people are told.
    pub headings: &'static [&'static str],
    /// What stands in it, in Chinese.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// A table without it is of no use.
    pub required: bool,
}

const fn column(
    name: &'static str,
    headings: &'static [&'static str],
    (zh, en): (&'static str, &'static str),
) -> Column {
    Column { name, headings, zh, en, required: false }
}

const fn required(column: Column) -> Column {
    Column { required: true, ..column }
}

/// All of them.
pub static COLUMNS: &[Column] = &[
    required(column("name", &["姓名", "名字"], ("姓名", "name"))),
    required(column(
        "id_number",
        &["公民身份号码", "身份证号", "身份证号码", "身份证", "证件号码"],
        ("18 位，或 15 位旧号", "identity number: 18 characters, or 15 old digits"),
    )),
    column("sex", &["性别"], ("男、女，或 GB/T 2261.1 代码", "sex, or its code (GB/T 2261.1)")),
    column(
        "birth",
        &["出生日期", "户口簿出生日期"],
        ("户口簿上的出生日期", "day of birth in the household book"),
    ),
    column("phone", &["联系电话", "电话", "手机", "手机号"], ("联系电话", "telephone")),
    column(
        "hukou",
        &["户籍地代码", "户籍地区划代码", "户籍代码"],
        ("户籍地区划代码", "region code of the registered home"),
    ),
    column(
        "hukou_kind",
        &["户口性质", "户口类别"],
        ("农业或非农业", "rural (农业) or urban (非农业) registered home"),
    ),
    column(
        "grid",
        &["网格编码", "网格代码", "网格", "所属网格"],
        ("现住地网格编码", "code of the grid of the dwelling"),
    ),
    column(
        "address",
        &["现住址", "住址", "居住地址", "地址"],
        ("现住址，到门牌室号", "address of the dwelling"),
    ),
    column("lives_since", &["居住起始日期", "来本地日期"], ("何日起住在此处", "lives there since")),
    column("household", &["户号"], ("户号", "number of the household")),
    column(
        "relation",
        &["与户主关系", "家庭关系"],
        ("与户主关系，或 GB/T 4761 代码", "relation to the head of the household, or its code (GB/T 4761)"),
    ),
    column(
        "marital",
        &["婚姻状况"],
        ("婚姻状况，或 GB/T 2261.2 代码", "marital status, or its code (GB/T 2261.2)"),
    ),
    column(
        "identity",
        &["身份类别", "救助类别", "人员类别"],
        (
            "如 低保;特困，核实过没有的写 无",
            "such as 低保;特困, or 无 where somebody has looked and there is none",
        ),
    ),
    column(
        "employed",
        &["单位职工", "是否职工"],
        ("是或否（含退休职工）", "是 or 否: of an organisation's staff, also retired"),
    ),
    column(
        "retirement",
        &["退休日期", "退休时间"],
        ("退休日期；写 无 为撤销", "day of retirement; 无 takes it back"),
    ),
    column(
        "died",
        &["死亡日期", "去世日期"],
        ("死亡日期；写 无 为撤销误登", "day of death; 无 takes back what was entered by mistake"),
    ),
    column(
        "moved_out",
        &["迁出日期", "离开日期"],
        ("迁出日期；写 无 为撤销误登", "left for good on; 无 takes it back"),
    ),
    column(
        "certificate",
        &["独生子女证", "独生子女父母光荣证", "独生子女证发证日期"],
        ("发证日期，没有的写 无", "day on which 独生子女父母光荣证 was issued, or 无"),
    ),
    column(
        "revoked",
        &["独生子女证注销日期", "收回日期"],
        ("证件收回日期", "day on which it was taken back"),
    ),
    column(
        "children",
        &["子女", "子女情况"],
        (
            "如 2008-05-01 女 健康；2011-03-02 男 残；另可注 故（及日期）、双胞胎、收养；没有的写 无",
            "such as 2008-05-01 女 健康；2011-03-02 男 残, with 故 (and the day), 双胞胎, 收养; or 无",
        ),
    ),
];

/// The column of this name.
pub fn named(name: &str) -> Option<&'static Column> {
    COLUMNS.iter().find(|column| column.name == name)
}

/// Where in a row each column stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapping {
    places: BTreeMap<&'static str, usize>,
    /// Headings that mean nothing here.
    pub ignored: Vec<String>,
}

impl Mapping {
    /// Finds the columns by their headings; `own` says what other headings mean (heading to name).
    pub fn find(headings: &[String], own: &BTreeMap<String, String>) -> Result<Self, Vec<Problem>> {
        let mut mapping = Self::default();
        let mut problems = Vec::new();
        for (heading, name) in own {
            if named(name).is_none() {
                let known: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
                problems.push(Problem::new(
                    0,
                    format!("列对应有误：没有 {name} 这一项，可用的有 {}", known.join("、")),
                    format!("`{name}` is no column that a heading can mean; there are {}", known.join(", ")),
                ));
            }
            if !headings.contains(heading) {
                problems.push(Problem::new(
                    0,
                    format!("列对应有误：表头中没有“{heading}”"),
                    format!("the file has no heading `{heading}`"),
                ));
            }
        }
        for (place, heading) in headings.iter().enumerate() {
            let meant = match own.get(heading) {
                Some(name) => named(name),
                None => COLUMNS.iter().find(|column| {
                    column.name.eq_ignore_ascii_case(heading) || column.headings.contains(&heading.as_str())
                }),
            };
            match meant {
                None if heading.is_empty() => {}
                None => mapping.ignored.push(heading.clone()),
                Some(column) => {
                    if mapping.places.insert(column.name, place).is_some() {
                        let first = column.headings.first().copied().unwrap_or(column.name);
                        problems.push(Problem::new(
                            1,
                            format!("有两列都是{first}，请删去一列或指定列对应"),
                            format!(
                                "two columns mean `{}`: take one away, or say which heading means it",
                                column.name
                            ),
                        ));
                    }
                }
            }
        }
        for column in
            COLUMNS.iter().filter(|column| column.required && !mapping.places.contains_key(column.name))
        {
            problems.push(Problem::new(
                1,
                format!("缺少列：{}", column.headings.join(" / ")),
                format!(
                    "the column `{}` is missing (it may be called {})",
                    column.name,
                    column.headings.join(" / ")
                ),
            ));
        }
        if problems.is_empty() { Ok(mapping) } else { Err(problems) }
    }

    /// What a row has in a column; none where it is empty or there is no such column.
    pub(super) fn cell<'c>(&self, cells: &'c [String], name: &str) -> Option<&'c str> {
        cells.get(*self.places.get(name)?).map(String::as_str).filter(|cell| !cell.is_empty())
    }
}
