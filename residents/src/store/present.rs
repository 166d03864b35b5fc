//! Who stood in a file that says it is complete.

/// Who stood in a file, by number: a bit each.
#[derive(Default)]
pub(super) struct Present {
    bits: Vec<u64>,
    /// Rows of which nobody can say whose they are.
    pub(super) unread: u64,
}

impl Present {
    fn place(number: i64) -> (usize, u64) {
        let number = usize::try_from(number).unwrap_or(0);
        (number / 64, 1 << (number % 64))
    }

    pub(super) fn add(&mut self, number: i64) {
        let (word, bit) = Self::place(number);
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        self.bits[word] |= bit;
    }

    pub(super) fn has(&self, number: i64) -> bool {
        let (word, bit) = Self::place(number);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }
}
