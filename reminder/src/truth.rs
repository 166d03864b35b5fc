//! Three values: yes, no, and not known. What is not known names what would have to be found out.

use std::collections::BTreeSet;

/// What a condition comes to for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not, for these reasons.
    No(Vec<Reason>),
    /// It depends on facts that are missing, by their names.
    Unknown(BTreeSet<&'static str>),
}

/// Why something does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What would have to be, as the rule says it.
    pub wanted: String,
    /// What is.
    pub found: String,
}

impl Truth {
    /// One missing fact.
    pub fn unknown(fact: &'static str) -> Self {
        Self::Unknown(BTreeSet::from([fact]))
    }

    /// Yes, or no for one reason.
    pub fn of(holds: bool, wanted: impl Into<String>, found: impl Into<String>) -> Self {
        if holds { Self::Yes } else { Self::No(vec![Reason { wanted: wanted.into(), found: found.into() }]) }
    }

    /// Whether it holds for sure.
    pub fn is_yes(&self) -> bool {
        *self == Self::Yes
    }

    /// Both: a single no decides, whatever is missing.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No(mut one), Self::No(two)) => {
                one.extend(two);
                Self::No(one)
            }
            (no @ Self::No(_), _) | (_, no @ Self::No(_)) => no,
            (Self::Unknown(mut one), Self::Unknown(two)) => {
                one.extend(two);
                Self::Unknown(one)
            }
            (missing @ Self::Unknown(_), _) | (_, missing @ Self::Unknown(_)) => missing,
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }

    /// Either: a single yes decides, whatever is missing.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::Unknown(mut one), Self::Unknown(two)) => {
                one.extend(two);
                Self::Unknown(one)
            }
            (missing @ Self::Unknown(_), _) | (_, missing @ Self::Unknown(_)) => missing,
            (Self::No(mut one), Self::No(two)) => {
                one.extend(two);
                Self::No(one)
            }
        }
    }

    /// The contrary; `wanted` says what that is.
    pub fn not(self, wanted: &str) -> Self {
        match self {
            Self::Yes => Self::No(vec![Reason { wanted: wanted.to_owned(), found: String::new() }]),
            Self::No(_) => Self::Yes,
            missing @ Self::Unknown(_) => missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn truths() -> impl Strategy<Value = Truth> {
        prop_oneof![
            Just(Truth::Yes),
            Just(Truth::of(false, "a", "b")),
            Just(Truth::unknown("birth")),
            Just(Truth::unknown("sex")),
        ]
    }

    /// What it would come to if all that is missing were so.
    fn settled(truth: &Truth, missing_is: bool) -> bool {
        match truth {
            Truth::Yes => true,
            Truth::No(_) => false,
            Truth::Unknown(_) => missing_is,
        }
    }

    proptest! {
        #[test]
        fn what_is_known_stays_whatever_is_found_out(a in truths(), b in truths()) {
            for (joined, plain) in [
                (a.clone().and(b.clone()), (|x: bool, y: bool| x && y) as fn(bool, bool) -> bool),
                (a.clone().or(b.clone()), |x, y| x || y),
            ] {
                if !matches!(joined, Truth::Unknown(_)) {
                    for (one, two) in [(false, false), (false, true), (true, false), (true, true)] {
                        prop_assert_eq!(settled(&joined, false), plain(settled(&a, one), settled(&b, two)));
                    }
                }
            }
        }

        #[test]
        fn a_gap_is_never_hidden(a in truths()) {
            let gap = Truth::unknown("birth");
            prop_assert!(!a.clone().and(gap.clone()).is_yes());
            prop_assert_eq!(matches!(a.clone().or(gap), Truth::No(_)), false);
            prop_assert_eq!(a.clone().not("x").not("y").is_yes(), a.is_yes());
        }
    }
}
