//! Why some corners and sides are no rectangle on the ground.

use super::SIDES_M;
use xunge_config::Said;

/// Why some corners and sides are no rectangle on the ground.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GroundProblem {
    /// Not four corners.
    #[error(
        "a rectangle has exactly 4 corners, this one has {0}; list them in the order in which you would walk around it"
    )]
    NotFourCorners(usize),
    /// A coordinate above 1, below 0 or no number. Corners count from 1.
    #[error(
        "corner {corner} ({x}, {y}) lies outside the picture; both numbers are fractions of the picture, \
         0 to 1, not pixels"
    )]
    OutsideFrame {
        /// Counted from 1.
        corner: usize,
        /// As written.
        x: f64,
        /// As written.
        y: f64,
    },
    /// A corner (nearly) on the line through its neighbours. Counted from 1.
    #[error(
        "corner {0} lies nearly on one line with its neighbours, or all lie close together: nothing could be \
         measured by that; take a larger rectangle, or one nearer to the camera"
    )]
    NoCorner(usize),
    /// Two sides cross.
    #[error("the sides cross; list the corners in the order in which you would walk around the rectangle")]
    CrossesItself,
    /// A corner points inwards. Counted from 1.
    #[error("corner {0} points inwards: no rectangle looks like that from anywhere; check that corner")]
    NotConvex(usize),
    /// A side that is no length.
    #[error("a side of {0} m cannot be; measure it on the ground, {low} to {high} m", low = SIDES_M.0, high = SIDES_M.1)]
    Side(f64),
}

impl From<GroundProblem> for Said {
    fn from(problem: GroundProblem) -> Self {
        let zh = match &problem {
            GroundProblem::NotFourCorners(count) => {
                format!("矩形恰好有 4 个顶点，这里有 {count} 个；请按绕矩形一周的顺序列出")
            }
            GroundProblem::OutsideFrame { corner, x, y } => {
                format!("第 {corner} 个顶点 ({x}, {y}) 在画面之外；两个数都是画面的比例，取 0 到 1，不是像素")
            }
            GroundProblem::NoCorner(corner) => format!(
                "第 {corner} 个顶点与相邻两点几乎在一条直线上，或各点挤在一处，无法据此测量；\
                 请取更大的、或离摄像机更近的矩形"
            ),
            GroundProblem::CrossesItself => "矩形的边相交；请按绕矩形一周的顺序列出顶点".to_owned(),
            GroundProblem::NotConvex(corner) => {
                format!("第 {corner} 个顶点向内凹：从任何角度看，矩形都不会是这样；请检查该点")
            }
            GroundProblem::Side(side) => {
                format!("边长不可能是 {side} m；请在地面上量取，{} 到 {} m", SIDES_M.0, SIDES_M.1)
            }
        };
        Self::from((problem.to_string(), zh))
    }
}
