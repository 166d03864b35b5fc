//! Sections inside a section, and names that the user chose.

use toml::Spanned;
use toml::de::DeValue;

use super::{Named, Section, said};
use crate::place::At;
use crate::problem::Said;
use crate::schema::{Key, Kind, Shape, Table, join};
use crate::value;

impl<'d> Section<'d> {
    /// `[name]`; absent, it reads as all defaults.
    pub fn table(&self, schema: &'static Table) -> Section<'d> {
        self.opt_table(schema)
            .unwrap_or_else(|| self.open(schema, None, self.at, join(&self.path, schema.name)))
    }

    /// `[name]`, `None` when it is absent.
    pub fn opt_table(&self, schema: &'static Table) -> Option<Section<'d>> {
        let (key, value) = self.entry(schema.name)?;
        let path = join(&self.path, schema.name);
        let at = At(key.span().start);
        match value.get_ref() {
            DeValue::Table(table) => Some(self.open(schema, Some(table), at, path)),
            DeValue::Array(array)
                if array.iter().all(|item| item.get_ref().is_table()) && !array.is_empty() =>
            {
                self.problem_at(
                    at,
                    said(
                        format!("write [{path}] in single brackets: there is one"),
                        format!("请写单层方括号 [{path}]：只能有一个"),
                    ),
                );
                match array.first().map(Spanned::get_ref) {
                    Some(DeValue::Table(table)) => Some(self.open(schema, Some(table), at, path)),
                    _ => None,
                }
            }
            _ => {
                self.problem_at(
                    at,
                    said(
                        format!("`{path}` must be a section, written [{path}]"),
                        format!("`{path}` 必须是段，写作 [{path}]"),
                    ),
                );
                None
            }
        }
    }

    /// Every `[[name]]`, in the order of the file.
    pub fn tables(&self, schema: &'static Table) -> Vec<Section<'d>> {
        let Some((key, value)) = self.entry(schema.name) else {
            return Vec::new();
        };
        let path = join(&self.path, schema.name);
        let key_at = At(key.span().start);
        let wrong = || {
            said(
                format!("write [[{path}]] in double brackets: there can be several"),
                format!("请写双层方括号 [[{path}]]：可以有多个"),
            )
        };
        match value.get_ref() {
            DeValue::Table(table) => {
                self.problem_at(key_at, wrong());
                vec![self.open(schema, Some(table), key_at, path)]
            }
            DeValue::Array(array) => array
                .iter()
                .filter_map(|item| match item.get_ref() {
                    DeValue::Table(table) => {
                        Some(self.open(schema, Some(table), At(item.span().start), path.clone()))
                    }
                    _ => {
                        self.problem_at(At(item.span().start), wrong());
                        None
                    }
                })
                .collect(),
            _ => {
                self.problem_at(key_at, wrong());
                Vec::new()
            }
        }
    }

    /// Of a section made by [`Table::free`] over points: every name with its points, in the order of the file.
    pub fn named_points(&self) -> Vec<Named<'d, Vec<[f64; 2]>>> {
        self.named(|key, value| {
            let mut points = Vec::new();
            let mut wrong = Vec::new();
            let at = At(value.span().start);
            for item in value::elements(key, value.get_ref()).map_err(|said| vec![(at, said)])? {
                match value::point(key, item.get_ref()) {
                    Ok(point) => points.push(point),
                    Err(said) => wrong.push((At(item.span().start), said)),
                }
            }
            if wrong.is_empty() { Ok(points) } else { Err(wrong) }
        })
    }

    /// Of a section made by [`Table::free`] over texts: every name with its text, in the order of the file.
    pub fn named_texts(&self) -> Vec<Named<'d, String>> {
        self.named(|key, value| {
            value::text(key, value.get_ref())
                .map(str::to_owned)
                .map_err(|said| vec![(At(value.span().start), said)])
        })
    }

    /// Of a section made by [`Table::free_tables`]: every name with its section, in the order of the file.
    pub fn named_tables(&self) -> Vec<Named<'d, Section<'d>>> {
        let Shape::FreeTables = self.schema.shape else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (key, value) in self.in_file_order() {
            let at = At(key.span().start);
            let name = key.get_ref().as_ref();
            let path = join(&self.path, name);
            match value.get_ref() {
                DeValue::Table(table) => {
                    let (sink, schema) = (self.sink, self.schema);
                    let value = Self { sink, schema, table: Some(table), at, path, holds_chosen: false };
                    value.report_unknown();
                    found.push(Named { name, at, value });
                }
                _ => self.report_stray(name, at, None),
            }
        }
        found
    }

    fn named<T>(
        &self,
        read: impl Fn(&Key, &'d Spanned<DeValue<'d>>) -> Result<T, Vec<(At, Said)>>,
    ) -> Vec<Named<'d, T>> {
        let Shape::Free(free) = self.schema.shape else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (key, value) in self.in_file_order() {
            let at = At(key.span().start);
            let name: &'d str = key.get_ref().as_ref();
            if !value::plain_name(name) {
                self.problem_at(at, said(
                    format!("a name in [{}] must be 1 to 64 of a–z, A–Z, 0–9, `-`, `_` and `.`, and must not begin with a dot", self.path),
                    format!("[{}] 中的名称只能用 1 到 64 个字母 a–z、A–Z、数字、`-`、`_` 和 `.`，且不能以点开头", self.path),
                ));
                continue;
            }
            let list_wanted = matches!(free.kind, Kind::Points | Kind::Texts | Kind::Choices(_));
            if list_wanted != value.get_ref().is_array() {
                self.report_stray(name, at, Some((&free, value.get_ref())));
                continue;
            }
            // The schema cannot know the user's name, so the sentence gets it afterwards.
            match read(&Key { name: "", ..free }, value) {
                Ok(value) => found.push(Named { name, at, value }),
                Err(wrong) => {
                    for (at, wrong) in wrong {
                        self.problem_at(at, with_name(&wrong, name));
                    }
                }
            }
        }
        found
    }
}

/// Puts the user's name into a sentence that was made for a key without one.
pub(super) fn with_name(wrong: &Said, name: &str) -> Said {
    let word = format!("`{name}`");
    said(wrong.en.replacen("``", &word, 1), wrong.zh.replacen("``", &word, 1))
}
