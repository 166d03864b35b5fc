//! Tests of stores, on every database that they support.

/// Which database stands behind a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A server, started for the tests.
    Postgres,
}

/// Writes each test twice, once for each database: `on_both! { async fn what_is_tested(kind: Kind) { … } }`. `Kind` and tokio are to
/// be in scope.
#[macro_export]
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($kind:ident: Kind) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$doc])*
            async fn run($kind: Kind) $body

            #[tokio::test]
            async fn on_sqlite() {
                run(Kind::Sqlite).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                run(Kind::Postgres).await;
            }
        }
    )*};
}
