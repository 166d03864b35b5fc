//! Working days: a calendar of this half's own.

use jiff::civil::Date;
use xunge_database::{Doing, Sql, insert};

use super::audit::{self, Deed};
use super::{Store, StoreError, day, day_number};
use crate::workday::Workdays;

impl Store {
    /// Which days are worked.
    pub async fn workdays(&self) -> Result<Workdays, StoreError> {
        let mut sql = Sql::packed("day, works");
        sql.push(" FROM workday");
        let rows: Vec<(i64, i64)> =
            sql.unpack(&mut *self.db.reader().await?, "read the working days").await?;
        let days = rows.into_iter().map(|(number, works)| Ok((day(number)?, works != 0)));
        Ok(Workdays::with(days.collect::<Result<Vec<_>, StoreError>>()?))
    }

    /// Says of days whether they are worked, whatever their weekday, or that they are as it says (none).
    pub async fn set_workdays(&self, days: &[(Date, Option<bool>)], deed: &Deed) -> Result<(), StoreError> {
        let doing = "set working days";
        let mut tx = self.begin().await?;
        let plain = days.iter().filter(|(_, works)| works.is_none()).map(|(day, _)| day_number(*day));
        let mut sql = Sql::new("DELETE FROM workday WHERE day IN ");
        sql.list(plain);
        sql.run(&mut tx, doing).await?;
        let said: Vec<(Date, bool)> =
            days.iter().filter_map(|(day, works)| works.map(|works| (*day, works))).collect();
        let head = "INSERT INTO workday (day, works)";
        let tail = " ON CONFLICT (day) DO UPDATE SET works = excluded.works";
        insert(&mut tx, doing, (head, tail), 2, &said, |values, (day, works)| {
            values.bind(day_number(*day)).bind(i64::from(*works));
        })
        .await?;
        audit::write(&mut tx, deed, None, &days).await?;
        tx.commit().await.doing(doing)?;
        Ok(())
    }
}
