//! The scene's part of a `[[camera]]` section: `zone`, `line`, `ground`, `track` and `rule`.
//!
//! Whoever owns the camera's section lists [`TABLES`] in its own table and calls [`CameraScene::read`] with the section.
//! Every mistake is reported at its place; what is wrong is left out of the result.

mod ground;

use crate::armed::Armed;
use crate::behavior::{self, Kind};
use crate::detection::Class;
use crate::facts::Needs;
use crate::geometry::{Ground, Line, Point, Zone};
use crate::rule::Rule;
use crate::track;
use std::time::Duration;
use xunge_config::{At, Key, Refusal, Said, Section, Table, unknown_name};

/// What a camera's configuration says about its scene.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CameraScene {
    /// Zones by name, in the order of the file.
    pub zones: Vec<(String, Zone)>,
    /// Lines by name, in the order of the file.
    pub lines: Vec<(String, Line)>,
    /// The ground, where somebody has measured it.
    pub ground: Option<Ground>,
    /// Rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// Settings of the tracker.
    pub track: track::Settings,
}

static ZONE: Table = Table::free(
    "zone",
    Key::points("").example("[[0.10, 0.55], [0.48, 0.52], [0.52, 0.95], [0.08, 0.97]]").doc(
        "corners in order around the zone, fractions of the picture (0 to 1) from its top left corner",
        "按顺序绕一周的顶点，画面比例（0 到 1），原点在左上角",
    ),
)
.doc(
    "Areas on the ground that rules refer to. Somebody is in a zone when the point where he stands is.",
    "规则所用的地面区域。以人的落脚点判断是否在区域内。",
);

static LINE: Table = Table::free(
    "line",
    Key::points("").example("[[0.30, 0.62], [0.70, 0.62]]").doc(
        "first and second point, fractions of the picture (0 to 1) from its top left corner",
        "第一点和第二点，画面比例（0 到 1），原点在左上角",
    ),
)
.doc(
    "Lines on the ground that rules refer to. Left and right are those of somebody who walks from the first point to \
     the second.",
    "规则所用的地面线。左右以从第一点走向第二点的人为准。",
);

const BIRTH_SCORE: Key = Key::float("birth_score").default("0.42").range(0.05, 0.99).doc(
    "Lowest score of a detection that begins a track. Higher: fewer false tracks, people are found later.",
    "可开始一条新轨迹的最低检测分数。越高误检越少，但发现人越晚。",
);
const CONTINUE_SCORE: Key = Key::float("continue_score").default("0.13").range(0.05, 0.99).doc(
    "Lowest score of a detection that continues a track: people who lie or stand far away score low.",
    "可延续轨迹的最低检测分数：躺倒或远处的人分数较低。",
);
const LOST_SECS: Key = Key::float("lost_secs").default("2").range(0.5, 10.0).unit("s").doc(
    "How long somebody hidden keeps his track. Longer: fewer new tracks for the same person, more mix-ups.",
    "人被遮挡后轨迹保留的时间。越长同一人换轨迹越少，但张冠李戴越多。",
);
static TRACK: Table = Table::one("track", &[&[BIRTH_SCORE, CONTINUE_SCORE, LOST_SECS]]).doc(
    "Tracking: who is who over time. Good as it is; change it only after a replay has shown that it helps.",
    "跟踪：辨认先后画面中的同一人。默认值即可，只在回放验证有益后再改。",
);

static RULE: Table = Table::one("rule", &[])
    .tables(behavior::TABLES)
    .doc("What to watch for: any number of rules of each kind.", "要监视的行为：每种可有任意多条规则。");

/// The sections that stand inside `[[camera]]`.
pub static TABLES: [&Table; 5] = [&ZONE, &LINE, &ground::TABLE, &TRACK, &RULE];

// ── keys that rules share ──

pub(crate) const NAME: Key = Key::name("name").example("\"lawn-night\"").doc(
    "Name of the rule, unique within the camera. Default: the kind of behavior.",
    "规则名称，在本摄像机内唯一。默认为行为类型名。",
);
pub(crate) const ZONE_KEY: Key = Key::name("zone")
    .example("\"lawn\"")
    .doc("Zone that the rule is about. Default: the whole picture.", "规则所管的区域。默认为整个画面。");
pub(crate) const ZONE_REQUIRED: Key =
    Key::name("zone").required().example("\"lawn\"").doc("Zone that the rule is about.", "规则所管的区域。");
pub(crate) const ARMED: Key = Key::text("armed").default("\"always\"").example("\"22:00-06:00\"").doc(
    "When the rule is armed, local time: `22:00-06:00`, `12:00-13:00, 22:00-06:00` or \
     `mon-fri 22:00-06:00; sat,sun 00:00-24:00`. Hours past midnight belong to the day on which they begin.",
    "布防时段（当地时间）：`22:00-06:00`、`12:00-13:00, 22:00-06:00` 或 \
     `周一至周五 22:00-06:00; 周六,周日 00:00-24:00`。跨零点的时段属于开始的那一天。",
);
pub(crate) const MIN_HEIGHT: Key = Key::float("min_height").default("0").range(0.0, 1.0).doc(
    "What is lower than this part of the picture's height is not looked at.",
    "高度低于画面高度的这一比例的目标不予理会。",
);

/// What counts. Not for behaviors that are about people alone ([`ONLY_PEOPLE`]) or about any thing ([`ANY_THING`]).
pub(crate) const CLASSES: Key = Key::choices("classes", Class::NAMES)
    .default("[\"person\"]")
    .example("[\"car\", \"truck\", \"bus\"]")
    .doc(
        "What counts. A track may change between vehicles that look alike: list those together.",
        "哪些目标算。外形相近的车辆可能互相误认，请一并列出。",
    );

/// The classes of a rule.
pub(crate) fn classes(section: &Section<'_>) -> Vec<Class> {
    // A list with a wrong word has had its sentence.
    let Some(names) = section.choices(&CLASSES) else { return Vec::new() };
    if names.is_empty() {
        section.problem(
            &CLASSES,
            (
                "`classes` names nothing to look for; leave it out for people",
                "`classes` 没有列出任何目标；只看人时不写此键",
            ),
        );
    }
    names.into_iter().filter_map(Class::from_name).collect()
}

/// Of behaviors that know how people move.
pub(crate) const ONLY_PEOPLE: Refusal = Refusal::new(
    "classes",
    "this behavior is measured on human bodies and looks at people only; remove it",
    "此行为以人体为准，只看人；请删除",
);
/// Of behaviors that find things by the picture alone.
pub(crate) const ANY_THING: Refusal = Refusal::new(
    "classes",
    "a thing counts whatever it is, and people and vehicles are left out anyway; remove it",
    "不论什么物品都算，人和车本来就不算；请删除",
);

/// How urgent; each behavior has its own default.
pub(crate) const fn severity(default: &'static str) -> Key {
    Key::int("severity").default(default).range(1.0, 4.0).doc(
        "Urgency, 1 (most urgent) to 4, as in GB/T 28181.",
        "紧急程度，1（最急）到 4，同 GB/T 28181 报警级别。",
    )
}

/// How long to be quiet; each behavior has its own default.
pub(crate) const fn re_alert_secs(default: &'static str) -> Key {
    Key::float("re_alert_secs").default(default).range(0.0, 86_400.0).unit("s").doc(
        "After a happening has ended the rule begins no new one for this long. What still goes on then begins then.",
        "一次事件结束后，在此时间内不再开始新的事件；届时仍在持续的，从那时开始。",
    )
}

/// The zones and lines that rules may name. A name whose shape was refused is known all the same: its own mistake is
/// enough.
pub(crate) struct Places {
    zones: Vec<(String, Option<Zone>)>,
    lines: Vec<(String, Option<Line>)>,
}

impl Places {
    /// The line that `key` names.
    pub(crate) fn line(&self, section: &Section<'_>, key: &Key) -> Option<(String, Line)> {
        find(&self.lines, ("line", "线"), section, key)
    }

    /// The rule's zone, if there is a sound one; says nothing when there is not.
    pub(crate) fn known_zone(&self, section: &Section<'_>) -> Option<&Zone> {
        let name = section.opt_text(&ZONE_KEY)?;
        self.zones.iter().find(|(known, _)| *known == name)?.1.as_ref()
    }

    /// The zone that `key` names.
    pub(crate) fn zone(&self, section: &Section<'_>, key: &Key) -> Option<(String, Zone)> {
        find(&self.zones, ("zone", "区域"), section, key)
    }
}

fn find<T: Clone>(
    known: &[(String, Option<T>)],
    what: (&str, &str),
    section: &Section<'_>,
    key: &Key,
) -> Option<(String, T)> {
    let name = section.opt_text(key)?;
    match known.iter().find(|(known, _)| *known == name) {
        Some((_, shape)) => shape.clone().map(|shape| (name, shape)),
        None => {
            section.problem(key, unknown_name(what, &name, known.iter().map(|(name, _)| name.as_str())));
            None
        }
    }
}

impl CameraScene {
    /// The facts that its rules need.
    pub fn needs(&self) -> Needs {
        self.rules.iter().fold(Needs::default(), |needs, rule| needs.and(rule.settings.needs()))
    }

    /// The rule that bears least delay when something comes into a picture in which nothing went on, and how much it
    /// bears; none without rules.
    pub fn most_urgent(&self) -> Option<(&Rule, Duration)> {
        self.rules.iter().map(|rule| (rule, rule.settings.bears())).min_by_key(|(_, bears)| *bears)
    }

    /// Reads the zones, lines and rules of a camera.
    pub fn read(camera: &Section<'_>) -> Self {
        let places =
            Places { zones: shapes(camera, &ZONE, Zone::new), lines: shapes(camera, &LINE, Line::new) };
        Self {
            rules: rules(camera, &places),
            ground: ground::read(camera),
            track: track_settings(camera),
            zones: sound(places.zones),
            lines: sound(places.lines),
        }
    }
}

fn shapes<T, P: Into<Said>>(
    camera: &Section<'_>,
    table: &'static Table,
    make: impl Fn(&[Point]) -> Result<T, P>,
) -> Vec<(String, Option<T>)> {
    let section = camera.table(table);
    let named = section.named_points();
    let one = |name: &str, at: At, points: &[[f64; 2]]| {
        let points: Vec<Point> = points.iter().map(|&[x, y]| Point::new(x, y)).collect();
        let shape = make(&points).map_err(|problem| section.problem_at(at, problem));
        (name.to_owned(), shape.ok())
    };
    named.iter().map(|named| one(named.name, named.at, &named.value)).collect()
}

fn sound<T>(shapes: Vec<(String, Option<T>)>) -> Vec<(String, T)> {
    shapes.into_iter().filter_map(|(name, shape)| shape.map(|shape| (name, shape))).collect()
}

fn track_settings(camera: &Section<'_>) -> track::Settings {
    let section = camera.table(&TRACK);
    #[expect(clippy::cast_possible_truncation, reason = "a score needs no more digits")]
    let score = |key: &Key| section.float(key) as f32;
    let settings = track::Settings {
        birth_score: score(&BIRTH_SCORE),
        continue_score: score(&CONTINUE_SCORE),
        lost: section.secs(&LOST_SECS),
    };
    if settings.continue_score > settings.birth_score {
        section.problem(
            &CONTINUE_SCORE,
            (
                "`continue_score` must not be above `birth_score`: what may begin a track may also continue it",
                "`continue_score` 不能高于 `birth_score`：能开始轨迹的检测也能延续轨迹",
            ),
        );
    }
    settings
}

fn rules(camera: &Section<'_>, places: &Places) -> Vec<Rule> {
    let section = camera.table(&RULE);
    let mut found: Vec<(At, Kind, Section<'_>)> = Vec::new();
    for &kind in Kind::ALL {
        found.extend(section.tables(kind.table()).into_iter().map(|rule| (rule.here(), kind, rule)));
    }
    found.sort_by_key(|(at, ..)| *at);
    let mut names: Vec<String> = Vec::new();
    let mut rules = Vec::new();
    for (_, kind, section) in found {
        let name = section.opt_text(&NAME).unwrap_or_else(|| kind.name().to_owned());
        if names.contains(&name) {
            section.problem(
                &NAME,
                (
                    format!(
                        "another rule of this camera is already named `{name}`; give each rule its own `name`"
                    ),
                    format!("本摄像机已有名为 `{name}` 的规则；请给每条规则不同的 `name`"),
                ),
            );
        }
        names.push(name.clone());
        rules.extend(rule(&section, kind, name, places));
    }
    rules
}

fn rule(section: &Section<'_>, kind: Kind, name: String, places: &Places) -> Option<Rule> {
    let key = |name: &str| kind.table().all_keys().find(|key| key.name == name);
    // What is about the whole picture has neither zone nor height.
    let zone_key = key("zone");
    let wants_zone =
        zone_key.is_some_and(|key| section.given(key) || key.presence == xunge_config::Presence::Required);
    let zone = zone_key.and_then(|key| places.zone(section, key));
    let armed = match Armed::parse(&section.text(&ARMED)) {
        Ok(armed) => armed,
        Err(problem) => {
            section.problem(&ARMED, problem);
            Armed::default()
        }
    };
    let settings = kind.read(section, places);
    let min_height = key("min_height").map_or(0.0, |key| section.float(key));
    check_min_height(section, zone.as_ref(), min_height);
    let rule = Rule {
        name,
        armed,
        severity: u8::try_from(section.int(key("severity")?)).unwrap_or(4),
        re_alert: section.secs(key("re_alert_secs")?),
        min_height,
        settings: settings?,
        zone,
    };
    // A rule without its zone would watch the whole picture.
    (rule.zone.is_some() || !wants_zone).then_some(rule)
}

/// Who stands in the zone ends at the picture's upper edge: nobody there is higher than his feet are low.
fn check_min_height(section: &Section<'_>, zone: Option<&(String, Zone)>, min_height: f64) {
    let lowest = |(_, zone): &(String, Zone)| zone.corners().iter().map(|c| c.y).fold(0.0, f64::max);
    let most = zone.map_or(1.0, lowest);
    if min_height >= most {
        section.problem(
            &MIN_HEIGHT,
            (
                format!("`min_height` is {min_height}, but what stands where the rule looks can be at most {most} high; nothing would count"),
                format!("`min_height` 为 {min_height}，但此规则所看之处的目标最高只有 {most}，任何目标都不会算"),
            ),
        );
    }
}

#[cfg(test)]
mod tests;
