//! Addresses: ranges of them, and who calls through which proxies. Pure.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// Addresses that begin alike: `10.2.0.0/16`, or one alone: `10.2.0.7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IpPrefix {
    base: Ipv6Addr,
    /// Bits of 128; an IPv4 address is taken as the IPv6 address that stands for it.
    bits: u8,
    v4: bool,
}

impl IpPrefix {
    /// Reads a range; none where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (v4, most) = if address.is_ipv4() { (true, 32) } else { (false, 128) };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return None;
        }
        let bits = bits + (128 - most);
        let base = Ipv6Addr::from_bits(mapped(address).to_bits() & mask(bits));
        Some(Self { base, bits, v4 })
    }

    /// Whether an address lies in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        mapped(address).to_bits() & mask(self.bits) == self.base.to_bits()
    }
}

impl fmt::Display for IpPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.base.to_ipv4_mapped().filter(|_| self.v4) {
            Some(v4) => write!(f, "{v4}/{}", self.bits - 96),
            None => write!(f, "{}/{}", self.base, self.bits),
        }
    }
}

fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

fn mask(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
}

/// Who calls: the peer itself, or where that is a proxy of ours, whom it names. `forwarded` are the parts of
/// `X-Forwarded-For` as they stand there: each proxy appends whom it was called by, so they are believed from behind, as
/// long as a proxy of ours says them.
pub fn caller<'h>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'h str>,
    trusted: &[IpPrefix],
) -> IpAddr {
    let ours = |address: IpAddr| trusted.iter().any(|prefix| prefix.holds(address));
    let mut who = peer;
    for said in forwarded.rev() {
        if !ours(who) {
            break;
        }
        let Ok(next) = said.trim().parse() else { break };
        who = next;
    }
    who.to_canonical()
}

/// What counts as one caller: an IPv4 address, or the /64 of an IPv6 address, of which one household has all.
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask(64))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn ranges_hold_what_begins_alike() {
        for (range, shown, address, holds) in [
            ("10.2.0.0/16", "10.2.0.0/16", "10.2.255.1", true),
            ("10.2.3.4/16", "10.2.0.0/16", "10.3.0.0", false),
            ("10.2.0.7", "10.2.0.7/32", "10.2.0.7", true),
            ("10.2.0.7", "10.2.0.7/32", "10.2.0.6", false),
            ("0.0.0.0/0", "0.0.0.0/0", "255.1.2.3", true),
            ("0.0.0.0/0", "0.0.0.0/0", "2001:db8::1", false),
            ("10.2.0.0/16", "10.2.0.0/16", "::ffff:10.2.0.1", true),
            ("2001:db8::/32", "2001:db8::/32", "2001:db8:ffff::1", true),
            ("::1", "::1/128", "::1", true),
            ("::/0", "::/0", "10.0.0.1", true),
        ] {
            let prefix = IpPrefix::parse(range).unwrap();
            assert_eq!((prefix.to_string().as_str(), prefix.holds(ip(address))), (shown, holds), "{range}");
        }
        for text in ["", "10.2", "10.2.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/", "host", "10.0.0.0/8/8"]
        {
            assert_eq!(IpPrefix::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_our_proxies_are_believed() {
        let trusted = [IpPrefix::parse("10.0.0.0/8").unwrap(), IpPrefix::parse("127.0.0.1").unwrap()];
        for (peer, forwarded, who) in [
            ("203.0.113.9", "1.1.1.1", "203.0.113.9"),
            ("127.0.0.1", "", "127.0.0.1"),
            ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
            // what a caller made up stands in front and is not reached
            ("127.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
            ("127.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("127.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("127.0.0.1", "nonsense, 10.0.0.2", "10.0.0.2"),
            ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ] {
            let parts: Vec<&str> = forwarded.split(',').filter(|part| !part.is_empty()).collect();
            assert_eq!(caller(ip(peer), parts.into_iter(), &trusted), ip(who), "{peer} {forwarded}");
        }
    }

    #[test]
    fn a_household_is_one_caller() {
        assert_eq!(household(ip("2001:db8:1:2:3::4")), ip("2001:db8:1:2::"));
        assert_eq!(household(ip("::ffff:1.2.3.4")), ip("1.2.3.4"));
    }

    proptest! {
        #[test]
        fn a_range_reads_what_it_shows(address: u32, bits in 0..=32_u8) {
            let text = format!("{}/{bits}", std::net::Ipv4Addr::from_bits(address));
            let prefix = IpPrefix::parse(&text).unwrap();
            prop_assert!(prefix.holds(IpAddr::V4(address.into())));
            prop_assert_eq!(IpPrefix::parse(&prefix.to_string()), Some(prefix));
        }

        #[test]
        fn nothing_panics(text in ".{0,30}") {
            let _ = IpPrefix::parse(&text);
        }
    }
}
