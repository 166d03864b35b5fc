//! People at work: the console's browser tests, each against a centre of its own with nothing in it yet. Screenshots of
//! the last run are in `target/tmp/browser`.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result};
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

/// 人口与到龄提醒: from accounts and an import to an outcome and the log of who looked; five people of the other half.
#[test]
fn residents_are_imported_reminded_and_looked_after() -> Result<()> {
    let mut world = World::with_mosquitto()?;
    world.configure("[residents]\n")?;
    world.start_mosquitto()?;
    let said = world.tell_centre(&["residents", "account", "--name", "rooter", "--role", "admin"])?;
    let password = said.lines().find_map(|line| line.strip_prefix("password: "));
    let password = password.context("no password was given")?;
    world.start_centre()?;
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser/residents");
    let browser = Browser::start_with(&world, "residents", &shots, &[("RESIDENTS_PASSWORD", password)])?;
    // the night comes when the script wants it
    browser.finish_answering(LIMIT, "NEEDS ", |_| world.tell_centre(&["reminders", "scan"]).map(drop))?;
    world.tell_centre(&["residents", "verify"]).map(drop)
}
