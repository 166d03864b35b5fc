//! Labelled scenes composed from real footage, for what real clips lack.
//!
//! The footage (PETS2009 S2.L1 view 1, which `make setup` fetches) gives an empty [`plate`], people cut out of it with
//! soft edges ([`people`]) and the perspective ([`perspective`]). A [`scene::Scene`] puts people, objects, light and
//! mishaps of the camera on the plate; [`render`] makes its pictures and [`film`] codes them as a camera would. What
//! happens in them goes into one [`truth`] file. The same seed gives the same pictures.

pub mod act;
pub mod actor;
pub mod bag;
pub mod cutout;
pub mod film;
pub mod foliage;
pub mod footage;
pub mod light;
pub mod link;
pub mod material;
pub mod matte;
pub mod people;
pub mod perspective;
pub mod place;
pub mod plate;
pub mod produce;
pub mod prop;
pub mod random;
pub mod raster;
pub mod render;
pub mod scene;
pub mod sensor;
pub mod sets;
pub mod texture;
pub mod truth;
pub mod view;
