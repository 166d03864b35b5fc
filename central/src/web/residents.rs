//! The residents' half (人口与到龄提醒): a login, accounts and a database of its own. Nothing here reaches the store of cases,
//! and whoever is logged in there is nobody here.

mod account;
mod audit;
mod day;
mod import;
mod login;
mod paper;
mod people;
mod reminder;
mod rule;
mod statistics;
mod turn;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::{Router, middleware};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::Semaphore;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;
use xunge_residents::right::{Account, Right};
use xunge_residents::store::{Deed, Store, What, place_day};

use self::turn::Turn;
use super::caller::{Address, call_cost};
use super::door::Door;
use super::guard::{self, cookie};
use super::limits::Limits;
use super::openapi;
use super::problem::{self, Problem};
use crate::clock::Clock;
use crate::net::IpPrefix;

/// Its part of the address.
pub(super) const PART: &str = "/residents";
/// The cookie of its login.
pub(super) const COOKIE: &str = "xunge_residents";
/// Largest body of a call; a file has its own limit.
const BODY_BYTES: usize = 1024 * 1024;
/// Rules are tried one after the other: each reads much of a city.
const TRIES: usize = 1;
/// Shortest reason that is taken for one.
const REASON_CHARS: usize = 2;
/// Longest text that people write.
const TEXT_CHARS: usize = 500;

/// What its pages work with.
#[derive(Debug)]
pub struct Residents {
    /// Residents, rules, reminders, accounts.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Folder for files that are being imported.
    pub folder: PathBuf,
    /// How long a login lasts.
    pub session: Duration,
    /// Whether cookies are marked `Secure`.
    pub secure_cookies: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpPrefix>,
    door: Door,
    tries: Semaphore,
    imports: Arc<Turn>,
}

impl Residents {
    /// Puts it together.
    pub fn new(store: Store, clock: Clock, folder: PathBuf, limits: &Limits) -> Self {
        Self {
            store,
            clock,
            folder,
            session: Duration::from_secs(12 * 3600),
            secure_cookies: false,
            trusted_proxies: Vec::new(),
            door: Door::new(limits),
            tries: Semaphore::new(TRIES),
            imports: Arc::new(Turn::default()),
        }
    }

    /// The day it is.
    fn today(&self) -> Date {
        place_day(self.clock.now())
    }
}

/// Some handlers with their part of the document.
pub(super) type Call = UtoipaMethodRouter<Arc<Residents>>;

/// Its calls, below [`PART`].
pub(super) fn calls() -> Vec<Call> {
    vec![
        routes!(login::begin, login::show, login::end),
        routes!(people::regions),
        routes!(people::region_names),
        routes!(people::find),
        routes!(people::show),
        routes!(people::reveal),
        routes!(people::why),
        routes!(people::dwellings),
        routes!(reminder::list),
        routes!(reminder::show),
        routes!(reminder::tick),
        routes!(reminder::finish),
        routes!(reminder::sheet),
        routes!(rule::list, rule::add),
        routes!(rule::shipped),
        routes!(rule::check),
        routes!(rule::attempt),
        routes!(rule::change),
        routes!(statistics::show),
        routes!(import::list),
        routes!(import::columns),
        routes!(paper::list),
        routes!(paper::settle),
        routes!(day::list, day::set),
        routes!(account::list, account::add),
        routes!(account::change),
        routes!(audit::list),
        routes!(audit::check),
    ]
}

/// Calls whose body is a file.
pub(super) fn file_calls() -> Vec<Call> {
    vec![routes!(import::bring)]
}

fn served(calls: Vec<Call>) -> Router<Arc<Residents>> {
    calls.into_iter().fold(OpenApiRouter::new(), OpenApiRouter::routes).into()
}

/// Where it is served.
pub(super) fn base() -> String {
    format!("{}{PART}", openapi::BASE)
}

/// Everything of this half, below [`base`].
pub(super) fn router(residents: Arc<Residents>) -> Router {
    let calls = served(calls())
        .fallback(problem::no_such_path)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn(|request, next| guard::own_pages_only(guard::JSON, request, next)));
    let files = served(file_calls())
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(|request, next| guard::own_pages_only(guard::FILE, request, next)));
    calls.merge(files).with_state(residents)
}

/// What is answered where that half is off.
pub(super) async fn off() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "residents_off",
        "本机未启用人口与到龄提醒：请在配置中加入 [residents]。",
        "Residents and reminders are off here: the configuration has no table `[residents]`.",
    )
}

/// Somebody who is logged in to this half; the call is counted.
pub(super) struct Someone {
    pub(super) account: Account,
    address: Address,
    now: Timestamp,
}

impl FromRequestParts<Arc<Residents>> for Someone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, half: &Arc<Residents>) -> Result<Self, Problem> {
        let now = half.clock.now();
        let address = Address::of(parts, &half.trusted_proxies);
        let cost = call_cost(parts);
        let account = match cookie(&parts.headers, COOKIE) {
            Some(token) => half.store.logged_in(token, now).await?,
            None => None,
        };
        let Some(account) = account else {
            half.door.count_unknown(address, cost, now)?;
            return Err(Problem::login_needed());
        };
        half.door.count_known(&account.account, cost, now)?;
        Ok(Self { account, address, now })
    }
}

impl Someone {
    /// What this one does, for the log.
    fn deed(&self, what: What, reason: impl Into<String>) -> Deed {
        let (account, place) = (self.account.account.clone(), self.address.to_string());
        Deed { account, place, what, reason: reason.into(), at: self.now }
    }

    /// Refuses whoever does not have a right over a region, or, where that is empty, everywhere.
    fn need(&self, right: Right, region: &str) -> Result<(), Problem> {
        if self.account.may(right, region) { Ok(()) } else { Err(Problem::forbidden()) }
    }

    /// Where this one has a right: none is everywhere. Whoever has it nowhere is refused.
    fn regions(&self, right: Right) -> Result<Option<Vec<String>>, Problem> {
        match self.account.regions(right) {
            Some(regions) if regions.is_empty() => Err(Problem::forbidden()),
            regions => Ok(regions),
        }
    }

    /// Refuses whoever has none of these rights anywhere.
    fn need_any(&self, rights: &[Right]) -> Result<(), Problem> {
        let has = rights.iter().any(|right| self.account.may_somewhere(*right));
        if has { Ok(()) } else { Err(Problem::forbidden()) }
    }
}

/// Reads why somebody does something.
fn reason(text: &str) -> Result<&str, Problem> {
    let text = text.trim();
    if (REASON_CHARS..=TEXT_CHARS).contains(&text.chars().count()) {
        return Ok(text);
    }
    Err(Problem::unprocessable(
        "reason",
        format!("请写明事由（{REASON_CHARS} 至 {TEXT_CHARS} 字）。"),
        format!("Say why, in {REASON_CHARS} to {TEXT_CHARS} characters."),
    ))
}

/// Refuses a text that is too long.
fn text(name: &'static str, text: &str, most: usize) -> Result<(), Problem> {
    if text.chars().count() <= most {
        return Ok(());
    }
    Err(Problem::unprocessable(
        "too_long",
        format!("`{name}` 不得超过 {most} 字。"),
        format!("`{name}` has more than {most} characters."),
    ))
}

/// Reads the code of a region.
fn region(code: Option<String>) -> Result<Option<String>, Problem> {
    match code {
        Some(code) if !xunge_residents::right::is_region(&code) => Err(Problem::said(
            "region",
            "区划编码须为 4、6、9、12 或 15 位数字。",
            "The code of a region is 4, 6, 9, 12 or 15 digits.",
        )),
        code => Ok(code),
    }
}

/// Nothing of this number, or nothing that may be seen.
fn nobody() -> Problem {
    Problem::not_found("没有此人，或不在您的辖区。", "There is no such person, or not in your regions.")
}

fn no_reminder() -> Problem {
    Problem::not_found("没有这条提醒，或不在您的辖区。", "There is no such reminder, or not in your regions.")
}
