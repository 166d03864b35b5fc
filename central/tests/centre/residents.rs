//! The residents' half over its interface: who may what, what people do there from an import to an outcome, and that nobody of
//! either half is anybody in the other.

mod rights;
mod separate;
mod work;

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use tempfile::TempDir;
use xunge_central::web::Residents;
use xunge_central::web::limits::Limits;
use xunge_database::Place;
use xunge_reminder::id_number::IdNumber;
use xunge_residents::right::{Post, Role};
use xunge_residents::store::{AccountChange, Deed, Release, Store, What};

use crate::document::Document;
use crate::support::at;
use crate::web::{Console, OTHER_COOKIE, body, change, generous, get};

/// A grid, and its community.
const HOME: &str = "420502001001001";
const COMMUNITY: &str = "420502001001";
/// A grid of another district.
const FOREIGN: &str = "420503001001001";

/// A centre with its residents' half.
struct Half {
    console: Console,
    store: Store,
    document: Document,
    database: PathBuf,
    _folder: TempDir,
}

fn deed(what: What) -> Deed {
    Deed { account: "test".into(), place: "test".into(), what, reason: String::new(), at: at(0) }
}

/// A number that nobody has.
fn number(birth: &str, sequence: u16) -> String {
    IdNumber::complete(&format!("999999{birth}{sequence:03}")).unwrap().reveal().to_owned()
}

impl Half {
    async fn open() -> Self {
        Self::beside(Console::open().await, &generous()).await
    }

    /// Puts one beside a centre that is there.
    async fn beside(mut console: Console, limits: &Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("residents.db");
        let key_file = folder.path().join("residents.key");
        let store = Store::open(&Place::File(database.clone()), &key_file).await.unwrap();
        let clock = console.hands.clock();
        let half = Residents::new(store.clone(), clock, folder.path().to_owned(), limits);
        console.with_residents(Arc::new(half));
        Self { console, store, document: Document::read(), database, _folder: folder }
    }

    /// Lets somebody in; gives the cookie.
    async fn somebody(&self, name: &str, role: Role, region: &str) -> String {
        let posts = Some(vec![Post { role, region: region.into() }]);
        let change = AccountChange { posts, password_hash: Some("!!".into()), ..AccountChange::default() };
        assert!(self.store.add_account(name, &change, &deed(What::Account)).await.unwrap());
        let token = format!("token-{name}");
        let login = Deed { account: name.into(), ..deed(What::Login) };
        self.store.log_in(&token, at(86_400), &login).await.unwrap();
        format!("{OTHER_COOKIE}={token}")
    }

    /// A call and its answer, held against the document.
    async fn ask(&self, method: Method, path: &str, cookie: &str, given: &Value) -> (StatusCode, Value) {
        let path = format!("/api/v1/residents{path}");
        let request = if method == Method::GET {
            get(&path, Some(cookie))
        } else {
            change(method.clone(), &path, Some(cookie), given)
        };
        let answer = self.console.send(request).await;
        let status = answer.status();
        let value = if status == StatusCode::NO_CONTENT { Value::Null } else { body(answer).await };
        self.document.check(&method, &path, status, &value);
        (status, value)
    }

    /// What a call shows that works.
    async fn show(&self, path: &str, cookie: &str) -> Value {
        let (status, value) = self.ask(Method::GET, path, cookie, &Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    /// What comes of a change that works.
    async fn make(&self, path: &str, cookie: &str, given: &Value) -> Value {
        let (status, value) = self.ask(Method::POST, path, cookie, given).await;
        assert!(status.is_success(), "{path}: {value}");
        value
    }

    /// Imports a table; gives every line of the answer, or the refusal.
    async fn bring(&self, query: &str, cookie: &str, csv: &str) -> Result<Vec<Value>, (StatusCode, Value)> {
        self.bring_slowly(query, cookie, Body::from(csv.to_owned())).await
    }

    /// The same of what comes as it comes.
    async fn bring_slowly(
        &self,
        query: &str,
        cookie: &str,
        table: Body,
    ) -> Result<Vec<Value>, (StatusCode, Value)> {
        let request = Request::post(format!("/api/v1/residents/import?{query}"))
            .header("X-Xunge", "1")
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::COOKIE, cookie)
            .body(table)
            .unwrap();
        let answer = self.console.send(request).await;
        if answer.status() != StatusCode::OK {
            return Err((answer.status(), body(answer).await));
        }
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/x-ndjson");
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Ok(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    /// Two people at home, and one elsewhere.
    async fn settle_in(&self) {
        let everywhere = self.somebody("everywhere", Role::Clerk, "").await;
        let csv = format!(
            "姓名,身份证号,电话,网格编码,住址,户籍地代码,出生日期\n\
             王芳,{},13800001234,{HOME},一号楼 101,420502,\n\
             李强,{},,{HOME},一号楼 102,420502,1966-03-02\n\
             赵六,{},13900005678,{FOREIGN},九号楼 901,420503,\n",
            number("19660320", 2),
            number("19660301", 1),
            number("19660321", 3)
        );
        let lines = self.bring("file=a.csv", &everywhere, &csv).await.unwrap();
        assert_eq!(lines.last().unwrap()["done"]["added"], 3, "{lines:?}");
    }

    async fn scan(&self, day: &str) {
        let workdays = self.store.workdays().await.unwrap();
        self.store.scan((day.parse().unwrap(), at(0)), &workdays, Release::default()).await.unwrap();
    }
}

/// A rule that wants everybody who turns 60.
const SIXTY: &str = "[[rule]]\nid = \"sixty\"\ntitle = \"老年人优待证\"\ndepartment = \"老龄工作机构\"\nbasis = \"测试\"\n\
    regions = [\"42\"]\nplace = \"either\"\nlead_days = [30, 0]\nsteps = [\"告知\", \"收材料\"]\n[rule.when]\nage = 60\n";

fn sought(name: &str) -> Value {
    json!({ "name": name })
}
