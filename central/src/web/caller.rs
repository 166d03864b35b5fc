//! Who calls: a person with a session, a machine with a token, or somebody unknown from an address; and whether that one
//! asks too much.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

use super::guard::{COOKIE, bearer, cookie};
use super::limits::cost;
use super::problem::Problem;
use super::{Web, openapi, residents};
use crate::net::{IpPrefix, caller};
use crate::store::{Session, StoreError};

/// The address of whoever calls, where it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Address(pub(super) Option<IpAddr>);

impl Address {
    pub(super) fn of(parts: &Parts, trusted_proxies: &[IpPrefix]) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let forwarded =
            parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let said: Vec<&str> = forwarded.flat_map(|value| value.split(',')).collect();
        Self(peer.map(|peer| caller(peer, said.into_iter(), trusted_proxies)))
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("?"),
        }
    }
}

/// Somebody whom nobody needs to know. Calls so are counted by address.
pub(super) struct Anyone(pub(super) Address);

impl FromRequestParts<Arc<Web>> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Problem> {
        let address = Address::of(parts, &web.trusted_proxies);
        web.door.count_unknown(address, call_cost(parts), web.clock.now())?;
        Ok(Self(address))
    }
}

/// What somebody shows.
#[derive(Clone)]
pub(super) enum Credential {
    /// A session's id.
    Session(String),
    /// A token.
    Token(String),
    /// Nothing.
    None,
}

impl Credential {
    /// Who shows a token is a machine, whatever else is shown.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        match (bearer(headers), cookie(headers, COOKIE)) {
            (Some(token), _) => Self::Token(token.to_owned()),
            (None, Some(id)) => Self::Session(id.to_owned()),
            (None, None) => Self::None,
        }
    }
}

/// What is shown and from where, neither looked at nor counted.
pub(super) struct Shown(pub(super) Credential, pub(super) Address);

impl FromRequestParts<Arc<Web>> for Shown {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, std::convert::Infallible> {
        Ok(Self(Credential::of(&parts.headers), Address::of(parts, &web.trusted_proxies)))
    }
}

/// What this call costs.
pub(super) fn call_cost(parts: &Parts) -> f64 {
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let path = path.strip_prefix(openapi::BASE).unwrap_or(path);
    cost(&parts.method, path.strip_prefix(residents::PART).unwrap_or(path))
}

impl Web {
    /// Who shows this, if it is good; it is not counted.
    pub(super) async fn who(
        &self,
        credential: &Credential,
        address: Address,
    ) -> Result<Option<Session>, StoreError> {
        let now = self.clock.now();
        match credential {
            Credential::Session(id) => self.store.session(id, now).await,
            Credential::Token(secret) => {
                let machine = self.store.machine(secret, now).await?;
                let fits = |prefix: &crate::net::IpPrefix| address.0.is_some_and(|from| prefix.holds(from));
                let Some(machine) = machine.filter(|machine| machine.prefix.as_ref().is_none_or(fits)) else {
                    return Ok(None);
                };
                self.store.token_used(&machine, now).await?;
                Ok(Some(machine.session))
            }
            Credential::None => Ok(None),
        }
    }

    /// Who calls, counted; whoever is nobody is counted by address.
    pub(super) async fn logged_in(&self, parts: &Parts) -> Result<Session, Problem> {
        let credential = Credential::of(&parts.headers);
        let address = Address::of(parts, &self.trusted_proxies);
        let cost = call_cost(parts);
        if let Some(session) = self.who(&credential, address).await? {
            self.door.count_known(&session.user, cost, self.clock.now())?;
            return Ok(session);
        }
        self.door.count_unknown(address, cost, self.clock.now())?;
        Err(match credential {
            Credential::Token(_) => Problem::new(
                StatusCode::UNAUTHORIZED,
                "token",
                "令牌无效、已过期或已吊销，或不能从此地址使用，请联系管理员。",
                "The token is not good, has run out or was taken back, or may not be used from this address. Ask an admin.",
            ),
            _ => Problem::login_needed(),
        })
    }
}

/// 429, saying when to come again.
pub(super) fn too_many(wait: Duration) -> Problem {
    // whole seconds, but not one more for the sake of a millisecond
    let secs = (wait.as_secs_f64() - 1e-3).ceil().max(1.0) as u64;
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_calls",
        format!("请求过于频繁，请 {secs} 秒后再试；程序请降低频率，或用 /api/v1/events 代替轮询。"),
        format!(
            "Too many calls. Try again in {secs} s; programs ask less often, or listen to /api/v1/events."
        ),
    )
    .retry_after(secs)
}
