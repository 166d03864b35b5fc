//! Drawn pictures: textured ground with the noise of a sensor, and what comes and goes on it.

use super::*;
use xunge_scene::Class;

const WIDTH: usize = 208;
const HEIGHT: usize = 128;

/// A rectangle: left, top, width, height.
type Place = (usize, usize, usize, usize);
const BAG: Place = (100, 70, 14, 12);
/// Where somebody stands who deals with the bag.
const OWNER: Place = (116, 40, 16, 44);

fn holds((left, top, width, height): Place, x: usize, y: usize) -> bool {
    (left..left + width).contains(&x) && (top..top + height).contains(&y)
}

/// Evenly spread over -1..1, the same for the same numbers.
fn noise(a: usize, b: usize, c: usize) -> f64 {
    let mut n = a as u64 ^ (b as u64) << 20 ^ (c as u64) << 40 ^ 0x9e37_79b9_7f4a_7c15;
    n = (n ^ n >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ n >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (n >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// What is to be seen at a moment.
#[derive(Clone, Copy)]
struct View<'a> {
    bag: bool,
    owner: bool,
    /// Brightness at a column and row.
    light: &'a dyn Fn(usize, usize) -> f64,
}

fn picture(view: View<'_>, look: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(3 * WIDTH * HEIGHT);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let paving = if (x / 16 + y / 12) % 2 == 0 { 8.0 } else { -8.0 };
            let ground = 110.0 + paving + 6.0 * noise(x, y, 0);
            let colour = match () {
                () if view.owner && holds(OWNER, x, y) => [40.0 + 10.0 * noise(x, y, look), 45.0, 60.0],
                () if view.bag && holds(BAG, x, y) => [150.0, 60.0 + 5.0 * noise(x, y, 1), 50.0],
                () => [ground, ground + 2.0, ground - 3.0],
            };
            let light = (view.light)(x, y);
            bytes.extend(colour.map(|c| (c * light + 2.0 * noise(x, y, look + 2)).clamp(0.0, 255.0) as u8));
        }
    }
    bytes
}

/// Shows what `draw` makes for `secs` at 5 looks a second, with what the detector finds in it; `told` is given the facts of
/// each look.
fn show(
    secs: f64,
    draw: impl Fn(f64, usize) -> (Vec<u8>, Vec<Detection>),
    mut told: impl FnMut(f64, &[StaticRegion]),
) {
    let mut meter = BackgroundMeter::default();
    for look in 0..(secs * 5.0) as usize {
        let at = look as f64 / 5.0;
        let (bgr, found) = draw(at, look);
        let pixels = Pixels { width: WIDTH, height: HEIGHT, stride: 3 * WIDTH, bgr: &bgr };
        meter.look(StreamTime::from_secs(at), pixels, &found).unwrap();
        told(at, meter.regions());
    }
}

fn person(place: Place, score: f32) -> Detection {
    Detection { class: Class::Person, score, bounds: shares(place) }
}

/// The owner as the detector finds him, if he is there.
fn owner(there: bool) -> Vec<Detection> {
    there.then(|| person(OWNER, 0.7)).into_iter().collect()
}

/// All that is a thing, look by look.
fn things(secs: f64, draw: impl Fn(f64, usize) -> (Vec<u8>, Vec<Detection>)) -> Vec<(f64, StaticRegion)> {
    let mut all = Vec::new();
    show(secs, draw, |at, regions| {
        all.extend(regions.iter().filter(|r| r.score >= 0.5).map(|region| (at, *region)));
    });
    all
}

/// The same in plain light, where `scene` says whether the bag and its owner are there.
fn things_of(secs: f64, scene: impl Fn(f64) -> (bool, bool)) -> Vec<(f64, StaticRegion)> {
    things(secs, |at, look| {
        let (bag, there) = scene(at);
        (picture(View { bag, owner: there, light: &|_, _| 1.0 }, look), owner(there))
    })
}

fn shares((x, y, w, h): Place) -> Bounds {
    let share = |n: usize, of: usize| n as f64 / of as f64;
    Bounds::new(share(x, WIDTH), share(y, HEIGHT), share(w, WIDTH), share(h, HEIGHT))
}

fn on_the_bag(region: &StaticRegion) -> bool {
    region.bounds.iou(&shares(BAG)) > 0.6
}

/// Brightness under a cloud that comes from the left.
fn cloud(at: f64, x: usize, y: usize) -> f64 {
    let (dx, dy) = (x as f64 - 14.0 * (at - 6.0), y as f64 - 64.0);
    1.0 - 0.3 * (1.5 - dx.hypot(dy) / 30.0).clamp(0.0, 1.0)
}

#[test]
fn a_bag_that_is_put_down_has_come_and_when_it_is_taken_it_is_over() {
    let found = things_of(30.0, |at| ((6.0..20.0).contains(&at), (4.0..8.0).contains(&at)));
    let first = found.first().expect("a bag");
    // it rests from 6 s; he stands beside it, not before it
    assert!((7.0..10.0).contains(&first.0), "{first:?}");
    assert!((first.1.since.secs() - 6.0).abs() < 0.8, "{first:?}");
    assert!(found.iter().all(|(_, r)| on_the_bag(r) && r.added > 0.15 && r.touched_secs > 1.0), "{found:?}");
    let ids: std::collections::BTreeSet<u64> = found.iter().map(|(_, r)| r.id).collect();
    assert_eq!(ids.len(), 1, "{found:?}");
    let last = found.last().unwrap().0;
    assert!((20.0..22.0).contains(&last), "{last}");
}

#[test]
fn a_bag_that_the_detector_takes_for_somebody_is_found_all_the_same() {
    let draw = |at: f64, look: usize| {
        let (bag, there) = (at >= 6.0, (2.0..8.0).contains(&at));
        let mut found = owner(there);
        found.extend(bag.then(|| person(BAG, 0.35)));
        (picture(View { bag, owner: there, light: &|_, _| 1.0 }, look), found)
    };
    let found = things(20.0, draw);
    let last = found.last().expect("a bag");
    assert!(last.0 > 19.0 && on_the_bag(&last.1) && last.1.peopled < 0.4, "{last:?}");
}

/// Half as high as the owner, and found with a score that a person may have. How much of it stirs from look to look makes
/// the difference, grey levels.
fn found_as_somebody(stirs: f64) -> Vec<(f64, StaticRegion)> {
    const SUITCASE: Place = (100, 60, 14, 26);
    things(20.0, |at, look| {
        let mut found = owner((2.0..8.0).contains(&at));
        let mut bgr = picture(View { bag: false, owner: !found.is_empty(), light: &|_, _| 1.0 }, look);
        if at >= 6.0 {
            found.push(person(SUITCASE, 0.35));
            for (pixel, colour) in bgr.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                let (x, y) = (pixel % WIDTH, pixel / WIDTH);
                if holds(SUITCASE, x, y) {
                    *colour = [(50.0 + stirs * noise(x / 4, y / 4, look + 9)) as u8, 40, 150];
                }
            }
        }
        (bgr, found)
    })
}

#[test]
fn a_suitcase_that_scores_as_somebody_is_told_by_how_still_it_is() {
    let found = found_as_somebody(2.0);
    let (at, first) = found.first().expect("a suitcase");
    assert!((11.0..14.5).contains(at), "{at}: {first:?}");
    assert!((first.since.secs() - 6.0).abs() < 0.8 && first.peopled < 0.4, "{first:?}");
    assert!(found.last().unwrap().0 > 19.0);
    assert!(found_as_somebody(40.0).is_empty(), "somebody who fidgets");
}

#[test]
fn whoever_stands_there_is_foreground_whether_he_is_found_or_not() {
    for found in [true, false] {
        let mut meter = BackgroundMeter::default();
        let mut look = |look: usize, there: bool| {
            let bgr = picture(View { bag: false, owner: there, light: &|_, _| 1.0 }, look);
            let pixels = Pixels { width: WIDTH, height: HEIGHT, stride: 3 * WIDTH, bgr: &bgr };
            meter.look(StreamTime::from_secs(look as f64 / 5.0), pixels, &owner(there && found)).unwrap();
            meter.foreground().cloned()
        };
        assert_eq!(look(0, false), None, "nothing to compare with");
        (1..20).for_each(|n| drop(look(n, false)));
        let foreground = look(20, true).unwrap();
        let cells = foreground.shares.iter().enumerate();
        let (on, off): (Vec<_>, Vec<_>) =
            cells.partition(|(index, _)| shares(OWNER).contains(foreground.grid.middle(*index)));
        assert!(on.len() >= 10 && on.iter().all(|(_, share)| **share > 0.25), "{found}: {on:?}");
        assert!(
            off.iter().map(|(_, share)| **share).sum::<f64>() < 0.1 * off.len() as f64,
            "{found}: {off:?}"
        );
    }
}

#[test]
fn a_bag_that_was_there_and_is_taken_has_gone() {
    let found = things_of(30.0, |at| (at < 10.0, (7.0..11.0).contains(&at)));
    let first = found.first().expect("a gap");
    assert!((11.0..14.0).contains(&first.0), "{first:?}");
    assert!(found.iter().all(|(_, r)| on_the_bag(r) && r.added < -0.2 && r.touched_secs > 1.0), "{found:?}");
    assert!(first.1.known_secs > 5.0, "{first:?}");
    // one thing, and it stays gone
    assert!(found.iter().all(|(_, r)| r.id == first.1.id), "{found:?}");
    assert!(found.last().unwrap().0 > 29.0);
}

/// Whoever puts it down stands still beside it for a moment, and his feet are taken for a part of it.
#[test]
fn what_stood_beside_a_bag_and_went_is_no_part_of_it() {
    const FEET: Place = (114, 72, 8, 10);
    let found = things(20.0, |at, look| {
        let mut bgr = picture(View { bag: at >= 6.0, owner: false, light: &|_, _| 1.0 }, look);
        if (6.0..8.2).contains(&at) {
            for (pixel, colour) in bgr.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                if holds(FEET, pixel % WIDTH, pixel / WIDTH) {
                    *colour = [30, 30, 40];
                }
            }
        }
        (bgr, Vec::new())
    });
    let first = found.first().expect("a bag");
    assert!((10.0..13.0).contains(&first.0), "{first:?}");
    assert!(found.iter().all(|(_, r)| on_the_bag(r) && r.added > 0.15), "{found:?}");
}

#[test]
fn what_is_put_back_where_it_was_taken_has_come_again() {
    let owner = |at: f64| (8.0..12.0).contains(&at) || (16.0..19.5).contains(&at);
    let found = things_of(30.0, |at| (!(10.0..18.0).contains(&at), owner(at)));
    assert!(found.iter().any(|(at, r)| *at < 16.0 && r.added < -0.2), "{found:?}");
    assert!(found.iter().any(|(at, r)| *at > 20.0 && r.added > 0.15 && on_the_bag(r)), "{found:?}");
    assert!(!found.iter().any(|(at, r)| *at > 22.0 && r.added < -0.2), "{found:?}");
}

#[test]
fn what_is_hardly_more_than_its_border_is_too_small_to_be_judged() {
    let extent = Extent { width: WIDTH, height: HEIGHT };
    let score = |place: Place| {
        let (left, top, width, height) = place;
        let at = |pixel: usize| (pixel % WIDTH, pixel / WIDTH);
        let pixels: Vec<u32> =
            (0..extent.area() as u32).filter(|&p| holds(place, at(p as usize).0, at(p as usize).1)).collect();
        let window = extent.window((left, top, left + width, top + height), 0);
        let ground = |pixel: usize| [110.0 + 6.0 * noise(at(pixel).0, at(pixel).1, 0) as f32; 3];
        let now = |pixel: usize| {
            if holds(place, at(pixel).0, at(pixel).1) { [150.0, 60.0, 50.0] } else { ground(pixel) }
        };
        shape::measure(&pixels, window, extent, now, ground).thing
    };
    assert_eq!(score((100, 70, 9, 6)), 1.0);
    assert_eq!(score((100, 70, 8, 4)), 0.0);
}

#[test]
fn light_is_no_thing() {
    let none = |name: &str, light: &dyn Fn(f64, usize, usize) -> f64| {
        let draw = |at: f64, look: usize| {
            (picture(View { bag: true, owner: false, light: &|x, y| light(at, x, y) }, look), owner(false))
        };
        let told = things(40.0, draw);
        assert!(told.is_empty(), "{name}: {told:?}");
    };
    none("steady", &|_, _, _| 1.0);
    none("a lamp goes on", &|at, _, _| if at > 10.0 { 1.35 } else { 1.0 });
    none("a lamp goes off", &|at, _, _| if at > 10.0 { 0.7 } else { 1.0 });
    none("dusk", &|at, _, _| 1.2 - 0.015 * at);
    none("exposure hunts", &|at, _, _| 1.0 + 0.12 * (at * 0.9).sin());
    // its soft edge is 12 pixels wide
    let shadow = |edge: f64, x: usize| 1.0 - 0.35 * ((x as f64 - edge) / 12.0).clamp(0.0, 1.0);
    none("a shadow that comes and stays", &|at, x, _| {
        shadow(WIDTH as f64 - 12.0 * (at - 8.0).clamp(0.0, 8.0), x)
    });
    none("a cloud that passes", &cloud);
}

#[test]
fn a_bag_left_while_a_cloud_passes_is_found_after_it() {
    let draw = |at: f64, look: usize| {
        (picture(View { bag: at > 10.0, owner: false, light: &|x, y| cloud(at, x, y) }, look), owner(false))
    };
    let mut last = Vec::new();
    show(45.0, draw, |_, regions| last = regions.to_vec());
    assert!(last.iter().any(|r| r.score >= 0.5 && r.added > 0.15 && on_the_bag(r)), "{last:?}");
}

/// The same picture through a lens that is out of focus.
fn blurred(bgr: &[u8]) -> Vec<u8> {
    let at = |x: i32, y: i32, c: usize| {
        let (x, y) = (x.clamp(0, WIDTH as i32 - 1) as usize, y.clamp(0, HEIGHT as i32 - 1) as usize);
        u32::from(bgr[3 * (y * WIDTH + x) + c])
    };
    let mean = |x: i32, y: i32, c: usize| {
        let sum: u32 = (-2..=2)
            .flat_map(|dx| (-2..=2).map(move |dy| (dx, dy)))
            .map(|(dx, dy)| at(x + dx, y + dy, c))
            .sum();
        (sum / 25) as u8
    };
    (0..WIDTH * HEIGHT)
        .flat_map(|i| [0, 1, 2].map(|c| mean((i % WIDTH) as i32, (i / WIDTH) as i32, c)))
        .collect()
}

/// Finely striped posters on a plain wall: sharp they stand out, blurred they are as grey as the wall.
fn posters(look: usize) -> Vec<u8> {
    let stripes = |x: usize, y: usize| {
        let on = [(20, 20), (90, 50), (150, 15), (40, 90), (130, 90)]
            .iter()
            .any(|&(a, b)| holds((a, b, 18, 22), x, y));
        if !on {
            0.0
        } else if x % 4 < 2 {
            60.0
        } else {
            -60.0
        }
    };
    (0..WIDTH * HEIGHT)
        .flat_map(|i| {
            let (x, y) = (i % WIDTH, i / WIDTH);
            [0, 1, 2].map(|c| (120.0 + stripes(x, y) + 2.0 * noise(x, y, look + c)) as u8)
        })
        .collect()
}

#[test]
fn a_lens_out_of_focus_neither_brings_nor_takes_anything() {
    for until in [20.0, 90.0, 200.0] {
        let draw = |at: f64, look: usize| {
            let sharp = posters(look);
            (if (10.0..until).contains(&at) { blurred(&sharp) } else { sharp }, owner(false))
        };
        let told = things(120.0, draw);
        assert!(told.is_empty(), "{until}: {told:?}");
    }
}

#[test]
fn when_nearly_everything_changes_it_is_said_that_what_was_known_is_given_up() {
    let mut meter = BackgroundMeter::default();
    let (mut told, mut anew) = (Vec::new(), Vec::new());
    for look in 0..100 {
        let at = look as f64 / 5.0;
        let here = View { bag: at >= 5.0, owner: false, light: &|_, _| 1.0 };
        // elsewhere the same ground is darker in every other stripe
        let elsewhere = View { light: &|x, _| if x / 10 % 2 == 0 { 0.5 } else { 1.4 }, ..here };
        let bgr = picture(if at < 12.0 { here } else { elsewhere }, look);
        let pixels = Pixels { width: WIDTH, height: HEIGHT, stride: 3 * WIDTH, bgr: &bgr };
        meter.look(StreamTime::from_secs(at), pixels, &[]).unwrap();
        told.extend(meter.regions().iter().filter(|r| on_the_bag(r)).map(|_| at));
        anew.extend(meter.is_anew().then_some(at));
    }
    assert!(anew.len() == 1 && (12.0..16.0).contains(&anew[0]), "{anew:?}");
    assert!(told.iter().any(|at| *at > 11.0) && !told.iter().any(|at| *at >= anew[0]), "{told:?}");
}

#[test]
fn after_a_reset_it_is_said_once_that_what_was_known_is_given_up() {
    let mut meter = BackgroundMeter::default();
    let mut anew = Vec::new();
    for look in 0..60 {
        let bgr = picture(View { bag: look >= 25, owner: false, light: &|_, _| 1.0 }, look);
        let pixels = Pixels { width: WIDTH, height: HEIGHT, stride: 3 * WIDTH, bgr: &bgr };
        if look == 50 {
            assert!(meter.regions().iter().any(on_the_bag));
            meter.reset();
        }
        meter.look(StreamTime::from_secs(look as f64 / 5.0), pixels, &[]).unwrap();
        anew.extend(meter.is_anew().then_some(look));
    }
    assert_eq!(anew, [50]);
}

#[test]
fn what_is_left_of_many_places_that_changed_at_once_is_no_thing() {
    // so many spots get darker at second 8; all but two are as before from second 14 on
    let regions = |spots: usize| {
        let mut most = 0;
        show(
            25.0,
            |at, look| {
                let shown = match at {
                    t if t < 8.0 => 0,
                    t if t < 14.0 => spots,
                    _ => spots.min(2),
                };
                let dark = |x: usize, y: usize| {
                    (0..shown).any(|spot| holds((15 + 45 * (spot % 4), 20 + 50 * (spot / 4), 16, 14), x, y))
                };
                let light = move |x: usize, y: usize| if dark(x, y) { 0.4 } else { 1.0 };
                (picture(View { bag: false, owner: false, light: &light }, look), Vec::new())
            },
            |_, regions| most = most.max(regions.len()),
        );
        most
    };
    assert_eq!(regions(2), 2);
    assert_eq!(regions(8), 0);
}

/// What a pixel has only just begun to show when all is learned anew is no thing before what it showed until then.
#[test]
fn a_part_of_the_new_view_that_came_to_rest_last_is_no_thing() {
    let extent = Extent { width: 16, height: 16 };
    let mut ground = Ground::default();
    let mut cover = Cover::default();
    cover.take(&[], &Stays::default(), extent);
    ground.begin(extent, &[[100; 3]; 256]);
    for look in 1..60 {
        let now = [if look < 20 { [100; 3] } else { [30; 3] }; 256];
        let base = ground.base.clone();
        ground.look(&now, 0.2, [(&base, &base), (&now, &now)], &Light::default(), &cover, &[0; 256]);
        assert!(look < 22 || ground.shows.iter().all(|shows| *shows != Shows::Rest), "look {look}");
        if look == 22 {
            ground.relearn();
        }
    }
    assert!(ground.shows.iter().all(|shows| *shows == Shows::Base) && ground.base[0] == [30; 3]);
}
