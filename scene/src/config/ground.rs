//! `[camera.ground]`: a rectangle on the ground that somebody has measured.

use crate::geometry::{Ground, Point, SIDES_M};
use xunge_config::{Key, Section, Table};

const CORNERS: Key = Key::points("corners")
    .required()
    .example("[[0.28, 0.52], [0.61, 0.50], [0.83, 0.88], [0.12, 0.92]]")
    .doc(
        "The rectangle's four corners in order around it, fractions of the picture (0 to 1) from its top left corner. \
         Paving, a parking bay or the lines of a court will do; large, and where people walk",
        "矩形的四个顶点，按绕一周的顺序，画面比例（0 到 1），原点在左上角。可利用地砖、车位、球场线；尽量大，取在人走动的地方",
    );
const WIDTH_M: Key =
    Key::float("width_m").required().range(SIDES_M.0, SIDES_M.1).unit("m").example("4.8").doc(
        "Length of its side from the first corner to the second, measured on the ground",
        "第一点到第二点这条边的长度，在地面上量取",
    );
const LENGTH_M: Key =
    Key::float("length_m").required().range(SIDES_M.0, SIDES_M.1).unit("m").example("6.0").doc(
        "Length of its side from the second corner to the third, measured on the ground",
        "第二点到第三点这条边的长度，在地面上量取",
    );

pub(super) static TABLE: Table = Table::one("ground", &[&[CORNERS, WIDTH_M, LENGTH_M]]).doc(
    "A rectangle on level ground, measured: running, abandoned objects and crowds then go by metres instead of body \
     heights, which a camera that looks down steeply foreshortens. Look at `replay --annotate` whether the grid of \
     metres lies on the ground: a wrong rectangle measures wrongly. Left out, body heights are used.",
    "平整地面上一个量过的矩形：奔跑、物品遗留和聚集改按米计，不再按身高折算（摄像机陡直俯视时身高会缩短）。用 \
     `replay --annotate` 看米制网格是否贴合地面：矩形画错，量得也错。不写则按身高折算。",
);

/// None when there is none, or it was refused.
pub(super) fn read(camera: &Section<'_>) -> Option<Ground> {
    let section = camera.opt_table(&TABLE)?;
    let (width_m, length_m) = (section.opt_float(&WIDTH_M), section.opt_float(&LENGTH_M));
    let corners: Vec<Point> = section.points(&CORNERS)?.iter().map(|&[x, y]| Point::new(x, y)).collect();
    // Sides that were refused have had their sentence; the corners may still deserve theirs.
    let ground = Ground::new(&corners, width_m.unwrap_or(1.0), length_m.unwrap_or(1.0));
    let ground = ground.map_err(|problem| section.problem(&CORNERS, problem)).ok();
    width_m.and(length_m).and(ground)
}
