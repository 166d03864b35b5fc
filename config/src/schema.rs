//! What a file may hold, as constant data: keys in tables, tables in tables.

use crate::value;

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A number; whole numbers are taken too.
    Float,
    /// A whole number.
    Int,
    /// `true` or `false`.
    Bool,
    /// Any text. A range bounds its length in characters.
    Text,
    /// 1 to 64 of a–z, A–Z, 0–9, `-`, `_` and `.`: what may stand in topics and paths.
    Name,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of these words, each at most once.
    Choices(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// A list of whole numbers. A range bounds each of them.
    Ints,
    /// A list of `[x, y]`.
    Points,
    /// A URL with one of these schemes. Never quoted in a message; a password inside is refused.
    Url(&'static [&'static str]),
    /// A path of a file or folder.
    Path,
    /// An address and port to listen on.
    Socket,
}

/// What happens when a key is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Absent is a problem.
    Required,
    /// Absent is `None`.
    Optional,
    /// Absent reads as this TOML literal.
    Default(&'static str),
}

/// One key of a table.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As written in the file.
    pub name: &'static str,
    /// What its value must be.
    pub kind: Kind,
    /// What happens when it is absent.
    pub presence: Presence,
    /// Unit of a number, such as `s`; empty when it has none.
    pub unit: &'static str,
    /// Smallest and largest number (or length of a text), both allowed.
    pub range: Option<(f64, f64)>,
    /// Its value is never quoted.
    pub secret: bool,
    /// A TOML literal for messages and the reference, where there is no default that shows the form.
    pub example: &'static str,
    /// One line of English for the reference.
    pub en: &'static str,
    /// One line of Chinese for the reference.
    pub zh: &'static str,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $kind:expr;)*) => {$(
        $(#[$doc])*
        pub const fn $name(name: &'static str) -> Self { Self::new(name, $kind) }
    )*};
}

impl Key {
    /// An optional key of this kind.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            presence: Presence::Optional,
            unit: "",
            range: None,
            secret: false,
            example: "",
            en: "",
            zh: "",
        }
    }

    constructors! {
        /// A number.
        float => Kind::Float;
        /// A whole number.
        int => Kind::Int;
        /// `true` or `false`.
        bool => Kind::Bool;
        /// Any text.
        text => Kind::Text;
        /// A name that may stand in topics and paths.
        name => Kind::Name;
        /// A list of texts.
        texts => Kind::Texts;
        /// A list of whole numbers.
        ints => Kind::Ints;
        /// A list of `[x, y]`.
        points => Kind::Points;
        /// A path of a file or folder.
        path => Kind::Path;
        /// An address and port to listen on.
        socket => Kind::Socket;
    }

    /// One of these words.
    pub const fn choice(name: &'static str, words: &'static [&'static str]) -> Self {
        Self::new(name, Kind::Choice(words))
    }

    /// A list of these words.
    pub const fn choices(name: &'static str, words: &'static [&'static str]) -> Self {
        Self::new(name, Kind::Choices(words))
    }

    /// A URL with one of these schemes.
    pub const fn url(name: &'static str, schemes: &'static [&'static str]) -> Self {
        Self::new(name, Kind::Url(schemes))
    }

    /// Absent is a problem.
    pub const fn required(mut self) -> Self {
        self.presence = Presence::Required;
        self
    }

    /// Absent reads as this TOML literal (a text needs its quotes: `"\"any\""`).
    pub const fn default(mut self, literal: &'static str) -> Self {
        self.presence = Presence::Default(literal);
        self
    }

    /// Unit of a number, for messages and the reference.
    pub const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// Smallest and largest number (or length of a text), both allowed.
    pub const fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// Its value is never quoted.
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// A TOML literal that shows the form.
    pub const fn example(mut self, literal: &'static str) -> Self {
        self.example = literal;
        self
    }

    /// One line each of English and Chinese for the reference.
    pub const fn doc(mut self, en: &'static str, zh: &'static str) -> Self {
        self.en = en;
        self.zh = zh;
        self
    }
}

/// How often a table stands in the file.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// `[name]`, once.
    One,
    /// `[[name]]`, any number of times.
    Many,
    /// `[name]`, whose keys are names that the user chooses, each with a value of this kind.
    Free(Key),
    /// `[name.<chosen>]`: tables under names that the user chooses.
    FreeTables,
}

/// A word that people expect in a section and that has no meaning there, with the reason: better than a bare "unknown".
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    /// As written in the file.
    pub name: &'static str,
    /// Why not, and what to do: the end of an English sentence.
    pub en: &'static str,
    /// The same in Chinese.
    pub zh: &'static str,
}

impl Refusal {
    /// `name` is refused because …
    pub const fn new(name: &'static str, en: &'static str, zh: &'static str) -> Self {
        Self { name, en, zh }
    }
}

/// A section of the file.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// As written in the file; empty for the top of the file.
    pub name: &'static str,
    /// How often it stands in the file.
    pub shape: Shape,
    /// Its keys, in the order of the reference. Several lists, so that sections can share one.
    pub keys: &'static [&'static [Key]],
    /// Sections inside it.
    pub tables: &'static [&'static Table],
    /// Words that are refused with a reason.
    pub refused: &'static [Refusal],
    /// A sentence of English for the reference.
    pub en: &'static str,
    /// A sentence of Chinese for the reference.
    pub zh: &'static str,
}

impl Table {
    const fn new(name: &'static str, shape: Shape, keys: &'static [&'static [Key]]) -> Self {
        Self { name, shape, keys, tables: &[], refused: &[], en: "", zh: "" }
    }

    /// `[name]`, once.
    pub const fn one(name: &'static str, keys: &'static [&'static [Key]]) -> Self {
        Self::new(name, Shape::One, keys)
    }

    /// `[[name]]`, any number of times.
    pub const fn many(name: &'static str, keys: &'static [&'static [Key]]) -> Self {
        Self::new(name, Shape::Many, keys)
    }

    /// `[name]` with names that the user chooses; `value` says what stands behind each (its own name is not used).
    pub const fn free(name: &'static str, value: Key) -> Self {
        Self::new(name, Shape::Free(value), &[])
    }

    /// `[name.<chosen>]`: tables with these keys under names that the user chooses.
    pub const fn free_tables(name: &'static str, keys: &'static [&'static [Key]]) -> Self {
        Self::new(name, Shape::FreeTables, keys)
    }

    /// Sections inside it.
    pub const fn tables(mut self, tables: &'static [&'static Table]) -> Self {
        self.tables = tables;
        self
    }

    /// Words that are refused with a reason.
    pub const fn refuses(mut self, refused: &'static [Refusal]) -> Self {
        self.refused = refused;
        self
    }

    /// A sentence each of English and Chinese for the reference.
    pub const fn doc(mut self, en: &'static str, zh: &'static str) -> Self {
        self.en = en;
        self.zh = zh;
        self
    }

    /// All keys, in order.
    pub fn all_keys(&self) -> impl Iterator<Item = &'static Key> + use<> {
        self.keys.iter().flat_map(|list| list.iter())
    }

    /// How its header is written below `parent` (a dotted path, empty for the top).
    pub fn header(&self, parent: &str) -> String {
        let path = join(parent, self.name);
        match self.shape {
            _ if path.is_empty() => "the top of the file".to_owned(),
            Shape::Many => format!("[[{path}]]"),
            Shape::One | Shape::Free(_) => format!("[{path}]"),
            Shape::FreeTables => format!("[{path}.NAME]"),
        }
    }
}

/// Joins two parts of a dotted path.
pub(crate) fn join(parent: &str, name: &str) -> String {
    match (parent, name) {
        ("", name) => name.to_owned(),
        (parent, "") => parent.to_owned(),
        (parent, name) => format!("{parent}.{name}"),
    }
}

/// What is wrong with a table itself: a default that its own key would refuse, a key named twice, a missing doc.
/// Empty when all is well; every table belongs in a test that says so.
pub fn schema_faults(table: &Table) -> Vec<String> {
    let mut faults = Vec::new();
    collect_faults(table, "", &mut faults);
    faults
}

fn collect_faults(table: &Table, parent: &str, faults: &mut Vec<String>) {
    let header = table.header(parent);
    let path = join(parent, table.name);
    if !path.is_empty() && (table.en.is_empty() || table.zh.is_empty()) {
        faults.push(format!("{header} has no doc in both languages"));
    }
    let mut names: Vec<&str> = Vec::new();
    let free = match &table.shape {
        Shape::Free(key) => Some(key),
        _ => None,
    };
    let keys: Vec<&Key> = table.all_keys().map(|key| -> &Key { key }).chain(free).collect();
    for key in keys {
        let label = format!("`{}` in {header}", key.name);
        if free.is_none() && names.contains(&key.name) {
            faults.push(format!("{label} stands there twice"));
        }
        names.push(key.name);
        if key.en.is_empty() || key.zh.is_empty() {
            faults.push(format!("{label} has no doc in both languages"));
        }
        if key.range.is_some_and(|(low, high)| low.is_nan() || high.is_nan() || low > high) {
            faults.push(format!("{label} has a range that holds nothing"));
        }
        let literals = [("default", default_of(key)), ("example", key.example)];
        for (what, literal) in literals.into_iter().filter(|(_, literal)| !literal.is_empty()) {
            if let Err(said) = value::check_literal(key, literal) {
                faults.push(format!("{label}: its own {what} is refused: {}", said.en));
            }
        }
    }
    for refused in table.refused {
        if names.contains(&refused.name) {
            faults.push(format!("`{}` in {header} is refused and stands there", refused.name));
        }
        if refused.en.is_empty() || refused.zh.is_empty() {
            faults.push(format!(
                "`{}` in {header} is refused without a reason in both languages",
                refused.name
            ));
        }
    }
    for inner in table.tables {
        if names.contains(&inner.name) {
            faults.push(format!("`{}` in {header} stands there twice", inner.name));
        }
        names.push(inner.name);
        collect_faults(inner, &path, faults);
    }
}

fn default_of(key: &Key) -> &'static str {
    match key.presence {
        Presence::Default(literal) => literal,
        Presence::Required | Presence::Optional => "",
    }
}
