//! All clips of a truth file through the edge, several at once.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::{
    clip::ClipResult,
    edge::{self, Edge},
    plan::Plan,
    prepare::{self, Wanted},
    rules::{Rules, rank},
    score::Alarm,
    seen::Seen,
    sheet,
    truth::{Clip, Truth},
};

/// Pictures looked at per second: what a camera has when its configuration says nothing.
pub const ANALYSIS_FPS: f64 = 5.0;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Truth file.
    pub truth: PathBuf,
    /// Folder that its paths start from.
    pub clips: PathBuf,
    /// Rule files instead of those built in.
    pub rules: Option<PathBuf>,
    /// Only clips whose path has one of these in it; none is all.
    pub only: Vec<String>,
    /// Only these behaviors; none is all.
    pub behaviors: Vec<String>,
    /// Pictures looked at per second.
    pub fps: f64,
    /// Keyframes only are decoded while nothing happens, as a camera does by default.
    pub gate: bool,
    /// Clips at once.
    pub jobs: usize,
    /// Where contact sheets of misses and false alarms go.
    pub sheets: Option<PathBuf>,
}

/// What came of all clips.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Name of the truth file.
    pub truth: String,
    /// Pictures looked at per second.
    pub analysis_fps: f64,
    /// SHA-256 of the detector's model.
    pub model_sha256: String,
    /// Parameters of all behaviors.
    pub rules: Rules,
    /// Behaviors that the labels speak of and this build does not know.
    pub not_built: BTreeSet<String>,
    /// What in the labels was not understood.
    pub notices: Vec<String>,
    /// In the order of the truth file.
    pub clips: Vec<ClipResult>,
}

/// The labels, and the edge with its models loaded: ready to replay, once or several times.
pub struct Bench<'a> {
    options: &'a Options,
    truth: Truth,
    edge: Edge,
    jobs: usize,
    /// Is told what happens, for a person who waits.
    tell: &'a (dyn Fn(&str) + Sync),
}

impl<'a> Bench<'a> {
    /// Reads the labels and starts the edge.
    pub fn open(options: &'a Options, tell: &'a (dyn Fn(&str) + Sync)) -> Result<Self> {
        let truth = Truth::load(&options.truth)?;
        let chosen = truth.clips.iter().filter(|clip| options.chooses(clip)).count();
        ensure!(chosen > 0, "no clip of {} is chosen", options.truth.display());
        if let Some(folder) = &options.sheets {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        let jobs = options.jobs.clamp(1, chosen);
        Ok(Self { options, truth, edge: Edge::start(jobs)?, jobs, tell })
    }

    /// Name of the truth file.
    pub fn truth_name(&self) -> String {
        self.options.truth.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether the edge takes what all clips ask for.
    pub fn check(&self, rules: &Rules, seen: Seen) -> Result<()> {
        self.planned(rules, seen).map(drop)
    }

    fn planned(&self, rules: &Rules, seen: Seen) -> Result<(Vec<Clip>, Vec<Plan>)> {
        let options = self.options;
        let chosen = self.truth.clips.iter().filter(|clip| options.chooses(clip));
        let clips: Vec<Clip> = chosen.map(|clip| seen.clip(clip)).collect();
        let wanted = |name: &str| options.behaviors.is_empty() || options.behaviors.iter().any(|b| b == name);
        let plans: Vec<Plan> = clips.iter().map(|clip| Plan::new(clip, edge::is_built, wanted)).collect();
        for plan in plans.iter().filter(|plan| !plan.is_empty()) {
            edge::configured(&plan.edge_toml(rules, options.fps, true))?;
        }
        Ok((clips, plans))
    }

    /// Replays all chosen clips, as this camera would have seen them, and counts.
    pub fn run(&self, rules: &Rules, seen: Seen) -> Result<Outcome> {
        self.run_gated(rules, seen, self.options.gate)
    }

    /// The same, with or without the gate.
    pub fn run_gated(&self, rules: &Rules, seen: Seen, gate: bool) -> Result<Outcome> {
        let (clips, plans) = self.planned(rules, seen)?;
        let job = Job { bench: self, rules, seen, gate, notices: Mutex::default() };
        let mut results = job.all(&clips, &plans);
        results.sort_by_key(|(number, _)| *number);
        let mut more = job.notices.into_inner().unwrap_or_else(PoisonError::into_inner);
        more.sort();
        let behaviors = plans.iter().flat_map(|plan| &plan.scored);
        Ok(Outcome {
            truth: self.truth_name(),
            analysis_fps: self.options.fps,
            model_sha256: self.edge.model().to_owned(),
            not_built: behaviors.filter(|name| !edge::is_built(name)).cloned().collect(),
            rules: rules.clone(),
            notices: self.truth.unknown_fields().into_iter().chain(more).collect(),
            clips: results.into_iter().map(|(_, result)| result).collect(),
        })
    }
}

impl Options {
    fn chooses(&self, clip: &Clip) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| clip.file.contains(part))
    }
}

struct Job<'a> {
    bench: &'a Bench<'a>,
    rules: &'a Rules,
    seen: Seen,
    gate: bool,
    notices: Mutex<Vec<String>>,
}

impl Job<'_> {
    fn all(&self, clips: &[Clip], plans: &[Plan]) -> Vec<(usize, ClipResult)> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::new());
        let work = || {
            while let Some((number, clip, plan)) = {
                let number = next.fetch_add(1, Ordering::Relaxed);
                clips.get(number).zip(plans.get(number)).map(|(clip, plan)| (number, clip, plan))
            } {
                let result = self.one(clip, plan);
                let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                results.push((number, result));
                (self.bench.tell)(&line(results.len(), clips.len(), &results[results.len() - 1].1));
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.bench.jobs {
                scope.spawn(work);
            }
        });
        results.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn one(&self, clip: &Clip, plan: &Plan) -> ClipResult {
        let folder = match tempfile::tempdir().context("there is no room for temporary files") {
            Ok(folder) => folder,
            Err(error) => return ClipResult::new(clip, plan, self.rules, Err(format!("{error:#}"))),
        };
        let mut video = self.bench.options.clips.join(&clip.file);
        let outcome = self.alarms(clip, plan, &mut video, folder.path());
        let looks = outcome.as_ref().map_or(0, |(_, looks)| *looks);
        let alarms = outcome.map(|(alarms, _)| alarms).map_err(|error| format!("{error:#}"));
        let result = ClipResult { looks, ..ClipResult::new(clip, plan, self.rules, alarms) };
        if let (Some(sheets), None) = (&self.bench.options.sheets, &result.error)
            && let Err(error) = sheet::draw_all(&result, clip, &video, sheets, self.seen)
        {
            let notice = format!("no contact sheets of {}: {error:#}", clip.file);
            self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
        }
        result
    }

    /// Replays the clip. `video` becomes the copy that was shown instead of it.
    fn alarms(
        &self,
        clip: &Clip,
        plan: &Plan,
        video: &mut PathBuf,
        folder: &Path,
    ) -> Result<(Vec<Alarm>, u64)> {
        let original = video.clone();
        ensure!(original.is_file(), "{} is not a file", original.display());
        if plan.is_empty() {
            return Ok((Vec::new(), 0));
        }
        let Bench { options, edge, tell, .. } = self.bench;
        let config = plan.edge_toml(self.rules, options.fps, self.gate);
        let events = folder.join("events.jsonl");
        let wanted = Wanted::of(clip, self.seen);
        if wanted.is_plain() {
            match edge.alarms(&config, &original, &events) {
                Ok(told) => return Ok(told),
                Err(error) => tell(&format!("{}: {error:#}; a copy is tried", clip.file)),
            }
        }
        *video = folder.join("copy.mp4");
        prepare::prepare(&original, video, wanted)?;
        edge.alarms(&config, video, &events)
    }
}

fn line(done: usize, all: usize, result: &ClipResult) -> String {
    let found = result.events.iter().filter(|event| event.alarm.is_some()).count();
    let rest = match &result.error {
        Some(error) => format!("FAILED: {error}"),
        None => format!("{found} of {} events, {} alarms", result.events.len(), result.alarms.len()),
    };
    format!("{done}/{all} {} · {rest}", result.file)
}

/// Behaviors in the order of the report.
pub fn in_order(behaviors: &mut [String]) {
    behaviors.sort_by(|a, b| rank(a).cmp(&rank(b)).then(a.cmp(b)));
}
