//! A store of an earlier version, with what it held, opened by this one.

use sqlx::migrate::{Migration, Migrator};
use sqlx::{AnyPool, AssertSqlSafe, SqlSafeStr};
use uuid::Uuid;
use xunge_central::case::guard::Role;
use xunge_central::case::log::{Entry, GENESIS, hash};
use xunge_central::case::{Change, State, Verdict};
use xunge_central::incident::Standing;
use xunge_central::store::{CaseFilter, Place, Quiet, QuietPage, Store};
use xunge_parts::Postgres;

use crate::support::{
    EDGE, Kind, OUTBOX, SITE, alert, at, decided, ended, everywhere, inbound, on_both, settings,
};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// A store as version `last` of its tables left it.
async fn store_of(kind: Kind, folder: &std::path::Path, last: i64) -> (Place, AnyPool) {
    sqlx::any::install_default_drivers();
    let (place, url) = match kind {
        Kind::Sqlite => {
            let file = folder.join("central.db");
            let url = format!("sqlite://{}?mode=rwc", file.display());
            (Place::File(file), url)
        }
        Kind::Postgres => {
            let url = Postgres::shared_database().unwrap();
            (Place::Postgres { url: url.parse().unwrap(), password: None }, url)
        }
    };
    let pool = sqlx::any::AnyPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
    let migrations = MIGRATIONS.iter().filter(|migration| migration.version <= last).map(|migration| {
        let sql = match kind {
            Kind::Sqlite => migration.sql.as_str().to_owned(),
            Kind::Postgres => migration.sql.as_str().replace(" BLOB", " BYTEA").replace("-- postgres: ", ""),
        };
        let (version, what, sort) =
            (migration.version, migration.description.clone(), migration.migration_type);
        Migration::new(version, what, sort, AssertSqlSafe(sql).into_sql_str(), migration.no_tx)
    });
    Migrator::with_migrations(migrations.collect()).run(&pool).await.unwrap();
    (place, pool)
}

/// Writes as version 3 did: a case that nobody has decided and one that was filed, with their logs.
async fn fill(pool: &AnyPool) -> [Uuid; 2] {
    let run = async |sql: String| {
        sqlx::query(AssertSqlSafe(sql)).execute(pool).await.unwrap();
    };
    run(format!("INSERT INTO edge (edge, site, first_seen_us) VALUES ('{EDGE}', '{SITE}', 1)")).await;
    run("INSERT INTO user_ (name, role, password_hash, created_us, changed_us) VALUES ('wang', 'operator', 'h', 1, 1)".into())
        .await;
    let cases = [Uuid::from_u128(101), Uuid::from_u128(102)];
    let mut prev_hash = GENESIS.to_owned();
    let mut seq = 0;
    for (place, id) in (1_i64..).zip(cases) {
        let filed = place == 2;
        let one = alert(u128::from(place.unsigned_abs()), place.unsigned_abs(), 1, 0);
        let state = if filed { "filed" } else { "verifying" };
        let (us, payload) = (at(0).as_microsecond(), serde_json::to_string(&one).unwrap());
        let length = if filed { 3 } else { 2 };
        run(format!(
            "INSERT INTO case_ (id, ordinal, number, state, version, log_length, behavior, severity, edge, site, camera,
                camera_name, rule, zone, test, since_us, last_us, phase, alert_count, score, box, late, registered_us,
                updated_us, verdict, note, verdict_by, verdict_us)
             VALUES ('{id}', {place}, '420502202611230000{place}', '{state}', {length}, {length}, 'intrusion', 2, '{EDGE}', '{SITE}',
                '{camera}', '东门', '{rule}', 'lawn', 0, {us}, {us}, 'began', 1, 0.5, '[0,0,1,1]', 0, {us}, {us}, {verdict})",
            camera = one.camera,
            rule = one.rule,
            verdict = if filed { format!("'real', '见到人', 'wang', {us}") } else { "NULL, NULL, NULL, NULL".into() },
        ))
        .await;
        run(format!(
            "INSERT INTO alert (edge, alert_id, case_id, outbox, seq, revision, phase, since_us, utc_us, severity, score, box, late,
                first_received_us, received_us, payload)
             VALUES ('{EDGE}', '{alert}', '{id}', '{OUTBOX}', {place}, 1, 'began', {us}, {us}, 2, 0.5, '[0,0,1,1]', 0, {us}, {us}, '{payload}')",
            alert = one.alert_id,
        ))
        .await;
        run(format!(
            "INSERT INTO alert_message (edge, outbox, seq, alert_id, revision, received_us, late, payload)
             VALUES ('{EDGE}', '{OUTBOX}', {place}, '{alert}', 1, {us}, 0, '{payload}')",
            alert = one.alert_id,
        ))
        .await;
        let mut log = vec![
            ("system", format!(r#"{{"change":"registered","edge":"{EDGE}","alert_id":"{}"}}"#, one.alert_id)),
            ("system", r#"{"change":"verifying"}"#.to_owned()),
        ];
        if filed {
            log.push(("wang", r#"{"change":"decided","verdict":"real","note":"见到人"}"#.to_owned()));
        }
        for (place, (actor, change)) in (1_i64..).zip(&log) {
            seq += 1;
            let entry = Entry { prev_hash: &prev_hash, seq, case_id: id, place, utc_us: us, actor, change };
            let hash = hash(&entry);
            run(format!(
                "INSERT INTO case_log (seq, case_id, place, utc_us, actor, change, prev_hash, hash)
                 VALUES ({seq}, '{id}', {place}, {us}, '{actor}', '{change}', '{prev_hash}', '{hash}')"
            ))
            .await;
            prev_hash = hash;
        }
    }
    run(format!(
        "INSERT INTO series (edge, outbox, highest, first_seen_us, last_seen_us) VALUES ('{EDGE}', '{OUTBOX}', 2, 1, 1)"
    ))
    .await;
    cases
}

on_both! {
    async fn a_store_of_version_3_keeps_everything_and_goes_on(kind: Kind) {
        let folder = tempfile::tempdir().unwrap();
        let (place, pool) = store_of(kind, folder.path(), 3).await;
        let [waiting, filed] = fill(&pool).await;
        pool.close().await;

        let store = Store::open(&place, settings()).await.unwrap();
        assert_eq!(store.wind_clocks(true, at(10)).await.unwrap(), 2);
        let all = store.list_cases(&CaseFilter { limit: 9, ..CaseFilter::default() }).await.unwrap().0;
        assert_eq!(all.iter().map(|case| case.state).collect::<Vec<_>>(), [State::Filed, State::Verifying]);
        let wang = everywhere("wang", Role::Operator);
        let detail = store.case_detail(filed, &wang, at(10)).await.unwrap().unwrap();
        assert_eq!(detail.verdict.unwrap().note.as_deref(), Some("见到人"));
        assert_eq!((detail.alerts.len(), detail.log.len()), (1, 3));
        let report = store.verify_chain().await.unwrap();
        assert_eq!((report.entries, report.problems), (5, Vec::<String>::new()));

        // the alert of before ends, a new one joins, a person decides
        let over = ended(alert(1, 3, 2, 0));
        let more = alert(7, 4, 1, 20);
        let taken = store.take(&[inbound(&over), inbound(&more)], at(21)).await.unwrap();
        assert_eq!(taken.news.cases.into_iter().collect::<Vec<_>>(), [waiting]);
        let change = decided(Verdict::Real, None);
        let case = store.change_case(waiting, change, &wang, 2, at(30)).await.unwrap().unwrap();
        assert_eq!((case.case.state, case.facts.alerts, case.facts.open_alerts), (State::Filed, 2, 1));
        assert!(matches!(
            store.change_case(filed, Change::Noted { note: "x".into() }, &wang, 3, at(31)).await,
            Ok(Some(_))
        ));
        assert_eq!(store.verify_chain().await.unwrap().problems, Vec::<String>::new());
    }
}

on_both! {
    async fn a_tampering_that_version_11_knew_of_still_holds_alerts_back(kind: Kind) {
        let folder = tempfile::tempdir().unwrap();
        let (place, pool) = store_of(kind, folder.path(), 11).await;
        let rings = alert(1, 1, 1, 10);
        let us = at(0).as_microsecond();
        let sql = format!(
            "INSERT INTO incident (id, edge, camera, rule, behavior, zone, detail, standing, severity, test, since_us, last_us,
                alerts, open_alerts, score, box)
             VALUES ('{id}', '{EDGE}', '{camera}', 'tamper', 'tamper', '', 'covered', 'inhibited', 3, 0, {us}, {us}, 1, 1, 0.5,
                '[0,0,1,1]')",
            id = Uuid::from_u128(9),
            camera = rings.camera,
        );
        sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        pool.close().await;

        let store = Store::open(&place, settings()).await.unwrap();
        assert!(store.take(&[inbound(&rings)], at(11)).await.unwrap().news.cases.is_empty());
        let why = store.alert_why(EDGE, rings.alert_id).await.unwrap().unwrap();
        assert_eq!(why.standing, Standing::Inhibited);
    }
}

on_both! {
    async fn what_a_shelf_had_held_back_by_version_12_is_counted(kind: Kind) {
        let folder = tempfile::tempdir().unwrap();
        let (place, pool) = store_of(kind, folder.path(), 12).await;
        let (shelf, incident, us) = (Uuid::from_u128(7), Uuid::from_u128(9), at(0).as_microsecond());
        let end = at(3600).as_microsecond();
        let one = alert(1, 1, 1, 0);
        let (camera, rule, id) = (&one.camera, &one.rule, one.alert_id);
        for sql in [
            format!(
                "INSERT INTO shelf (id, edge, camera, rule, reason, by_, from_us, until_us)
                 VALUES ('{shelf}', '{EDGE}', '', '', '施工', 'wang', {us}, {end})"
            ),
            format!(
                "INSERT INTO incident (id, edge, camera, rule, behavior, zone, standing, severity, test, since_us, last_us, alerts,
                    open_alerts, score, box)
                 VALUES ('{incident}', '{EDGE}', '{camera}', '{rule}', 'intrusion', 'lawn', 'shelved', 2, 0, {us}, {us}, 1, 1, 0.5,
                    '[0,0,1,1]')"
            ),
            format!(
                "INSERT INTO alert (edge, alert_id, incident_id, standing, site, region, camera, rule, behavior, outbox, seq, revision,
                    phase, since_us, utc_us, severity, score, late, test, first_received_us, received_us, path)
                 VALUES ('{EDGE}', '{id}', '{incident}', 'shelved', '{SITE}', '{SITE}', '{camera}', '{rule}', 'intrusion', '{OUTBOX}',
                    1, 1, 'began', {us}, {us}, 2, 0.5, 0, 0, {us}, {us}, '[{{\"shelf\":\"{shelf}\"}}]')"
            ),
        ] {
            sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        }
        pool.close().await;

        let store = Store::open(&place, settings()).await.unwrap();
        let page = QuietPage { limit: 9, ..QuietPage::default() };
        assert_eq!(store.quiet(Quiet::Shelf, &page, at(10)).await.unwrap()[0].held, 1);
        store.take(&[inbound(&alert(2, 2, 1, 600)), inbound(&alert(2, 3, 2, 600))], at(602)).await.unwrap();
        store.take(&[inbound(&ended(alert(2, 4, 3, 600)))], at(604)).await.unwrap();
        assert_eq!(store.quiet(Quiet::Shelf, &page, at(610)).await.unwrap()[0].held, 2);
    }
}
