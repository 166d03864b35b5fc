//! What the edge measures on pixels besides detections. Each kind of fact is one file in `edge/src/observe/`.
//!
//! Two sorts: facts about the whole picture, measured at every look if some rule needs them ([`Needs`], [`Facts`]); and
//! a closer look at few places, only when a behavior asks for it at this very look ([`Wants`], [`Closer`]).

mod attire;

pub use attire::{ALIKE, AXES, Attire, CLEARLY, STEPS};

use crate::detection::Detection;
use crate::geometry::{Bounds, Point};
use crate::time::StreamTime;
use std::collections::BTreeMap;

/// Which facts the rules of a camera need; what nobody needs is not measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// [`Closer`] looks, with pictures from before kept for [`Wants::before`].
    pub closer: bool,
    /// [`Facts::flow`].
    pub flow: bool,
    /// [`Facts::regions`].
    pub regions: bool,
    /// [`Facts::foreground`].
    pub foreground: bool,
    /// [`Facts::picture`].
    pub picture: bool,
}

impl Needs {
    /// What either needs.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            closer: self.closer || other.closer,
            flow: self.flow || other.flow,
            regions: self.regions || other.regions,
            foreground: self.foreground || other.foreground,
            picture: self.picture || other.picture,
        }
    }
}

/// Facts about the whole picture; none when it was not measured at this look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// How what moves moved since the look before.
    pub flow: Option<&'a Flow>,
    /// What stands where it did not stand before, or is gone.
    pub regions: Option<&'a [StaticRegion]>,
    /// What was known of the background was given up at this look: no region is known to have gone.
    pub anew: bool,
    /// Where the empty background cannot be seen.
    pub foreground: Option<&'a Foreground>,
    /// How well the camera sees.
    pub picture: Option<&'a Picture>,
    /// The picture is that of the look before, in every pixel.
    pub same: Option<bool>,
}

/// Apparent motion between the look before and this one, on a grid of cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Flow {
    /// Cells across.
    pub columns: usize,
    /// Cells down.
    pub rows: usize,
    /// Row by row, `columns * rows`.
    pub cells: Vec<FlowCell>,
}

/// One cell of a [`Flow`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FlowCell {
    /// Mean of its moving pixels, frame heights per second, both axes in the same unit.
    pub velocity: Point,
    /// Share of its pixels that move, 0..1.
    pub moving: f64,
}

/// Where more of the picture moves than this, it is the camera or the light: a crowd that scatters before a wide view
/// comes to a quarter, before a close one to .47 at most (UMN); a camera that is pushed over grass to .56 and more.
const CAMERA_MOVES: f64 = 0.5;

impl Flow {
    /// The camera itself moves, or the light: what moves in the picture says nothing about anybody in it.
    pub fn is_of_camera(&self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "some thousand cells")]
        let cells = self.cells.len().max(1) as f64;
        self.cells.iter().map(|cell| cell.moving).sum::<f64>() > CAMERA_MOVES * cells
    }

    /// Cells whose middle lies in `bounds`, with that middle.
    pub fn within(&self, bounds: Bounds) -> impl Iterator<Item = (Point, &FlowCell)> {
        let grid = Grid { columns: self.columns, rows: self.rows };
        let cells = self.cells.iter().enumerate().map(move |(index, cell)| (grid.middle(index), cell));
        cells.filter(move |(middle, _)| bounds.contains(*middle))
    }
}

/// Where the picture shows something else than the empty background, be it moving or at rest, on a grid of cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Foreground {
    /// The cells.
    pub grid: Grid,
    /// Share of each cell's pixels that do, 0..1; row by row.
    pub shares: Vec<f64>,
}

/// A picture divided into cells, numbered row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grid {
    /// Cells across.
    pub columns: usize,
    /// Cells down.
    pub rows: usize,
}

impl Grid {
    /// The middle of a cell.
    pub fn middle(self, index: usize) -> Point {
        let columns = self.columns.max(1);
        #[expect(clippy::cast_precision_loss, reason = "a grid of some thousand cells")]
        let at = |n: usize, of: usize| (n as f64 + 0.5) / of.max(1) as f64;
        Point::new(at(index % columns, columns), at(index / columns, self.rows))
    }

    /// The cells beside a cell: left, right, above, below.
    pub fn beside(self, index: usize) -> impl Iterator<Item = usize> {
        let columns = self.columns.max(1);
        let (column, all) = (index % columns, columns * self.rows);
        let left = (column > 0).then(|| index - 1);
        let right = (column + 1 < columns).then(|| index + 1);
        let near = [left, right, index.checked_sub(columns), Some(index + columns)];
        near.into_iter().flatten().filter(move |&cell| cell < all)
    }
}

/// What a region of the picture that has become different and stays so looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StaticRegion {
    /// The same as long as the region lasts.
    pub id: u64,
    /// Where it is.
    pub bounds: Bounds,
    /// When it came to rest.
    pub since: StreamTime,
    /// From -1 (something is gone: the region now looks like what is around it) to 1 (something has come: it stands out
    /// from what is around it); about 0 when pixels do not tell.
    pub added: f64,
    /// How surely it is a thing and not only light, 0..1.
    pub score: f64,
    /// For how long something moved beside it just before it came or went, seconds: nothing comes or goes by itself.
    pub touched_secs: f64,
    /// For how long, in all, what was there before had been seen, seconds.
    pub known_secs: f64,
    /// Share of its time, 0..1, during which a person was found on it, even a doubtful one. Of something that is gone:
    /// of the time before.
    pub peopled: f64,
    /// Most of it is seen at this look, and looks like itself.
    pub visible: bool,
    /// Share of what is seen of it that looks as it did, 0..1.
    pub steady: f64,
}

/// How well the camera sees. Measured a few times a second at most.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Picture {
    /// Mean brightness, 0..1.
    pub brightness: f64,
    /// Share of the picture's parts in which anything at all differs from the picture measured before, 0..1; exactly 0
    /// only for the very same picture. None at the first.
    pub change: Option<f64>,
    /// How like that of two seconds ago the picture is, as [`View::same`]; measured only while the view is not the
    /// usual one.
    pub steady: Option<f64>,
    /// Compared with what the camera usually shows; none until that is known, and where there is nothing to compare.
    pub view: Option<View>,
}

/// A picture compared with what its camera usually shows, whatever the light. All measures are about those parts of the
/// picture that usually show something.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct View {
    /// Share of the parts whose edges are where they usually are, 0..1.
    pub same: f64,
    /// How well light and dark are where they usually are, seen from afar: a correlation, -1..1. A blurred picture keeps
    /// it, a covered one does not.
    pub layout: f64,
    /// Contrast seen from afar / usual contrast. About 1 when all is well, less in fog and in poor light.
    pub contrast: f64,
    /// Texture now / usual texture, wherever its edges are; noise does not count.
    pub texture: f64,
    /// Fine detail of what is usually there / usual fine detail, for the same contrast: 1 is as sharp as usual.
    pub sharpness: f64,
}

/// Number of keypoints of a pose.
pub const KEYPOINTS: usize = 17;

/// A joint of a person.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Keypoint {
    /// Where, fractions of the frame.
    pub at: Point,
    /// Confidence, 0..1.
    pub score: f32,
}

/// The joints of one person, in the order of COCO: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles; left
/// before right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Of whom: what was asked for.
    pub track: u64,
    /// The joints.
    pub joints: [Keypoint; KEYPOINTS],
}

/// What behaviors want to be looked at more closely now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wants {
    /// Whose pose, by track, and where he is.
    pub poses: BTreeMap<u64, Bounds>,
    /// Places where somebody may lie: the detector looks at each with the picture turned on either side.
    pub turned: Vec<Bounds>,
    /// What who wears, by track, and where he is.
    pub attires: BTreeMap<u64, Bounds>,
    /// By track: does this place look as it did at some time before that?
    pub before: BTreeMap<u64, (Bounds, StreamTime)>,
}

impl Wants {
    /// Nobody wants anything.
    pub fn is_empty(&self) -> bool {
        self.attires.is_empty() && self.before.is_empty() && !self.needs_net()
    }

    /// A neural net is needed for some of it.
    pub fn needs_net(&self) -> bool {
        !(self.poses.is_empty() && self.turned.is_empty())
    }

    /// Forgets what was wanted.
    pub fn clear(&mut self) {
        self.poses.clear();
        self.turned.clear();
        self.attires.clear();
        self.before.clear();
    }
}

/// What a closer look found.
#[derive(Debug, Clone, Default)]
pub struct Closeup {
    /// Poses of those who were asked for; who could not be looked at is missing.
    pub poses: Vec<Pose>,
    /// Detections of the turned looks, in the frame as it stands.
    pub turned: Vec<Detection>,
    /// What those wear who were asked for, by track; who is too small or not wholly in the picture is missing.
    pub attires: BTreeMap<u64, Attire>,
    /// How like a picture from before that the places look that were asked for in [`Wants::before`], by track: the best
    /// correlation, -1..1. Missing where no such picture is kept, or where there is too little to be seen.
    pub alike: BTreeMap<u64, f64>,
}

/// Looks more closely at the picture of this look.
pub trait Closer {
    /// Looks where it is wanted.
    fn look(&mut self, wants: &Wants) -> Closeup;
}

/// Has no picture to look at.
pub struct NoCloser;

impl Closer for NoCloser {
    fn look(&mut self, _: &Wants) -> Closeup {
        Closeup::default()
    }
}
