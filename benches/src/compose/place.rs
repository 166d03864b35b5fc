//! What has to be known about the place that the footage shows, and cannot be measured in it.
//!
//! All coordinates are pixels of the footage.

use super::cutout::Area;

/// Size of the footage.
pub const SIZE: (usize, usize) = (768, 576);
/// Fewer pictures than this are not the footage.
pub const MIN_PICTURES: usize = 600;
/// Focal length: walkers are as fast away from the camera as across with it.
pub const FOCAL_PX: f64 = 1100.0;

/// Something that stands on the ground and hides who passes behind it.
#[derive(Debug, Clone, Copy)]
pub struct Obstacle {
    /// Outline, as one or several convex parts.
    pub parts: &'static [&'static [(f64, f64)]],
    /// Row where it meets the ground.
    pub foot_y: f64,
    /// Only pixels of the plate that are darker than this belong to it; 255: all.
    pub darker_than: u8,
}

/// The rock at the kerb, the lamp post with its sign, and the tripod on the lawn.
pub const OBSTACLES: &[Obstacle] = &[
    Obstacle {
        parts: &[&[
            (162.0, 274.0),
            (164.0, 264.0),
            (172.0, 252.0),
            (182.0, 250.0),
            (190.0, 257.0),
            (193.0, 271.0),
            (184.0, 276.0),
        ]],
        foot_y: 275.0,
        darker_than: 255,
    },
    Obstacle {
        parts: &[
            &[(397.0, 33.0), (412.0, 23.0), (439.0, 25.0), (439.0, 38.0), (420.0, 40.0), (402.0, 37.0)],
            &[(396.5, 34.0), (399.5, 34.0), (428.0, 87.0), (428.0, 103.0), (424.0, 103.0), (424.0, 90.0)],
            &[(423.0, 101.0), (429.0, 101.0), (434.0, 343.0), (428.5, 343.0)],
            &[(428.0, 340.0), (437.5, 340.0), (438.5, 391.0), (429.0, 391.0)],
            &[(413.0, 203.0), (445.0, 203.0), (446.0, 243.5), (414.0, 243.5)],
        ],
        foot_y: 391.0,
        darker_than: 255,
    },
    Obstacle {
        parts: &[
            &[(500.0, 337.0), (513.0, 337.0), (513.0, 358.0), (500.0, 358.0)],
            &[(501.0, 352.0), (508.0, 352.0), (508.0, 390.0), (499.0, 390.0)],
            &[(500.0, 376.0), (508.0, 376.0), (462.0, 471.0), (457.0, 469.0)],
            &[(501.0, 376.0), (510.0, 376.0), (526.0, 482.0), (519.0, 482.0)],
            &[(502.0, 380.0), (508.0, 380.0), (510.5, 452.0), (505.0, 452.0)],
        ],
        foot_y: 474.0,
        darker_than: 62,
    },
];

/// Areas and the row of the feet of what is in them: nobody who is overlapped by one and stands behind it can be cut out
/// whole.
pub const CLUTTER: &[(Area, f64)] = &[
    // lamp post, sign
    ((409.0, 20.0, 450.0, 395.0), 395.0),
    // barrier tape that flutters, cones
    ((0.0, 160.0, 450.0, 215.0), 576.0),
    ((440.0, 130.0, 612.0, 205.0), 576.0),
    // tripods
    ((456.0, 336.0, 528.0, 484.0), 484.0),
    ((428.0, 116.0, 466.0, 180.0), 180.0),
    // van, car
    ((650.0, 40.0, 768.0, 96.0), 96.0),
    // signs at the kerb
    ((735.0, 150.0, 768.0, 222.0), 222.0),
];

/// Ways into and out of the picture: places just outside it, with the feet on ground that people walk on.
pub mod gates {
    /// The road at the left edge.
    pub const WEST: (f64, f64) = (-32.0, 226.0);
    /// The lawn at the left edge.
    pub const LAWN_WEST: (f64, f64) = (-48.0, 400.0);
    /// The lawn below the picture.
    pub const SOUTH: (f64, f64) = (250.0, 800.0);
    /// The road below the picture at the right.
    pub const SOUTH_EAST: (f64, f64) = (800.0, 440.0);
    /// The road at the right edge.
    pub const EAST: (f64, f64) = (812.0, 330.0);
    /// All of them.
    pub const ALL: [(f64, f64); 5] = [WEST, LAWN_WEST, SOUTH, SOUTH_EAST, EAST];
}
