//! XML of elements and text, which is all that CAP needs.

use quick_xml::escape::escape;

/// A document that grows.
pub(super) struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    pub(super) fn new() -> Self {
        Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), depth: 0 }
    }

    pub(super) fn open(&mut self, name: &str) {
        self.line(&format!("<{name}>"));
        self.depth += 1;
    }

    /// `attributes` are ours, and escaped already.
    pub(super) fn open_with(&mut self, name: &str, attributes: &str) {
        self.line(&format!("<{name} {attributes}>"));
        self.depth += 1;
    }

    pub(super) fn close(&mut self, name: &str) {
        self.depth -= 1;
        self.line(&format!("</{name}>"));
    }

    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        let allowed: String = text.chars().filter(|c| may_stand(*c)).collect();
        self.line(&format!("<{name}>{}</{name}>", escape(allowed.as_str())));
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, line: &str) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// Characters that XML 1.0 allows at all: others cannot even be escaped.
fn may_stand(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
