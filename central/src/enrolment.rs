//! Which boxes the embedded broker lets in, in memory. The store knows it; `xunge-central enroll` may change it while
//! the centre runs.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::broker::{Admission, EdgeCertificate};
use crate::store::{Store, StoreError};

/// The enrolled boxes, with the serial number of the certificate that counts. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Enrolment(Arc<RwLock<HashMap<String, String>>>);

impl Enrolment {
    /// Reads the store anew. Gives the boxes that were enrolled with another certificate, or are no longer.
    pub async fn refresh(&self, store: &Store) -> Result<Vec<String>, StoreError> {
        let now = store.enrolled().await?;
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let out = held
            .iter()
            .filter(|(edge, serial)| now.get(*edge) != Some(serial))
            .map(|(edge, _)| edge.clone())
            .collect();
        *held = now;
        Ok(out)
    }

    /// Whether this certificate is the newest of an enrolled box.
    pub fn admits(&self, shown: &EdgeCertificate) -> bool {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        held.get(&shown.edge).is_some_and(|serial| *serial == shown.serial)
    }

    /// The same question, as the broker asks it.
    pub fn admission(&self) -> Admission {
        let enrolment = self.clone();
        Admission::new(move |shown| enrolment.admits(shown))
    }
}
