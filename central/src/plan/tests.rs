use proptest::prelude::*;
use xunge_alert::codes::BEHAVIORS;

use super::*;

fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

fn plan(id: &str, change: impl FnOnce(&mut Body)) -> Plan {
    let mut body = Body {
        title: Words { zh: "倒地".into(), en: None },
        behaviors: vec!["fall".into()],
        places: Vec::new(),
        severity: 2,
        region: None,
        enabled: true,
        steps: vec![Step {
            zh: "到场".into(),
            en: None,
            required: true,
            deadline_secs: Some(600),
            role: Some(Role::GridWorker),
        }],
    };
    change(&mut body);
    Plan { id: id.into(), version: 1, body }
}

fn found(plans: &[Plan], severity: u8, place: Option<PlaceKind>) -> Option<&str> {
    best(plans, "fall", severity, &region("420502001001007"), place).map(|plan| plan.id.as_str())
}

#[test]
fn the_plans_that_come_along_are_whole() {
    let plans = shipped();
    let ids: Vec<&str> = plans.iter().map(|plan| plan.id.as_str()).collect();
    assert_eq!(ids, ["fall", "crowd", "intrusion", "abandoned-object", "running", "tamper"]);
    for plan in &plans {
        assert_eq!(plan.body.faults(), [], "{}", plan.id);
        assert!(
            plan.body.title.en.is_some() && plan.body.steps.iter().all(|step| step.en.is_some()),
            "{}",
            plan.id
        );
        assert!(plan.body.steps.iter().any(|step| step.required), "{}", plan.id);
    }
}

#[test]
fn the_nearest_region_wins_then_the_kind_of_place_then_the_narrower_plan() {
    let general = plan("general", |body| body.behaviors.clear());
    let fall = plan("fall", |_| {});
    let grave = plan("grave", |body| body.severity = 1);
    let stairs = plan("stairs", |body| body.places = vec![PlaceKind::Stairwell]);
    let street = plan("street", |body| body.region = Some(region("420502001")));
    let elsewhere = plan("elsewhere", |body| body.region = Some(region("420503")));
    let off = plan("off", |body| {
        body.region = Some(region("420502001001007"));
        body.enabled = false;
    });
    let plans = [general, fall, grave, elsewhere, off];
    assert_eq!(found(&plans, 2, None), Some("fall"));
    assert_eq!(found(&plans, 1, None), Some("grave"));
    assert_eq!(found(&plans, 3, None), None, "not urgent enough for any");
    let plans = [&plans[..], &[stairs]].concat();
    assert_eq!(found(&plans, 1, Some(PlaceKind::Stairwell)), Some("stairs"));
    assert_eq!(found(&plans, 1, Some(PlaceKind::Square)), Some("grave"));
    assert_eq!(found(&[&plans[..], &[street]].concat(), 1, Some(PlaceKind::Stairwell)), Some("street"));
}

#[test]
fn everything_that_is_wrong_is_told_with_its_line() {
    let text = "# 预案\n[[plan]]\nid = \"Bad Id\"\ntitle = { zh = \" \" }\nbehaviors = [\"jump\"]\nseverity = 7\n\n\
                [[plan]]\nid = \"ok\"\ntitle = { zh = \"好\" }\n[[plan.step]]\nzh = \"做\"\n[[plan]]\nid = \"ok\"\n\
                title = { zh = \"又\" }\n[[plan.step]]\nzh = \"做\"\ndeadline_secs = 0\n";
    let read = read(text.as_bytes());
    assert_eq!(read.rows.len(), 1);
    assert_eq!(read.rows[0].0, 9);
    let lines: Vec<u64> = read.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [3, 3, 3, 3, 3, 14, 14], "{:#?}", read.problems);
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    let line = |text: &str| read(text.as_bytes()).problems.first().map(|problem| problem.line);
    assert_eq!(line("[[plan]]\nid = \"a\"\ntitle = { zh = \"a\" }\nsteps = 3\n"), Some(4));
    assert_eq!(line("[[plan]]\nid = \n"), Some(2));
    assert_eq!(line(""), Some(0));
    assert_eq!(read(&[0xff, 0xfe]).problems.len(), 1);
}

proptest! {
    #[test]
    fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read(&bytes);
    }

    /// What is found fits, and nothing that fits is closer; the order of the list does not matter.
    #[test]
    fn the_best_does_not_hang_on_the_order(
        made in proptest::collection::vec((0..3_usize, 1..5_u8, 0..4_usize, any::<bool>()), 0..12),
        severity in 1..5_u8, turn in 0..12_usize,
    ) {
        let mut plans: Vec<Plan> = made.iter().enumerate().map(|(n, (behaviors, at_least, digits, stairs))| {
            plan(&format!("p{n}"), |body| {
                body.behaviors = BEHAVIORS.iter().take(*behaviors * 4).map(|name| (*name).to_owned()).collect();
                body.severity = *at_least;
                body.region = [None, Some("4205"), Some("420502"), Some("420503")][*digits].map(region);
                body.places = if *stairs { vec![PlaceKind::Stairwell] } else { Vec::new() };
            })
        }).collect();
        let place = Some(PlaceKind::Stairwell);
        let first = found(&plans, severity, place).map(str::to_owned);
        if !plans.is_empty() {
            let by = turn % plans.len();
            plans.rotate_left(by);
        }
        prop_assert_eq!(found(&plans, severity, place), first.as_deref());
        let here = region("420502001001007");
        let fitting = plans.iter().filter(|plan| plan.body.fits("fall", severity, &here, place));
        let closest = fitting.map(|plan| plan.body.closeness()).max();
        let chosen = plans.iter().find(|plan| Some(&plan.id) == first.as_ref()).map(|plan| plan.body.closeness());
        prop_assert_eq!(chosen, closest);
    }
}
