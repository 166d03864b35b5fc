//! `user add` and `user passwd`.

use std::path::Path;

use anyhow::{Context, Result, bail};
use xunge_central::case::guard::{Post, Role};
use xunge_central::clock::Clock;
use xunge_central::org::Region;
use xunge_central::password;

use super::{load, open_store, say};

/// Adds a user.
pub async fn add(file: &Path, name: &str, role: &str, region: Option<&str>, from_stdin: bool) -> Result<()> {
    password::check_name(name)?;
    let Some(role) = Role::parse(role) else {
        let names: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        bail!("`{role}` is not a role: use {}", names.join(", "))
    };
    let post = Post { role, region: region.map(Region::parse).transpose()? };
    let store = open_store(&load(file)?).await?;
    let (secret, random) = secret(from_stdin)?;
    if !store.add_user(name, &[post], &password::hash(&secret)?, Clock::system().now()).await? {
        bail!("there is a user {name} already; `user passwd` gives a new password");
    }
    store.close().await;
    tell(name, random.then_some(&secret));
    Ok(())
}

/// Gives a user a new password.
pub async fn passwd(file: &Path, name: &str, from_stdin: bool) -> Result<()> {
    let store = open_store(&load(file)?).await?;
    let (secret, random) = secret(from_stdin)?;
    if !store.set_password(name, &password::hash(&secret)?, Clock::system().now()).await? {
        bail!("there is no user {name}; `user add` makes one");
    }
    store.close().await;
    tell(name, random.then_some(&secret));
    Ok(())
}

/// The password, and whether it was made at random.
pub(super) fn secret(from_stdin: bool) -> Result<(String, bool)> {
    if !from_stdin {
        return Ok((password::random(), true));
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("cannot read the password from standard input")?;
    Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
}

pub(super) fn tell(name: &str, random: Option<&String>) {
    say(&format!("user: {name}"));
    if let Some(secret) = random {
        say(&format!("password: {secret}"));
    }
}
