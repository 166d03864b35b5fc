//! The organisation: regions down to grids, their people and duty, cameras and where they stand. Pure, but for what the
//! store keeps of it.

pub mod calendar;
pub mod import;
mod place;
pub mod region;

pub use calendar::{Calendar, Span};
pub use place::{Atlas, CameraPlace, PlaceKind, Position};
pub use region::{Level, Region};
