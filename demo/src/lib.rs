//! Real cameras for demo and tests: an RTSP server that loops clips, and the one-command demo.

pub mod clips;
pub mod rtsp;
