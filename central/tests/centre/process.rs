//! The built program: first start, second start, a hard death, a soft stop, and its other commands.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use xunge_alert::Confirm;
use xunge_central::store::{Place, Store};
use xunge_parts::{Mosquitto, Postgres, Running, free_port};

use crate::intake::Gateway;
use crate::support::{EDGE, Kind, SITE, alert, all_inbound, at, eventually, on_both, settings};

pub struct Centre {
    running: Running,
    lines: Arc<Mutex<Vec<String>>>,
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xunge-central"));
    command.args(arguments).current_dir(folder);
    command
}

pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Centre {
    pub fn start(folder: &Path) -> Self {
        let mut child = command(folder, &["run", "--config", "central.toml"])
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (output, kept) = (child.stdout.take().unwrap(), lines.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        Self { running: Running(child), lines }
    }

    pub async fn line(&self, start: &str) -> String {
        eventually(&format!("the centre prints `{start}`"), || async {
            let lines = self.lines.lock().unwrap();
            lines.iter().find_map(|line| line.strip_prefix(start)).map(str::to_owned)
        })
        .await
    }

    fn kill(self) {
        drop(self.running);
    }

    pub async fn stop(mut self) -> std::process::ExitStatus {
        let pid = self.running.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let running = Mutex::new(&mut self.running.0);
        eventually("the centre stops", || async { running.lock().unwrap().try_wait().unwrap() }).await
    }
}

pub fn embedded(folder: &Path) {
    let config = format!(
        "data_dir = \"data\"\n[broker]\nlisten = \"127.0.0.1:{}\"\n[web]\nlisten = \"127.0.0.1:{}\"\n",
        free_port().unwrap(),
        free_port().unwrap()
    );
    std::fs::write(folder.join("central.toml"), config).unwrap();
}

#[tokio::test]
async fn the_first_start_prints_a_password_that_works_and_the_second_prints_none() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    embedded(folder);
    let centre = Centre::start(folder);
    let console = centre.line("console: ").await;
    let (user, password) = (centre.line("user: ").await, centre.line("password: ").await);
    assert_eq!(user, "admin");

    let client = reqwest::Client::new();
    let login = client
        .post(format!("{console}/api/v1/session"))
        .header("X-Xunge", "1")
        .json(&json!({"user": user, "password": password}))
        .send()
        .await
        .unwrap();
    assert_eq!(login.status(), 204);
    eventually("the embedded broker is connected", || async {
        let health = client.get(format!("{console}/healthz")).send().await.unwrap();
        health.text().await.unwrap().contains("\"connected\"").then_some(())
    })
    .await;

    let second = run(folder, &["run", "--config", "central.toml"]);
    assert!(!second.status.success());
    assert!(text(&second.stderr).contains("another xunge-central is running"), "{}", text(&second.stderr));

    let enrolled =
        run(folder, &["enroll", "--config", "central.toml", "--edge", EDGE, "--site", SITE, "--out", "box"]);
    assert!(enrolled.status.success(), "{}", text(&enrolled.stderr));
    for name in ["ca.pem", "edge.pem", "edge.key", "credentials.toml"] {
        assert!(folder.join("box").join(name).is_file(), "{name}");
    }
    let again =
        run(folder, &["enroll", "--config", "central.toml", "--edge", EDGE, "--site", SITE, "--out", "box"]);
    assert!(!again.status.success(), "the folder is not empty");

    assert!(centre.stop().await.success());
    let centre = Centre::start(folder);
    centre.line("console: ").await;
    assert!(!centre.lines.lock().unwrap().iter().any(|line| line.starts_with("password: ")));
    assert!(centre.stop().await.success());
    let log = std::fs::read_to_string(folder.join("log")).unwrap();
    assert!(!log.contains(&password));

    let verify = run(folder, &["verify", "--config", "central.toml"]);
    assert!(verify.status.success(), "{}", text(&verify.stderr));
    let added = run(folder, &["user", "add", "--config", "central.toml", "--name", "wang"]);
    assert!(text(&added.stdout).contains("password: "), "{}", text(&added.stderr));
    let twice = run(folder, &["user", "add", "--config", "central.toml", "--name", "wang"]);
    assert!(text(&twice.stderr).contains("there is a user wang already"));
    let changed = run(folder, &["user", "passwd", "--config", "central.toml", "--name", "wang"]);
    assert!(changed.status.success());
    assert!(run(folder, &["check", "--config", "central.toml"]).status.success());
    let missing = run(folder, &["check", "--config", "none.toml"]);
    assert!(!missing.status.success());
    assert!(text(&missing.stderr).contains("none.toml"), "{}", text(&missing.stderr));
}

fn settle(open: &mut BTreeSet<u64>, confirm: &Confirm) {
    for seq in &confirm.confirmed {
        open.remove(seq);
    }
}

on_both! {
    async fn killed_again_and_again_it_has_every_alert_once(kind: Kind) {
    const KILLS: u64 = 12;
    const EACH: u64 = 20;
    let broker = Mosquitto::lasting().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (place, store) = match kind {
        Kind::Sqlite => (Place::File(folder.join("data/central.db")), String::new()),
        Kind::Postgres => {
            let url = Postgres::shared_database().unwrap();
            let section = format!("[store]\npostgres = \"{url}\"\n");
            (Place::Postgres { url: url.parse().unwrap(), password: None }, section)
        }
    };
    let config = format!(
        "data_dir = \"data\"\n[broker]\nmode = \"external\"\nurl = \"mqtt://127.0.0.1:{}\"\n\
         [web]\nlisten = \"127.0.0.1:0\"\n{store}",
        broker.port
    );
    std::fs::write(folder.join("central.toml"), config).unwrap();
    let mut gateway = Gateway::connect(broker.port).await;
    let mut open = BTreeSet::new();
    for round in 0..KILLS {
        let centre = Centre::start(folder);
        centre.line("console: ").await;
        open.extend(round * EACH + 1..=(round + 1) * EACH);
        // the box sends what is not confirmed, as its outbox does
        for seq in &open {
            gateway.send(&alert(u128::from(*seq), *seq, 1, 0)).await;
        }
        // death comes before the first confirm, just after one, or somewhere between
        match round % 3 {
            0 => {}
            1 => settle(&mut open, &gateway.next().await),
            _ => tokio::time::sleep(Duration::from_millis(rand::random_range(0..40))).await,
        }
        centre.kill();
    }
    let mut centre = Some(Centre::start(folder));
    while !open.is_empty() {
        for seq in &open {
            gateway.send(&alert(u128::from(*seq), *seq, 1, 0)).await;
        }
        // confirms of before come first, so one round may not be enough
        for _ in 0..open.len() {
            match tokio::time::timeout(Duration::from_secs(5), gateway.next()).await {
                Ok(confirm) => settle(&mut open, &confirm),
                Err(_) => break,
            }
        }
    }
    assert!(centre.take().unwrap().stop().await.success());

    let store = Store::open(&place, settings()).await.unwrap();
    let edge = store.edges(None).await.unwrap().remove(0);
    assert_eq!((edge.last_seq, edge.missing_count), (Some(KILLS * EACH), 0));
    let report = store.verify_chain().await.unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let filter = xunge_central::store::CaseFilter { limit: 200, ..Default::default() };
    let alerts: u64 = store.list_cases(&filter).await.unwrap().0.iter().map(|case| case.alert_count).sum();
    assert_eq!(alerts, KILLS * EACH, "every alert is in one case, none twice");
    store.close().await;
}
}

/// Sends what is not confirmed, as a box's outbox does.
async fn send_open(gateway: &Gateway, open: &BTreeSet<u64>) {
    for seq in open {
        let mut one = alert(u128::from(*seq), *seq, 1, 0);
        one.camera = format!("c{}", seq % 40);
        gateway.send(&one).await;
    }
}

/// Takes at most so many confirms, as long as they come.
async fn confirmed(gateway: &mut Gateway, open: &mut BTreeSet<u64>, most: usize) {
    for _ in 0..most {
        match tokio::time::timeout(Duration::from_secs(3), gateway.next()).await {
            Ok(confirm) => settle(open, &confirm),
            Err(_) => return,
        }
    }
}

/// Two centres, each with its own folder, on one PostgreSQL and one Mosquitto. Whichever is on duty is killed, again and
/// again; deadlines of long ago are due at every start.
#[tokio::test]
async fn two_centres_work_as_one_whichever_is_killed() {
    const ROUNDS: u64 = 6;
    const EACH: u64 = 25;
    const OLD: u64 = 100;
    let broker = Mosquitto::lasting().unwrap();
    let url = tokio::task::spawn_blocking(Postgres::shared_database).await.unwrap().unwrap();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for folder in &folders {
        let config = format!(
            "data_dir = \"data\"\n[broker]\nmode = \"external\"\nurl = \"{}\"\n[store]\npostgres = \"{url}\"\n\
             [web]\nlisten = \"127.0.0.1:0\"\n",
            broker.url()
        );
        std::fs::write(folder.path().join("central.toml"), config).unwrap();
    }
    let place = Place::Postgres { url: url.parse().unwrap(), password: None };
    let store = Store::open(&place, settings()).await.unwrap();
    // cases of four days ago, whose deadlines have all come since
    let old: Vec<_> = (1..=OLD)
        .map(|n| {
            let mut one = alert(u128::from(1_000_000 + n), n, 1, 0);
            (one.edge, one.camera) = ("gw-old".into(), format!("c{n}"));
            one
        })
        .collect();
    store.take(&all_inbound(&old), at(1)).await.unwrap();
    let mut gateway = Gateway::connect(broker.port).await;
    let mut centres = folders.each_ref().map(|folder| Some(Centre::start(folder.path())));
    let mut open = BTreeSet::new();
    for round in 0..ROUNDS {
        open.extend(round * EACH + 1..=(round + 1) * EACH);
        // the one on duty confirms; after that it, or the other, or both are killed in the middle of something
        let before = open.len();
        while open.len() == before {
            send_open(&gateway, &open).await;
            confirmed(&mut gateway, &mut open, 1).await;
        }
        let which = usize::try_from(round % 2).unwrap();
        if let Some(centre) = centres[which].take() {
            centre.kill();
        }
        if round % 3 == 2
            && let Some(centre) = centres[1 - which].take()
        {
            centre.kill();
            centres[1 - which] = Some(Centre::start(folders[1 - which].path()));
        }
        centres[which] = Some(Centre::start(folders[which].path()));
    }
    while !open.is_empty() {
        send_open(&gateway, &open).await;
        let most = open.len();
        confirmed(&mut gateway, &mut open, most).await;
    }
    let raw = sqlx::any::AnyPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
    eventually("all deadlines have fired", || async {
        let due: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM timer WHERE due_us <= $1")
            .bind(jiff::Timestamp::now().as_microsecond())
            .fetch_one(&raw)
            .await
            .unwrap();
        (due == 0).then_some(())
    })
    .await;
    for (centre, folder) in centres.into_iter().flatten().zip(&folders) {
        // the one that was started last may not listen for signals yet
        centre.line("console: ").await;
        let status = centre.stop().await;
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(status.success(), "{status}: {log}");
    }
    let alerts: i64 = sqlx::query_scalar("SELECT CAST(SUM(alert_count) AS BIGINT) FROM case_")
        .fetch_one(&raw)
        .await
        .unwrap();
    assert_eq!(u64::try_from(alerts).unwrap(), OLD + ROUNDS * EACH, "every alert is in one case, none twice");
    let twice: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM (SELECT case_id, change FROM case_log WHERE change LIKE '%\"timer\"%'
         GROUP BY case_id, change HAVING COUNT(*) > 1) t",
    )
    .fetch_one(&raw)
    .await
    .unwrap();
    assert_eq!(twice, 0, "no deadline fired twice");
    let report = store.verify_chain().await.unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
}

#[test]
fn an_answer_that_cannot_be_written_is_told_and_one_that_nobody_reads_is_not() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("central.toml"), "data_dir = \"data\"\n").unwrap();
    let check = |answer: Stdio| {
        let done =
            command(folder.path(), &["check", "--config", "central.toml"]).stdout(answer).output().unwrap();
        (done.status.success(), text(&done.stderr))
    };
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (fine, said) = check(full.into());
    assert!(!fine && said.matches("cannot write the answer").count() == 1, "{said}");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(check(writer.into()), (true, String::new()));
}
