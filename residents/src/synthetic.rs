//! 合成数据: a table of residents that nobody is, as an office would hand it in. For demonstrations and measurements.

use std::io::{self, Write};

use jiff::ToSpan;
use jiff::civil::Date;
use xunge_reminder::age::{Feb29, age_on, before};
use xunge_reminder::person::Sex;
use xunge_reminder::synthetic::{MARK, Made, Maker};

/// Headings of the table.
const HEADINGS: &str = "姓名,身份证号,性别,电话,网格编码,住址,居住起始日期,户籍地代码,户口性质,户号,与户主关系,婚姻状况,身份类别,单位职工,独生子女证,子女";
/// People who live together: 2.62 in the census of 2020, so of 100 homes 38 have two and 62 three.
const TWO_OF_100: u64 = 38;
/// Homes of one building.
const HOMES: u64 = 60;

/// Writes a table of so many people, who live in these grids one after the other.
pub fn table(
    out: &mut impl Write,
    count: u64,
    grids: &[String],
    (seed, today): (u64, Date),
) -> io::Result<()> {
    writeln!(out, "{HEADINGS}")?;
    let mut maker = Maker::new(seed, today);
    let per_grid = count.div_ceil(grids.len().max(1) as u64).max(1);
    let (mut written, mut before) = (0_u64, 0);
    let mut home = Home { number: 0, filled: 0, size: 0 };
    while written < count {
        let Some(made) = maker.next() else { break };
        let at = usize::try_from(written / per_grid).unwrap_or(0);
        // a home is in one grid
        if home.filled == home.size || at != before {
            before = at;
            let size = if maker.dice().throw(100) < TWO_OF_100 { 2 } else { 3 };
            home = Home { number: home.number + 1, filled: 0, size };
        }
        let grid = grids.get(at).map_or("", String::as_str);
        row(out, &made, maker.dice(), (grid, home), today)?;
        home.filled += 1;
        written += 1;
    }
    Ok(())
}

/// People who live together, and are one household.
#[derive(Clone, Copy)]
struct Home {
    number: u64,
    /// How many of them are written.
    filled: u64,
    size: u64,
}

fn row(
    out: &mut impl Write,
    made: &Made,
    dice: &mut xunge_reminder::synthetic::Dice,
    (grid, home): (&str, Home),
    today: Date,
) -> io::Result<()> {
    let age = age_on(made.birth, today, Feb29::MonthEnd);
    let sex = if made.sex == Sex::Male { "男" } else { "女" };
    let building = home.number / HOMES + 1;
    let room = home.number % HOMES;
    write!(out, "{},{},{sex},", made.name, made.number.reveal())?;
    if age >= 14 {
        // no mobile number begins with 10
        write!(out, "10000000{:03}", dice.throw(1000))?;
    }
    write!(out, ",{grid},{MARK}{building}号楼{}{:02}室,", room / 4 + 1, room % 4 + 1)?;
    let days = dice.throw(10_000).min(u64::from(u16::MAX));
    let since = before(today, u16::try_from(days).unwrap_or(0)).max(made.birth);
    let community = grid.get(..12).unwrap_or(grid);
    // of ten people one is registered elsewhere
    let hukou = if dice.one_in(10) { "421002001001" } else { community };
    write!(out, "{since},{hukou},{},", if dice.one_in(3) { "农业" } else { "非农业" })?;
    let relation = match (home.filled, age < 22, made.sex) {
        (0, ..) => "户主",
        (1, false, _) => "配偶",
        (_, _, Sex::Male) => "子",
        (_, _, Sex::Female) => "女",
    };
    write!(out, "{},{relation},{},", home.number, if age < 22 { "未婚" } else { "已婚" })?;
    write!(out, "{},", if dice.one_in(30) { "低保" } else { "无" })?;
    write!(out, "{},", if dice.one_in(2) { "是" } else { "否" })?;
    if (25..75).contains(&age) && !dice.one_in(4) {
        let first = made.birth.checked_add(i64::from(25).years()).unwrap_or(made.birth).min(today);
        let issued = first.checked_add(i64::from(1).years()).unwrap_or(first).min(today);
        let only = dice.one_in(2);
        match only {
            true => write!(out, "{issued},")?,
            false => write!(out, "无,")?,
        }
        write!(out, "{first} {} 健康", if dice.one_in(2) { "女" } else { "男" })?;
        if !only {
            let second = first.checked_add(i64::from(3).years()).unwrap_or(first).min(today);
            write!(out, "；{second} 女 健康")?;
        }
    } else {
        write!(out, ",")?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;

    use super::*;
    use crate::import::{Mapping, read};

    #[test]
    fn every_row_reads_and_nobody_is_real() {
        let today = date(2026, 11, 27);
        let grids: Vec<String> = (1..=4).map(|n| format!("42050200100100{n}")).collect();
        let mut csv = Vec::new();
        table(&mut csv, 1000, &grids, (7, today)).unwrap();
        let text = String::from_utf8(csv).unwrap();
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let mapping = Mapping::find(&lines.next().unwrap(), &BTreeMap::new()).unwrap();
        assert_eq!(mapping.ignored, Vec::<String>::new());
        let mut people = BTreeMap::new();
        for (line, cells) in lines.enumerate() {
            let one = read(line as u64 + 2, &cells, &mapping, today).unwrap().said;
            assert!(one.number.reveal().starts_with("999999"));
            assert!(one.conflicts(today).is_empty());
            *people.entry(one.dwelling.unwrap().grid).or_insert(0) += 1;
        }
        assert_eq!(people.into_values().collect::<Vec<_>>(), [250; 4]);
    }
}
