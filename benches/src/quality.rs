//! Detection quality on labelled video.
