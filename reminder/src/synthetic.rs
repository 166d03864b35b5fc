//! 合成数据: residents that nobody is. For demonstrations and measurements: as many of each age as China has, families with
//! children, and identity numbers that cannot be anybody's (region 999999 does not exist).
//!
//! The same seed gives the same people, on every machine and in every version: the numbers come from SplitMix64 (Steele et
//! al., 2014), written out here, not from a library whose streams may change.

use jiff::civil::Date;

use crate::age::before;
use crate::id_number::IdNumber;
use crate::person::Sex;

/// Stands in whatever is made here, for people to see.
pub const MARK: &str = "合成数据";

/// People by age in groups of five years, from 0–4 to 95–99, and 100 and older; in 10,000 (2020 census, group totals).
const PYRAMID: [u32; 21] = [
    7788, 9024, 8526, 7268, 7494, 9185, 12415, 9901, 9296, 11422, 12116, 10140, 7338, 7400, 4959, 3124, 2038,
    1083, 365, 82, 12,
];
/// Oldest that is made.
const OLDEST: u64 = 108;

const SURNAMES: [&str; 30] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何",
    "高", "林", "罗", "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹",
];
const GIVEN: [&str; 40] = [
    "建", "国", "华", "明", "英", "秀", "兰", "芳", "伟", "军", "平", "玉", "梅", "丽", "强", "志", "春",
    "红", "文", "桂", "海", "永", "金", "凤", "勇", "霞", "林", "云", "刚", "琴", "波", "燕", "涛", "娟",
    "宁", "佳", "浩", "欣", "雨", "晨",
];

/// SplitMix64.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The same seed throws the same.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below `sides`.
    pub fn throw(&mut self, sides: u64) -> u64 {
        // a bias of 2^-64 × sides is nothing here
        ((u128::from(self.next()) * u128::from(sides)) >> 64) as u64
    }

    /// Once in so many.
    pub fn one_in(&mut self, many: u64) -> bool {
        self.throw(many) == 0
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[usize::try_from(self.throw(all.len() as u64)).unwrap_or(0)]
    }
}

/// Somebody that nobody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// A number with region 999999.
    pub number: IdNumber,
    /// Name.
    pub name: String,
    /// Sex, as in the number.
    pub sex: Sex,
    /// Day of birth, as in the number.
    pub birth: Date,
}

/// Makes people, each with a number of its own.
#[derive(Debug, Clone)]
pub struct Maker {
    dice: Dice,
    today: Date,
    /// The next sequence of each day of birth, by how many days ago it was.
    sequences: Vec<u16>,
    total: u64,
}

impl Maker {
    /// People as they are on a day.
    pub fn new(seed: u64, today: Date) -> Self {
        let total = PYRAMID.iter().map(|group| u64::from(*group)).sum();
        Self { dice: Dice::new(seed), today, sequences: Vec::new(), total }
    }

    /// The dice, for what else is made of these people.
    pub fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    /// Somebody who was born so many days ago.
    pub fn born(&mut self, days_ago: u16) -> Option<Made> {
        let place = usize::from(days_ago);
        if self.sequences.len() <= place {
            self.sequences.resize(place + 1, 0);
        }
        let sequence = self.sequences[place];
        if sequence > 999 {
            return None;
        }
        self.sequences[place] += 1;
        // the last digit says the sex: the first of a day of birth is a man as often as a woman
        let sequence = sequence ^ (days_ago & 1);
        let birth = before(self.today, days_ago);
        let number = IdNumber::complete(&format!("999999{}{sequence:03}", birth.strftime("%Y%m%d"))).ok()?;
        let mut name = self.dice.pick(&SURNAMES).to_owned();
        name.push_str(self.dice.pick(&GIVEN));
        if !self.dice.one_in(4) {
            name.push_str(self.dice.pick(&GIVEN));
        }
        Some(Made { number, name, sex: number.sex(), birth })
    }
}

/// None once all numbers of a day of birth are used up: after about 15 million people.
impl Iterator for Maker {
    type Item = Made;

    fn next(&mut self) -> Option<Made> {
        let mut at = self.dice.throw(self.total);
        let mut group = 0_u64;
        for size in PYRAMID {
            if at < u64::from(size) {
                break;
            }
            at -= u64::from(size);
            group += 1;
        }
        let years = if group >= 20 { OLDEST - 100 } else { 5 };
        // a year is 365.2425 days
        let first = group * 5 * 3_652_425 / 10_000;
        let days = first + self.dice.throw(years * 3_652_425 / 10_000);
        self.born(u16::try_from(days).unwrap_or(u16::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::*;
    use crate::age::{Feb29, age_on};

    fn made(count: usize) -> Vec<Made> {
        Maker::new(7, date(2026, 11, 27)).take(count).collect()
    }

    #[test]
    fn nobody_is_made_twice_and_nobody_is_real() {
        let people = made(50_000);
        let numbers: BTreeSet<&str> = people.iter().map(|one| one.number.reveal()).collect();
        assert_eq!(numbers.len(), people.len());
        assert!(numbers.iter().all(|number| number.starts_with("999999")));
        assert!(people.iter().all(|one| one.number.birth() == one.birth && one.number.sex() == one.sex));
    }

    #[test]
    fn there_are_as_many_of_each_age_as_there_are() {
        let people = made(200_000);
        let today = date(2026, 11, 27);
        let total: f64 = PYRAMID.iter().map(|size| f64::from(*size)).sum();
        for (group, size) in PYRAMID.into_iter().enumerate() {
            let (from, below) = (group as i16 * 5, if group == 20 { 200 } else { group as i16 * 5 + 5 });
            let count = people
                .iter()
                .filter(|one| (from..below).contains(&age_on(one.birth, today, Feb29::MonthEnd)))
                .count();
            let wanted = f64::from(size) / total * people.len() as f64;
            let off = (count as f64 - wanted).abs();
            assert!(off < 5.0 * wanted.sqrt() + 20.0, "{from}: {count} instead of {wanted:.0}");
        }
        let women = people.iter().filter(|one| one.sex == Sex::Female).count();
        assert!((95_000..105_000).contains(&women), "{women}");
    }

    #[test]
    fn the_same_seed_makes_the_same_people() {
        assert_eq!(made(100), made(100));
        // as it was when this was written: whoever changes it changes every measured number
        let mut dice = Dice::new(0);
        assert_eq!(dice.next(), 0xE220_A839_7B1D_CDAF);
    }
}
