//! One camera watched: looks in, events out. The only door that the edge uses.

use crate::config::CameraScene;
use crate::detection::Detection;
use crate::event::Event;
use crate::facts::{Closer, Closeup, Facts, NoCloser, Wants};
use crate::freeze::Freeze;
use crate::geometry::Ground;
use crate::posture::Posture;
use crate::rule::{Shown, Watcher};
use crate::scene::{Evidence, Look, SILENCE, Scene};
use crate::time::{LocalTime, StreamTime};
use crate::track::{Track, Tracker};
use std::time::Duration;

/// Longest time without any look over which tracks may be the same again.
const FORGET_AFTER: Duration = Duration::from_secs(30);

/// Tracks and rules of one camera.
pub struct Watch {
    aspect: f64,
    ground: Option<Ground>,
    tracker: Tracker,
    rules: Vec<Watcher>,
    /// Latest look of any kind: time must not go back.
    latest: Option<StreamTime>,
    /// While the stream is lost: when its last picture was.
    lost: Option<StreamTime>,
    /// Of looks that told something.
    looks: Clock,
    /// Of pictures, frozen ones too.
    pictures: Clock,
    freeze: Freeze,
    happenings: u64,
    /// Closer looks can be had.
    closer: bool,
    /// Kept to spare an allocation at each look.
    wants: Wants,
}

impl Watch {
    /// Watches with these zones and rules. The picture is taken to be 16:9 until [`Watch::set_aspect`] says better.
    pub fn new(scene: &CameraScene) -> Self {
        let aspect = 16.0 / 9.0;
        Self {
            aspect,
            ground: scene.ground.clone(),
            tracker: Tracker::new(scene.track, aspect),
            rules: scene.rules.iter().map(Watcher::new).collect(),
            latest: None,
            lost: None,
            looks: Clock::default(),
            pictures: Clock::default(),
            freeze: Freeze::default(),
            happenings: 0,
            closer: scene.needs().closer,
            wants: Wants::default(),
        }
    }

    /// Says how wide the picture is: width / height as displayed. Anything but a positive number is passed over.
    pub fn set_aspect(&mut self, aspect: f64) {
        if aspect.is_finite() && aspect > 0.0 {
            self.aspect = aspect;
            self.tracker.set_aspect(aspect);
        }
    }

    /// Takes in one look at stream time `at`. `local` is the local time of day for armed hours; none is always armed.
    ///
    /// Between two resets `at` must grow; a look that is not later than the one before is passed over. Events come in
    /// the order of the rules in the configuration.
    pub fn look(&mut self, at: StreamTime, look: Look<'_>, local: Option<LocalTime>) -> Vec<Event> {
        self.look_closely(at, look, Facts::default(), &mut NoCloser, local)
    }

    /// [`Watch::look`] with all that can be measured: `facts` about the whole picture, and a `closer` look at places
    /// that behaviors ask for.
    pub fn look_closely(
        &mut self,
        at: StreamTime,
        look: Look<'_>,
        facts: Facts<'_>,
        closer: &mut dyn Closer,
        local: Option<LocalTime>,
    ) -> Vec<Event> {
        if self.latest.is_some_and(|latest| at <= latest) {
            return Vec::new();
        }
        self.latest = Some(at);
        if matches!(look, Look::Blind) {
            return Vec::new();
        }
        self.lost = None;
        let picture_gap = self.pictures.pass(at);
        if self.freeze.look(facts.same, picture_gap.min(SILENCE)) {
            return self.look_frozen(at, facts, local);
        }
        let gap = self.looks.pass(at);
        if gap > FORGET_AFTER {
            self.tracker.forget(at);
        }
        if let Look::Seen(detections) = look {
            self.tracker.seen(at, detections);
        } else {
            self.tracker.still(at);
        }
        let doubts = if self.closer { self.tracker.doubts().to_vec() } else { Vec::new() };
        let nothing = Closeup::default();
        let lost = self.view_is_lost();
        let mut scene = Scene {
            at,
            known: self.looks.known,
            gap,
            evidence: look.evidence(),
            aspect: self.aspect,
            // Its corners mean nothing in a view that is not the camera's.
            ground: self.ground.as_ref().filter(|_| !lost),
            detections: if let Look::Seen(detections) = look { detections } else { &[] },
            tracks: self.tracker.tracks(),
            mixups: self.tracker.mixups(),
            undecided: self.tracker.undecided(),
            facts,
            closeup: &nothing,
        };
        self.wants.clear();
        // Who is asked about is of no track: his number is one that no track reaches.
        for (number, doubt) in doubts.iter().enumerate() {
            self.wants.poses.insert(u64::MAX - number as u64, doubt.bounds);
        }
        for rule in &mut self.rules {
            rule.wants(&scene, &mut self.wants);
        }
        let found = if self.wants.is_empty() { Closeup::default() } else { closer.look(&self.wants) };
        scene.closeup = &found;
        // Without a pose nothing is decided: the closer look failed.
        let decided = |(number, doubt): (usize, &Detection)| {
            let pose = found.poses.iter().find(|pose| pose.track == u64::MAX - number as u64)?;
            let posture = Posture::of(pose, self.aspect);
            Some((*doubt, posture.is_some_and(|posture| posture.is_upright_person(&doubt.bounds))))
        };
        let settled: Vec<(Detection, bool)> = doubts.iter().enumerate().filter_map(decided).collect();
        let mut events = Vec::new();
        for rule in &mut self.rules {
            // Its zone or line means nothing in a view that is not the camera's.
            if lost && !rule.is_placeless() {
                rule.reset(at, &mut events);
                continue;
            }
            let mut shown = Shown { local, happenings: &mut self.happenings, events: &mut events };
            let known = if rule.judges_picture() { self.pictures.known } else { scene.known };
            rule.look(&Scene { known, ..scene }, &mut shown);
        }
        for (doubt, is_person) in settled {
            self.tracker.settle(at, &doubt, is_person);
        }
        events
    }

    /// The picture is frozen: nobody knows more than at a blind look, and only who judges the picture itself goes on.
    fn look_frozen(&mut self, at: StreamTime, facts: Facts<'_>, local: Option<LocalTime>) -> Vec<Event> {
        let scene = Scene {
            at,
            known: self.pictures.known,
            gap: Duration::ZERO,
            evidence: Evidence::Blind,
            aspect: self.aspect,
            ground: None,
            detections: &[],
            tracks: &[],
            mixups: &[],
            undecided: &[],
            facts,
            closeup: &Closeup::default(),
        };
        let mut events = Vec::new();
        for rule in self.rules.iter_mut().filter(|rule| rule.judges_picture()) {
            rule.wants(&scene, &mut self.wants);
            let mut shown = Shown { local, happenings: &mut self.happenings, events: &mut events };
            rule.look(&scene, &mut shown);
        }
        events
    }

    /// After the latest look: nobody who moves is there, and no rule waits for anything. As long as the picture stays as it
    /// is, [`Look::Still`] says all that there is to say.
    pub fn is_quiet(&self) -> bool {
        self.tracker.tracks().iter().all(|track| !track.moved) && !self.rules.iter().any(Watcher::expects)
    }

    /// Something that was told is going on.
    pub fn is_open(&self) -> bool {
        self.rules.iter().any(Watcher::is_open)
    }

    /// The camera looks elsewhere than it did, and rules with a zone or a line wait for [`Watch::approve_view`].
    pub fn view_is_lost(&self) -> bool {
        self.rules.iter().any(Watcher::view_is_lost)
    }

    /// The view was lost in an earlier run, and nobody has approved another since. Before the first look; without a rule
    /// that watches the view it changes nothing.
    pub fn begin_with_lost_view(&mut self) {
        for rule in &mut self.rules {
            rule.begin_with_lost_view();
        }
    }

    /// Names of the rules that wait because the view is lost.
    pub fn suspended_rules(&self) -> Vec<&str> {
        if !self.view_is_lost() {
            return Vec::new();
        }
        self.rules.iter().filter(|rule| !rule.is_placeless()).map(Watcher::name).collect()
    }

    /// Somebody has looked and says: what the camera sees now is its view.
    pub fn approve_view(&mut self) {
        for rule in &mut self.rules {
            rule.approve_view();
        }
    }

    /// All tracks after the latest look, by id.
    pub fn tracks(&self) -> &[Track] {
        self.tracker.tracks()
    }

    /// The stream has not come back for some time, and its timeline goes on: like [`Watch::reset`], but a lost stream
    /// may itself be worth telling. `at` is now, on the stream's timeline. Said again every few seconds while it lasts,
    /// for a rule may be quiet or not armed at first.
    pub fn lose(&mut self, at: StreamTime, local: Option<LocalTime>) -> Vec<Event> {
        let news = self.lost.is_none();
        let Some(since) = self.lost.or(self.latest) else { return Vec::new() };
        let mut events = Vec::new();
        for rule in &mut self.rules {
            if news {
                rule.lose(at, &mut events);
            }
            let mut shown = Shown { local, happenings: &mut self.happenings, events: &mut events };
            rule.stay_lost(at, since, &mut shown);
        }
        if news {
            self.forget();
        }
        self.lost = Some(since);
        events
    }

    /// The stream broke: ends what is open and forgets every track. The timeline may begin anew after it.
    pub fn reset(&mut self, at: StreamTime) -> Vec<Event> {
        let mut events = Vec::new();
        for rule in &mut self.rules {
            rule.reset(at, &mut events);
        }
        self.forget();
        self.lost = None;
        events
    }

    fn forget(&mut self) {
        self.tracker.reset();
        self.latest = None;
        self.looks = Clock::default();
        self.pictures = Clock::default();
        self.freeze.pause();
    }
}

/// Counts time during which something was known.
#[derive(Debug, Default)]
struct Clock {
    last: Option<StreamTime>,
    known: Duration,
}

impl Clock {
    /// Goes on to `at`; says how long ago it was there before.
    fn pass(&mut self, at: StreamTime) -> Duration {
        let gap = self.last.map_or(Duration::ZERO, |last| at.since(last));
        self.last = Some(at);
        self.known += gap.min(SILENCE);
        gap
    }
}
