//! 公民身份号码, citizen identity numbers (GB 11643): 18 characters, or 15 digits as they were until 1999.
//!
//! A number is never part of a message: what is wrong is said by place and kind.

use std::fmt;

use jiff::civil::Date;
use thiserror::Error;

use crate::person::Sex;

/// Weights of the first 17 digits (GB 11643).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The check character by the weighted sum modulo 11 (GB 11643).
const CHECKS: &[u8; 11] = b"10X98765432";

/// A number that is right in itself: its date exists and its check character fits. Whether it was ever given to anybody is
/// not known here.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdNumber([u8; 18]);

/// What is wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadId {
    /// Too long or too short.
    #[error("an identity number has 18 characters, or 15 as they were until 1999; this has {found}")]
    Length {
        /// Characters that were found.
        found: usize,
    },
    /// Something else than a digit.
    #[error("character {place} of the identity number is no digit")]
    NoDigit {
        /// Which, from 1.
        place: usize,
    },
    /// No such day.
    #[error("the birth date in the identity number is no day of the calendar")]
    NoDay,
    /// The last character does not fit the others.
    #[error("the last character of the identity number does not fit the others: one of them was misread")]
    Check,
}

impl BadId {
    /// For people who read Chinese.
    pub fn zh(self) -> String {
        match self {
            Self::Length { found } => format!("身份证号应为 18 位（旧号 15 位），实为 {found} 位"),
            Self::NoDigit { place } => format!("身份证号第 {place} 位不是数字"),
            Self::NoDay => "身份证号中的出生日期不存在".to_owned(),
            Self::Check => "身份证号校验位不符，可能有一位录错".to_owned(),
        }
    }
}

impl IdNumber {
    /// Reads a number as people and tables write it: blanks around it, a small x, full-width characters, 15 old digits.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        let narrow = |letter: char| match letter {
            // U+FF10 to U+FF3A are the full-width forms of `0` to `Z`
            '０'..='Ｚ' => char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter),
            'ｘ' => 'x',
            other => other,
        };
        let letters: Vec<char> = text.trim().chars().map(narrow).collect();
        match letters.len() {
            18 => Self::of_18(&letters),
            15 => Self::of_15(&letters),
            found => Err(BadId::Length { found }),
        }
    }

    /// Puts the check character behind 17 digits: for numbers that are made, see [`crate::synthetic`].
    pub fn complete(digits: &str) -> Result<Self, BadId> {
        let mut bytes = [0_u8; 18];
        let found = digits.len();
        if found != 17 {
            return Err(BadId::Length { found });
        }
        bytes[..17].copy_from_slice(digits.as_bytes());
        if let Some(place) = bytes[..17].iter().position(|digit| !digit.is_ascii_digit()) {
            return Err(BadId::NoDigit { place: place + 1 });
        }
        bytes[17] = check(&bytes);
        let number = Self(bytes);
        number.day().ok_or(BadId::NoDay).map(|_| number)
    }

    fn of_18(letters: &[char]) -> Result<Self, BadId> {
        let mut bytes = [0_u8; 18];
        for (place, (byte, letter)) in bytes.iter_mut().zip(letters).enumerate() {
            *byte = match letter {
                '0'..='9' => *letter as u8,
                'x' | 'X' if place == 17 => b'X',
                _ => return Err(BadId::NoDigit { place: place + 1 }),
            };
        }
        let number = Self(bytes);
        if number.day().is_none() {
            return Err(BadId::NoDay);
        }
        if bytes[17] == check(&bytes) { Ok(number) } else { Err(BadId::Check) }
    }

    /// Old numbers were of people born in the 1900s only: whoever was older kept one with a sequence of 996 to 999.
    fn of_15(letters: &[char]) -> Result<Self, BadId> {
        let mut digits = [0_u8; 15];
        for (place, (digit, letter)) in digits.iter_mut().zip(letters).enumerate() {
            *digit = u8::try_from(*letter)
                .ok()
                .filter(u8::is_ascii_digit)
                .ok_or(BadId::NoDigit { place: place + 1 })?;
        }
        let century: &[u8; 2] = if digits[12..] >= b"996"[..] { b"18" } else { b"19" };
        let mut bytes = [0_u8; 18];
        bytes[..6].copy_from_slice(&digits[..6]);
        bytes[6..8].copy_from_slice(century);
        bytes[8..17].copy_from_slice(&digits[6..]);
        bytes[17] = check(&bytes);
        let number = Self(bytes);
        number.day().ok_or(BadId::NoDay).map(|_| number)
    }

    /// All 18 characters, the last one a digit or `X`. For the store and for whoever gave a reason, never for a log.
    pub fn reveal(&self) -> &str {
        // digits and X are ASCII
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Its 17 digits as a number; the last character follows from them. For tables of millions in memory.
    pub fn digits(&self) -> u64 {
        self.0[..17].iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))
    }

    fn number(&self, from: usize, until: usize) -> i16 {
        self.0[from..until].iter().fold(0, |sum, digit| sum * 10 + i16::from(digit - b'0'))
    }

    fn day(&self) -> Option<Date> {
        let small = |from| i8::try_from(self.number(from, from + 2)).ok();
        Date::new(self.number(6, 10), small(10)?, small(12)?).ok()
    }

    /// Day of birth.
    pub fn birth(&self) -> Date {
        self.day().unwrap_or(Date::MIN)
    }

    /// Sex: the last but one digit is odd for men.
    pub fn sex(&self) -> Sex {
        if (self.0[16] - b'0') % 2 == 1 { Sex::Male } else { Sex::Female }
    }

    /// `42**************34`: as it is shown to whoever has given no reason. Birthday and home stand beside it on a screen: with
    /// four digits at the end, as is usual, nothing of the number would be left to guess.
    pub fn masked(&self) -> String {
        let text = self.reveal();
        format!("{}**************{}", &text[..2], &text[16..])
    }
}

/// Nobody sees a number by accident.
impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdNumber({})", self.masked())
    }
}

fn check(bytes: &[u8; 18]) -> u8 {
    let sum: u32 = bytes.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECKS[(sum % 11) as usize]
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// Region 999999 belongs to nobody.
    fn made(birth: &str, sequence: &str) -> String {
        IdNumber::complete(&format!("999999{birth}{sequence}")).map_or_else(
            // a day that does not exist, with any check character
            |_| format!("999999{birth}{sequence}0"),
            |number| number.reveal().to_owned(),
        )
    }

    #[test]
    fn a_number_tells_birth_and_sex() {
        // the example of GB 11643-1999
        let number = IdNumber::parse("11010519491231002X").unwrap();
        assert_eq!((number.birth(), number.sex()), (date(1949, 12, 31), Sex::Female));
        assert_eq!(number.masked(), "11**************2X");
        assert_eq!(number.masked().len(), 18);
        assert_eq!(IdNumber::parse(&made("20000229", "001")).unwrap().sex(), Sex::Male);
    }

    #[test]
    fn it_reads_what_tables_hold() {
        let same = IdNumber::parse("11010519491231002X").unwrap();
        for text in [
            " 11010519491231002x\n",
            "１１０１０５１９４９１２３１００２Ｘ",
            "１１０１０５１９４９１２３１００２ｘ",
        ] {
            assert_eq!(IdNumber::parse(text), Ok(same), "{text}");
        }
    }

    #[test]
    fn old_numbers_get_a_century_and_a_check_character() {
        let number = IdNumber::parse("110105491231002").unwrap();
        assert_eq!(number.reveal(), "11010519491231002X");
        assert_eq!(IdNumber::parse("999999950101997").unwrap().birth(), date(1895, 1, 1));
        assert_eq!(IdNumber::parse("999999990229001"), Err(BadId::NoDay));
        assert_eq!(IdNumber::parse("99999949123100X"), Err(BadId::NoDigit { place: 15 }));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, wrong) in [
            ("", BadId::Length { found: 0 }),
            ("1101051949123100", BadId::Length { found: 16 }),
            ("11010519491231O02X", BadId::NoDigit { place: 15 }),
            ("110105194912310028", BadId::Check),
            ("11010519490229002X", BadId::NoDay),
            ("11010519491331002X", BadId::NoDay),
            ("X1010519491231002X", BadId::NoDigit { place: 1 }),
        ] {
            assert_eq!(IdNumber::parse(text), Err(wrong), "{text}");
            assert!(!wrong.zh().is_empty());
        }
        // 2100 is no leap year, 2000 is one
        assert_eq!(IdNumber::parse(&made("21000229", "000")), Err(BadId::NoDay));
        assert!(IdNumber::parse(&made("20000229", "000")).is_ok());
    }

    #[test]
    fn nobody_reads_it_in_a_log() {
        let said = format!("{:?}", IdNumber::parse("11010519491231002X").unwrap());
        assert!(!said.contains("1949"), "{said}");
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(text in "\\PC{0,24}") {
            let _ = IdNumber::parse(&text);
        }

        #[test]
        fn one_misread_character_is_found(days in 0..60_000_i32, sequence in 0..1000_u16, place in 0..18_usize, other in 0..10_u8) {
            let birth = date(1900, 1, 1) + jiff::Span::new().days(days);
            let text = made(&birth.strftime("%Y%m%d").to_string(), &format!("{sequence:03}"));
            let number = IdNumber::parse(&text).unwrap();
            prop_assert_eq!(number.birth(), birth);
            let mut bytes = text.into_bytes();
            prop_assume!(bytes[place] != b'0' + other);
            bytes[place] = b'0' + other;
            prop_assert!(IdNumber::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
        }
    }
}
