//! What happens in front of one camera: geometry, tracks, behaviors. Pure: no clock, disk, socket or pixel.
