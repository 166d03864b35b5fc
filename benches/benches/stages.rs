//! What each stage of a look costs by itself: `cargo bench -p xunge-benches`.
//!
//! Times of shared machines drift; compare within one run, or with criterion's `--baseline` on a quiet machine.
#![allow(missing_docs, reason = "criterion's macros make functions without")]
#![allow(clippy::cast_precision_loss, reason = "small numbers")]
#![allow(clippy::expect_used, reason = "a bench that cannot begin has nothing to tell")]

use std::f32::consts::TAU;
use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use xunge_alert::Alert;
use xunge_edge::config::{EdgeConfig, For};
use xunge_edge::observe::Pixels;
use xunge_edge::observe::background::BackgroundMeter;
use xunge_edge::observe::flow::FlowMeter;
use xunge_edge::observe::letterbox::Normaliser;
use xunge_edge::observe::nanodet::{self, CHANNELS, Level};
use xunge_edge::observe::picture::PictureMeter;
use xunge_edge::outbox::{Limits, Outbox};
use xunge_scene::{Bounds, CameraScene, Class, Detection, Look, StreamTime, Watch};

/// The detector's input, and a 16:9 picture fitted into it.
const INPUT: (usize, usize) = (416, 256);
const PICTURE: (usize, usize) = (416, 234);
const LOOKS_FPS: f64 = 5.0;

/// A picture with texture; `look` moves a square over it.
fn picture(look: usize) -> Vec<u8> {
    let (width, height) = PICTURE;
    let mut bgr = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            let ground = 110.0 + 30.0 * (x as f32 / 9.0).sin() * (y as f32 / 7.0).cos();
            let left = 40 + (4 * look) % 300;
            let there = (left..left + 24).contains(&x) && (90..160).contains(&y);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a grey level")]
            let grey = if there { 40 } else { ground as u8 };
            bgr.extend([grey, grey.saturating_add(6), grey.saturating_sub(6)]);
        }
    }
    bgr
}

fn pixels(bgr: &[u8]) -> Pixels<'_> {
    Pixels { width: PICTURE.0, height: PICTURE.1, stride: 3 * PICTURE.0, bgr }
}

fn detector_ends(c: &mut Criterion) {
    let bgr = picture(0);
    let normaliser = Normaliser::new([103.53, 116.28, 123.675], [57.375, 57.12, 58.395]);
    let mut input = vec![0.0; 3 * INPUT.0 * INPUT.1];
    c.bench_function("letterbox", |b| {
        b.iter(|| normaliser.planes(black_box(pixels(&bgr)), INPUT.0, INPUT.1, &mut input));
    });
    // one cell of fifty says a person, as on a busy street
    let tensors: Vec<(usize, Vec<f32>)> = [8, 16, 32]
        .map(|stride| {
            let cells = INPUT.0 / stride * (INPUT.1 / stride);
            let value = |index: usize| if index < cells && index.is_multiple_of(50) { 1.0 } else { -5.0 };
            (stride, (0..CHANNELS * cells).map(value).collect())
        })
        .into();
    let levels: Vec<Level<'_>> = tensors
        .iter()
        .map(|(stride, values)| Level {
            stride: *stride,
            columns: INPUT.0 / stride,
            rows: INPUT.1 / stride,
            values,
        })
        .collect();
    c.bench_function("decode and nms", |b| {
        b.iter(|| nanodet::decode(black_box(&levels), PICTURE.0, PICTURE.1, 0.12));
    });
}

fn meters(c: &mut Criterion) {
    let pictures: Vec<Vec<u8>> = (0..20).map(picture).collect();
    let mut group = c.benchmark_group("meter");
    let mut look = 0_usize;
    let mut next = || {
        look += 1;
        (StreamTime::from_secs(look as f64 / LOOKS_FPS), pixels(&pictures[look % pictures.len()]))
    };
    let mut background = BackgroundMeter::default();
    group.bench_function("background", |b| {
        b.iter(|| {
            let (at, picture) = next();
            background.look(at, picture, &[]).expect("it can be measured");
        });
    });
    let mut flow = FlowMeter::default();
    group.bench_function("flow", |b| {
        b.iter(|| {
            let (at, picture) = next();
            flow.look(at, picture).expect("it can be measured").is_some()
        });
    });
    let mut health = PictureMeter::default();
    group.bench_function("picture", |b| {
        b.iter(|| {
            let (at, picture) = next();
            health.look(at, picture).expect("it can be measured").is_some()
        });
    });
    group.finish();
}

/// So many people who walk in circles of their own.
fn walkers(count: usize, secs: f64) -> Vec<Detection> {
    let columns = 20;
    (0..count)
        .map(|n| {
            #[expect(clippy::cast_possible_truncation, reason = "an angle")]
            let angle = (secs as f32) * 0.5 + TAU * (n as f32 * 0.618).fract();
            let x = 0.03 + 0.94 * (n % columns) as f64 / columns as f64 + 0.01 * f64::from(angle.cos());
            let y = 0.05 + 0.075 * (n / columns) as f64 + 0.01 * f64::from(angle.sin());
            Detection { class: Class::Person, score: 0.7, bounds: Bounds::new(x, y, 0.02, 0.07) }
        })
        .collect()
}

/// A camera with these rules; `text` stands below `[[camera]]`.
fn scene(text: &str) -> CameraScene {
    let text = format!(
        "edge_id = \"b\"\nsite = \"000000000000\"\n[[camera]]\nid = \"c\"\nurl = \"rtsp://192.0.2.1/x\"\n{text}"
    );
    let (config, problems) = EdgeConfig::parse("edge.toml", &text, Path::new(""), For::Replay);
    assert!(problems.is_empty(), "{problems}");
    config.cameras.into_iter().next().expect("one camera").scene
}

/// One look more at a camera that has been watched for ten seconds.
fn look_at(b: &mut criterion::Bencher<'_>, text: &str, people: usize) {
    let mut watch = Watch::new(&scene(text));
    let mut look = 0_u32;
    let mut next = |watch: &mut Watch| {
        look += 1;
        let secs = f64::from(look) / LOOKS_FPS;
        watch.look(StreamTime::from_secs(secs), Look::Seen(&walkers(people, secs)), None).len()
    };
    for _ in 0..50 {
        next(&mut watch);
    }
    b.iter(|| next(&mut watch));
}

fn tracker(c: &mut Criterion) {
    let mut group = c.benchmark_group("tracker");
    for people in [5, 50, 200] {
        group.bench_with_input(BenchmarkId::from_parameter(people), &people, |b, &people| {
            look_at(b, "", people)
        });
    }
    group.finish();
}

const ZONE: &str = "[camera.zone]\nz = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]\n";
const LINE: &str = "[camera.line]\nl = [[0.1, 0.5], [0.9, 0.5]]\n";

/// Each behavior with twenty people; what lies above `none` is its own.
fn behaviors(c: &mut Criterion) {
    let mut group = c.benchmark_group("behavior");
    let rules = [
        ("none", String::new()),
        ("intrusion", format!("{ZONE}[[camera.rule.intrusion]]\nzone = \"z\"\n")),
        ("line_crossing", format!("{LINE}[[camera.rule.line_crossing]]\nline = \"l\"\n")),
        ("loitering", "[[camera.rule.loitering]]\n".to_owned()),
        ("crowd", "[[camera.rule.crowd]]\n".to_owned()),
        ("running", "[[camera.rule.running]]\n".to_owned()),
        ("fall", "[[camera.rule.fall]]\n".to_owned()),
    ];
    for (name, text) in rules {
        group.bench_function(name, |b| look_at(b, &text, 20));
    }
    group.finish();
}

fn outbox(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let (outbox, _) =
        Outbox::open(folder.path(), Limits::default(), jiff::Timestamp::now()).expect("an outbox");
    let alert: Alert =
        serde_json::from_str(include_str!("../../alert/samples/v1/alert-began.json")).expect("a sample");
    c.bench_function("outbox append", |b| {
        let fresh = || Alert { alert_id: uuid::Uuid::now_v7(), ..alert.clone() };
        b.iter_batched(fresh, |alert| outbox.append(alert).expect("kept"), BatchSize::SmallInput);
    });
}

criterion_group!(stages, detector_ends, meters, tracker, behaviors, outbox);
criterion_main!(stages);
