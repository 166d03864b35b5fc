//! Whether the picture is frozen: then nobody knows what goes on, however often the detector looks.
//!
//! A frozen picture is the very same at every look; only now and then the camera codes it anew, and it differs for a
//! moment. Any living picture has noise. Some encoders leave out what does not change, and a quiet place then looks
//! frozen though it is not: a camera whose pictures used to repeat themselves is taken at its word.

use crate::stillness::Stillness;
use std::time::Duration;

/// The same for no longer than this is a hiccup of the stream.
const HOLD: Duration = Duration::from_secs(2);

/// Watches for it.
#[derive(Debug, Default)]
pub(crate) struct Freeze {
    stillness: Stillness,
    held: Duration,
}

impl Freeze {
    /// Whether the picture is frozen now. `same`: it is that of the look before, in every pixel.
    pub(crate) fn look(&mut self, same: Option<bool>, passed: Duration) -> bool {
        let change = same.map(|same| if same { 0.0 } else { 1.0 });
        let still = self.stillness.look(change, passed);
        self.held = if still { self.held + passed } else { Duration::ZERO };
        self.held > HOLD
    }

    /// The stream broke. What the camera is like is still known.
    pub(crate) fn pause(&mut self) {
        self.stillness.pause();
        self.held = Duration::ZERO;
    }
}
