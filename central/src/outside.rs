//! What the centre tells other systems. Pure, but for [`deliver`].
//!
//! [`turn`] says what of a case's changes is news, [`notice`] and [`cap`] put it into JSON and CAP 1.2, [`hook`] says who is told,
//! how it is signed and when it is tried again. The store writes messages in the transaction of the change that they tell
//! of; [`deliver`] takes them from there.

pub mod cap;
pub mod deliver;
pub mod hook;
pub mod notice;
pub mod turn;

use std::net::IpAddr;

/// What the configuration says of other systems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// By what name this centre sends CAP messages: unique among all who send to the same receivers.
    pub sender: String,
    /// Whether messages may go over plain http, and to this machine.
    pub allow_http: bool,
}

impl Default for Outside {
    fn default() -> Self {
        Self { sender: "xunge-central".into(), allow_http: false }
    }
}

/// Whether anything may be sent to this address. Link-local ones are where clouds keep their secrets; the centre's own machine is
/// open to whoever may use plain http. Private networks are allowed: that is where the city's systems are.
pub fn may_send_to(address: IpAddr, own_machine: bool) -> bool {
    let address = address.to_canonical();
    let barred = match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast() || v4.octets()[0] == 0,
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !barred && !address.is_unspecified() && !address.is_multicast() && (own_machine || !address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_networks_may_be_told_and_nobody_who_cannot_be_meant() {
        let may = |text: &str, own| may_send_to(text.parse().unwrap(), own);
        for good in ["10.1.0.5", "192.168.1.9", "8.8.8.8", "fd00::1", "2001:db8::1"] {
            assert!(may(good, false), "{good}");
        }
        for bad in [
            "169.254.169.254",
            "0.0.0.0",
            "0.1.2.3",
            "255.255.255.255",
            "224.0.0.1",
            "::",
            "fe80::1",
            "ff02::1",
            "::ffff:169.254.1.1",
        ] {
            assert!(!may(bad, true), "{bad}");
        }
        for own in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(may(own, true) && !may(own, false), "{own}");
        }
    }
}
