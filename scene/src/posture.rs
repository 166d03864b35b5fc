//! How a person holds himself, read off his joints.

use crate::facts::Pose;
use crate::geometry::{Bounds, Point};

/// Joints below this are guesses (model card: .25 to .3).
const SURE: f32 = 0.2;
/// Trunks of people score .5 to .8, of what only looks like one .1 to .4 (GMDCSA24, harish, vtest; measured).
const PERSON: f32 = 0.5;
/// Length of the trunk from shoulders to hips / body height: .818 - .530 (Drillis & Contini 1966, standing adults).
const TRUNK: f64 = 0.288;

const SHOULDERS: [usize; 2] = [5, 6];
const HIPS: [usize; 2] = [11, 12];

/// Trunk and extent of a body; lengths in frame heights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Posture {
    /// Height of the shoulders' middle in the frame, downwards.
    pub shoulders_y: f64,
    /// The same of the hips.
    pub hips_y: f64,
    /// How far the trunk leans: 0 upright, 90 level, 180 head down.
    pub lean_deg: f64,
    /// Length of the trunk as seen; foreshortened when it points at the camera.
    pub trunk: f64,
    /// Mean score of the trunk's joints.
    pub score: f32,
    /// Around all joints that are sure.
    pub bounds: Bounds,
}

impl Posture {
    /// None unless shoulders and hips are known.
    pub(crate) fn of(pose: &Pose, aspect: f64) -> Option<Self> {
        let middle = |pair: [usize; 2]| -> Option<(Point, f32)> {
            let sure = pair.map(|joint| pose.joints[joint]).into_iter().filter(|j| j.score >= SURE);
            let (mut x, mut y, mut score, mut count) = (0.0, 0.0, 0.0, 0.0);
            for joint in sure {
                x += joint.at.x;
                y += joint.at.y;
                score += joint.score;
                count += 1.0;
            }
            (count > 0.0).then(|| (Point::new(x / count, y / count), score / count as f32))
        };
        let ((shoulders, upper), (hips, lower)) = (middle(SHOULDERS)?, middle(HIPS)?);
        let (across, up) = ((shoulders.x - hips.x) * aspect, hips.y - shoulders.y);
        let sure = pose.joints.iter().filter(|joint| joint.score >= SURE);
        let bounds = sure.map(|j| Bounds::new(j.at.x, j.at.y, 0.0, 0.0)).reduce(|a, b| a.union(&b))?;
        Some(Self {
            shoulders_y: shoulders.y,
            hips_y: hips.y,
            lean_deg: across.abs().atan2(up).to_degrees(),
            trunk: across.hypot(up),
            score: f32::midpoint(upper, lower),
            bounds,
        })
    }

    /// These are the joints of somebody who stands or sits upright in `bounds`: furniture that a detector takes for a
    /// person has at most a few joints that score half as much.
    pub(crate) fn is_upright_person(&self, bounds: &Bounds) -> bool {
        self.score >= PERSON && self.lean_deg < 45.0 && self.bounds.iou(bounds) >= 0.3
    }

    /// Body height that a trunk of this length has when it is not foreshortened: never more than the true one.
    pub(crate) fn stature(&self) -> f64 {
        self.trunk / TRUNK
    }
}
