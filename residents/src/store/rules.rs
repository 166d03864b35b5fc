//! Rules: texts by version, which never change, and which of them is in use.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunge_database::{Doing, Sql, Tx};
use xunge_reminder::rule::read::read;
use xunge_reminder::rule::{Backfill, Rule};

use super::audit::{self, Deed};
use super::{Store, StoreError, day, times, us};

/// A version of a rule that is in use.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// The rule.
    pub rule: Rule,
    /// The day of its first scan with any version; none before it.
    pub began: Option<Date>,
}

#[derive(Deserialize)]
struct Row {
    rule: String,
    version: i64,
    text: String,
    began_day: Option<i64>,
}

impl Row {
    fn rule(&self) -> Result<Rule, StoreError> {
        one(&self.rule, &self.text)
    }
}

/// The rule of this name in a text that was good when it was stored.
fn one(name: &str, text: &str) -> Result<Rule, StoreError> {
    let (rules, problems) = read(name, text);
    if !problems.is_empty() {
        return Err(StoreError::Corrupt(format!("the text of the rule {name}: {}", problems.english())));
    }
    let found = rules.into_iter().find(|rule| rule.id == name);
    found.ok_or_else(|| StoreError::Corrupt(format!("the text of the rule {name} holds another one")))
}

impl Store {
    /// Adds the rules of a text, as versions that are not in use yet; says which are new.
    pub async fn add_rules(
        &self,
        (name, text): (&str, &str),
        deed: &Deed,
    ) -> Result<Vec<(String, u32)>, StoreError> {
        let doing = "add rules";
        let (rules, problems) = read(name, text);
        if !problems.is_empty() {
            return Err(StoreError::refused(problems.to_string(), problems.english()));
        }
        let mut tx = self.begin().await?;
        let mut new = Vec::new();
        for rule in rules {
            let version = i64::from(rule.version);
            if let Some(before) = version_of(&mut tx, &rule.id, version).await? {
                if before != rule {
                    let id = &rule.id;
                    return Err(StoreError::refused(
                        format!("规则 {id} 的第 {version} 版已存在且内容不同，请提高 version"),
                        format!(
                            "version {version} of the rule {id} is there with another text: raise `version`"
                        ),
                    ));
                }
                continue;
            }
            sqlx::query(
                "INSERT INTO rule (rule, title) VALUES ($1, $2) ON CONFLICT (rule) DO UPDATE SET title = excluded.title",
            )
            .bind(&rule.id)
            .bind(&rule.title)
            .execute(&mut *tx)
            .await
            .doing(doing)?;
            sqlx::query(
                "INSERT INTO rule_text (rule, version, title, text, made_us, made_by) VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(&rule.id)
            .bind(version)
            .bind(&rule.title)
            .bind(text)
            .bind(us(deed.at))
            .bind(&deed.account)
            .execute(&mut *tx)
            .await
            .doing(doing)?;
            new.push((rule.id, rule.version));
        }
        if !new.is_empty() {
            audit::write(&mut tx, deed, None, &new).await?;
        }
        tx.commit().await.doing(doing)?;
        Ok(new)
    }

    /// Puts a version to use, in place of the one before. One that reaches back without end is put to use by the second person
    /// who asks for it: false where that one is still to come.
    pub async fn use_rule(&self, rule: &str, version: u32, deed: &Deed) -> Result<bool, StoreError> {
        let doing = "put a rule to use";
        let mut tx = self.begin().await?;
        let Some(new) = version_of(&mut tx, rule, i64::from(version)).await? else {
            return Err(StoreError::refused(
                format!("没有规则 {rule} 的第 {version} 版"),
                format!("there is no version {version} of the rule {rule}"),
            ));
        };
        let mut sql = Sql::packed("t.text");
        sql.push(" FROM rule_text t WHERE t.rule = ").bind(rule);
        sql.push(" AND EXISTS (SELECT 1 FROM rule_use u WHERE u.rule = t.rule AND u.version = t.version)");
        let texts: Vec<(String,)> = sql.unpack(&mut tx, doing).await?;
        let earlier = texts.iter().map(|(text,)| one(rule, text)).collect::<Result<Vec<_>, _>>()?;
        let live: Option<i64> = sqlx::query_scalar("SELECT live FROM rule WHERE rule = $1")
            .bind(rule)
            .fetch_one(&mut *tx)
            .await
            .doing(doing)?;
        if live == Some(i64::from(version)) {
            return Ok(true);
        }
        if let Some((zh, en)) = new.breaks(&earlier) {
            return Err(StoreError::refused(zh, en));
        }
        let mut agreed = None;
        if new.backfill == Backfill::All {
            agreed = second(&mut tx, (rule, version), deed).await?;
            if agreed.is_none() {
                audit::write(&mut tx, deed, None, &(rule, version, "asked")).await?;
                tx.commit().await.doing(doing)?;
                return Ok(false);
            }
        }
        end_use(&mut tx, rule, deed).await?;
        let mut sql = Sql::new("INSERT INTO rule_use (rule, from_us, version, by_whom, agreed) VALUES (");
        sql.bind(rule).push(", ").bind(us(deed.at)).push(", ").bind(i64::from(version)).push(", ");
        // who asked first is whose idea it was
        let (by, other) = match &agreed {
            Some(first) => (first, Some(deed.account.as_str())),
            None => (&deed.account, None),
        };
        sql.bind(by).push(", ").bind(other).push(")");
        sql.run(&mut tx, doing).await?;
        let mut sql = Sql::new("UPDATE rule SET live = ");
        sql.bind(i64::from(version)).push(" WHERE rule = ").bind(rule);
        sql.run(&mut tx, doing).await?;
        audit::write(&mut tx, deed, None, &(rule, version, "used")).await?;
        tx.commit().await.doing(doing)?;
        Ok(true)
    }

    /// Takes a rule out of use. What it has made goes on, and whoever is paid by it is still looked at.
    pub async fn retire_rule(&self, rule: &str, deed: &Deed) -> Result<(), StoreError> {
        let doing = "take a rule out of use";
        let mut tx = self.begin().await?;
        let mut sql = Sql::new("UPDATE rule SET live = NULL WHERE rule = ");
        sql.bind(rule);
        if sql.run(&mut tx, doing).await? == 0 {
            return Err(StoreError::refused(format!("没有规则 {rule}"), format!("there is no rule {rule}")));
        }
        end_use(&mut tx, rule, deed).await?;
        // nobody has to find out for it
        let mut sql = Sql::new("DELETE FROM person_gap WHERE rule = ");
        sql.bind(rule);
        sql.run(&mut tx, doing).await?;
        audit::write(&mut tx, deed, None, &(rule, "retired")).await?;
        tx.commit().await.doing(doing)?;
        Ok(())
    }

    /// Rules with their versions, by name.
    pub async fn rules(&self) -> Result<Vec<RuleView>, StoreError> {
        let doing = "read the rules";
        let mut tx = self.db.reading().await?;
        let mut sql = Sql::packed(
            "r.rule, r.live, r.began_day, t.version, t.title, t.text, t.made_us, t.made_by, w.account",
        );
        sql.push(" FROM rule r JOIN rule_text t ON t.rule = r.rule LEFT JOIN rule_wish w ON w.rule = t.rule AND w.version = t.version");
        type Row = (String, Option<i64>, Option<i64>, u32, String, String, i64, String, Option<String>);
        let rows: Vec<Row> = sql.unpack(&mut tx, doing).await?;
        let mut rules = std::collections::BTreeMap::new();
        for (name, live, began, version, title, text, made_us, made_by, asked_by) in rows {
            let view = rules.entry(name.clone()).or_insert_with(|| RuleView {
                rule: name,
                live,
                began: None,
                versions: Vec::new(),
            });
            view.began = began.map(day).transpose()?;
            let made_utc = times::of(made_us)?;
            view.versions.push(VersionView { version, title, text, made_utc, made_by, asked_by });
        }
        let mut rules: Vec<RuleView> = rules.into_values().collect();
        rules.iter_mut().for_each(|rule| rule.versions.sort_by_key(|version| version.version));
        Ok(rules)
    }
}

/// A rule with its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleView {
    /// Identity of all versions.
    pub rule: String,
    /// The version in use.
    pub live: Option<i64>,
    /// The day of its first scan.
    pub began: Option<Date>,
    /// All versions, the oldest first.
    pub versions: Vec<VersionView>,
}

/// A version of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RuleVersion)]
pub struct VersionView {
    /// From 1.
    pub version: u32,
    /// What people read.
    pub title: String,
    /// The file that it stands in.
    pub text: String,
    /// When it was added.
    pub made_utc: Timestamp,
    /// By whom.
    pub made_by: String,
    /// Who wants to put it to use and waits for a second person.
    pub asked_by: Option<String>,
}

/// Who has asked before to put a version to use, and is somebody else; where there is nobody, this is the first who asks.
async fn second(
    tx: &mut Tx,
    (rule, version): (&str, u32),
    deed: &Deed,
) -> Result<Option<String>, StoreError> {
    let doing = "look who agrees";
    let mut sql = Sql::packed("account");
    sql.push(" FROM rule_wish WHERE rule = ").bind(rule).push(" AND version = ").bind(i64::from(version));
    let first: Vec<(String,)> = sql.unpack(tx, doing).await?;
    let first = first.into_iter().map(|(account,)| account).find(|account| *account != deed.account);
    let sql = if first.is_some() {
        let mut sql = Sql::new("DELETE FROM rule_wish WHERE rule = ");
        sql.bind(rule).push(" AND version = ").bind(i64::from(version));
        sql
    } else {
        let mut sql = Sql::new("INSERT INTO rule_wish (rule, version, account, asked_us) VALUES (");
        sql.bind(rule).push(", ").bind(i64::from(version)).push(", ").bind(&deed.account).push(", ");
        sql.bind(us(deed.at)).push(") ON CONFLICT (rule, version) DO NOTHING");
        sql
    };
    sql.run(tx, doing).await?;
    Ok(first)
}

async fn end_use(tx: &mut Tx, rule: &str, deed: &Deed) -> Result<(), StoreError> {
    let mut sql = Sql::new("UPDATE rule_use SET until_us = ");
    sql.bind(us(deed.at)).push(" WHERE until_us IS NULL AND rule = ").bind(rule);
    sql.run(tx, "take a rule out of use").await?;
    Ok(())
}

/// A version of a rule.
pub(super) async fn version_of(tx: &mut Tx, rule: &str, version: i64) -> Result<Option<Rule>, StoreError> {
    let text: Option<String> =
        sqlx::query_scalar("SELECT text FROM rule_text WHERE rule = $1 AND version = $2")
            .bind(rule)
            .bind(version)
            .fetch_optional(&mut **tx)
            .await
            .doing("read a rule")?;
    text.map(|text| one(rule, &text)).transpose()
}

/// The day of a rule's first scan.
pub(super) async fn began(tx: &mut Tx, rule: &str) -> Result<Option<Date>, StoreError> {
    let began: Option<Option<i64>> = sqlx::query_scalar("SELECT began_day FROM rule WHERE rule = $1")
        .bind(rule)
        .fetch_optional(&mut **tx)
        .await
        .doing("read a rule")?;
    began.flatten().map(day).transpose()
}

/// The rules that are in use.
pub(super) async fn in_use(tx: &mut Tx) -> Result<Vec<Use>, StoreError> {
    let mut sql = Sql::packed("r.rule, t.version, t.text, r.began_day");
    sql.push(" FROM (SELECT * FROM rule ORDER BY rule) r JOIN rule_text t ON t.rule = r.rule AND t.version = r.live");
    let rows = sql.unpack::<Row>(tx, "read the rules in use").await?;
    rows.iter()
        .map(|row| {
            let rule = row.rule()?;
            debug_assert_eq!(i64::from(rule.version), row.version);
            Ok(Use { rule, began: row.began_day.map(day).transpose()? })
        })
        .collect()
}

/// The last version that was in use of every rule that ever was, and whether it is.
pub(super) async fn last_used(tx: &mut Tx) -> Result<Vec<(Rule, bool)>, StoreError> {
    let mut sql = Sql::packed("u.rule, t.text, u.open");
    sql.push(
        " FROM (SELECT rule, version, CASE WHEN until_us IS NULL THEN 1 ELSE 0 END AS open, \
         ROW_NUMBER() OVER (PARTITION BY rule ORDER BY from_us DESC) AS place FROM rule_use) u \
         JOIN rule_text t ON t.rule = u.rule AND t.version = u.version WHERE u.place = 1",
    );
    let rows: Vec<(String, String, i64)> = sql.unpack(tx, "read the rules that were in use").await?;
    rows.iter().map(|(name, text, open)| Ok((one(name, text)?, *open == 1))).collect()
}
