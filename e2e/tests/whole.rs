//! From a camera to a verdict: real RTSP, real broker, real database, real browser.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use xunge_e2e::{Browser, World, eventually};

const LAWN: &str = r#"
[[camera]]
id = "lawn"
name = "草坪"
url = "{url}"
[camera.zone]
lawn = [[0, 0.41], [0.12, 0.43], [0.33, 0.52], [0.52, 0.66], [0.98, 1], [0, 1]]
[[camera.rule.intrusion]]
name = "lawn-intrusion"
zone = "lawn"
[[camera.rule.crowd]]
name = "yard-crowd"
count = 4
"#;

/// The console's own browser test judges the first alert that arrives while it watches.
#[test]
fn an_alert_comes_live_into_the_browser_and_is_judged() -> Result<()> {
    let mut world = World::new()?;
    world.start_cameras(40.0)?;
    world.start_centre()?;
    world.enrol_edge(LAWN)?;
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser/console");
    let mut browser = Browser::start(&world, "console", &shots)?;
    eventually("the browser waits for an alert", Duration::from_secs(90), || {
        (browser.is_over() || browser.output().contains("waiting for an alert")).then_some(())
    })?;
    let started = Instant::now();
    world.start_edge()?;
    browser.finish(Duration::from_secs(240))?;
    println!("from the start of the edge to the verdict: {:.0} s", started.elapsed().as_secs_f64());
    world.edge()?.stop(Duration::from_secs(30))?;
    world.verify_cases()
}

/// One camera is good, the others are broken in their own ways: each is reported, the good one goes on.
#[test]
fn broken_cameras_are_blind_with_their_cause_and_the_good_one_goes_on() -> Result<()> {
    let mut world = World::new()?;
    world.start_cameras(45.0)?;
    let garbage = garbage_server()?;
    let closed = xunge_e2e::free_port()?;
    let broken = format!(
        "{LAWN}\n\
         [[camera]]\nid = \"dead\"\nname = \"断线\"\nurl = \"rtsp://127.0.0.1:{closed}/x\"\n\
         [[camera.rule.crowd]]\nname = \"c1\"\n\
         [[camera]]\nid = \"nowhere\"\nname = \"无此流\"\nurl = \"{{url}}-not\"\n\
         [[camera.rule.crowd]]\nname = \"c2\"\n\
         [[camera]]\nid = \"babble\"\nname = \"乱码\"\nurl = \"rtsp://{garbage}/x\"\n\
         [[camera.rule.crowd]]\nname = \"c3\"\n"
    );
    world.start_centre()?;
    world.enrol_edge(&broken)?;
    world.start_edge()?;
    let database = world.centre_database();
    let expected = [("babble", "blind"), ("dead", "blind"), ("lawn", "watching"), ("nowhere", "blind")];
    let states = eventually("each camera's state is known", Duration::from_secs(60), || {
        let states = camera_states(&database).ok()?;
        let found: Vec<(&str, &str)> = states.iter().map(|s| (s.camera.as_str(), s.watch.as_str())).collect();
        (found == expected).then_some(states)
    })
    .with_context(|| format!("{:?}", camera_states(&database)))?;
    let cause = |camera: &str| states.iter().find(|s| s.camera == camera).and_then(|s| s.cause.as_deref());
    assert_eq!(cause("dead"), Some("unreachable"));
    assert_eq!(cause("nowhere"), Some("not_found"));
    assert!(matches!(cause("babble"), Some("garbage" | "unreachable")), "{states:?}");
    let alerts = || -> Result<u64> {
        let db = rusqlite::Connection::open(&database)?;
        Ok(db.query_row("SELECT count(*) FROM alert", [], |row| row.get(0))?)
    };
    eventually("the good camera alerts", Duration::from_secs(60), || alerts().ok().filter(|n| *n > 0))?;
    Ok(())
}

#[derive(Debug)]
struct CameraRow {
    camera: String,
    watch: String,
    cause: Option<String>,
}

fn camera_states(database: &Path) -> Result<Vec<CameraRow>> {
    let db = rusqlite::Connection::open(database)?;
    let mut rows = db.prepare("SELECT camera, watch, cause FROM camera ORDER BY camera")?;
    let rows =
        rows.query_map([], |r| Ok(CameraRow { camera: r.get(0)?, watch: r.get(1)?, cause: r.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Speaks nonsense on an RTSP port until the test ends.
fn garbage_server() -> Result<std::net::SocketAddr> {
    use std::io::Write;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            // whoever hangs up is done with
            let _ = stream.write_all(&[0xA5; 4096]);
        }
    });
    Ok(address)
}
