//! What is read from a camera's section, and what is refused.

use super::*;
use crate::behavior::Settings;
use crate::geometry::Direction;
use std::time::Duration;
use xunge_config::{Problems, schema_faults};

static CAMERA: Table = Table::many("camera", &[]).tables(&TABLES).doc("A camera.", "摄像机。");
static ROOT: Table = Table::one("", &[]).tables(&[&CAMERA]);

fn scene(text: &str) -> (CameraScene, Problems) {
    let text = format!("[[camera]]\n{text}");
    let first = |root: &Section<'_>| root.tables(&CAMERA).first().map(CameraScene::read).unwrap_or_default();
    xunge_config::read("edge.toml", &text, &ROOT, first)
}

/// The problems, one a line, without the file's name.
fn refused(text: &str) -> String {
    scene(text).1.english().replace("edge.toml:", "")
}

const PLACES: &str = "[camera.zone]\nlawn = [[0.1, 0.5], [0.5, 0.5], [0.3, 0.9]]\n\
    [camera.line]\ngate = [[0.3, 0.6], [0.7, 0.6]]\n";

#[test]
fn the_tables_themselves_are_sound() {
    assert_eq!(schema_faults(&ROOT), Vec::<String>::new());
    for &kind in Kind::ALL {
        let names: Vec<_> = kind.table().all_keys().map(|key| key.name).collect();
        for common in ["name", "armed", "severity", "re_alert_secs"] {
            assert!(names.contains(&common), "{kind} lacks {common}");
        }
        for common in ["zone", "min_height"] {
            let has_place = kind != Kind::Tamper;
            assert_eq!(names.contains(&common), has_place, "{kind}: {common}");
        }
    }
}

#[test]
fn every_rule_reads_with_its_defaults() {
    let (scene, problems) = scene(&format!(
        "{PLACES}[[camera.rule.loitering]]\n[[camera.rule.intrusion]]\nzone = \"lawn\"\n\
         [[camera.rule.line_crossing]]\nline = \"gate\"\n[[camera.rule.crowd]]\n"
    ));
    assert_eq!(problems.english(), "");
    // In the order of the file, whatever the order of the kinds.
    let names: Vec<_> = scene.rules.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, ["loitering", "intrusion", "line_crossing", "crowd"]);
    assert_eq!(scene.track, track::Settings::default());
    let places: Vec<_> = scene.rules.iter().map(Rule::place).collect();
    assert_eq!(places, [None, Some("lawn"), Some("gate"), None]);
    let Settings::Loitering(loitering) = &scene.rules[0].settings else { panic!("{:?}", scene.rules[0]) };
    assert_eq!((loitering.dwell, loitering.grace), (Duration::from_secs(60), Duration::from_secs(10)));
    let Settings::Crowd(crowd) = &scene.rules[3].settings else { panic!("{:?}", scene.rules[3]) };
    assert_eq!((crowd.count, crowd.hold), (5, Duration::from_secs(3)));
}

#[test]
fn a_rule_about_the_camera_itself_has_no_zone() {
    let (scene, problems) = scene(&format!("{PLACES}[[camera.rule.tamper]]\nhold_secs = 4\n"));
    assert_eq!(problems.english(), "");
    let rule = &scene.rules[0];
    assert_eq!((rule.place(), rule.min_height, rule.severity), (None, 0.0, 2));
    let Settings::Tamper(tamper) = &rule.settings else { panic!("{rule:?}") };
    assert_eq!(tamper.hold, Duration::from_secs(4));
    assert!(scene.needs().picture);
    let problems = refused(&format!("{PLACES}[[camera.rule.tamper]]\nzone = \"lawn\"\n"));
    assert!(problems.contains("`zone`"), "{problems}");
}

#[test]
fn every_parameter_is_read() {
    let (scene, problems) = scene(&format!(
        "{PLACES}[camera.track]\nbirth_score = 0.5\ncontinue_score = 0.2\nlost_secs = 3\n\
         [[camera.rule.line_crossing]]\nname = \"in\"\nline = \"gate\"\ndirection = \"right_to_left\"\n\
         classes = [\"car\", \"truck\"]\nzone = \"lawn\"\narmed = \"22:00-06:00\"\nseverity = 1\n\
         re_alert_secs = 30\nmin_height = 0.1\n"
    ));
    assert_eq!(problems.english(), "");
    let rule = &scene.rules[0];
    assert_eq!((rule.name.as_str(), rule.severity, rule.min_height), ("in", 1, 0.1));
    assert_eq!((rule.re_alert, rule.armed.text()), (Duration::from_secs(30), "22:00-06:00"));
    let Settings::LineCrossing(crossing) = &rule.settings else { panic!("{rule:?}") };
    assert_eq!(crossing.direction, Some(Direction::RightToLeft));
    assert_eq!(rule.settings.classes().iter().map(|c| c.name()).collect::<Vec<_>>(), ["car", "truck"]);
    assert_eq!(scene.track.lost, Duration::from_secs(3));
    assert_eq!((scene.track.birth_score, scene.track.continue_score), (0.5, 0.2));
}

#[test]
fn all_mistakes_are_named_at_once_each_at_its_place() {
    let text = "[camera.zone]\nbow = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]\n\
        px = [[10, 10], [300, 10], [300, 200]]\nlawn = [[0.1, 0.5], [0.5, 0.5], [0.3, 0.9]]\n\
        [[camera.rule.intrusion]]\nzone = \"lawnn\"\n[[camera.rule.intrusion]]\nname = \"intrusion\"\nzone = \"bow\"\n\
        [[camera.rule.loitering]]\ndwell_secs = 0\narmed = \"25:00-06:00\"\n[[camera.rule.crowd]]\ncount = 0\n\
        [[camera.rule.line_crossing]]\nname = \"gate\"\n";
    let problems = refused(text);
    let places: Vec<&str> = problems.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(places, ["3", "4", "7", "9", "12", "13", "15", "16"], "{problems}");
    for (line, words) in [
        (0, "crosses itself"),
        (1, "outside the picture"),
        (2, "there is no zone `lawnn`; did you mean `lawn`?"),
        (3, "another rule of this camera is already named `intrusion`"),
        (4, "dwell_secs"),
        (5, "\"25:00\" is no time of day"),
        (6, "count"),
        (7, "`line` is missing"),
    ] {
        assert!(problems.lines().nth(line).unwrap_or_default().contains(words), "{words}\n{problems}");
    }
}

#[test]
fn an_unknown_behavior_gets_the_nearest() {
    let problems = refused("[[camera.rule.loitring]]\n");
    assert!(problems.contains("`loitring`") && problems.contains("did you mean `loitering`?"), "{problems}");
}

#[test]
fn a_rule_whose_place_is_refused_does_not_watch_the_whole_picture() {
    let (scene, problems) = scene(
        "[camera.zone]\nbow = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]\n\
         [[camera.rule.loitering]]\nzone = \"bow\"\n[[camera.rule.crowd]]\nzone = \"nowhere\"\n",
    );
    assert!(scene.rules.is_empty());
    assert_eq!(problems.len(), 2, "{problems}");
}

#[test]
fn messages_come_in_both_languages() {
    let (_, problems) =
        scene("[camera.zone]\na = [[0.1, 0.1], [0.2, 0.2]]\n[camera.line]\nb = [[0.1, 0.1]]\n");
    let chinese: Vec<String> = problems.iter().map(|problem| problem.said.zh.clone()).collect();
    assert!(chinese[0].contains("至少需要 3 个") && chinese[1].contains("恰好有 2 个点"), "{chinese:?}");
}

#[test]
fn scores_the_wrong_way_round_and_empty_classes_are_refused() {
    let problems = refused(
        "[camera.zone]\nz = [[0.1, 0.5], [0.5, 0.5], [0.3, 0.9]]\n[camera.track]\nbirth_score = 0.2\n\
         continue_score = 0.4\n[[camera.rule.intrusion]]\nzone = \"z\"\nclasses = []\n",
    );
    assert!(problems.contains("must not be above `birth_score`"), "{problems}");
    assert!(problems.contains("`classes` names nothing"), "{problems}");
}

#[test]
fn falls_and_running_read_with_their_defaults_and_their_own() {
    let (scene, problems) = scene(&format!(
        "{PLACES}[[camera.rule.fall]]\n[[camera.rule.running]]\n[[camera.rule.fall]]\nname = \"ward\"\n\
         bed_zone = \"lawn\"\nconfirm_secs = 2\ndown_secs = 60\n[[camera.rule.running]]\nname = \"hall\"\n\
         speed_bh_s = 2.5\n"
    ));
    assert_eq!(problems.english(), "");
    let fall = |index: usize| match &scene.rules[index].settings {
        Settings::Fall(fall) => (fall.confirm, fall.down, fall.bed.is_some()),
        other => panic!("{other:?}"),
    };
    let speed = |index: usize| match &scene.rules[index].settings {
        Settings::Running(running) => running.speed_bh_s,
        other => panic!("{other:?}"),
    };
    assert_eq!(fall(0), (Duration::from_millis(500), Duration::from_secs(10), false));
    assert_eq!(fall(2), (Duration::from_secs(2), Duration::from_secs(60), true));
    assert_eq!((speed(1), speed(3)), (1.6, 2.5));
    assert_eq!((scene.rules[0].severity, scene.rules[1].severity), (2, 3));
    assert_eq!(scene.needs(), Needs { closer: true, flow: true, ..Needs::default() });
}

#[test]
fn a_fall_rule_without_its_bed_watches_nothing() {
    let (scene, problems) = scene(&format!("{PLACES}[[camera.rule.fall]]\nbed_zone = \"lawnn\"\n"));
    assert!(scene.rules.is_empty());
    let problems = problems.english();
    assert!(problems.contains("there is no zone `lawnn`; did you mean `lawn`?"), "{problems}");
}

#[test]
fn times_and_speeds_of_nothing_are_refused() {
    for (rule, key) in [("fall", "confirm_secs"), ("fall", "down_secs"), ("running", "speed_bh_s")] {
        let problems = refused(&format!("[[camera.rule.{rule}]]\n{key} = 0\n"));
        assert!(problems.lines().count() == 1 && problems.contains(key), "{problems}");
    }
}

#[test]
fn the_ground_is_read_and_left_out() {
    let ground = "[camera.ground]\ncorners = [[0.3, 0.5], [0.6, 0.5], [0.8, 0.9], [0.1, 0.9]]\n\
        width_m = 3\nlength_m = 4.5\n";
    let (with, problems) = scene(&format!("{ground}{PLACES}[[camera.rule.running]]\n"));
    assert_eq!(problems.english(), "");
    let ground = with.ground.unwrap();
    let (x, y) = ground.metres(Point::new(0.8, 0.9)).unwrap();
    assert!((x - 3.0).abs() < 1e-9 && (y - 4.5).abs() < 1e-9);
    assert_eq!(scene(PLACES).0.ground, None);
}

mod nonsense;
