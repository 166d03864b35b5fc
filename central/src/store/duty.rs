//! Which of several centres on one PostgreSQL is on duty: it takes what boxes send. A lock of the database that lives as
//! long as its connection says who; when that centre stops or dies, the next one that asks gets it.

use std::time::Duration;

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, Connection};
use tokio::time::timeout;

use super::{Doing, Store, StoreError};

/// The lock that whoever is on duty holds.
const ON_DUTY: i64 = 0x78_75_6e_67_66;
/// A connection that does not answer for so long is lost, and the duty with it.
const ALIVE: Duration = Duration::from_secs(5);

/// Being on duty. It ends with this value, or when the connection breaks.
#[derive(Debug)]
pub struct Duty {
    /// None on SQLite, where there is only one centre.
    connection: Option<AnyConnection>,
}

impl Store {
    /// Goes on duty; none while another centre is.
    pub async fn go_on_duty(&self) -> Result<Option<Duty>, StoreError> {
        let doing = "ask who is on duty";
        let Some((url, first)) = self.db.place().single() else { return Ok(Some(Duty { connection: None })) };
        let options: AnyConnectOptions = url.parse().doing(doing)?;
        let connect = timeout(ALIVE, AnyConnection::connect_with(&options));
        let mut connection = connect.await.unwrap_or(Err(sqlx::Error::PoolTimedOut)).doing(doing)?;
        for statement in first {
            sqlx::query(*statement).execute(&mut connection).await.doing(doing)?;
        }
        let got: i64 =
            sqlx::query_scalar("SELECT CASE WHEN pg_try_advisory_lock($1) THEN 1 ELSE 0 END::BIGINT")
                .bind(ON_DUTY)
                .fetch_one(&mut connection)
                .await
                .doing(doing)?;
        Ok((got == 1).then_some(Duty { connection: Some(connection) }))
    }
}

impl Duty {
    /// Whether it is still held.
    pub async fn lasts(&mut self) -> bool {
        match &mut self.connection {
            None => true,
            Some(connection) => matches!(timeout(ALIVE, connection.ping()).await, Ok(Ok(()))),
        }
    }

    /// Goes off duty, so that another centre need not wait.
    pub async fn end(self) {
        if let Some(connection) = self.connection {
            // fails only where the connection is gone, and the lock with it
            let _ = timeout(ALIVE, connection.close()).await;
        }
    }
}
