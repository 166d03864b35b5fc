//! One section of the file: where values are taken from.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::place::At;
use crate::problem::Said;
use crate::read::Sink;
use crate::schema::{Key, Kind, Presence, Shape, Table};
use crate::secret::Secret;
use crate::value;

mod inner;
mod unknown;

use unknown::zh_in;

/// A section that stands in the file, or one that is absent and reads as all defaults.
pub struct Section<'d> {
    sink: &'d Sink,
    schema: &'static Table,
    table: Option<&'d DeTable<'d>>,
    at: At,
    /// Dotted path as written, such as `camera.rule.loitering`.
    path: String,
    /// Whether its keys are names that the user chooses, with a section behind each.
    holds_chosen: bool,
}

/// A value under a name that the user chose.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<'d, T> {
    /// The name.
    pub name: &'d str,
    /// Where it stands.
    pub at: At,
    /// What it names.
    pub value: T,
}

impl<'d> Section<'d> {
    pub(crate) fn root(sink: &'d Sink, table: &'d DeTable<'d>, schema: &'static Table) -> Self {
        let section =
            Self { sink, schema, table: Some(table), at: At(0), path: String::new(), holds_chosen: false };
        section.report_unknown();
        section
    }

    fn open(&self, schema: &'static Table, table: Option<&'d DeTable<'d>>, at: At, path: String) -> Self {
        let holds_chosen = matches!(schema.shape, Shape::FreeTables);
        let section = Self { sink: self.sink, schema, table, at, path, holds_chosen };
        section.report_unknown();
        section
    }

    // ── places and problems ──

    /// Whether the section stands in the file.
    pub fn is_given(&self) -> bool {
        self.table.is_some()
    }

    /// Whether the key stands in the file.
    pub fn given(&self, key: &Key) -> bool {
        self.entry(key.name).is_some()
    }

    /// Where the section begins.
    pub fn here(&self) -> At {
        self.at
    }

    /// Where the key's value stands; the section's begin when it is absent.
    pub fn at(&self, key: &Key) -> At {
        self.entry(key.name).map_or(self.at, |(_, value)| At(value.span().start))
    }

    /// Says at the key's place what only the caller can know to be wrong.
    pub fn problem(&self, key: &Key, said: impl Into<Said>) {
        self.problem_at(self.at(key), said);
    }

    /// Says it at the begin of the section.
    pub fn problem_here(&self, said: impl Into<Said>) {
        self.problem_at(self.at, said);
    }

    /// Says it at any place of this file.
    pub fn problem_at(&self, at: At, said: impl Into<Said>) {
        self.sink.add(at, said.into(), false);
    }

    // ── values: neutral when required and missing or wrong, the default when wrong ──

    /// A number.
    pub fn float(&self, key: &Key) -> f64 {
        self.opt_float(key).unwrap_or_default()
    }

    /// A number, `None` when it is absent without a default, or wrong.
    pub fn opt_float(&self, key: &Key) -> Option<f64> {
        self.take(key, |value, _| value::float(key, value))
    }

    /// A number of seconds (minutes, … by its name: this reads seconds) as a duration.
    pub fn secs(&self, key: &Key) -> Duration {
        self.opt_secs(key).unwrap_or_default()
    }

    /// As [`Section::secs`], `None` when it is absent without a default, or wrong.
    pub fn opt_secs(&self, key: &Key) -> Option<Duration> {
        self.opt_float(key).and_then(|secs| Duration::try_from_secs_f64(secs).ok())
    }

    /// A whole number.
    pub fn int(&self, key: &Key) -> i64 {
        self.opt_int(key).unwrap_or_default()
    }

    /// A whole number, `None` when it is absent without a default, or wrong.
    pub fn opt_int(&self, key: &Key) -> Option<i64> {
        self.take(key, |value, _| value::int(key, value))
    }

    /// A whole number that its range keeps from being negative; larger than `u32` reads as the largest.
    pub fn count(&self, key: &Key) -> u32 {
        u32::try_from(self.int(key).max(0)).unwrap_or(u32::MAX)
    }

    /// `true` or `false`.
    pub fn bool(&self, key: &Key) -> bool {
        self.take(key, |value, _| value::boolean(key, value)).unwrap_or_default()
    }

    /// A text, name, path or URL.
    pub fn text(&self, key: &Key) -> String {
        self.opt_text(key).unwrap_or_default()
    }

    /// A text, `None` when it is absent without a default, or wrong.
    pub fn opt_text(&self, key: &Key) -> Option<String> {
        self.take(key, |value, _| value::text(key, value).map(str::to_owned))
    }

    /// A path, as written.
    pub fn path(&self, key: &Key) -> PathBuf {
        PathBuf::from(self.text(key))
    }

    /// A path, `None` when it is absent without a default, or wrong.
    pub fn opt_path(&self, key: &Key) -> Option<PathBuf> {
        self.opt_text(key).map(PathBuf::from)
    }

    /// An address and port, `None` when it is absent without a default, or wrong.
    pub fn opt_socket(&self, key: &Key) -> Option<SocketAddr> {
        self.opt_text(key).and_then(|text| text.parse().ok())
    }

    /// A secret, `None` when it is absent or wrong.
    pub fn opt_secret(&self, key: &Key) -> Option<Secret> {
        self.opt_text(key).map(Secret::new)
    }

    /// One of the key's words; the first of them when required and missing or wrong.
    pub fn choice(&self, key: &Key) -> &'static str {
        let first = match key.kind {
            Kind::Choice(words) => words.first().copied().unwrap_or_default(),
            _ => "",
        };
        self.opt_choice(key).unwrap_or(first)
    }

    /// One of the key's words, `None` when it is absent without a default, or wrong.
    pub fn opt_choice(&self, key: &Key) -> Option<&'static str> {
        self.take(key, |value, _| value::word(key, value))
    }

    /// Some of the key's words, each at most once, in the order written; `None` when it is absent without a default, or
    /// any word of it is wrong.
    pub fn choices(&self, key: &Key) -> Option<Vec<&'static str>> {
        self.whole(key, self.elements(key, |item| value::word(key, item), true)?)
    }

    /// A list of texts.
    pub fn texts(&self, key: &Key) -> Vec<String> {
        self.elements(key, |item| value::text(key, item).map(str::to_owned), false).unwrap_or_default()
    }

    /// A list of whole numbers.
    pub fn ints(&self, key: &Key) -> Vec<i64> {
        self.elements(key, |item| value::int(key, item), false).unwrap_or_default()
    }

    /// A list of `[x, y]`, `None` when it is absent without a default, or any point of it is wrong.
    pub fn points(&self, key: &Key) -> Option<Vec<[f64; 2]>> {
        self.whole(key, self.elements(key, |item| value::point(key, item), false)?)
    }

    // ── inside ──

    /// What was read of a list, if that is all of it.
    fn whole<T>(&self, key: &Key, read: Vec<T>) -> Option<Vec<T>> {
        let given =
            self.entry(key.name).map_or(0, |(_, value)| value.get_ref().as_array().map_or(0, |a| a.len()));
        (given == 0 || read.len() == given).then_some(read)
    }

    pub(crate) fn header(&self) -> String {
        match self.schema.shape {
            _ if self.path.is_empty() => self.schema.header(""),
            Shape::Many => format!("[[{}]]", self.path),
            _ => format!("[{}]", self.path),
        }
    }

    fn in_file_order(&self) -> Vec<(&'d Spanned<DeString<'d>>, &'d Spanned<DeValue<'d>>)> {
        let mut entries: Vec<_> = self.table.into_iter().flat_map(|table| table.iter()).collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
    }

    fn entry(&self, name: &str) -> Option<(&'d Spanned<DeString<'d>>, &'d Spanned<DeValue<'d>>)> {
        self.table?.iter().find(|(key, _)| key.get_ref() == name)
    }

    fn keep<T>(&self, at: At, result: Result<T, Said>) -> Option<T> {
        result.map_err(|said| self.problem_at(at, said)).ok()
    }

    /// The given value, or the default; a wrong value is reported and reads as the default.
    fn take<T>(&self, key: &Key, read: impl Fn(&DeValue<'_>, At) -> Result<T, Said>) -> Option<T> {
        debug_assert!(
            self.schema.all_keys().any(|known| known.name == key.name),
            "`{}` is read but is not in the table of {}",
            key.name,
            self.header()
        );
        if let Some((_, value)) = self.entry(key.name) {
            let at = At(value.span().start);
            if let Some(good) = self.keep(at, read(value.get_ref(), at)) {
                return Some(good);
            }
        }
        match key.presence {
            Presence::Default(literal) => {
                DeValue::parse(literal).ok().and_then(|value| read(value.get_ref(), self.at).ok())
            }
            Presence::Optional => None,
            Presence::Required => {
                if !self.given(key) {
                    let here = self.header();
                    self.sink.add(
                        self.at,
                        said(
                            format!("`{}` is missing in {here}", key.name),
                            format!("{}缺少 `{}`", zh_in(&here), key.name),
                        ),
                        true,
                    );
                }
                None
            }
        }
    }

    fn elements<T: PartialEq>(
        &self,
        key: &Key,
        read: impl Fn(&DeValue<'_>) -> Result<T, Said>,
        once: bool,
    ) -> Option<Vec<T>> {
        self.take(key, |value, at| {
            let mut items = Vec::new();
            for item in value::elements(key, value)? {
                // The place of an element of a default means nothing, and no default is wrong.
                let item_at = if at == self.at { at } else { At(item.span().start) };
                let Some(good) = self.keep(item_at, read(item.get_ref())) else { continue };
                if once && items.contains(&good) {
                    self.problem_at(
                        item_at,
                        said(
                            format!("`{}` names this twice", key.name),
                            format!("`{}` 重复列出了此项", key.name),
                        ),
                    );
                } else {
                    items.push(good);
                }
            }
            Ok(items)
        })
    }
}

fn said(en: String, zh: String) -> Said {
    Said { en, zh }
}
