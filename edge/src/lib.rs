//! The daemon on the camera gateway: video in, durable alerts out.
