//! A font of this machine that has Chinese letters, and how wide they are.

use std::sync::{Arc, OnceLock};

use fontdb::{Database, Family, Query};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use thiserror::Error;
use ttf_parser::Face;

/// Fonts that are tried, the best first: those of Debian, of Windows, of macOS, and of the Chinese distributions.
const FAMILIES: [&str; 12] = [
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Noto Serif CJK SC",
    "AR PL UMing CN",
    "Droid Sans Fallback",
];

/// Letters that a font must have to be of use.
const PROBE: &str = "巡格智能预警案件处置期率";

/// No font of this machine has Chinese letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "this machine has no font with Chinese letters: install the Debian package fonts-noto-cjk (or fonts-wqy-microhei)"
)]
pub struct FontMissing;

/// Letters of one font.
pub struct Letters {
    font: Font,
    data: Arc<Vec<u8>>,
    index: u32,
    units: f32,
}

impl std::fmt::Debug for Letters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letters").field("bytes", &self.data.len()).field("index", &self.index).finish()
    }
}

impl Letters {
    /// The letters of this machine. They are looked for until there are some, so that a font that is installed later counts
    /// without a restart. Reads files: not for threads that must not wait.
    pub fn of_machine() -> Result<&'static Self, FontMissing> {
        static FOUND: OnceLock<Letters> = OnceLock::new();
        if let Some(found) = FOUND.get() {
            return Ok(found);
        }
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        let found = Self::among(&fonts)?;
        Ok(FOUND.get_or_init(|| found))
    }

    /// The best of these fonts.
    pub fn among(fonts: &Database) -> Result<Self, FontMissing> {
        let families = FAMILIES.map(Family::Name);
        let named = families.iter().filter_map(|family| {
            fonts.query(&Query { families: std::slice::from_ref(family), ..Query::default() })
        });
        let any = fonts.faces().map(|face| face.id);
        named.chain(any).find_map(|id| fonts.with_face_data(id, Self::of).flatten()).ok_or(FontMissing)
    }

    /// The letters of a font file, if it has what a report needs.
    fn of(data: &[u8], index: u32) -> Option<Self> {
        let face = Face::parse(data, index).ok()?;
        if !PROBE.chars().all(|letter| face.glyph_index(letter).is_some()) {
            return None;
        }
        let units = f32::from(face.units_per_em());
        let data = Arc::new(data.to_vec());
        let font = Font::new(data.clone().into(), index)?;
        Some(Self { font, data, index, units })
    }

    pub(super) fn font(&self) -> Font {
        self.font.clone()
    }

    fn face(&self) -> Option<Face<'_>> {
        // it was read before
        Face::parse(&self.data, self.index).ok()
    }

    /// Measures and places letters.
    pub(super) fn measure(&self) -> Measure<'_> {
        Measure { face: self.face(), units: self.units }
    }

    /// The letters of a text, one after the other.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let measure = self.measure();
        text.char_indices()
            .map(|(place, letter)| {
                let (glyph, width) = measure.letter(letter);
                let range = place..place + letter.len_utf8();
                KrillaGlyph::new(GlyphId::new(u32::from(glyph)), width, 0.0, 0.0, 0.0, range, None)
            })
            .collect()
    }
}

/// How wide letters are.
pub(super) struct Measure<'l> {
    face: Option<Face<'l>>,
    units: f32,
}

impl Measure<'_> {
    /// The letter's place in the font and its width, in parts of the font's size. A letter that the font lacks is shown as a
    /// question mark.
    fn letter(&self, letter: char) -> (u16, f32) {
        let Some(face) = &self.face else { return (0, 1.0) };
        let glyph = face.glyph_index(letter).or_else(|| face.glyph_index('?')).unwrap_or_default();
        let width = face.glyph_hor_advance(glyph).map_or(1.0, |width| f32::from(width) / self.units);
        (glyph.0, width)
    }

    /// How wide a text is at this size.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|letter| self.letter(letter).1).sum::<f32>() * size
    }

    /// The text in lines that are no wider than this: between words where there are some, else between letters.
    pub(super) fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in words(text) {
            if !line.is_empty() && self.width(&line, size) + self.width(word.trim_end(), size) > width {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            for letter in word.chars() {
                let over = self.width(&line, size) + self.letter(letter).1 * size > width;
                if over && letter != ' ' && !line.is_empty() {
                    lines.push(std::mem::take(&mut line).trim_end().to_owned());
                }
                line.push(letter);
            }
        }
        lines.push(line.trim_end().to_owned());
        lines
    }
}

/// Parts of a text between which a line may break: after spaces, and around every letter that is not Latin.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut from = 0;
    let mut before: Option<char> = None;
    for (place, letter) in text.char_indices() {
        let breaks = before.is_some_and(|before| {
            before == ' ' || !before.is_ascii() && !closes(letter) || !letter.is_ascii() && !closes(letter)
        });
        if breaks && place > from {
            words.push(&text[from..place]);
            from = place;
        }
        before = Some(letter);
    }
    words.push(&text[from..]);
    words
}

/// What never begins a line.
fn closes(letter: char) -> bool {
    "，。；：、）》”！？,.;:)%".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_chinese_letters() {
        assert_eq!(words("abc def"), ["abc ", "def"]);
        assert_eq!(words("案件，按期"), ["案", "件，", "按", "期"]);
        assert_eq!(words("P1 占比"), ["P1 ", "占", "比"]);
        assert_eq!(words(""), [""]);
    }

    #[test]
    fn a_machine_without_fonts_is_told_what_to_install() {
        let error = Letters::among(&Database::new()).unwrap_err();
        assert!(error.to_string().contains("fonts-noto-cjk"));
    }

    #[test]
    fn every_line_fits_and_nothing_is_lost() {
        let letters = Letters::of_machine().unwrap();
        let measure = letters.measure();
        let text = "误报最多的摄像机 gate-east-with-a-very-long-name，按期结案率 (82.5%)";
        for width in [10.0, 30.0, 80.0, 500.0] {
            let lines = measure.lines(text, 8.0, width);
            assert!(lines.iter().all(|line| measure.width(line, 8.0) <= width + 8.0), "{width}: {lines:?}");
            let squeezed = |text: &str| text.replace(' ', "");
            assert_eq!(squeezed(&lines.concat()), squeezed(text), "{width}");
        }
    }
}
