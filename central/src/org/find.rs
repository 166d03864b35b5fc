//! Finding a region by what people remember of it: parts of names, of it or of what it lies in, or the beginning of its
//! code. Pure.

use std::collections::BTreeMap;

use super::Region;

/// Longest text that is looked for, in characters.
pub const WORDS_CHARS: usize = 60;

/// A region that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its code.
    pub code: Region,
    /// Its name.
    pub name: String,
    /// Names of what it lies in, the highest first.
    pub within: Vec<String>,
}

/// What is looked for: every word has to fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// Words as they were typed: apart by spaces, in any letters.
    pub fn new(text: &str) -> Self {
        Self(
            text.chars()
                .take(WORDS_CHARS)
                .collect::<String>()
                .split_whitespace()
                .map(str::to_lowercase)
                .collect(),
        )
    }

    /// The words.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// How well a region fits: its own name before the names above it; none where a word fits nothing.
fn rank(words: &Words, code: &Region, name: &str, within: &[String]) -> Option<u8> {
    let mut worst = 0;
    for word in words.iter() {
        let own = name.to_lowercase();
        let rank = if own.starts_with(word) || code.as_str() == word {
            0
        } else if own.contains(word) || code.as_str().starts_with(word) {
            1
        } else if within.iter().any(|above| above.to_lowercase().contains(word)) {
            2
        } else {
            return None;
        };
        worst = worst.max(rank);
    }
    Some(worst)
}

/// The regions that fit best, at most `limit`: those whose own name fits first, then higher ones, then by code. Gives also
/// whether there are more. No words: all regions, the highest first.
pub fn find(all: &BTreeMap<Region, String>, words: &Words, limit: usize) -> (Vec<Found>, bool) {
    let mut found: Vec<(u8, Found)> = all
        .iter()
        .filter_map(|(code, name)| {
            let mut within: Vec<String> = std::iter::successors(code.parent(), Region::parent)
                .filter_map(|above| all.get(&above).cloned())
                .collect();
            within.reverse();
            let rank = rank(words, code, name, &within)?;
            Some((rank, Found { code: code.clone(), name: name.clone(), within }))
        })
        .collect();
    found.sort_by(|(a, left), (b, right)| {
        (a, left.code.as_str().len(), &left.code).cmp(&(b, right.code.as_str().len(), &right.code))
    });
    let more = found.len() > limit;
    found.truncate(limit);
    (found.into_iter().map(|(_, found)| found).collect(), more)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn town() -> BTreeMap<Region, String> {
        let mut all = BTreeMap::new();
        let mut add = |code: String, name: &str| {
            all.insert(Region::parse(&code).unwrap(), name.to_owned());
        };
        add("420502".into(), "西陵区");
        add("420502001".into(), "西陵街道");
        for (community, name) in [(1, "土街头社区"), (2, "学院社区")] {
            add(format!("42050200100{community}"), name);
            for grid in 1..=12 {
                add(format!("42050200100{community}{grid:03}"), &format!("第{grid}网格"));
            }
        }
        all
    }

    fn codes(text: &str, limit: usize) -> Vec<String> {
        find(&town(), &Words::new(text), limit).0.into_iter().map(|found| found.code.into()).collect()
    }

    #[test]
    fn a_grid_is_found_by_parts_of_its_name_and_of_what_it_lies_in() {
        assert_eq!(codes("土街 第3", 9), ["420502001001003"]);
        assert_eq!(codes("第12 学院", 9), ["420502001002012"], "in any order");
        assert_eq!(codes("学院", 1), ["420502001002"], "what is called so stands before what lies in it");
        assert_eq!(codes("西陵", 2), ["420502", "420502001"]);
        assert_eq!(codes("没有", 9), Vec::<String>::new());
    }

    #[test]
    fn a_grid_is_found_by_its_code() {
        assert_eq!(codes("420502001002007", 9), ["420502001002007"]);
        assert_eq!(codes("4205020010020", 99).len(), 12);
    }

    #[test]
    fn it_says_where_a_region_lies_and_whether_there_are_more() {
        let (found, more) = find(&town(), &Words::new("第1网格"), 1);
        assert!(more);
        assert_eq!(found[0].within, ["西陵区", "西陵街道", "土街头社区"]);
        let (all, more) = find(&town(), &Words::new("  "), 1000);
        assert_eq!((all.len(), more), (28, false), "no words: all");
    }
}
