//! The two halves share neither people nor tables nor keys.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;
use xunge_central::case::guard::Role as VideoRole;
use xunge_residents::right::Role;

use super::Half;
use crate::rights::{endpoints, town};
use crate::web::{OTHER_COOKIE, change, generous, get};

/// Asks with a header; only whether it is let in matters.
async fn status(
    half: &Half,
    method: &Method,
    path: &str,
    (name, value): (header::HeaderName, String),
) -> StatusCode {
    let mut request: Request<_> =
        if *method == Method::GET { get(path, None) } else { change(method.clone(), path, None, &json!({})) };
    if path.contains("/residents/import") {
        request.headers_mut().insert(header::CONTENT_TYPE, "application/octet-stream".parse().unwrap());
    }
    request.headers_mut().insert(name, value.parse().unwrap());
    half.console.send(request).await.status()
}

#[tokio::test]
async fn nobody_of_the_video_half_reads_residents_and_nobody_of_theirs_reads_video() {
    let town = town().await;
    let video = endpoints(&town);
    let half = Half::beside(town.console, &generous()).await;
    half.settle_in().await;
    // whoever sees cameras, with the own cookie, with it under the other name, and with a token
    let theirs: Vec<_> = half
        .document
        .operations
        .iter()
        .filter(|(_, path)| path.starts_with("/api/v1/residents/") && !path.ends_with("/session"))
        .cloned()
        .collect();
    assert!(theirs.len() > 30);
    for (method, path) in &theirs {
        let path = path.replace("{person}", "1").replace("{task}", "1").replace("{kind}", "birth");
        for role in VideoRole::ALL {
            let name = format!("home-{}", role.as_str());
            for shown in [
                (header::COOKIE, format!("xunge_session={name}")),
                (header::COOKIE, format!("{OTHER_COOKIE}={name}")),
                (header::AUTHORIZATION, format!("Bearer xunge_{name}")),
            ] {
                let got = status(&half, method, &path, shown.clone()).await;
                assert_eq!(got, StatusCode::UNAUTHORIZED, "{method} {path} with {shown:?}");
            }
        }
    }
    // whoever sees residents
    for role in Role::ALL {
        let cookie = half.somebody(&format!("of-{}", role.as_str()), role, "").await;
        let token = cookie.split_once('=').unwrap().1.to_owned();
        for endpoint in &video {
            for shown in [
                (header::COOKIE, cookie.clone()),
                (header::COOKIE, format!("xunge_session={token}")),
                (header::AUTHORIZATION, format!("Bearer {token}")),
            ] {
                let got = status(&half, &endpoint.method, &endpoint.path, shown).await;
                assert_eq!(got, StatusCode::UNAUTHORIZED, "{} {}", endpoint.method, endpoint.path);
            }
        }
    }
}

async fn tables(url: &str) -> BTreeSet<String> {
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(url).await.unwrap();
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
        .fetch_all(&pool)
        .await
        .unwrap();
    pool.close().await;
    names.into_iter().filter(|name| name != "_sqlx_migrations" && !name.starts_with("sqlite_")).collect()
}

#[tokio::test]
async fn no_table_is_in_both_databases() {
    let half = Half::open().await;
    half.settle_in().await;
    let residents = tables(&format!("sqlite://{}", half.database.display())).await;
    let cases = tables(&format!("sqlite://{}", half.console.shop.place)).await;
    assert!(residents.contains("person") && cases.contains("case_"));
    let both: Vec<_> = residents.intersection(&cases).collect();
    assert!(both.is_empty(), "{both:?}");
}

/// Sources below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Only what serves and starts both knows both: nothing that handles a case or an alert can ask for a resident.
#[test]
fn the_code_of_one_half_does_not_know_the_other() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    sources(&here.join("src"), &mut all);
    assert!(all.len() > 100);
    let both = [
        "src/cli",
        "src/web/residents",
        "src/main.rs",
        "src/nightly.rs",
        "src/config/residents.rs",
        "src/web/problem.rs",
    ];
    for path in &all {
        let name = path.strip_prefix(here).unwrap().display().to_string();
        let text = std::fs::read_to_string(path).unwrap();
        let knows = text.contains("xunge_residents") || text.contains("xunge_reminder");
        assert!(!knows || both.iter().any(|start| name.starts_with(start)), "{name} knows residents");
        if name.starts_with("src/web/residents") {
            assert!(!text.contains("crate::store") && !text.contains("Arc<Web>"), "{name} knows cases");
        }
    }
    for part in ["residents", "reminder"] {
        let manifest = std::fs::read_to_string(here.join("..").join(part).join("Cargo.toml")).unwrap();
        for other in ["xunge-central", "xunge-alert", "xunge-edge"] {
            assert!(!manifest.contains(other), "{part} depends on {other}");
        }
    }
}
