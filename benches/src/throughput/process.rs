//! What the kernel knows of a process.

use std::time::Duration;

use anyhow::{Context, Result};

/// CPU time of a process so far, all its threads, user and system.
pub fn cpu(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))?;
    parse_cpu(&text).with_context(|| format!("{path} says something unknown: {text}"))
}

/// The kernel counts in hundredths of a second, on every system that Linux runs on (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

fn parse_cpu(stat: &str) -> Option<Duration> {
    // the name may hold spaces and brackets; all after its last bracket are numbers
    let rest = stat.rsplit_once(')')?.1;
    let mut fields = rest.split_whitespace().skip(11);
    let ticks = |text: &str| text.parse::<u32>().ok();
    Some(TICK * (ticks(fields.next()?)? + ticks(fields.next()?)?))
}

/// Resident memory of a process, bytes.
pub fn resident(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = std::fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))?;
    parse_resident(&text).with_context(|| format!("{path} has no VmRSS"))
}

fn parse_resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb * 1024)
}

/// Name of the processor.
pub fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores", model.map_or("unknown processor", |(_, name)| name.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 100 0 0 0 150 25 0 0 20 0 9 0 100 1000 10";
        assert_eq!(parse_cpu(stat), Some(Duration::from_millis(1750)));
        assert_eq!(parse_cpu("42 (x) S 1"), None);
    }

    #[test]
    fn memory_is_told_in_kilobytes() {
        assert_eq!(parse_resident("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2 << 20));
        assert_eq!(parse_resident("Name:\tx\n"), None);
    }

    #[test]
    fn this_process_can_be_measured() {
        let pid = std::process::id();
        assert!(resident(pid).is_ok_and(|bytes| bytes > 1 << 20));
        assert!(cpu(pid).is_ok());
    }
}
