//! Tokens of machines (机器令牌): what one may be. Pure but for the randomness of a new one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use crate::case::guard::{Post, Role};
use crate::net::IpPrefix;
use crate::password;

/// What every token begins with, so that a scanner of leaked secrets can tell one.
pub const START: &str = "xunge_";
/// How long a token is good for where nobody says it.
pub const USUAL_DAYS: u32 = 365;
/// How long a token may be good for.
pub const LONGEST_DAYS: u32 = 730;
/// How exactly its last use is kept.
pub const USE_STEP: SignedDuration = SignedDuration::from_secs(60);

/// A token that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Name; the log of the cases says `token:` and this.
    pub name: String,
    /// What for, and where.
    pub post: Post,
    /// Addresses that it may come from; none is any.
    pub prefix: Option<IpPrefix>,
    /// Until when it is good.
    pub expires_utc: Timestamp,
}

/// Why a token cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadToken {
    /// Not a name.
    #[error("`{0}` cannot be the name of a token: use 1 to 64 letters, digits, `-`, `_` and `.`")]
    Name(String),
    /// Machines administer nothing.
    #[error("a token cannot be an admin: choose the role that its work needs")]
    Admin,
    /// Too long, or not at all.
    #[error("a token is good for 1 to {LONGEST_DAYS} days")]
    Days,
    /// No range of addresses.
    #[error("`{0}` is no range of addresses: write 10.2.0.0/16 or 10.2.0.7")]
    Prefix(String),
}

impl BadToken {
    /// In Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Name(name) => format!("“{name}”不能作令牌名：请用 1 至 64 个文字、数字和 - _ .。"),
            Self::Admin => "令牌不能是系统管理员，请选择其工作所需的角色。".into(),
            Self::Days => format!("令牌有效期须为 1 至 {LONGEST_DAYS} 天。"),
            Self::Prefix(text) => format!("“{text}”不是地址范围，请写作 10.2.0.0/16 或 10.2.0.7。"),
        }
    }
}

impl NewToken {
    /// Checks what is asked for.
    pub fn check(
        name: &str,
        post: Post,
        prefix: Option<&str>,
        days: Option<u32>,
        now: Timestamp,
    ) -> Result<Self, BadToken> {
        let shown = |text: &str| text.chars().filter(|letter| !letter.is_control()).take(80).collect();
        password::check_name(name).map_err(|_| BadToken::Name(shown(name)))?;
        if post.role == Role::Admin {
            return Err(BadToken::Admin);
        }
        let days = days.unwrap_or(USUAL_DAYS);
        if !(1..=LONGEST_DAYS).contains(&days) {
            return Err(BadToken::Days);
        }
        let length = SignedDuration::from_hours(i64::from(days) * 24);
        let expires_utc = now.checked_add(length).map_err(|_| BadToken::Days)?;
        let prefix = match prefix.map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => Some(IpPrefix::parse(text).ok_or_else(|| BadToken::Prefix(shown(text)))?),
            None => None,
        };
        Ok(Self { name: name.to_owned(), post, prefix, expires_utc })
    }
}

/// A new secret: 256 random bits.
pub fn secret() -> String {
    format!("{START}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
}

/// As whom a token changes cases. No user can be called so: a user's name has no colon.
pub fn actor(name: &str) -> String {
    format!("token:{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, role: Role, prefix: Option<&str>, days: Option<u32>) -> Result<NewToken, BadToken> {
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        NewToken::check(name, Post { role, region: None }, prefix, days, now)
    }

    #[test]
    fn what_a_token_may_be() {
        let usual = check("大屏", Role::Auditor, None, None).unwrap();
        assert_eq!(usual.expires_utc.as_second(), 1_790_000_000 + 365 * 86_400);
        let near = check("a", Role::Operator, Some(" 10.2.3.4/16 "), Some(730)).unwrap();
        assert_eq!(near.prefix.unwrap().to_string(), "10.2.0.0/16");
        assert_eq!(check("a", Role::Admin, None, None), Err(BadToken::Admin));
        assert_eq!(check("a", Role::Auditor, None, Some(731)), Err(BadToken::Days));
        assert_eq!(check("a", Role::Auditor, None, Some(0)), Err(BadToken::Days));
        assert_eq!(check("a b", Role::Auditor, None, None), Err(BadToken::Name("a b".into())));
        assert_eq!(check("a", Role::Auditor, Some("x"), None), Err(BadToken::Prefix("x".into())));
    }

    #[test]
    fn secrets_are_long_and_differ() {
        let (one, other) = (secret(), secret());
        assert_eq!(one.len(), START.len() + 43);
        assert!(one.starts_with(START) && one != other);
        assert!(password::check_name(&actor("a")).is_err(), "no user is called like a token");
    }
}
