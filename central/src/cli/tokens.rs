//! `token add`, `token list` and `token revoke`.

use std::path::Path;

use anyhow::{Result, bail};
use xunge_central::case::guard::{Post, Role};
use xunge_central::clock::Clock;
use xunge_central::org::Region;
use xunge_central::token::{self, NewToken};

use super::{load, open_store, say};

/// Rows that are read at a time.
const ROWS: u32 = 500;

/// What a new token is asked to be.
pub struct Asked<'a> {
    /// Name.
    pub name: &'a str,
    /// Role.
    pub role: &'a str,
    /// Region; none is everywhere.
    pub region: Option<&'a str>,
    /// Range of addresses; none is any.
    pub prefix: Option<&'a str>,
    /// Days; none is as usual.
    pub days: Option<u32>,
}

/// Makes a token and prints it.
pub async fn add(file: &Path, asked: &Asked<'_>) -> Result<()> {
    let Some(role) = Role::parse(asked.role) else {
        let names = Role::ALL.iter().filter(|role| **role != Role::Admin);
        let names: Vec<&str> = names.map(|role| role.as_str()).collect();
        bail!("`{}` is not a role: use {}", asked.role, names.join(", "))
    };
    let post = Post { role, region: asked.region.map(Region::parse).transpose()? };
    let now = Clock::system().now();
    let new = NewToken::check(asked.name, post, asked.prefix, asked.days, now)?;
    let store = open_store(&load(file)?).await?;
    let secret = token::secret();
    if !store.add_token(&new, &secret, None, now).await? {
        bail!("there is or was a token {}: choose another name", asked.name);
    }
    store.close().await;
    say(&format!("token: {secret}"));
    say(&format!("good until {}; it is not shown again. 仅显示这一次。", new.expires_utc));
    Ok(())
}

/// Lists all tokens, without their secrets.
pub async fn list(file: &Path) -> Result<()> {
    let store = open_store(&load(file)?).await?;
    let now = Clock::system().now();
    let mut after: Option<String> = None;
    loop {
        let found = store.tokens(None, after.as_deref(), ROWS).await?;
        for token in &found {
            let state = match token.revoked_utc {
                Some(_) => "revoked",
                None if token.expires_utc <= now => "expired",
                None => "good",
            };
            let region = token.post.region.as_ref().map_or("everywhere", Region::as_str);
            let used = token.last_used_utc.map_or_else(|| "never".to_owned(), |last| last.to_string());
            say(&format!(
                "{}\t{}\t{region}\t{}\t{state} until {}\tlast used {used}\tby {}",
                token.name,
                token.post.role.as_str(),
                token.prefix.as_deref().unwrap_or("any address"),
                token.expires_utc,
                token.made_by.as_deref().unwrap_or("the command line"),
            ));
        }
        match found.last() {
            Some(last) if found.len() == ROWS as usize => after = Some(last.name.clone()),
            _ => break,
        }
    }
    store.close().await;
    Ok(())
}

/// Takes a token back.
pub async fn revoke(file: &Path, name: &str) -> Result<()> {
    let store = open_store(&load(file)?).await?;
    if !store.revoke_token(name, "system", Clock::system().now()).await? {
        bail!("there is no token {name} that is good; `token list` shows all");
    }
    store.close().await;
    say(&format!("{name} is good no longer. 已吊销。"));
    Ok(())
}
