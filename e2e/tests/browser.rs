//! People at work: the console's browser tests, each against a centre of its own with nothing in it yet. Screenshots of
//! the last run are in `target/tmp/browser`.

use std::{path::Path, time::Duration};

use anyhow::Result;
use xunge_e2e::{Browser, Gateway, World};

/// How long one script may take on a machine that is busy.
const LIMIT: Duration = Duration::from_secs(400);

fn run(script: &str, configuration: &str) -> Result<()> {
    let mut world = World::with_mosquitto()?;
    world.configure(configuration)?;
    world.start_mosquitto()?;
    world.start_centre()?;
    world.enrol_edge("")?;
    let mut gateway = Gateway::connect(&world)?;
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser").join(script);
    Browser::start(&world, script, &shots)?.finish_with_box(LIMIT, &mut gateway)?;
    world.verify_cases()
}

#[test]
fn the_organisation_is_managed() -> Result<()> {
    run("manage", "")
}

/// 登记, 核实, 立案, 派遣, 处理, 核查, 结案, by five people.
#[test]
fn an_alert_is_worked_on_until_its_case_is_closed() -> Result<()> {
    run("closing", "")
}

/// 网格, 社区, 街镇, 区.
#[test]
fn a_case_that_nobody_handles_climbs_through_four_levels() -> Result<()> {
    let limits =
        "ack = \"10s\"\nverify = \"none\"\ndispatch = \"none\"\narrive = \"none\"\nhandle = \"16s\"\n";
    run("climbing", &format!("[cases.p2]\n{limits}"))
}
