//! Intake, and the nightly purge, while this centre is on duty. A centre alone always is; of several on one PostgreSQL exactly one is, and when it
//! stops or dies another one takes over its session at the broker, and with it every message that waits there.

use std::sync::Arc;
use std::time::Duration;

use rumqttc::MqttOptions;
use tokio::sync::watch;
use tracing::{error, info, warn};
use xunge_central::clock::Clock;
use xunge_central::evidence::EvidenceFiles;
use xunge_central::feed::Feed;
use xunge_central::intake::{Intake, IntakeWatch};
use xunge_central::retention::{self, Keep};
use xunge_central::store::{Duty, Store};

use super::run::pause;

/// How soon a centre that stands by asks again, and one on duty makes sure that it still is.
const EVERY: Duration = Duration::from_secs(1);

/// What intake needs.
pub struct Desk {
    pub options: MqttOptions,
    pub store: Store,
    pub feed: Feed,
    pub clock: Clock,
    pub shown: Arc<IntakeWatch>,
    pub files: EvidenceFiles,
    pub keep: Keep,
}

/// Runs intake whenever this centre is on duty, until it is to stop.
pub async fn follow(desk: Desk, mut stopped: watch::Receiver<bool>) {
    let mut failing = false;
    let mut waiting = false;
    loop {
        match desk.store.go_on_duty().await {
            Ok(Some(duty)) => {
                (failing, waiting) = (false, false);
                serve(&desk, duty, &mut stopped).await;
            }
            Ok(None) => {
                failing = false;
                if !waiting {
                    info!("another centre is on duty; this one stands by");
                }
                waiting = true;
                desk.shown.stand_by();
            }
            Err(error) => {
                if !failing {
                    error!("{error}");
                }
                failing = true;
            }
        }
        if !pause(EVERY, &mut stopped).await {
            return;
        }
    }
}

/// Intake until the duty is lost or the centre stops.
async fn serve(desk: &Desk, mut duty: Duty, stopped: &mut watch::Receiver<bool>) {
    let Desk { options, store, feed, clock, shown, files, keep } = desk;
    let intake = Intake::start(options.clone(), store.clone(), feed.clone(), clock.clone());
    shown.on_duty(intake.state());
    let purging = tokio::spawn(retention::follow(store.clone(), files.clone(), *keep, clock.clone()));
    let mut lasts = true;
    while lasts && pause(EVERY, stopped).await {
        lasts = duty.lasts().await;
    }
    if !lasts {
        warn!(
            "the connection that says who is on duty was lost: intake stops until this centre gets it again"
        );
        shown.stand_by();
    }
    // a purge goes on where it was when somebody is on duty again
    purging.abort();
    if let Err(failed) = purging.await
        && !failed.is_cancelled()
    {
        error!("the nightly purge failed: {failed}");
    }
    intake.stop().await;
    duty.end().await;
}

/// Tells this centre's consoles what other centres changed.
pub async fn follow_news(store: Store, feed: Feed, mut stopped: watch::Receiver<bool>) {
    loop {
        match store.listen().await {
            Ok(None) => return,
            Ok(Some(mut listener)) => loop {
                let news = tokio::select! {
                    news = listener.next() => news,
                    _ = stopped.wait_for(|stopped| *stopped) => return,
                };
                match news {
                    Ok(news) => feed.tell(&news).await,
                    Err(error) => {
                        warn!("{error}");
                        break;
                    }
                }
            },
            Err(error) => warn!("{error}"),
        }
        if !pause(EVERY, &mut stopped).await {
            return;
        }
    }
}
