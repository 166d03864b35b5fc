//! Which packets the decoder gets.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use xunge_scene::StreamTime;

use super::keyframes::Keyframes;
use super::surge::Surge;
use super::{Gate, Order};
use crate::decode::Decoder;
use crate::ingest::{Fault, Packet};
use crate::ring::Ring;

/// Nobody keeps a camera asleep for longer than this between two pictures, whatever its rules bear.
const LONGEST: Duration = Duration::from_secs(4);

/// Whether, and how long between two pictures, a camera may sleep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sleep {
    /// Everything is decoded always.
    Never,
    /// When nothing happens and a keyframe comes at least so often.
    Within(Duration),
}

impl Sleep {
    /// The longest time between two keyframes that may be slept through; none: nobody sleeps.
    pub fn limit(&self) -> Option<Duration> {
        match self {
            Self::Never => None,
            Self::Within(bears) => Some((*bears).min(LONGEST)),
        }
    }
}

/// Puts a camera's packets into its ring, and those into the decoder that are wanted.
pub struct Feed {
    camera: String,
    ring: Arc<Mutex<Ring>>,
    decoder: Decoder,
    gate: Arc<Gate>,
    sleep: Sleep,
    /// The result must not depend on how fast the machine is: what was pushed is looked at before the next keyframe.
    settles: bool,
    keyframes: Keyframes,
    surge: Surge,
    /// A surge of packets has woken it.
    surged: bool,
    session: u32,
    /// When this session began, or later its first keyframe.
    began: StreamTime,
    asleep: bool,
    /// To fall asleep at the next keyframe.
    drowsy: bool,
    /// What was said last about whether it can sleep.
    told: Option<bool>,
}

impl Feed {
    /// For a live camera.
    pub fn live(
        camera: &str,
        ring: Arc<Mutex<Ring>>,
        decoder: Decoder,
        gate: Arc<Gate>,
        sleep: Sleep,
    ) -> Self {
        Self {
            camera: camera.to_owned(),
            ring,
            decoder,
            gate,
            sleep,
            settles: false,
            keyframes: Keyframes::default(),
            surge: Surge::default(),
            surged: false,
            session: 0,
            began: StreamTime::ZERO,
            asleep: false,
            drowsy: false,
            told: None,
        }
    }

    /// For a file.
    pub fn replay(ring: Arc<Mutex<Ring>>, decoder: Decoder, gate: Arc<Gate>, sleep: Sleep) -> Self {
        Self { settles: true, ..Self::live("", ring, decoder, gate, sleep) }
    }

    /// The next packet in decoding order. An error means that the session is of no use, as of [`Decoder::push`].
    pub fn packet(&mut self, packet: &Packet) -> Result<(), Fault> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).push(packet);
        if self.sleep == Sleep::Never {
            return self.decoder.push(packet);
        }
        if packet.session != self.session {
            self.begin(packet);
        }
        if packet.keyframe && self.settles {
            self.settle()?;
        }
        let before = self.keyframes.last().unwrap_or(self.began);
        if packet.keyframe {
            if self.keyframes.last().is_none() {
                self.began = packet.at;
            }
            self.keyframes.note(packet.at);
            let (keyframe_every, may_sleep) = (self.keyframes.longest(), self.has_keyframes_enough());
            self.gate.note(|stats| (stats.keyframe_every, stats.may_sleep) = (keyframe_every, may_sleep));
        }
        match self.gate.take_order() {
            Some(Order::Wake) if self.asleep => return self.catch_up(),
            Some(order) => self.drowsy = order == Order::Sleep,
            None => {}
        }
        if self.asleep {
            if packet.at.since(before) > self.limit() {
                // the keyframe that was due has not come
                return self.catch_up();
            }
            if packet.keyframe {
                self.surge.end_group();
                return self.show(packet);
            }
            return if self.surge.note(packet.at, packet.bytes()) { self.surge_wakes() } else { Ok(()) };
        }
        if !packet.keyframe {
            self.surge.note(packet.at, packet.bytes());
        }
        if packet.keyframe && self.drowsy && self.may_sleep() {
            let (happened, surged) = (self.gate.take_happened(), std::mem::take(&mut self.surged));
            let in_vain = surged && !happened;
            self.surge.wake_is_over(!in_vain);
            self.gate.note(|stats| {
                stats.sleeps += 1;
                stats.surges_in_vain += u64::from(in_vain);
            });
            self.decoder.slim()?;
            self.decoder.rest();
            self.be_asleep();
            return self.show(packet);
        }
        self.decoder.push(packet)
    }

    /// No more packets come: everything that is not decoded yet is, and handed over.
    pub fn finish(mut self) -> Result<(), Fault> {
        if self.settles && self.asleep {
            self.settle()?;
            self.catch_up()?;
        }
        self.decoder.finish()
    }

    /// One keyframe, at once.
    fn show(&mut self, packet: &Packet) -> Result<(), Fault> {
        self.decoder.push(packet)?;
        self.decoder.rest();
        Ok(())
    }

    /// Something begins, as its packets say: it may be looked at before the next keyframe.
    fn surge_wakes(&mut self) -> Result<(), Fault> {
        self.surged = true;
        self.gate.take_happened();
        self.gate.note(|stats| stats.surges += 1);
        if self.settles {
            self.settle()?;
        }
        self.catch_up()
    }

    /// Everything since the last picture that the scene was shown.
    fn catch_up(&mut self) -> Result<(), Fault> {
        self.be_awake();
        self.gate.note(|stats| stats.wakes += 1);
        let shown = self.gate.shown().max(self.began);
        let packets = {
            let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
            ring.since(shown)
        };
        let Some(newest) = packets.iter().map(|packet| packet.at).max() else {
            // they are gone from the ring, and nothing can be decoded before the next keyframe
            self.decoder.break_off();
            return Ok(());
        };
        // A connection that has only begun has no past to make good, and where many begin at once no time for it. (Which
        // packet is the newest is up to chance: not for files.)
        let fresh = !self.settles && self.keyframes.is_first();
        let after = if fresh { newest } else { shown };
        self.decoder.catch_up(&packets, after)
    }

    /// Another connection begins asleep: its first keyframe tells whether anybody is there. Cameras that all begin at once
    /// would else have everything decoded, of scenes in which mostly nothing happens.
    fn begin(&mut self, packet: &Packet) {
        self.session = packet.session;
        self.began = packet.at;
        self.keyframes.reset();
        self.surge.reset();
        self.surged = false;
        self.be_asleep();
    }

    fn be_asleep(&mut self) {
        self.asleep = true;
        self.drowsy = false;
        self.decoder.begin_keyframes();
        self.gate.note(|stats| stats.asleep = true);
    }

    fn be_awake(&mut self) {
        self.asleep = false;
        self.drowsy = false;
        self.decoder.end_keyframes();
        self.gate.note(|stats| stats.asleep = false);
    }

    fn settle(&mut self) -> Result<(), Fault> {
        if !self.asleep {
            self.decoder.rest();
        }
        self.decoder.settle()?;
        self.gate.wait_until_done();
        Ok(())
    }

    /// The longest time between two pictures; cameras are not exact.
    fn limit(&self) -> Duration {
        self.sleep.limit().unwrap_or_default().mul_f64(1.125)
    }

    fn has_keyframes_enough(&self) -> bool {
        self.keyframes.longest().is_some_and(|longest| longest <= self.limit())
    }

    fn may_sleep(&mut self) -> bool {
        let Some(longest) = self.keyframes.longest() else { return false };
        let may = self.has_keyframes_enough();
        if self.told.replace(may) != Some(may) && !self.settles {
            let (every_secs, limit_secs) = (longest.as_secs_f64(), self.limit().as_secs_f64());
            let camera = &self.camera;
            if may {
                tracing::info!(camera, every_secs, "only keyframes are decoded while nothing happens");
            } else {
                tracing::warn!(
                    camera,
                    every_secs,
                    limit_secs,
                    "everything is decoded always: keyframes come too rarely; set the camera's keyframe interval lower"
                );
            }
        }
        may
    }
}
