//! What stands at the door of either half: limits of calls, slow answers to whoever guesses passwords, and hashing that
//! holds nobody else up. Each half has a door of its own, and who is known at one is nobody at the other.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tracing::warn;

use super::caller::{Address, too_many};
use super::limits::{Buckets, Limits};
use super::problem::Problem;
use super::throttle::Throttle;
use crate::net::household;
use crate::password;

/// Password hashes that are computed at the same time; each takes 19 MiB.
const HASHING: usize = 2;

/// A door.
#[derive(Debug)]
pub struct Door {
    known: Mutex<Buckets<String>>,
    unknown: Mutex<Buckets<Address>>,
    throttle: Mutex<Throttle>,
    hashing: Semaphore,
    /// A hash that no password fits.
    nobody: String,
}

impl Door {
    /// With these limits.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            known: Mutex::new(Buckets::new(limits.known)),
            unknown: Mutex::new(Buckets::new(limits.unknown)),
            throttle: Mutex::new(Throttle::default()),
            hashing: Semaphore::new(HASHING),
            nobody: password::nobody(),
        }
    }

    /// Counts a call of somebody who is known.
    pub(super) fn count_known(&self, name: &str, cost: f64, now: Timestamp) -> Result<(), Problem> {
        locked(&self.known).take(&name.to_owned(), cost, now).map_err(too_many)
    }

    /// Counts a call of somebody unknown.
    pub(super) fn count_unknown(&self, address: Address, cost: f64, now: Timestamp) -> Result<(), Problem> {
        let key = Address(address.0.map(household));
        locked(&self.unknown).take(&key, cost, now).map_err(too_many)
    }

    /// Says how long somebody has to wait who has guessed too often.
    pub(super) fn may_try(&self, (name, from): (&str, &str), now: Timestamp) -> Result<(), Problem> {
        let Some(wait) = locked(&self.throttle).wait(&key(name, from), now) else { return Ok(()) };
        let secs = wait.as_secs().max(1);
        Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_tries",
            format!("尝试次数过多，请 {secs} 秒后再试。"),
            format!("Too many failed tries. Try again in {secs} s."),
        )
        .retry_after(secs))
    }

    /// Lets in whose password fits. It takes as long for a name that nobody has: `known` is none.
    pub(super) async fn let_in(
        &self,
        (name, from): (&str, &str),
        (given, known): (String, Option<String>),
        now: Timestamp,
    ) -> Result<(), Problem> {
        let exists = known.is_some();
        let hash = known.unwrap_or_else(|| self.nobody.clone());
        let _permit = self.hashing.acquire().await.map_err(|_| Problem::busy())?;
        let fits = tokio::task::spawn_blocking(move || password::fits(&given, &hash));
        if fits.await.map_err(|_| Problem::busy())? && exists {
            locked(&self.throttle).succeeded(&key(name, from));
            return Ok(());
        }
        locked(&self.throttle).failed(&key(name, from), now);
        warn!("a login from {from} failed");
        Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong_password",
            "用户名或密码不正确。",
            "The user name or the password is not right.",
        ))
    }

    /// A random password and its hash.
    pub(super) async fn fresh_password(&self) -> Result<(String, String), Problem> {
        let password = password::random();
        let given = password.clone();
        let _permit = self.hashing.acquire().await.map_err(|_| Problem::busy())?;
        let hash = tokio::task::spawn_blocking(move || password::hash(&given)).await;
        match hash {
            Ok(Ok(hash)) => Ok((password, hash)),
            _ => Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "hash",
                "无法生成密码。",
                "The password could not be made.",
            )),
        }
    }
}

fn key(name: &str, from: &str) -> String {
    format!("{from} {name}")
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
