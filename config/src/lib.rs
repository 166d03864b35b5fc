//! Reads TOML so that every mistake is named at once, with file, line and the nearest valid key.
//!
//! A program says what its file may hold in constant tables: [`Key`]s grouped in [`Table`]s. The same tables
//! drive the reading (types, ranges, defaults, unknown keys), the messages and the generated reference, so the
//! three cannot disagree. Nothing here uses serde: with tagged enums it loses the line of every mistake.
//!
//! # Writing a part of a configuration
//!
//! ```
//! use xunge_config::{Key, Problems, Section, Table, read};
//!
//! const NAME: Key = Key::name("name").required().doc("Name of the rule", "规则名称").example("\"gate-loiter\"");
//! const DWELL_SECS: Key = Key::float("dwell_secs").default("60").range(1.0, 86_400.0).unit("s")
//!     .doc("How long the same person stays before it counts", "同一人停留多久算徘徊");
//! const DIRECTION: Key = Key::choice("direction", &["any", "left_to_right"]).default("\"any\"")
//!     .doc("Which way counts", "报警方向");
//!
//! /// `[[camera.rule.loitering]]`: any number of them.
//! pub static LOITERING: Table =
//!     Table::many("loitering", &[&[NAME, DWELL_SECS, DIRECTION]]).doc("The same person stays", "徘徊");
//! /// `[camera.zone]`: names chosen by the user, each a list of points.
//! pub static ZONE: Table = Table::free("zone", Key::points("").doc("corners, in order", "按顺序的顶点"))
//!     .doc("Named areas of the picture", "命名区域");
//! pub static RULE: Table = Table::one("rule", &[]).tables(&[&LOITERING]).doc("Rules by behavior", "按行为分组的规则");
//! pub static ROOT: Table = Table::one("", &[]).tables(&[&ZONE, &RULE]);
//!
//! struct Loitering { name: String, dwell_secs: f64, direction: &'static str }
//!
//! fn loitering(section: &Section<'_>) -> Loitering {
//!     let name = section.text(&NAME);
//!     if name == "all" {
//!         // What only the caller can know is said at the place of that key; (English, Chinese).
//!         section.problem(&NAME, ("`all` is reserved: choose another name", "`all` 是保留名，请换一个"));
//!     }
//!     Loitering { name, dwell_secs: section.float(&DWELL_SECS), direction: section.choice(&DIRECTION) }
//! }
//!
//! let text = "[zone]\nlawn = [[0.1, 0.5], [0.5, 0.5], [0.3, 0.9]]\n[[rule.loitering]]\nname = \"a\"\ndwel_secs = 9\n";
//! let (rules, problems) = read("edge.toml", text, &ROOT, |root| {
//!     for zone in root.table(&ZONE).named_points() {
//!         assert_eq!((zone.name, zone.value.len()), ("lawn", 3));
//!     }
//!     let rule = root.table(&RULE);
//!     rule.tables(&LOITERING).iter().map(loitering).collect::<Vec<_>>()
//! });
//! assert_eq!((rules[0].name.as_str(), rules[0].dwell_secs, rules[0].direction), ("a", 60.0, "any"));
//! assert_eq!(problems.english(),
//!     "edge.toml:5:1: unknown key `dwel_secs` in [[rule.loitering]]; did you mean `dwell_secs`?");
//! ```
//!
//! Rules of the house:
//! - Opening a section reports what its table does not know. Reading a key reports a wrong type or range and goes
//!   on with the default, so one run names every mistake. A problem never stops the reading.
//! - `section.text(&KEY)` and its like return a neutral value (`""`, `0`) when a required key is missing or wrong.
//!   Use `opt_text` and its like where a follow-up check on that neutral value would only add noise.
//! - A crate whose part stands inside another's section exports its tables as `pub static TABLES: &[&Table]` (the owner
//!   lists them in its own table) and a function that is given the owner's section: the behaviors' crate exports
//!   `[camera.zone]`, `[camera.line]`, `[camera.rule]` and is given each `[[camera]]`.
//! - Common keys of several sections are a `const COMMON: &[Key]`, given as one more list in `Table::many(.., &[COMMON, OWN])`.
//! - Values of secret keys and URLs are never part of a message.
//! - Every table must pass [`schema_faults`] in a test, and stand in the reference ([`reference`]).

mod nearest;
mod place;
mod problem;
mod read;
pub mod reference;
mod schema;
mod secret;
mod section;
mod url;
mod value;

pub use nearest::{nearest, unknown_name};
pub use place::At;
pub use problem::{Problem, Problems, Said};
pub use read::{MAX_FILE_BYTES, load, read};
pub use schema::{Key, Kind, Presence, Refusal, Shape, Table, schema_faults};
pub use secret::Secret;
pub use section::{Named, Section};
pub use url::{Url, url};
pub use value::plain_name;
