//! Our rules at the places where rmqtt asks for a decision.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use async_trait::async_trait;
use rmqtt::codec::cert::CertInfo;
use rmqtt::codec::v5::SubscribeAckReason;
use rmqtt::context::ServerContext;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType, Type};
use rmqtt::session::Session;
use rmqtt::types::{AuthResult, ConnectInfo, PublishAclResult, SubscribeAclResult};

use super::Counters;
use super::access::{Action, Admission, Peer};
use super::pace::Paces;

#[derive(Clone)]
struct Rules {
    admission: Admission,
    counters: Arc<Counters>,
    paces: Arc<Paces>,
}

pub(super) async fn register(context: &ServerContext, admission: Admission, counters: Arc<Counters>) {
    let rules = Rules { admission, counters, paces: Arc::default() };
    let register = context.extends.hook_mgr().register();
    for kind in [
        Type::ClientAuthenticate,
        Type::ClientConnected,
        Type::ClientDisconnected,
        Type::ClientSubscribeCheckAcl,
        Type::MessagePublishCheckAcl,
        Type::MessageDropped,
    ] {
        register.add(kind, Box::new(rules.clone())).await;
    }
    register.start().await;
}

#[async_trait]
impl Handler for Rules {
    async fn hook(&self, parameter: &Parameter, so_far: Option<HookResult>) -> ReturnType {
        let result = match parameter {
            Parameter::ClientAuthenticate(connect) => HookResult::AuthResult(self.authenticate(connect)),
            Parameter::MessagePublishCheckAcl(session, publish) => {
                let action = Action::Publish { topic: &publish.topic, retain: publish.retain };
                HookResult::PublishAclResult(match self.check_session(session, action).await {
                    true => {
                        // The centre itself bypasses these rules and is not held back.
                        let pause =
                            self.paces.take(&session.id.client_id, publish.payload.len(), Instant::now());
                        tokio::time::sleep(pause).await;
                        PublishAclResult::allow()
                    }
                    // MQTT 3.1.1 cannot refuse a publish, so the connection ends: dropping it silently would look
                    // like success to the box.
                    false => PublishAclResult::rejected(true, None),
                })
            }
            Parameter::ClientSubscribeCheckAcl(session, subscribe) => {
                let action = Action::Subscribe { filter: &subscribe.topic_filter };
                HookResult::SubscribeAclResult(match self.check_session(session, action).await {
                    true => SubscribeAclResult::new_success(subscribe.opts.qos(), None),
                    false => SubscribeAclResult::new_failure(SubscribeAckReason::NotAuthorized),
                })
            }
            Parameter::ClientConnected(session) => {
                tracing::info!(client = %session.id.client_id, from = ?session.id.remote_addr, "connected to the broker");
                return (true, so_far);
            }
            Parameter::ClientDisconnected(session, reason) => {
                tracing::info!(client = %session.id.client_id, %reason, "disconnected from the broker");
                self.paces.forget(&session.id.client_id);
                return (true, so_far);
            }
            Parameter::MessageDropped(Some(to), _, publish, reason) => {
                self.counters.dropped.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(to = %to.client_id, topic = %publish.topic, %reason, "message dropped");
                return (true, so_far);
            }
            _ => return (true, so_far),
        };
        // Ours is the only word: nothing after it may soften the decision.
        (false, Some(result))
    }
}

impl Rules {
    fn authenticate(&self, connect: &ConnectInfo) -> AuthResult {
        let allowed =
            peer(connect).ok_or_else(|| "a certificate that names neither a box nor the centre".to_owned());
        let allowed = allowed.and_then(|peer| {
            peer.may(Action::Connect { client_id: connect.client_id() }, &self.admission)?;
            // The library publishes a last will without asking again.
            if let Some((topic, retain)) = last_will(connect) {
                peer.may(Action::Publish { topic, retain }, &self.admission)?;
            }
            Ok(peer)
        });
        match allowed {
            Ok(peer) => AuthResult::Allow(peer == Peer::Central, None),
            Err(reason) => {
                self.refuse(&reason);
                AuthResult::NotAuthorized
            }
        }
    }

    async fn check_session(&self, session: &Session, action: Action<'_>) -> bool {
        // Without the identity that was let in, nothing is allowed.
        let peer = session.connect_info().await.ok().and_then(|connect| peer(&connect));
        let checked = match peer {
            Some(peer) => peer.may(action, &self.admission),
            None => Err(format!("the session of `{}` has no certificate", session.id.client_id)),
        };
        match checked {
            Ok(()) => true,
            Err(reason) => {
                self.refuse(&reason);
                false
            }
        }
    }

    fn refuse(&self, reason: &str) {
        self.counters.refused.fetch_add(1, Ordering::Relaxed);
        tracing::warn!("refused by the broker: {reason}");
    }
}

fn peer(connect: &ConnectInfo) -> Option<Peer> {
    let certificate: &CertInfo = match connect {
        ConnectInfo::V3(_, connect) => connect.cert.as_ref()?,
        ConnectInfo::V5(_, connect) => connect.cert.as_ref()?,
    };
    Peer::from_subject(
        certificate.organization.as_deref()?,
        certificate.common_name.as_deref()?,
        certificate.serial.as_deref()?,
    )
}

fn last_will(connect: &ConnectInfo) -> Option<(&str, bool)> {
    match connect {
        ConnectInfo::V3(_, connect) => connect.last_will.as_ref().map(|will| (&*will.topic, will.retain)),
        ConnectInfo::V5(_, connect) => connect.last_will.as_ref().map(|will| (&*will.topic, will.retain)),
    }
}
