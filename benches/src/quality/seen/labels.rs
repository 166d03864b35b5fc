//! Labels that move along with the picture.

use crate::quality::truth::{Clip, Event, Polygon, Rect};

/// The part of width and height that a longer lens shows.
const KEPT: f64 = 0.85;
const EDGE: f64 = (1.0 - KEPT) / 2.0;
/// What is less visible than this need not be found.
const VISIBLE: f64 = 0.5;

/// Left and right change places. Crop and mask stay: they come before.
pub(super) fn mirrored(clip: &Clip) -> Clip {
    let flip = |points: &Polygon| points.iter().map(|&[x, y]| [1.0 - x, y]).collect();
    let event = |event: &Event| Event {
        region: event.region.map(|[x, y, w, h]| [1.0 - x - w, y, w, h]),
        zone_polygon: event.zone_polygon.as_ref().map(flip),
        line: event.line.as_ref().map(flip),
        // whoever walks from the first point to the second has the other side on his left
        direction: event.direction.as_deref().map(|way| {
            match way {
                "left_to_right" => "right_to_left",
                "right_to_left" => "left_to_right",
                other => other,
            }
            .to_owned()
        }),
        ..event.clone()
    };
    Clip {
        events: clip.events.iter().map(event).collect(),
        zone_polygon: clip.zone_polygon.as_ref().map(flip),
        line: clip.line.as_ref().map(flip),
        ..clip.clone()
    }
}

/// The middle of the picture. An event whose region, zone or line is for more than half outside becomes optional; one
/// whose zone or line is wholly outside is gone. An event without a place stays as it is.
pub(super) fn closer(clip: &Clip) -> Clip {
    let [x, y, w, h] = clip.crop_norm.unwrap_or([0.0, 0.0, 1.0, 1.0]);
    let place = |part: Option<Part<Polygon>>| part.and_then(|part| part.kept);
    Clip {
        crop_norm: Some([x + w * EDGE, y + h * EDGE, w * KEPT, h * KEPT]),
        events: clip.events.iter().filter_map(closer_event).collect(),
        zone_polygon: place(clip.zone_polygon.as_ref().map(zone)),
        line: place(clip.line.as_ref().map(line)),
        ..clip.clone()
    }
}

fn closer_event(event: &Event) -> Option<Event> {
    let mut moved = event.clone();
    let mut visible: f64 = 1.0;
    if let Some(all) = event.region {
        let part = region(all);
        visible = visible.min(part.visible);
        moved.region = part.kept;
    }
    if let Some(all) = &event.zone_polygon {
        let part = zone(all);
        visible = visible.min(part.visible);
        moved.zone_polygon = Some(part.kept?);
    }
    if let Some(all) = &event.line {
        let part = line(all);
        visible = visible.min(part.visible);
        moved.line = Some(part.kept?);
    }
    moved.optional |= visible < VISIBLE;
    Some(moved)
}

/// What is left of a place, and how much of it that is.
struct Part<T> {
    kept: Option<T>,
    visible: f64,
}

/// Where a place of the whole picture lies in its middle; outside of it less than 0 or more than 1.
fn zoomed(at: f64) -> f64 {
    (at - EDGE) / KEPT
}

/// A region that is wholly outside becomes a line on the edge: alarms there still belong to the event.
fn region([x, y, w, h]: Rect) -> Part<Rect> {
    let span = |from: f64, length: f64| {
        let (begin, end) = (zoomed(from).clamp(0.0, 1.0), zoomed(from + length).clamp(0.0, 1.0));
        (begin, end - begin)
    };
    let ((left, width), (top, height)) = (span(x, w), span(y, h));
    let all = w * h / (KEPT * KEPT);
    let visible = if all > 0.0 { width * height / all } else { 1.0 };
    Part { kept: Some([left, top, width, height]), visible }
}

/// Sutherland and Hodgman: side after side of the picture cuts off what is beyond it.
fn zone(corners: &Polygon) -> Part<Polygon> {
    let whole: Polygon = corners.iter().map(|&[x, y]| [zoomed(x), zoomed(y)]).collect();
    let mut left = whole.clone();
    for (axis, limit, inside) in SIDES {
        let mut next = Vec::with_capacity(left.len() + 1);
        for (number, &to) in left.iter().enumerate() {
            let from = left[(number + left.len() - 1) % left.len()];
            let (before, after) = (inside * (from[axis] - limit), inside * (to[axis] - limit));
            if before.min(after) < 0.0 && before.max(after) > 0.0 {
                next.push(between(from, to, before / (before - after), (axis, limit)));
            }
            if after >= 0.0 {
                next.push(to);
            }
        }
        left = next;
    }
    left.dedup();
    let visible = area(&left) / area(&whole).max(f64::MIN_POSITIVE);
    Part { kept: (left.len() >= 3 && visible > 0.0).then_some(left), visible }
}

/// Axis, where on it the side is, and the direction in which the picture lies.
const SIDES: [(usize, f64, f64); 4] = [(0, 0.0, 1.0), (0, 1.0, -1.0), (1, 0.0, 1.0), (1, 1.0, -1.0)];

/// The point on the side itself, exactly.
fn between(from: [f64; 2], to: [f64; 2], part: f64, (axis, limit): (usize, f64)) -> [f64; 2] {
    let mut point = [0, 1].map(|n| from[n] + part * (to[n] - from[n]));
    point[axis] = limit;
    point
}

fn area(corners: &Polygon) -> f64 {
    let next = corners.iter().cycle().skip(1);
    corners.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>().abs() / 2.0
}

fn line(points: &Polygon) -> Part<Polygon> {
    let [from, to] = [points[0], points[1]].map(|[x, y]| [zoomed(x), zoomed(y)]);
    let (mut first, mut last) = (0.0_f64, 1.0_f64);
    for (axis, limit, inside) in SIDES {
        let (before, after) = (inside * (from[axis] - limit), inside * (to[axis] - limit));
        match (before < 0.0, after < 0.0) {
            (true, true) => return Part { kept: None, visible: 0.0 },
            (true, false) => first = first.max(before / (before - after)),
            (false, true) => last = last.min(before / (before - after)),
            (false, false) => {}
        }
    }
    let at = |part: f64| [0, 1].map(|n| (from[n] + part * (to[n] - from[n])).clamp(0.0, 1.0));
    let visible = (last - first).max(0.0);
    Part { kept: (visible > 0.0).then(|| vec![at(first), at(last)]), visible }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: &[[f64; 2]], b: &[[f64; 2]]) -> bool {
        a.len() == b.len() && a.iter().flatten().zip(b.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-9)
    }

    fn with(event: Event) -> Clip {
        Clip { file: "a.mp4".into(), duration_s: 9.0, events: vec![event], ..Clip::default() }
    }

    fn looked_closer(event: Event) -> Option<Event> {
        closer(&with(event)).events.pop()
    }

    #[test]
    fn in_a_mirror_left_becomes_right() {
        let event = Event {
            kind: "line_crossing".into(),
            region: Some([0.1, 0.2, 0.3, 0.4]),
            line: Some(vec![[0.25, 0.5], [0.75, 0.5]]),
            direction: Some("left_to_right".into()),
            ..Event::default()
        };
        let zone = vec![[0.0, 0.5], [0.5, 0.5], [0.25, 1.0]];
        let clip = Clip {
            zone_polygon: Some(zone),
            crop_norm: Some([0.5, 0.0, 0.5, 1.0]),
            mask_norm: Some([0.0, 0.0, 0.1, 0.1]),
            ..with(event)
        };
        let seen = mirrored(&clip);
        let [x, y, w, h] = seen.events[0].region.unwrap();
        assert!(near(&[[x, y], [w, h]], &[[0.6, 0.2], [0.3, 0.4]]));
        assert_eq!(seen.events[0].line, Some(vec![[0.75, 0.5], [0.25, 0.5]]));
        assert_eq!(seen.events[0].direction.as_deref(), Some("right_to_left"));
        assert_eq!(seen.zone_polygon, Some(vec![[1.0, 0.5], [0.5, 0.5], [0.75, 1.0]]));
        assert_eq!((seen.crop_norm, seen.mask_norm), (clip.crop_norm, clip.mask_norm));
        let back = mirrored(&seen);
        assert_eq!(back.events[0].direction, clip.events[0].direction);
        assert_eq!(back.zone_polygon, clip.zone_polygon);
    }

    #[test]
    fn closer_is_the_middle_of_the_clips_own_crop() {
        let clip = Clip { crop_norm: Some([0.5, 0.0, 0.5, 1.0]), ..Clip::default() };
        let [x, y, w, h] = closer(&clip).crop_norm.unwrap();
        assert!(near(&[[x, y], [w, h]], &[[0.5375, 0.075], [0.425, 0.85]]));
    }

    #[test]
    fn what_is_less_than_half_visible_is_optional() {
        let of = |region: Rect| looked_closer(Event { region: Some(region), ..Event::default() }).unwrap();
        let middle = of([0.415, 0.415, 0.17, 0.17]);
        let [x, y, w, h] = middle.region.unwrap();
        assert!(near(&[[x, y], [w, h]], &[[0.4, 0.4], [0.2, 0.2]]) && !middle.optional);
        assert!(!of([0.025, 0.4, 0.2, 0.2]).optional, "three quarters are left");
        assert!(of([0.025, 0.4, 0.09, 0.2]).optional, "four ninths are left");
        let gone = of([0.0, 0.4, 0.05, 0.2]);
        assert!(gone.optional && gone.region.is_some_and(|[x, _, w, _]| (x, w) == (0.0, 0.0)));
        assert!(!looked_closer(Event::default()).unwrap().optional, "without a place all stays");
    }

    #[test]
    fn zones_and_lines_end_at_the_edge() {
        let of = |zone: &[[f64; 2]]| {
            looked_closer(Event { zone_polygon: Some(zone.to_vec()), ..Event::default() })
        };
        let lower = of(&[[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]]).unwrap();
        assert!(!lower.optional);
        let corners = lower.zone_polygon.unwrap();
        assert!((area(&corners) - 0.5).abs() < 1e-9, "{corners:?}");
        assert!(corners.iter().flatten().all(|at| (0.0..=1.0).contains(at)), "{corners:?}");
        assert!(of(&[[0.0, 0.0], [1.0, 0.0], [1.0, 0.1], [0.0, 0.1]]).unwrap().optional);
        assert!(of(&[[0.0, 0.0], [0.07, 0.0], [0.07, 0.9]]).is_none(), "nothing to watch is left");

        let of = |from, to| looked_closer(Event { line: Some(vec![from, to]), ..Event::default() });
        let across = of([0.0, 0.5], [0.5, 0.5]).unwrap();
        assert!(near(&across.line.unwrap(), &[[0.0, 0.5], [0.5, 0.5]]) && !across.optional);
        assert!(of([0.0, 0.5], [0.14, 0.5]).unwrap().optional);
        assert!(of([0.0, 0.0], [0.05, 1.0]).is_none() && of([0.0, 0.1], [0.1, 0.0]).is_none());
    }
}
