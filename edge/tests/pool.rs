//! The detector pool with the real model: everybody gets a turn, whoever asks how often.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use xunge_edge::{
    config::DetectorConfig,
    engine::Engine,
    frame::Frame,
    observe::{
        pool::{LookError, Urgency},
        runtime::Provider,
    },
};
use xunge_scene::{Needs, StreamTime};

const LIMIT: Duration = Duration::from_secs(30);

fn engine(cameras: usize) -> Engine {
    on(Provider::Cpu, cameras)
}

fn on(provider: Provider, cameras: usize) -> Engine {
    let config = DetectorConfig { model: None, onnxruntime: None, provider, workers: Some(1), threads: 1 };
    Engine::start(&config, cameras, Needs::default()).unwrap()
}

fn grey() -> Arc<Frame> {
    Arc::new(Frame::from_bgr(StreamTime::ZERO, 416, 234, 416 * 3, vec![90; 416 * 3 * 234]).unwrap())
}

/// How often each of these cameras looked, of so many looks in all, when all ask all the time.
fn looks_of(cameras: &[Urgency], looks: usize) -> Vec<usize> {
    let engine = engine(cameras.len());
    let done = AtomicUsize::new(0);
    let shares: Vec<usize> = std::thread::scope(|scope| {
        let ask = |urgency| {
            let (done, mut looker) = (&done, engine.pool.looker());
            scope.spawn(move || {
                looker.set_urgency(urgency);
                let frame = grey();
                let mut share = 0;
                while done.fetch_add(1, Ordering::SeqCst) < looks {
                    looker.look(Arc::clone(&frame), LIMIT).unwrap();
                    share += 1;
                }
                share
            })
        };
        let threads: Vec<_> = cameras.iter().copied().map(ask).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(engine.pool.handle().stats().looks, looks as u64);
    engine.pool.stop();
    shares
}

#[test]
fn cameras_that_ask_all_the_time_get_the_same_share() {
    let shares = looks_of(&[Urgency::Usual; 4], 80);
    let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
    // by time, which is measured, not counted
    assert!(*least >= 15 && *most <= 25, "{shares:?}");
}

#[test]
fn where_something_is_going_on_is_looked_at_more_often() {
    let shares = looks_of(&[Urgency::Open, Urgency::Usual, Urgency::Quiet], 140);
    assert!(shares[0] > shares[1] + 8 && shares[1] > shares[2] + 4, "{shares:?}");
    assert!(shares[2] >= 10, "nobody is forgotten: {shares:?}");
}

/// The library that `make setup` fetches is built for the processor alone.
#[test]
fn a_box_that_asks_for_what_it_has_not_sees_with_its_processor() {
    for provider in [Provider::OpenVino, Provider::Cuda] {
        let engine = on(provider, 1);
        assert_eq!(engine.provider, Provider::Cpu);
        engine.pool.looker().look(grey(), LIMIT).unwrap();
        engine.pool.stop();
    }
}

#[test]
fn an_empty_picture_has_nobody_in_it_and_no_time_is_told_apart() {
    let engine = engine(1);
    let mut looker = engine.pool.looker();
    assert!(looker.look(grey(), LIMIT).unwrap().is_empty());
    assert!(matches!(looker.look(grey(), Duration::ZERO), Err(LookError::TimedOut(_))));
    let stopper = std::thread::spawn(move || engine.pool.stop());
    drop(looker);
    stopper.join().unwrap();
}
