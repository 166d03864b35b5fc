//! Video in: real files, a real RTSP server, and servers that are none.

#[path = "ingest/evidence.rs"]
mod evidence;
#[path = "ingest/faults.rs"]
mod faults;
#[path = "ingest/files.rs"]
mod files;
#[path = "ingest/live.rs"]
mod live;
#[path = "ingest/rig.rs"]
mod rig;
