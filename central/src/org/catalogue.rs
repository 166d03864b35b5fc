//! 事件分类: what cases are called, in three steps (大类, 中类, 小类), with how each is handled and in what time.
//!
//! Codes are a table, not an algorithm: cities number them differently.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::Span;
use crate::case::Class;

/// A kind of case (小类).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Category {
    /// Code, as the city numbers it.
    pub code: String,
    /// 大类.
    pub large: String,
    /// 中类.
    pub middle: String,
    /// 小类.
    pub small: String,
    /// How it is handled, where whoever files it says nothing else.
    pub class: Option<Class>,
    /// How long handling may take, instead of what its urgency says.
    #[serde(serialize_with = "written")]
    #[schema(value_type = Option<String>, example = "2h")]
    pub handle: Option<Span>,
    /// Behaviors that usually are of this kind.
    pub behaviors: Vec<String>,
}

fn written<S: Serializer>(span: &Option<Span>, serializer: S) -> Result<S::Ok, S::Error> {
    span.map(|span| span.to_string()).serialize(serializer)
}

/// All kinds of cases, by their codes. An empty one takes any code.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue(BTreeMap<String, Category>);

impl Catalogue {
    /// The kind with this code.
    pub fn get(&self, code: &str) -> Option<&Category> {
        self.0.get(code)
    }

    /// Whether a case may be filed under this code.
    pub fn takes(&self, code: &str) -> bool {
        self.0.is_empty() || self.0.contains_key(code)
    }

    /// All of them, by code.
    pub fn all(&self) -> impl Iterator<Item = &Category> {
        self.0.values()
    }
}

impl FromIterator<Category> for Catalogue {
    fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
        Self(categories.into_iter().map(|category| (category.code.clone(), category)).collect())
    }
}
