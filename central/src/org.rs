//! The organisation: regions down to grids, their people and duty, cameras and where they stand. Pure, but for what the
//! store keeps of it.

pub mod calendar;
pub mod catalogue;
pub mod find;
pub mod import;
mod place;
pub mod region;
mod resource;
pub mod roster;

pub use calendar::{Calendar, Span};
pub use catalogue::{Catalogue, Category};
pub use place::{Atlas, CameraPlace, PlaceKind, Position};
pub use region::{Level, Region};
pub use resource::{Near, Resource, ResourceKind, nearest};
pub use roster::Roster;
