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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{KEYPOINTS, Keypoint};

    /// Shoulders and hips there, all joints of this score.
    fn pose(shoulders: Point, hips: Point, score: f32) -> Pose {
        let mut joints = [Keypoint::default(); KEYPOINTS];
        for (pair, at) in [(SHOULDERS, shoulders), (HIPS, hips)] {
            for (joint, side) in pair.into_iter().zip([-0.01, 0.01]) {
                joints[joint] = Keypoint { at: Point::new(at.x + side, at.y), score };
            }
        }
        Pose { track: 1, joints }
    }

    fn lean(shoulders: Point, hips: Point, aspect: f64) -> f64 {
        Posture::of(&pose(shoulders, hips, 0.8), aspect).unwrap().lean_deg
    }

    #[test]
    fn lean_is_that_of_the_trunk_in_a_picture_that_is_wider_than_high() {
        let hips = Point::new(0.5, 0.6);
        assert!(lean(Point::new(0.5, 0.4), hips, 1.5) < 1e-9);
        assert!((lean(Point::new(0.7, 0.6), hips, 1.5) - 90.0).abs() < 1e-9);
        assert!((lean(Point::new(0.4, 0.8), hips, 2.0) - 135.0).abs() < 1e-9);
        assert!((lean(Point::new(0.4, 0.4), hips, 2.0) - 45.0).abs() < 1e-9);
        assert!((lean(Point::new(0.5, 0.8), hips, 1.5) - 180.0).abs() < 1e-9);
    }

    #[test]
    fn a_trunk_speaks_for_a_stature() {
        let posture = Posture::of(&pose(Point::new(0.5, 0.4), Point::new(0.5, 0.544), 0.8), 1.5).unwrap();
        assert!((posture.stature() - 0.5).abs() < 1e-9, "{posture:?}");
        assert!((posture.shoulders_y - 0.4).abs() < 1e-9 && (posture.hips_y - 0.544).abs() < 1e-9);
    }

    #[test]
    fn one_shoulder_and_one_hip_are_enough_and_neither_is_too_little() {
        let mut half = pose(Point::new(0.5, 0.4), Point::new(0.5, 0.6), 0.8);
        half.joints[SHOULDERS[0]].score = 0.1;
        half.joints[HIPS[1]].score = 0.1;
        assert!(Posture::of(&half, 1.5).is_some_and(|posture| (posture.score - 0.8).abs() < 1e-6));
        half.joints[HIPS[0]].score = 0.1;
        assert_eq!(Posture::of(&half, 1.5), None);
        assert_eq!(Posture::of(&Pose { track: 1, joints: Default::default() }, 1.5), None);
    }

    #[test]
    fn only_sure_upright_joints_where_the_box_is_are_a_person() {
        let (shoulders, hips) = (Point::new(0.5, 0.4), Point::new(0.5, 0.6));
        let bounds = Bounds::new(0.48, 0.38, 0.04, 0.24);
        let is_person = |shoulders, hips, score, bounds: &Bounds| {
            Posture::of(&pose(shoulders, hips, score), 1.5).unwrap().is_upright_person(bounds)
        };
        assert!(is_person(shoulders, hips, 0.7, &bounds));
        assert!(!is_person(shoulders, hips, 0.35, &bounds), "furniture");
        assert!(!is_person(Point::new(0.7, 0.6), hips, 0.7, &Bounds::new(0.5, 0.58, 0.2, 0.04)), "lies");
        assert!(!is_person(shoulders, hips, 0.7, &Bounds::new(0.7, 0.38, 0.04, 0.24)), "somebody else");
    }
}
