//! What a camera usually shows, kept for a later run.

use super::*;

const WIDTH: usize = 320;
const HEIGHT: usize = 192;

/// A place full of things with edges, another for each `seed`.
fn place(seed: u32, width: usize, height: usize) -> Vec<u8> {
    let block = |x: usize, y: usize| {
        let mut hash = (x as u32 / 7).wrapping_mul(73_856_093) ^ (y as u32 / 9).wrapping_mul(19_349_663);
        hash = (hash ^ seed.wrapping_mul(83_492_791)).wrapping_mul(2_654_435_761);
        (hash >> 25) as u8 + 60
    };
    (0..height).flat_map(|y| (0..width).flat_map(move |x| [block(x, y); 3])).collect()
}

/// Looks twice a second from one second to another, and gives the last measurement.
fn look(meter: &mut PictureMeter, bgr: &[u8], width: usize, from: u32, to: u32) -> Picture {
    let height = bgr.len() / 3 / width;
    let mut last = None;
    for half in 2 * from..2 * to {
        let at = StreamTime::from_secs(f64::from(half) / 2.0);
        let pixels = Pixels { width, height, stride: 3 * width, bgr };
        last = meter.look(at, pixels).unwrap().copied();
    }
    last.unwrap()
}

fn same(picture: Picture) -> Option<f64> {
    picture.view.map(|view| view.same)
}

#[test]
fn what_a_camera_usually_shows_is_recognised_in_a_later_run() {
    let (usual, elsewhere) = (place(1, WIDTH, HEIGHT), place(2, WIDTH, HEIGHT));
    let mut meter = PictureMeter::default();
    look(&mut meter, &usual, WIDTH, 0, 4);
    assert!(meter.usual_view().unwrap().is_none(), "four seconds are not enough to know it");
    look(&mut meter, &usual, WIDTH, 4, 12);
    let kept = meter.usual_view().unwrap().unwrap();
    assert!(kept.len() < 100_000, "{} bytes", kept.len());

    let mut later = PictureMeter::default();
    later.hold_view(true);
    later.restore_view(&kept).unwrap();
    // neither a first mean that nothing is like nor an interruption of an hour makes a usual view of it
    for (from, to) in [(0, 45), (4000, 4020)] {
        assert!(same(look(&mut later, &elsewhere, WIDTH, from, to)).unwrap() < 0.45);
    }
    later.reset();
    assert!(same(look(&mut later, &usual, WIDTH, 5000, 5001)).unwrap() > 0.9);
}

#[test]
fn a_view_that_is_held_is_not_forgotten_in_a_long_interruption() {
    let (usual, elsewhere) = (place(1, WIDTH, HEIGHT), place(2, WIDTH, HEIGHT));
    for held in [true, false] {
        let mut meter = PictureMeter::default();
        look(&mut meter, &usual, WIDTH, 0, 12);
        meter.hold_view(held);
        look(&mut meter, &elsewhere, WIDTH, 12, 20);
        let after = same(look(&mut meter, &elsewhere, WIDTH, 1000, 1060)).unwrap();
        assert_eq!(after < 0.45, held, "{after}");
    }
}

#[test]
fn where_the_lost_view_is_not_known_nothing_is_learned_until_it_is_approved() {
    let elsewhere = place(2, WIDTH, HEIGHT);
    let mut meter = PictureMeter::default();
    meter.hold_view(true);
    assert!(meter.restore_view(b"no picture").is_err());
    assert_eq!(same(look(&mut meter, &elsewhere, WIDTH, 0, 60)), None);
    meter.approve_view();
    assert!(same(look(&mut meter, &elsewhere, WIDTH, 60, 75)).unwrap() > 0.9);
}

#[test]
fn a_picture_of_another_size_is_another_camera() {
    let (usual, small) = (place(1, WIDTH, HEIGHT), place(1, WIDTH / 2, HEIGHT / 2));
    let mut meter = PictureMeter::default();
    look(&mut meter, &usual, WIDTH, 0, 12);
    let kept = meter.usual_view().unwrap().unwrap();
    let mut later = PictureMeter::default();
    later.hold_view(true);
    later.restore_view(&kept).unwrap();
    assert_eq!(
        same(look(&mut later, &small, WIDTH / 2, 0, 20)),
        None,
        "still lost, and nothing to compare with"
    );
}
