//! Who a certificate makes its holder, and what that holder may do. Pure: no network, no library types.

use std::fmt;
use std::sync::Arc;

use xunge_alert::topic::{self, Kind, Topic};
use xunge_alert::{check_edge_id, check_site};

use crate::pki::{CENTRAL_NAME, CENTRAL_ORGANISATION, is_reserved};

/// The identity in a box's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EdgeCertificate {
    /// 12-digit community code.
    pub site: String,
    /// Edge id.
    pub edge: String,
    /// Serial number, lower-case hexadecimal, as in [`crate::pki::EdgeBundle::serial`].
    pub serial: String,
}

/// Which boxes are let in. Asked at every connection, publish and subscription, so that a box whose enrolment ends
/// is out at once; the answer must come from memory, without waiting.
#[derive(Clone)]
pub struct Admission(Arc<dyn Fn(&EdgeCertificate) -> bool + Send + Sync>);

impl Admission {
    /// Asks `is_enrolled`.
    pub fn new(is_enrolled: impl Fn(&EdgeCertificate) -> bool + Send + Sync + 'static) -> Self {
        Admission(Arc::new(is_enrolled))
    }

    /// Whoever has a certificate of our CA that has not expired.
    pub fn any_certificate() -> Self {
        Self::new(|_| true)
    }

    pub(super) fn admits(&self, edge: &EdgeCertificate) -> bool {
        (self.0)(edge)
    }
}

/// Whoever is at the other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Peer {
    /// The centre itself: may do everything.
    Central,
    /// A box.
    Edge(EdgeCertificate),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Central => f.write_str("the centre"),
            Peer::Edge(edge) => write!(f, "box {} of site {}", edge.edge, edge.site),
        }
    }
}

/// What a client wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action<'a> {
    Connect { client_id: &'a str },
    Publish { topic: &'a str, retain: bool },
    Subscribe { filter: &'a str },
}

impl Peer {
    /// Who the subject of a certificate of our CA is; none for one that no rule of ours made.
    pub(super) fn from_subject(organisation: &str, common_name: &str, serial: &str) -> Option<Self> {
        if organisation == CENTRAL_ORGANISATION {
            return (common_name == CENTRAL_NAME).then_some(Peer::Central);
        }
        check_site(organisation).ok()?;
        check_edge_id(common_name).ok()?;
        if is_reserved(common_name) {
            return None;
        }
        Some(Peer::Edge(EdgeCertificate {
            site: organisation.to_owned(),
            edge: common_name.to_owned(),
            serial: serial.to_owned(),
        }))
    }

    /// Whether the peer may; if not, why, as a sentence for the log.
    pub(super) fn may(&self, action: Action<'_>, admission: &Admission) -> Result<(), String> {
        let Peer::Edge(edge) = self else { return Ok(()) };
        if !admission.admits(edge) {
            return Err(format!("{self} is not enrolled (certificate {}): enrol it again", edge.serial));
        }
        match action {
            Action::Connect { client_id } if client_id == edge.edge => Ok(()),
            Action::Connect { client_id } => {
                Err(format!("{self} connects as `{}`: its client id must be its edge id", shorten(client_id)))
            }
            Action::Publish { topic, retain } if edge.publishes(topic, retain) => Ok(()),
            Action::Publish { topic, .. } => Err(format!("{self} may not publish to `{}`", shorten(topic))),
            Action::Subscribe { filter } if edge.subscribes(filter) => Ok(()),
            Action::Subscribe { filter } => Err(format!("{self} may not subscribe to `{}`", shorten(filter))),
        }
    }
}

impl EdgeCertificate {
    fn publishes(&self, text: &str, retain: bool) -> bool {
        let Some(Topic { site, edge, kind }) = topic::parse(text) else { return false };
        let right = match kind {
            Kind::Status | Kind::CameraState(_) | Kind::ConfigReported => true,
            // A retained alert would come again with every subscription.
            Kind::Alert => !retain,
            Kind::Confirm | Kind::ConfigDesired => false,
        };
        right && site == self.site && edge == self.edge
    }

    fn subscribes(&self, filter: &str) -> bool {
        filter == topic::confirm(&self.site, &self.edge)
            || filter == topic::config_desired(&self.site, &self.edge)
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "420502001001";

    fn may(action: Action<'_>) -> bool {
        let edge = Peer::from_subject(SITE, "gw-1", "1f").unwrap();
        edge.may(action, &Admission::any_certificate()).is_ok()
    }

    #[test]
    fn a_subject_is_a_box_the_centre_or_nobody() {
        assert_eq!(Peer::from_subject("xunge-central", "central", "1f"), Some(Peer::Central));
        assert!(matches!(Peer::from_subject(SITE, "gw-1", "1f"), Some(Peer::Edge(_))));
        for (o, cn) in [
            ("xunge-central", "gw-1"),
            ("Xunge", "central"),
            (SITE, "central"),
            (SITE, "a/b"),
            (SITE, "+"),
            ("", "gw-1"),
            ("42", "gw-1"),
        ] {
            assert_eq!(Peer::from_subject(o, cn, "1f"), None, "{o} {cn}");
        }
    }

    #[test]
    fn a_box_speaks_only_on_its_own_topics() {
        let publish = |topic: &str, retain| may(Action::Publish { topic, retain });
        for own in ["status", "camera/gate/state", "config/reported"] {
            assert!(publish(&format!("xunge/v1/{SITE}/gw-1/{own}"), true), "{own}");
        }
        assert!(publish(&format!("xunge/v1/{SITE}/gw-1/alert"), false));
        for foreign in [
            format!("xunge/v1/{SITE}/gw-2/alert"),
            "xunge/v1/420502001002/gw-1/alert".to_owned(),
            format!("xunge/v1/{SITE}/gw-1/confirm"),
            format!("xunge/v1/{SITE}/gw-1/config/desired"),
            format!("xunge/v1/{SITE}/gw-1"),
            format!("xunge/v1/{SITE}/gw-1/alert/"),
            format!("/xunge/v1/{SITE}/gw-1/alert"),
            format!("xunge/v1/{SITE}/gw-1/camera/+/state"),
            "$SYS/broker".to_owned(),
            "#".to_owned(),
        ] {
            assert!(!publish(&foreign, false), "{foreign}");
        }
        assert!(!publish(&format!("xunge/v1/{SITE}/gw-1/alert"), true), "an alert is never retained");
    }

    #[test]
    fn a_box_hears_only_its_own_topics() {
        let subscribe = |filter: &str| may(Action::Subscribe { filter });
        assert!(subscribe(&format!("xunge/v1/{SITE}/gw-1/confirm")));
        assert!(subscribe(&format!("xunge/v1/{SITE}/gw-1/config/desired")));
        for foreign in
            ["#", "+/#", "xunge/v1/+/+/confirm", "xunge/v1/420502001001/gw-2/confirm", "$share/g/#", "$SYS/#"]
        {
            assert!(!subscribe(foreign), "{foreign}");
        }
    }

    #[test]
    fn a_box_connects_under_its_own_name_and_while_it_is_enrolled() {
        assert!(may(Action::Connect { client_id: "gw-1" }));
        assert!(!may(Action::Connect { client_id: "gw-2" }));
        let edge = Peer::from_subject(SITE, "gw-1", "1f").unwrap();
        let nobody = Admission::new(|_| false);
        let reason = edge.may(Action::Connect { client_id: "gw-1" }, &nobody).unwrap_err();
        assert!(reason.contains("not enrolled"), "{reason}");
        assert!(Peer::Central.may(Action::Subscribe { filter: "#" }, &nobody).is_ok());
    }
}
