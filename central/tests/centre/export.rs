//! Handing evidence over: what is in the parcel, and when two people are needed.

use std::io::{Cursor, Read};

use axum::body::to_bytes;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use xunge_central::case::guard::Role;

use crate::support::{Lies, alert, at, in_both, inbound};
use crate::views::{case_with_files, session};
use crate::web::{Console, body, change, get};

pub async fn export(console: &Console, who: &str, what: Value) -> axum::http::Response<axum::body::Body> {
    console.send(change(Method::POST, "/api/v1/exports", Some(who), &what)).await
}

/// What is in a ZIP, by name.
pub async fn unpack(
    answer: axum::http::Response<axum::body::Body>,
) -> std::collections::BTreeMap<String, Vec<u8>> {
    assert_eq!(answer.status(), StatusCode::OK);
    let bytes = to_bytes(answer.into_body(), 1 << 24).await.unwrap();
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|place| {
            let mut file = zip.by_index(place).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

pub fn one(case: Uuid) -> Value {
    json!({"cases": [case], "reason": "complaint", "text": "业主投诉 12 号", "recipient": "业主委员会"})
}

in_both! {
    async fn one_case_leaves_masked_with_manifest_and_cover(lies: Lies) {
        let console = Console::where_it_lies(lies, 1 << 20).await;
        let (case, snapshot, clip) = case_with_files(&console).await;
        let zhou = session(&console, "zhou", Role::Supervisor).await;
        let wang = console.log_in().await;
        assert_eq!(export(&console, &wang, one(case)).await.status(), StatusCode::FORBIDDEN);
        for (key, wrong) in [("recipient", json!(" ")), ("cases", json!([]))] {
            let mut what = one(case);
            what[key] = wrong;
            assert_eq!(export(&console, &zhou, what).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "{key}");
        }
        let files = unpack(export(&console, &zhou, one(case)).await).await;
        let cover = String::from_utf8(files["封面.txt"].clone()).unwrap();
        for words in ["投诉处理（业主投诉 12 号）", "接收单位：业主委员会", "zhou", "已遮挡", "XUNGE zhou"]
        {
            assert!(cover.contains(words), "{words}: {cover}");
        }
        let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
        for item in manifest["files"].as_array().unwrap() {
            let bytes = &files[item["path"].as_str().unwrap()];
            assert_eq!(item["sha256"], hex::encode(Sha256::digest(bytes)));
        }
        assert_eq!(
            files.len(),
            manifest["files"].as_array().unwrap().len() + 1,
            "the manifest names all but itself"
        );
        assert!(!files.keys().any(|name| name.ends_with(".mp4")));
        assert_eq!(manifest["left_out"][0]["sha256"], clip);
        let (name, picture) = files.iter().find(|(name, _)| name.ends_with(".jpg")).unwrap();
        assert_ne!(hex::encode(Sha256::digest(picture)), snapshot, "{name} is as it was");
        let item = manifest["files"].as_array().unwrap().iter().find(|item| item["path"] == **name).unwrap();
        assert_eq!((item["original_sha256"].as_str(), item["masked"].as_bool()), (Some(&*snapshot), Some(true)));
        assert!(files.keys().any(|name| name.contains("/alerts/")));
        // it is written down, and nothing of the parcel stays behind
        let raw = console.shop.number("SELECT COUNT(*) FROM ledger WHERE kind = 'exported'").await;
        assert_eq!(raw, 1);
        let left = std::fs::read_dir(console.shop.folder.path().join("evidence/incoming")).unwrap().count();
        assert_eq!(left, 0);
        assert_eq!(console.shop.store.verify_chain().await.unwrap().problems, Vec::<String>::new());
    }
}

in_both! {
    async fn unmasked_or_several_cases_need_a_second_person_who_agreed_to_exactly_that(lies: Lies) {
        let console = Console::where_it_lies(lies, 1 << 20).await;
        let (case, snapshot, clip) = case_with_files(&console).await;
        let mut other = alert(2, 2, 1, 0);
        other.camera = "c2".into();
        let taken = console.shop.store.take(&[inbound(&other)], at(0)).await.unwrap();
        let second = *taken.news.cases.first().unwrap();
        let zhou = session(&console, "zhou", Role::Acceptor).await;
        let sun = session(&console, "sun", Role::Supervisor).await;
        let ask = async |what: Value| {
            let asked = console.send(change(Method::POST, "/api/v1/approvals", Some(&zhou), &what)).await;
            assert_eq!(asked.status(), StatusCode::CREATED);
            let id = body(asked).await["id"].as_str().unwrap().to_owned();
            let path = format!("/api/v1/approvals/{id}");
            let said = console.send(change(Method::POST, &path, Some(&sun), &json!({"agreed": true}))).await;
            assert_eq!(said.status(), StatusCode::NO_CONTENT);
            id
        };
        let mut unmasked = one(case);
        unmasked["masked"] = json!(false);
        let alone = export(&console, &zhou, unmasked.clone()).await;
        assert_eq!(
            (alone.status(), body(alone).await["code"].as_str()),
            (StatusCode::CONFLICT, Some("second_person"))
        );
        let id = ask(json!({"kind": "unmasked_export", "cases": [case], "reason": "调取"})).await;
        // agreed for one case: not for another one
        let mut elsewhere = unmasked.clone();
        (elsewhere["cases"], elsewhere["approval"]) = (json!([second]), json!(id));
        assert_eq!(export(&console, &zhou, elsewhere).await.status(), StatusCode::CONFLICT);
        unmasked["approval"] = json!(id);
        let files = unpack(export(&console, &zhou, unmasked.clone()).await).await;
        let sums: Vec<String> = files.values().map(|bytes| hex::encode(Sha256::digest(bytes))).collect();
        assert!(sums.contains(&clip), "the clip is as it was");
        assert!(!sums.contains(&snapshot), "the picture says who took it out");
        assert_eq!(export(&console, &zhou, unmasked).await.status(), StatusCode::CONFLICT, "once only");

        let mut both = one(case);
        both["cases"] = json!([case, second]);
        assert_eq!(export(&console, &zhou, both.clone()).await.status(), StatusCode::CONFLICT);
        let id =
            ask(json!({"kind": "bulk_export", "cases": [second, case], "masked": true, "reason": "检查"})).await;
        both["approval"] = json!(id);
        let files = unpack(export(&console, &zhou, both).await).await;
        assert_eq!(files.keys().filter(|name| name.ends_with("case.json")).count(), 2);
        let list = body(console.send(get("/api/v1/approvals", Some(&sun))).await).await;
        assert!(list["approvals"].as_array().unwrap().iter().all(|asked| asked["standing"] == "used"));
    }
}
