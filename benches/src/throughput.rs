//! What cameras cost: CPU time, memory and delay of the edge with live cameras, beside the floor of the same run and, on request, beside what others do.
//!
//! ```text
//! clips ─▶ RTSP cameras ─▶ xunge-edge run ─▶ Mosquitto ─▶ alerts, timed
//!   ├────▶ the usual Python stack
//!   └────▶ floor: decode only, detect only
//! ```
//!
//! Times of shared machines drift by a fifth from hour to hour: only ratios within one run are worth comparing.

pub mod broker;
pub mod clips;
pub mod edge;
pub mod floor;
pub mod metrics;
pub mod peer;
pub mod process;
pub mod report;
