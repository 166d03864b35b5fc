//! One configured behavior, and what all rules have in common: who is looked at, armed hours, when to speak.
//!
//! A behavior only says what is going on at each look. Here that becomes happenings:
//!
//! - **Began** when something goes on, the rule is armed, and `re_alert_secs` have passed since the end of the last
//!   happening. What goes on before that is followed all the same, and begins when the time has come if somebody is
//!   still there then, with its true `since`.
//! - **Updated** when somebody joins, the measure doubles or it becomes more urgent; on average at most once in 5 s.
//! - **Ended** when it no longer goes on (`Cleared`), the armed hours end (`Disarmed`), or the stream breaks or the
//!   camera was turned away (`StreamLost`).
//!
//! A rule has one happening open for one thing that happens, however many people take part. Most behaviors know only one
//! thing at a time.

use crate::armed::Armed;
use crate::behavior::{Behavior, Kind, Report, Settings};
use crate::event::{EndReason, Event, Phase};
use crate::facts::Wants;
use crate::geometry::Zone;
use crate::scene::Scene;
use crate::time::{LocalTime, StreamTime};
use crate::track::Track;
use std::collections::BTreeSet;
use std::time::Duration;

/// On average one update in this time.
const UPDATE_EVERY: Duration = Duration::from_secs(5);
/// An event names no more tracks than this, the latest.
const TRACKS_NAMED: usize = 64;

/// One configured behavior.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Unique within the camera.
    pub name: String,
    /// Name and shape of its zone; none is the whole frame.
    pub zone: Option<(String, Zone)>,
    /// When it may speak.
    pub armed: Armed,
    /// 1 (most urgent) to 4.
    pub severity: u8,
    /// After the end of a happening the rule says nothing for this long.
    pub re_alert: Duration,
    /// What is lower than this is not looked at, in frame heights.
    pub min_height: f64,
    /// The behavior and its own parameters.
    pub settings: Settings,
}

impl Rule {
    /// Kind of behavior.
    pub fn kind(&self) -> Kind {
        self.settings.kind()
    }

    /// What its events name as zone: the zone, or the line.
    pub fn place(&self) -> Option<&str> {
        self.settings.place().or(self.zone.as_ref().map(|(name, _)| name.as_str()))
    }
}

/// What a rule is shown besides the scene, and where its events go.
pub(crate) struct Shown<'a> {
    pub local: Option<LocalTime>,
    /// Happenings so far, for numbering.
    pub happenings: &'a mut u64,
    pub events: &'a mut Vec<Event>,
}

/// A rule at work.
pub(crate) struct Watcher {
    rule: Rule,
    machine: Box<dyn Behavior>,
    open: Vec<Open>,
    quiet_until: Option<StreamTime>,
    /// Kept to spare an allocation at each look.
    visible: Vec<Track>,
    moments: Vec<Report>,
}

/// A happening that has begun and not ended.
struct Open {
    happening: u64,
    since: StreamTime,
    took_part: BTreeSet<u64>,
    updates: u32,
    /// The measure at which the next update is due.
    next_measure: Option<f64>,
    /// Somebody joined, and it has not been said.
    joined: bool,
    /// By how much it was more urgent than the rule when that was last said.
    raised: u8,
    last: Report,
}

impl Watcher {
    pub(crate) fn new(rule: &Rule) -> Self {
        Self {
            machine: rule.settings.machine(rule.zone.as_ref().map(|(_, zone)| zone)),
            rule: rule.clone(),
            open: Vec::new(),
            quiet_until: None,
            visible: Vec::new(),
            moments: Vec::new(),
        }
    }

    /// What it wants to be looked at more closely; before each [`Watcher::look`].
    pub(crate) fn wants(&mut self, scene: &Scene<'_>, wants: &mut Wants) {
        let (classes, min_height) = (self.rule.settings.classes(), self.rule.min_height);
        self.visible.clear();
        let admitted = |t: &&Track| classes.contains(&t.class) && t.height >= min_height;
        self.visible.extend(scene.tracks.iter().filter(admitted));
        self.machine.wants(&Scene { tracks: &self.visible, ..*scene }, wants);
    }

    /// Something may be about to begin or to end, though nobody moves.
    pub(crate) fn expects(&self) -> bool {
        self.machine.expects()
    }

    /// Something that it told is going on.
    pub(crate) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether it has found that the camera looks elsewhere.
    pub(crate) fn view_is_lost(&self) -> bool {
        self.machine.view_is_lost()
    }

    /// The camera looked elsewhere already before the first look.
    pub(crate) fn begin_with_lost_view(&mut self) {
        self.machine.begin_with_lost_view();
    }

    /// What the camera sees now is its view.
    pub(crate) fn approve_view(&mut self) {
        self.machine.approve_view();
    }

    /// Its name in the configuration.
    pub(crate) fn name(&self) -> &str {
        &self.rule.name
    }

    /// It is about the whole picture, whatever that shows.
    pub(crate) fn is_placeless(&self) -> bool {
        self.rule.place().is_none()
    }

    /// It is about how well the camera sees, and goes on while nobody else can know anything.
    pub(crate) fn judges_picture(&self) -> bool {
        self.rule.settings.needs().picture
    }

    pub(crate) fn look(&mut self, scene: &Scene<'_>, shown: &mut Shown<'_>) {
        let first = self.machine.observe(&Scene { tracks: &self.visible, ..*scene }, &mut self.moments);
        let going_on: Vec<Report> = first.into_iter().chain(self.machine.others()).collect();
        let armed = shown.local.is_none_or(|local| self.rule.armed.at(local));
        if !armed {
            self.moments.clear();
            self.end(scene.at, EndReason::Disarmed, shown.events);
            return;
        }
        let (lasting, over): (Vec<_>, Vec<_>) = self
            .open
            .drain(..)
            .partition(|open| going_on.iter().any(|report| report.thing == open.last.thing && !report.over));
        self.open = lasting;
        for mut open in over {
            let last = going_on.iter().find(|report| report.thing == open.last.thing);
            open.last.detail = last.map_or(open.last.detail, |report| report.detail);
            self.close(&open, scene.at, EndReason::Cleared, shown.events);
        }
        for report in going_on.into_iter().filter(|report| !report.over) {
            if let Some(index) = self.open.iter().position(|open| open.last.thing == report.thing) {
                self.go_on(index, scene.at, report, shown.events);
            } else if report.present && self.may_begin(scene.at) {
                self.begin(scene.at, report, shown);
            }
        }
        for report in std::mem::take(&mut self.moments) {
            if self.open.is_empty() && self.may_begin(scene.at) {
                self.begin(scene.at, report, shown);
                self.end(scene.at, EndReason::Cleared, shown.events);
            }
        }
    }

    pub(crate) fn reset(&mut self, at: StreamTime, events: &mut Vec<Event>) {
        self.end(at, EndReason::StreamLost, events);
        self.quiet_until = None;
        self.machine.reset();
    }

    /// The stream has been lost for a while; its time goes on, and with it the quiet after a happening.
    pub(crate) fn lose(&mut self, at: StreamTime, events: &mut Vec<Event>) {
        let quiet_until = self.quiet_until;
        self.reset(at, events);
        self.quiet_until = quiet_until;
    }

    /// The stream is lost, and its last picture was at `since`: that may itself be a happening, now or when the rule is
    /// armed again.
    pub(crate) fn stay_lost(&mut self, at: StreamTime, since: StreamTime, shown: &mut Shown<'_>) {
        let armed = shown.local.is_none_or(|local| self.rule.armed.at(local));
        if !armed || !self.open.is_empty() || !self.may_begin(at) {
            return;
        }
        if let Some(report) = self.machine.stream_lost(since) {
            self.begin(at, report, shown);
        }
    }

    fn may_begin(&self, at: StreamTime) -> bool {
        self.quiet_until.is_none_or(|until| at >= until)
    }

    fn begin(&mut self, at: StreamTime, report: Report, shown: &mut Shown<'_>) {
        *shown.happenings += 1;
        let open = Open {
            happening: *shown.happenings,
            since: report.since.min(at),
            took_part: report.tracks.iter().copied().collect(),
            updates: 0,
            next_measure: report.threshold.map(|threshold| doubled(threshold, report.measured)),
            joined: false,
            raised: report.raised,
            last: report,
        };
        shown.events.push(self.event(&open, at, Phase::Began, None));
        self.open.push(open);
    }

    fn go_on(&mut self, index: usize, at: StreamTime, report: Report, events: &mut Vec<Event>) {
        let mut open = self.open.remove(index);
        let before = open.took_part.len();
        open.took_part.extend(&report.tracks);
        open.joined |= open.took_part.len() > before;
        let grown = open.next_measure.zip(report.measured).is_some_and(|(next, measured)| measured >= next);
        let raised = report.raised > open.raised;
        open.raised = open.raised.max(report.raised);
        open.last.detail = report.detail;
        // While it fades nothing may be left to show: the last picture of it stays.
        if report.present || !report.tracks.is_empty() {
            open.last = report;
        }
        // Counted from the start and not from the last update, so that an update's time depends on nothing but what
        // happened, whatever the frame rate.
        let due = at >= open.since + UPDATE_EVERY * (open.updates + 1);
        if raised || (due && (open.joined || grown)) {
            open.updates += 1;
            open.joined = false;
            if grown {
                open.next_measure =
                    open.last.threshold.map(|threshold| doubled(threshold, open.last.measured));
            }
            events.push(self.event(&open, at, Phase::Updated, None));
        }
        while open.took_part.len() > TRACKS_NAMED {
            open.took_part.pop_first();
        }
        self.open.insert(index, open);
    }

    fn end(&mut self, at: StreamTime, reason: EndReason, events: &mut Vec<Event>) {
        for open in std::mem::take(&mut self.open) {
            self.close(&open, at, reason, events);
        }
    }

    fn close(&mut self, open: &Open, at: StreamTime, reason: EndReason, events: &mut Vec<Event>) {
        events.push(self.event(open, at, Phase::Ended, Some(reason)));
        // Disarming says nothing about the thing itself: the next armed hours begin afresh.
        self.quiet_until = (reason == EndReason::Cleared).then(|| at + self.rule.re_alert);
    }

    fn event(&self, open: &Open, at: StreamTime, phase: Phase, end_reason: Option<EndReason>) -> Event {
        Event {
            behavior: self.rule.kind(),
            rule: self.rule.name.clone(),
            phase,
            end_reason,
            at,
            since: open.since,
            zone: self.rule.place().map(str::to_owned),
            tracks: open.took_part.iter().copied().collect(),
            bounds: open.last.bounds,
            score: open.last.score,
            measured: open.last.measured,
            threshold: open.last.threshold,
            detail: open.last.detail,
            severity: self.rule.severity.saturating_sub(open.raised).max(1),
            happening: open.happening,
        }
    }
}

/// The first of threshold, threshold × 2, × 4, … that has not been reached.
fn doubled(threshold: f64, measured: Option<f64>) -> f64 {
    let reached = measured.unwrap_or_default();
    let mut next = threshold.max(f64::MIN_POSITIVE);
    while next <= reached {
        next *= 2.0;
    }
    next
}
