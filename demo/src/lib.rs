//! Real cameras and a whole organisation for demo and tests: an RTSP server that loops clips, a town, and the one-command demo.

pub mod clips;
pub mod rtsp;
pub mod town;
