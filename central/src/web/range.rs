//! `Range: bytes=…` (RFC 9110), one range: what a player needs to seek. Pure.

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The whole file.
    Whole,
    /// From the first to the last byte, both included.
    Part {
        /// First byte.
        first: u64,
        /// Last byte.
        last: u64,
    },
    /// Nothing that the file has.
    Beyond,
}

/// Reads the header. What is not understood asks for the whole file, as the standard says.
pub(super) fn asked(header: Option<&str>, bytes: u64) -> Asked {
    let Some(list) = header.and_then(|value| value.trim().strip_prefix("bytes=")) else {
        return Asked::Whole;
    };
    let Some((first, last)) = list.split_once('-') else { return Asked::Whole };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (first.trim(), last.trim()) {
        ("", tail) => match number(tail) {
            Some(0) => Asked::Beyond,
            Some(_) if bytes == 0 => Asked::Beyond,
            Some(tail) => Asked::Part { first: bytes.saturating_sub(tail), last: bytes - 1 },
            None => Asked::Whole,
        },
        (first, "") => match number(first) {
            Some(first) if first < bytes => Asked::Part { first, last: bytes - 1 },
            Some(_) => Asked::Beyond,
            None => Asked::Whole,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => {
                if first < bytes {
                    Asked::Part { first, last: last.min(bytes - 1) }
                } else {
                    Asked::Beyond
                }
            }
            _ => Asked::Whole,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_players_send_them() {
        let part = |first, last| Asked::Part { first, last };
        let table = [
            (None, 10, Asked::Whole),
            (Some("bytes=0-"), 10, part(0, 9)),
            (Some("bytes=3-5"), 10, part(3, 5)),
            (Some("bytes=3-99"), 10, part(3, 9)),
            (Some("bytes=-4"), 10, part(6, 9)),
            (Some("bytes=-99"), 10, part(0, 9)),
            (Some("bytes=9-9"), 10, part(9, 9)),
            (Some("bytes=10-"), 10, Asked::Beyond),
            (Some("bytes=10-12"), 10, Asked::Beyond),
            (Some("bytes=-0"), 10, Asked::Beyond),
            (Some("bytes=0-"), 0, Asked::Beyond),
            (Some("bytes=-5"), 0, Asked::Beyond),
            (Some("bytes=5-3"), 10, Asked::Whole),
            (Some("bytes=0-1,3-4"), 10, Asked::Whole),
            (Some("bytes=x-y"), 10, Asked::Whole),
            (Some("items=0-1"), 10, Asked::Whole),
            (Some("bytes=99999999999999999999-"), 10, Asked::Whole),
        ];
        for (header, bytes, expected) in table {
            assert_eq!(asked(header, bytes), expected, "{header:?} of {bytes}");
        }
    }
}
