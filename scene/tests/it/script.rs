//! Scripts: what happens in front of a camera, as text.
//!
//! ```text
//! a: 1 .1,.9 | 5 .5,.9 | 20 .5,.9     a person: where the foot is at which second, straight lines in between
//! a height .3                         how tall (default .2 of the frame)
//! a class car                         what it is (default person); a vehicle is twice as wide as high
//! hide a 5..6                         not detected
//! a scores .45                        how well it is found (default .8)
//! a wears 2                           colour 0..6 of the clothes (default: nothing can be told of them)
//! still 8..12                         the gate says that nothing moves
//! blind 14..16                        nobody can look
//! frozen 20..50                       the picture is that of second 20, coded anew every two seconds
//! local 10 tue 22:30                  from second 10 on it is (tuesday) half past ten; the clock does not go on
//! ```
//! `Script::run` looks a number of times a second and gives the events, one a line.

use xunge_config::{Section, Table, read};
use xunge_scene::facts::{AXES, Attire, STEPS};
use xunge_scene::{
    Bounds, CameraScene, Class, Closer, Closeup, Detection, Event, Facts, LocalTime, Look, StreamTime,
    TABLES, Wants, Watch, Weekday,
};

static CAMERA: Table = Table::many("camera", &[]).tables(&TABLES).doc("A camera.", "摄像机。");
static ROOT: Table = Table::one("", &[]).tables(&[&CAMERA]);

/// Width / height of every picture here.
pub const ASPECT: f64 = 1.5;

/// A camera's zones and rules; `text` stands below `[[camera]]`.
pub fn scene(text: &str) -> CameraScene {
    let text = format!("[[camera]]\n{text}");
    let first = |root: &Section<'_>| root.tables(&CAMERA).first().map(CameraScene::read).unwrap_or_default();
    let (scene, problems) = read("test.toml", &text, &ROOT, first);
    assert!(problems.is_empty(), "{problems}");
    scene
}

#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    pub height: f64,
    pub class: Class,
    /// Second, x and y of the foot.
    pub path: Vec<(f64, f64, f64)>,
    /// How well it is found.
    pub scores: f32,
    /// Colour of the clothes.
    pub wears: Option<usize>,
}

impl Person {
    pub fn new(name: &str, path: Vec<(f64, f64, f64)>) -> Self {
        Self { name: name.to_owned(), height: 0.2, class: Class::Person, path, scores: 0.8, wears: None }
    }

    /// The box at a second, none before the first and after the last place.
    fn at(&self, t: f64) -> Option<Bounds> {
        let leg = self.path.windows(2).find(|leg| (leg[0].0..=leg[1].0).contains(&t))?;
        let ((t0, x0, y0), (t1, x1, y1)) = (leg[0], leg[1]);
        let along = if t1 > t0 { (t - t0) / (t1 - t0) } else { 0.0 };
        let (x, y) = (x0 + (x1 - x0) * along, y0 + (y1 - y0) * along);
        let width = if self.class == Class::Person { 0.4 } else { 2.0 };
        let w = width * self.height / ASPECT;
        Some(Bounds::new(x - w / 2.0, y - self.height, w, self.height))
    }
}

#[derive(Debug, Clone, Default)]
pub struct Script {
    pub people: Vec<Person>,
    hidden: Vec<(String, f64, f64)>,
    still: Vec<(f64, f64)>,
    pub blind: Vec<(f64, f64)>,
    frozen: Vec<(f64, f64)>,
    local: Vec<(f64, LocalTime)>,
}

impl Script {
    pub fn of(people: Vec<Person>) -> Self {
        Self { people, ..Self::default() }
    }

    pub fn parse(text: &str) -> Self {
        let mut script = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["hide", name, span] => {
                    let (from, to) = parse_span(span);
                    script.hidden.push(((*name).to_owned(), from, to));
                }
                ["still", span] => script.still.push(parse_span(span)),
                ["blind", span] => script.blind.push(parse_span(span)),
                ["frozen", span] => script.frozen.push(parse_span(span)),
                [name, "scores", score] => {
                    let found = script.people.iter_mut().find(|person| person.name == *name);
                    found.expect("named before").scores = number(score) as f32;
                }
                [name, "wears", colour] => {
                    let found = script.people.iter_mut().find(|person| person.name == *name);
                    found.expect("named before").wears = Some(number(colour) as usize);
                }
                ["local", from, day, time] => script.local.push((number(from), parse_local(day, time))),
                [name, "height", height] => {
                    let found = script.people.iter_mut().find(|person| person.name == *name);
                    found.expect("named before").height = number(height);
                }
                [name, "class", class] => {
                    let found = script.people.iter_mut().find(|person| person.name == *name);
                    found.expect("named before").class = Class::from_name(class).expect("a class");
                }
                _ => {
                    let (name, path) = line.split_once(':').expect("name: path");
                    let place = |text: &str| {
                        let (t, place) = text.trim().split_once(' ').expect("second x,y");
                        let (x, y) = place.split_once(',').expect("x,y");
                        (number(t), number(x), number(y))
                    };
                    script.people.push(Person::new(name, path.split('|').map(place).collect()));
                }
            }
        }
        script
    }

    fn end(&self) -> f64 {
        self.people.iter().filter_map(|p| p.path.last()).map(|place| place.0).fold(0.0, f64::max)
    }

    /// Looks `rate` times a second until 20 s after the last place.
    pub fn run(&self, scene: &CameraScene, rate: f64) -> Vec<Event> {
        self.run_with(scene, rate, |_| false)
    }

    /// The same; the looks for which `dropped` says so do not happen.
    pub fn run_with(&self, scene: &CameraScene, rate: f64, dropped: impl Fn(u32) -> bool) -> Vec<Event> {
        let mut watch = Watch::new(scene);
        watch.set_aspect(ASPECT);
        let mut events = Vec::new();
        let looks = ((self.end() + 20.0) * rate) as u32;
        for look in (0..looks).filter(|&look| !dropped(look)) {
            let t = f64::from(look) / rate;
            let within = |spans: &[(f64, f64)]| spans.iter().any(|&(from, to)| (from..to).contains(&t));
            let frozen =
                self.frozen.iter().find(|(from, to)| (*from..*to).contains(&t)).map(|frozen| frozen.0);
            let t = frozen.unwrap_or(t);
            let detections = self.detections(t);
            let shown = match () {
                () if within(&self.blind) => Look::Blind,
                () if within(&self.still) => Look::Still,
                () => Look::Seen(&detections),
            };
            let local = self.local.iter().rev().find(|(from, _)| *from <= t).map(|(_, local)| *local);
            let now = f64::from(look) / rate;
            let same = frozen.is_some_and(|from| now > from && (now - from) % 2.0 >= 0.4);
            let facts = Facts { same: Some(same), ..Facts::default() };
            let new = watch.look_closely(
                StreamTime::from_secs(now),
                shown,
                facts,
                &mut Near { script: self, t },
                local,
            );
            assert!(new.is_empty() || !matches!(shown, Look::Blind), "blind, and yet {new:?}");
            events.extend(new);
        }
        events
    }

    pub fn detections(&self, t: f64) -> Vec<Detection> {
        let hidden =
            |name: &str| self.hidden.iter().any(|(who, from, to)| who == name && (*from..*to).contains(&t));
        let seen = |person: &Person| {
            let bounds = person.at(t).filter(|_| !hidden(&person.name))?;
            Some(Detection { class: person.class, score: person.scores, bounds })
        };
        self.people.iter().filter_map(seen).collect()
    }
}

/// Sees what people wear at one moment.
pub struct Near<'a> {
    pub script: &'a Script,
    pub t: f64,
}

impl Closer for Near<'_> {
    fn look(&mut self, wants: &Wants) -> Closeup {
        let attire = |(&track, asked): (&u64, &Bounds)| {
            let there =
                self.script.people.iter().filter_map(|person| Some((person.at(self.t)?.iou(asked), person)));
            let (_, person) = there.filter(|(iou, _)| *iou > 0.3).max_by(|a, b| a.0.total_cmp(&b.0))?;
            let mut axis = [0.0; STEPS];
            axis[person.wears?] = 1.0;
            Some((track, Attire::from_counts([axis; AXES])?))
        };
        Closeup { attires: wants.attires.iter().filter_map(attire).collect(), ..Closeup::default() }
    }
}

pub fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

pub fn parse_span(text: &str) -> (f64, f64) {
    let (from, to) = text.split_once("..").expect("from..to");
    (number(from), number(to))
}

fn parse_local(day: &str, time: &str) -> LocalTime {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let index = days.iter().position(|known| *known == day).expect("a day");
    let (hour, minute) = time.split_once(':').expect("hh:mm");
    LocalTime::new(Weekday::ALL[index], number(hour) as u8, number(minute) as u8).expect("a time of day")
}

/// `12.40 began lawn 1,2 since 11.20` — and the reason, where there is one other than that it was seen to end.
pub fn line(event: &Event) -> String {
    let tracks: Vec<String> = event.tracks.iter().map(u64::to_string).collect();
    let reason = match event.end_reason {
        Some(xunge_scene::EndReason::StreamLost) => " stream lost",
        Some(xunge_scene::EndReason::Disarmed) => " disarmed",
        Some(xunge_scene::EndReason::Cleared) | None => "",
    };
    let (at, since) = (event.at.secs(), event.since.secs());
    format!("{at:.2} {} {} {} since {since:.2}{reason}", event.phase.name(), event.rule, tracks.join(","))
}

/// All events, one a line.
pub fn told(events: &[Event]) -> String {
    events.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The lines of a raw string without their indentation.
pub fn lines(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
