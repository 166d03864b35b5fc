//! Who is on duty when.

use std::fmt::Write as _;

use jiff::ToSpan;
use jiff::civil::Date;

use super::people::Person;

/// The rota of a year: the security room by day and by night, everybody else whom the ladder calls or sends round the
/// clock. Who only looks, installs or checks has no shifts.
pub fn duties(people: &[Person], first_day: Date) -> String {
    let until = first_day.saturating_add(1.year());
    let mut table = "user,role,region,from,until,start,end,place\n".to_owned();
    let mut operators = [("08:00", "20:00"), ("20:00", "08:00")].into_iter().cycle();
    for person in people {
        let shift = match person.role {
            "operator" => operators.next(),
            "acceptor" | "grid_worker" | "supervisor" => Some(("00:00", "24:00")),
            _ => None,
        };
        if let (Some((start, end)), Some(region)) = (shift, &person.region) {
            let Person { user, role, .. } = person;
            // writing to a text cannot fail
            let _ = writeln!(table, "{user},{role},{region},{first_day},{until},{start},{end},1");
        }
    }
    table
}
