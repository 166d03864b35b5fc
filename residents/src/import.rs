//! What a table says of residents. Pure: which column is what, and what a row comes to, or why it is none.

mod cell;
mod column;
mod row;

pub use column::{COLUMNS, Column, Mapping};
pub use row::{Unfit, Update, read};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is wrong with a row, and what to do about it. It never holds a whole number of anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportProblem)]
pub struct Problem {
    /// Line of the file, from 1; in a workbook the row. 0 is the file as a whole.
    pub line: u64,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Problem {
    /// At a line.
    pub fn new(line: u64, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { line, zh: zh.into(), en: en.into() }
    }
}

#[cfg(test)]
mod tests;
