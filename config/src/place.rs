//! Places in a text.

/// A place in the file that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At(pub(crate) usize);

/// Line and column of a byte offset, both from 1, the column in characters.
pub(crate) fn line_column(text: &str, at: At) -> (usize, usize) {
    let mut offset = at.0.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_and_offsets_may_be_anything() {
        let text = "a = 1\n门 = \"东\"\n";
        assert_eq!(line_column(text, At(0)), (1, 1));
        assert_eq!(line_column(text, At(6)), (2, 1));
        assert_eq!(line_column(text, At(7)), (2, 1));
        assert_eq!(line_column(text, At(9)), (2, 2));
        assert_eq!(line_column(text, At(999)), (3, 1));
    }
}
