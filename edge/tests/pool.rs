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
        pool::{LookError, Looker},
        runtime::Provider,
    },
};
use xunge_scene::{Needs, StreamTime};

const LIMIT: Duration = Duration::from_secs(30);

fn engine(cameras: usize) -> Engine {
    on(Provider::Cpu, cameras)
}

fn on(provider: Provider, cameras: usize) -> Engine {
    let config = DetectorConfig { model: None, onnxruntime: None, provider, workers: 1, threads: 1 };
    Engine::start(&config, cameras, Needs::default()).unwrap()
}

fn grey() -> Arc<Frame> {
    Arc::new(Frame::from_bgr(StreamTime::ZERO, 416, 234, 416 * 3, vec![90; 416 * 3 * 234]).unwrap())
}

#[test]
fn cameras_that_ask_all_the_time_get_the_same_share() {
    const CAMERAS: usize = 4;
    const LOOKS: usize = 80;
    let engine = engine(CAMERAS);
    let done = AtomicUsize::new(0);
    let shares: Vec<usize> = std::thread::scope(|scope| {
        let ask = |looker: Looker| {
            let done = &done;
            scope.spawn(move || {
                let frame = grey();
                let mut share = 0;
                while done.fetch_add(1, Ordering::SeqCst) < LOOKS {
                    looker.look(Arc::clone(&frame), LIMIT).unwrap();
                    share += 1;
                }
                share
            })
        };
        let threads: Vec<_> = (0..CAMERAS).map(|_| ask(engine.pool.looker())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(engine.pool.handle().stats().looks, LOOKS as u64);
    let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
    assert!(most - least <= 4, "{shares:?}");
    engine.pool.stop();
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
    let looker = engine.pool.looker();
    assert!(looker.look(grey(), LIMIT).unwrap().is_empty());
    assert!(matches!(looker.look(grey(), Duration::ZERO), Err(LookError::TimedOut(_))));
    let stopper = std::thread::spawn(move || engine.pool.stop());
    drop(looker);
    stopper.join().unwrap();
}
