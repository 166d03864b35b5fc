//! A stream that stays away (`tamper`, `signal_lost`). How long is waited for it is the edge's business.

use crate::script::told;
use crate::view::{USUAL, show, watch};
use xunge_scene::{EndReason, Event, LocalTime, Phase, StreamTime, Watch, Weekday};

const RULE: &str = "[[camera.rule.tamper]]\nname = \"camera\"\n";

fn lose(watch: &mut Watch, at: f64) -> Vec<Event> {
    watch.lose(StreamTime::from_secs(at), None)
}

fn noon(minutes_before: u8) -> Option<LocalTime> {
    let noon = LocalTime::new(Weekday::Monday, 12, 0);
    if minutes_before == 0 { noon } else { LocalTime::new(Weekday::Monday, 11, 60 - minutes_before) }
}

#[test]
fn a_lost_stream_is_told_once_since_its_last_picture_and_ends_with_the_next_one() {
    for rate in [2.0, 5.0, 25.0] {
        let mut watch = watch(RULE);
        assert!(show(&mut watch, USUAL, 0.0, 20.0, rate).is_empty());
        let last = 20.0 - 1.0 / rate;
        let lost = lose(&mut watch, 35.0);
        let [began] = &lost[..] else { panic!("{}", told(&lost)) };
        assert_eq!((began.phase, began.detail), (Phase::Began, Some("signal_lost")));
        assert_eq!(began.at.secs(), 35.0);
        assert!((began.since.secs() - last).abs() < 1e-6, "{}", began.since);
        for at in [40.0, 45.0, 4000.0] {
            assert!(lose(&mut watch, at).is_empty(), "it goes on, and has been told");
        }
        // a night later
        let back = show(&mut watch, USUAL, 30_000.0, 30_010.0, rate);
        let [ended] = &back[..] else { panic!("{}", told(&back)) };
        assert_eq!((ended.phase, ended.end_reason), (Phase::Ended, Some(EndReason::Cleared)));
        assert_eq!((ended.at.secs(), ended.happening), (30_000.0, began.happening));
    }
}

#[test]
fn the_end_of_a_recording_is_no_lost_signal() {
    let mut watch = watch(RULE);
    show(&mut watch, USUAL, 0.0, 20.0, 5.0);
    assert!(watch.reset(StreamTime::from_secs(20.0)).is_empty());
    assert!(lose(&mut watch, 40.0).is_empty(), "nothing is expected any more");
}

#[test]
fn a_camera_that_never_sent_a_picture_has_lost_none() {
    let mut watch = watch(RULE);
    assert!(lose(&mut watch, 15.0).is_empty());
    assert!(lose(&mut watch, 20.0).is_empty());
}

#[test]
fn a_new_timeline_after_a_lost_signal_ends_it_as_lost() {
    let mut watch = watch(RULE);
    show(&mut watch, USUAL, 0.0, 20.0, 5.0);
    assert_eq!(lose(&mut watch, 35.0).len(), 1);
    let ended = watch.reset(StreamTime::from_secs(60.0));
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].end_reason, Some(EndReason::StreamLost));
    assert!(show(&mut watch, USUAL, 0.0, 20.0, 5.0).is_empty());
}

#[test]
fn what_cannot_be_looked_at_is_no_picture() {
    let mut watch = watch(RULE);
    show(&mut watch, USUAL, 0.0, 20.0, 5.0);
    assert_eq!(lose(&mut watch, 35.0).len(), 1);
    assert!(watch.look(StreamTime::from_secs(36.0), xunge_scene::Look::Blind, None).is_empty());
    assert!(lose(&mut watch, 40.0).is_empty(), "it is the same loss");
    assert_eq!(show(&mut watch, USUAL, 41.0, 42.0, 5.0).len(), 1, "and ends now");
}

#[test]
fn a_stream_that_stays_away_is_told_when_the_rule_may_speak_again() {
    let mut watch = watch("[[camera.rule.tamper]]\nname = \"camera\"\nre_alert_secs = 60\n");
    show(&mut watch, USUAL, 0.0, 20.0, 5.0);
    assert_eq!(lose(&mut watch, 35.0).len(), 1);
    assert_eq!(show(&mut watch, USUAL, 40.0, 50.0, 5.0).len(), 1, "ended at 40");
    assert!(lose(&mut watch, 65.0).is_empty(), "quiet until 100");
    assert!(lose(&mut watch, 99.0).is_empty());
    let lost = lose(&mut watch, 101.0);
    assert_eq!(lost.len(), 1);
    assert!((lost[0].since.secs() - 49.8).abs() < 1e-6, "{}", lost[0].since);
    assert!(lose(&mut watch, 106.0).is_empty());
}

#[test]
fn a_stream_that_is_lost_is_told_in_armed_hours_only() {
    let mut watch = watch("[[camera.rule.tamper]]\nname = \"camera\"\narmed = \"12:00-18:00\"\n");
    show(&mut watch, USUAL, 0.0, 20.0, 5.0);
    assert!(watch.lose(StreamTime::from_secs(35.0), noon(10)).is_empty());
    assert!(watch.lose(StreamTime::from_secs(600.0), noon(1)).is_empty());
    let lost = watch.lose(StreamTime::from_secs(660.0), noon(0));
    assert_eq!(told(&lost), "660.00 began camera  since 19.80");
}
