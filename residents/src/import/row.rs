//! What a row says of somebody. An empty cell says nothing, so it takes nothing away.

use std::collections::BTreeSet;

use jiff::civil::Date;
use xunge_reminder::id_number::IdNumber;
use xunge_reminder::person::Certificate;

use super::cell::{children, day, none};
use super::{Mapping, Problem};
use crate::code::{Relation, marital, sex, yes_no};
use crate::resident::{Dwelling, Facts, Gone, Resident};

/// Longest name, in characters.
const NAME_CHARS: usize = 50;
/// Longest address, and longest text of any other cell.
const TEXT_CHARS: usize = 200;
/// Letters of a cell that are shown when it does not read.
const SHOWN: usize = 20;
/// So many digits in a row may be somebody's telephone or identity number; a day has 8.
const NUMBER: usize = 9;
/// The certificate that the column `certificate` is of.
pub(super) const ONLY_CHILD: &str = "独生子女父母光荣证";

/// What a file says of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Line.
    pub line: u64,
    /// All that is said.
    pub said: Resident,
    /// What was entered by mistake, as the file says: `无` where there was a day.
    pub(crate) cleared: Vec<Cleared>,
}

/// A day that is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cleared {
    /// Of death: the person lives.
    Died,
    /// Of departure, or that it is somebody else of ours: the person lives here.
    MovedOut,
    /// Of retirement: it is not known.
    Retirement,
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Whose it is, where that can be read at least.
    pub number: Option<IdNumber>,
    /// Why not; never empty.
    pub problems: Vec<Problem>,
}

impl Update {
    /// What is known afterwards: what the file says, and what was known where it says nothing.
    pub fn onto(self, before: &Resident) -> Resident {
        let Resident { name, number, phone, dwelling, facts: said } = self.said;
        let mut known = before.facts.clone();
        for cleared in self.cleared {
            let day = match cleared {
                Cleared::Died => &mut known.died,
                Cleared::MovedOut => &mut known.moved_out,
                Cleared::Retirement => &mut known.retirement,
            };
            *day = None;
            let gone = match cleared {
                Cleared::Died => Some(Gone::Died),
                Cleared::MovedOut => Some(Gone::MovedOut),
                Cleared::Retirement => None,
            };
            if cleared == Cleared::MovedOut {
                known.same_as = None;
            }
            known.heard = known.heard.filter(|heard| Some(heard.gone) != gone);
        }
        let mut certificates = known.certificates;
        certificates.extend(said.certificates);
        let mut days = known.days;
        days.extend(said.days);
        Resident {
            name,
            number,
            phone: phone.or_else(|| before.phone.clone()),
            dwelling: dwelling
                .map_or_else(|| before.dwelling.clone(), |said| Some(finer(said, before.dwelling.as_ref()))),
            facts: Facts {
                sex: said.sex.or(known.sex),
                birth: said.birth.or(known.birth),
                hukou: said.hukou.or(known.hukou),
                hukou_rural: said.hukou_rural.or(known.hukou_rural),
                lives_since: said.lives_since.or(known.lives_since),
                household: said.household.or(known.household),
                relation: said.relation.or(known.relation),
                marital: said.marital.or(known.marital),
                identity: said.identity.or(known.identity),
                employed: said.employed.or(known.employed),
                retirement: said.retirement.or(known.retirement),
                died: said.died.or(known.died),
                moved_out: said.moved_out.or(known.moved_out),
                heard: known.heard,
                same_as: known.same_as,
                settled_birth: known.settled_birth,
                settled_sex: known.settled_sex,
                children: said.children.or(known.children),
                certificates,
                days,
            },
        }
    }
}

/// Reads a row. All that is wrong with it is said at once.
pub fn read(line: u64, cells: &[String], mapping: &Mapping, today: Date) -> Result<Update, Unfit> {
    let mut row = Row { line, cells, mapping, today, problems: Vec::new(), cleared: Vec::new() };
    let name = row.name();
    let number = row.number();
    let phone = row.parsed("phone", "电话", phone);
    let grid = row.parsed("grid", "网格编码", |text| grid(text).then(|| text.to_owned()));
    let address = row.text("address", "住址");
    let dwelling = match (grid, address) {
        (Some(grid), address) => Some(Dwelling { grid, address: address.unwrap_or_default() }),
        (None, Some(_)) if row.mapping.cell(cells, "grid").is_none() => {
            row.problem("有住址而没有网格编码", "there is an address, but no grid");
            None
        }
        (None, _) => None,
    };
    let facts = row.facts();
    if let (Some(name), Some(number), true) = (name, number, row.problems.is_empty()) {
        return Ok(Update {
            line,
            said: Resident { name, number, phone, dwelling, facts },
            cleared: row.cleared,
        });
    }
    Err(Unfit { number, problems: row.problems })
}

/// A file that knows only the community takes the grid from nobody, and one that knows only the grid no address.
fn finer(said: Dwelling, known: Option<&Dwelling>) -> Dwelling {
    let holds = |known: &&Dwelling| {
        (said.address.is_empty() || known.address == said.address) && known.grid.starts_with(&said.grid)
    };
    known.filter(holds).cloned().unwrap_or(said)
}

/// What stands in a cell that does not read, without the number of anybody: columns may be mixed up.
fn shown(text: &str) -> String {
    let letters: Vec<char> = text.chars().filter(|letter| !letter.is_control()).take(SHOWN).collect();
    let long = |run: &[char]| run.len() >= NUMBER && run.iter().all(|letter| letter.is_ascii_digit());
    let hidden = |place: usize| {
        let first = place.saturating_sub(NUMBER - 1);
        (first..=place).any(|from| letters.get(from..from + NUMBER).is_some_and(long))
    };
    letters.iter().enumerate().map(|(place, letter)| if hidden(place) { '*' } else { *letter }).collect()
}

/// A region code that a grid or a community has.
fn grid(text: &str) -> bool {
    matches!(text.len(), 12 | 15) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn region(text: &str) -> bool {
    matches!(text.len(), 6 | 9 | 12 | 15) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn phone(text: &str) -> Option<String> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let fits =
        |letter: char| letter.is_ascii_digit() || matches!(letter, '+' | '-' | ' ' | '(' | ')' | '/' | '转');
    // an identity number is sealed as one or not at all
    let other = IdNumber::parse(text).is_ok();
    ((5..=24).contains(&digits) && text.chars().all(fits) && !other).then(|| text.to_owned())
}

struct Row<'r> {
    line: u64,
    cells: &'r [String],
    mapping: &'r Mapping,
    today: Date,
    problems: Vec<Problem>,
    cleared: Vec<Cleared>,
}

impl Row<'_> {
    fn problem(&mut self, zh: impl Into<String>, en: impl Into<String>) {
        self.problems.push(Problem::new(self.line, zh, en));
    }

    fn name(&mut self) -> Option<String> {
        let Some(name) = self.mapping.cell(self.cells, "name") else {
            self.problem("姓名为空", "`name` is empty");
            return None;
        };
        if name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
            self.problem(
                format!("姓名超过 {NAME_CHARS} 字或含控制字符"),
                format!("`name` is longer than {NAME_CHARS} characters or holds control characters"),
            );
            return None;
        }
        Some(name.to_owned())
    }

    fn number(&mut self) -> Option<IdNumber> {
        let Some(text) = self.mapping.cell(self.cells, "id_number") else {
            self.problem("身份证号为空", "`id_number` is empty");
            return None;
        };
        match IdNumber::parse(text) {
            Ok(number) if number.birth() > self.today => {
                self.problem(
                    "身份证号中的出生日期在今天之后",
                    "the birth date in the identity number lies in the future",
                );
                None
            }
            Ok(number) => Some(number),
            // a workbook's number in its short form
            Err(_) if text.contains('E') && text.contains('.') => {
                self.problem(
                    "身份证号是按数字存的，Excel 已丢失后几位；请把该列设为文本格式，重新填写号码",
                    "the identity number is stored as a number, of which Excel has lost the last digits: format the column as text \
                     and enter the numbers again",
                );
                None
            }
            Err(bad) => {
                self.problem(bad.zh(), bad.to_string());
                None
            }
        }
    }

    /// A cell that must read as something, where it is not empty.
    fn parsed<T>(&mut self, name: &str, zh: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.mapping.cell(self.cells, name)?;
        let parsed = parse(text);
        if parsed.is_none() {
            let shown = shown(text);
            self.problem(format!("{zh}“{shown}”无法识别"), format!("`{name}` does not read: {shown}"));
        }
        parsed
    }

    fn text(&mut self, name: &str, zh: &str) -> Option<String> {
        let text = self.mapping.cell(self.cells, name)?;
        if text.chars().count() > TEXT_CHARS || text.chars().any(char::is_control) {
            self.problem(
                format!("{zh}超过 {TEXT_CHARS} 字或含控制字符"),
                format!("`{name}` is longer than {TEXT_CHARS} characters or holds control characters"),
            );
            return None;
        }
        Some(text.to_owned())
    }

    /// A day that has come already.
    fn past(&mut self, name: &str, zh: &str) -> Option<Date> {
        let found = self.parsed(name, zh, day)?;
        if found > self.today {
            self.problem(format!("{zh}在今天之后"), format!("`{name}` lies in the future"));
            return None;
        }
        Some(found)
    }

    /// A day that `无` takes back.
    fn day_or_none(
        &mut self,
        (name, zh): (&str, &str),
        cleared: Cleared,
        read: fn(&mut Self, &str, &str) -> Option<Date>,
    ) -> Option<Date> {
        if self.mapping.cell(self.cells, name).is_some_and(none) {
            self.cleared.push(cleared);
            return None;
        }
        read(self, name, zh)
    }

    fn facts(&mut self) -> Facts {
        let mut facts = Facts {
            sex: self.parsed("sex", "性别", sex).flatten(),
            birth: self.past("birth", "出生日期"),
            hukou: self.parsed("hukou", "户籍地代码", |text| region(text).then(|| text.to_owned())),
            hukou_rural: self.parsed("hukou_kind", "户口性质", |text| match text {
                "农业" | "农业户口" | "农村" => Some(true),
                "非农业" | "非农业户口" | "非农" | "城镇" | "居民" | "居民户口" => {
                    Some(false)
                }
                _ => None,
            }),
            lives_since: self.past("lives_since", "居住起始日期"),
            household: self.text("household", "户号"),
            relation: self.parsed("relation", "与户主关系", Relation::parse),
            marital: self.parsed("marital", "婚姻状况", marital),
            identity: self.identity(),
            employed: self.parsed("employed", "单位职工", yes_no),
            retirement: self.day_or_none(
                ("retirement", "退休日期"),
                Cleared::Retirement,
                |row, name, zh| row.parsed(name, zh, day),
            ),
            died: self.day_or_none(("died", "死亡日期"), Cleared::Died, Self::past),
            moved_out: self.day_or_none(("moved_out", "迁出日期"), Cleared::MovedOut, Self::past),
            children: self.children(),
            ..Facts::default()
        };
        if let Some(certificate) = self.certificate() {
            facts.certificates.insert(ONLY_CHILD.to_owned(), certificate);
        }
        facts
    }

    fn identity(&mut self) -> Option<BTreeSet<String>> {
        let text = self.text("identity", "身份类别")?;
        if none(&text) {
            return Some(BTreeSet::new());
        }
        let parts = text.split([';', '；', '、', ',', '，', ' ']).map(str::trim);
        Some(parts.filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    /// A certificate, or that there is none.
    fn certificate(&mut self) -> Option<Option<Certificate>> {
        let revoked = self.past("revoked", "证件收回日期");
        let issued = self.parsed("certificate", "独生子女证", |text| match text {
            text if none(text) => Some(None),
            // there is one, but nobody knows since when
            "有" | "是" => Some(Some(None)),
            text => day(text).map(|day| Some(Some(day))),
        });
        match issued {
            Some(None) => Some(None),
            Some(Some(issued)) => Some(Some(Certificate { issued, revoked })),
            None => revoked.map(|day| Some(Certificate { issued: None, revoked: Some(day) })),
        }
    }

    fn children(&mut self) -> Option<Vec<xunge_reminder::person::Child>> {
        let text = self.text("children", "子女")?;
        match children(&text, self.today) {
            Ok(all) => Some(all),
            Err(part) => {
                let part = shown(&part);
                self.problem(
                    format!("子女一栏“{part}”无法识别，应如 2008-05-01 女；2011-03-02 男 残"),
                    format!("`children` does not read at `{part}`: write 2008-05-01 女；2011-03-02 男 残"),
                );
                None
            }
        }
    }
}
