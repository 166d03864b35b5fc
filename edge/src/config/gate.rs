//! `[camera.gate]`: what is decoded while nothing happens.

use std::time::Duration;

use xunge_config::{Key, Section, Table};

use crate::gate::Doze;

const ENABLED: Key = Key::bool("enabled").default("true").doc(
    "Whether only keyframes are decoded while nothing happens. It takes a small part of the work. What happens then is found up \
     to one keyframe interval late; a camera whose keyframes come too rarely for its rules is decoded whole. A connection begins \
     that way, until somebody is there or something changes",
    "无动静时是否只解码关键帧。工作量很小，之后发生的事最多晚一个关键帧间隔发现；关键帧间隔过长、规则等不及的摄像机会一直完整解码。每次连接后先只解码关键帧，直到有人或画面有变化",
);
const QUIET_SECS: Key = Key::float("quiet_secs")
    .default("10")
    .range(2.0, 3600.0)
    .unit("s")
    .doc("Nothing must have moved for so long before that begins", "画面持续多久无动静后开始");
const LOOK_EVERY_SECS: Key = Key::float("look_every_secs").default("10").range(1.0, 60.0).unit("s").doc(
    "The detector looks so often even then: what comes very slowly changes no picture",
    "其间检测器仍每隔多久查看一次：极慢的变化不会改变画面",
);

/// `[camera.gate]`.
pub(super) static TABLE: Table = Table::one("gate", &[&[ENABLED, QUIET_SECS, LOOK_EVERY_SECS]]).doc(
    "What is decoded while nothing happens. Set the camera's keyframe interval to 1 or 2 seconds.",
    "无动静时解码哪些画面。请把摄像机的关键帧间隔设为 1 至 2 秒。",
);

/// When the camera falls asleep; none: never.
pub(super) fn read(camera: &Section<'_>) -> Option<Doze> {
    let section = camera.table(&TABLE);
    let secs = |key: &Key| Duration::try_from_secs_f64(section.float(key)).unwrap_or_default();
    let doze = Doze { quiet: secs(&QUIET_SECS), look_every: secs(&LOOK_EVERY_SECS) };
    section.bool(&ENABLED).then_some(doze)
}
