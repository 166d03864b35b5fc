//! Outgoing webhooks (对外推送): who is told, how a message is signed, when it is tried again.
//!
//! Signed as Standard Webhooks says (`webhook-id`, `webhook-timestamp`, `webhook-signature: v1,…`), so that receivers can take
//! any of its libraries.

use std::collections::BTreeSet;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use url::{Host, Url};
use utoipa::ToSchema;
use uuid::Uuid;

use super::turn::Turn;
use crate::org::Region;

/// A receiver has this long to answer.
pub const TIME_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);
/// A message is tried for so long, then it is given up and counted.
pub const TRIED_FOR: SignedDuration = SignedDuration::from_hours(3 * 24);
/// Longest pause between two tries of one message.
const LONGEST_PAUSE_SECS: u64 = 3600;
/// Longest pause of a receiver that fails.
const LONGEST_REST_SECS: u64 = 300;
const FIRST_PAUSE_SECS: u64 = 5;
/// How secrets begin (Standard Webhooks).
const PREFIX: &str = "whsec_";
const NAME_CHARS: usize = 100;
const URL_CHARS: usize = 2000;

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = HookFormat)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// [`xunge_alert::Notice`].
    Json,
    /// CAP 1.2; only of P1 and P2.
    Cap,
}

impl Format {
    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Cap => "cap",
        }
    }

    /// The format with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Json, Self::Cap].into_iter().find(|format| format.as_str() == name)
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Cap => "application/cap+xml",
        }
    }
}

/// Who is told what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = HookWish)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Name for people.
    pub name: String,
    /// Where messages go.
    pub url: String,
    /// Only cases of this region; none is everywhere.
    #[serde(default)]
    pub region: Option<Region>,
    /// Which turns of a case.
    pub news: BTreeSet<Turn>,
    /// Only cases of this urgency and above, 1 (most urgent) to 4.
    pub severity: u8,
    /// How.
    pub format: Format,
    /// Whether anything is sent.
    pub enabled: bool,
}

/// Something wrong with a wish: a code, and the sentence in Chinese and English.
pub type Fault = (&'static str, String, String);

impl Wish {
    /// Whether this turn of such a case is to be told.
    pub fn wants(&self, turn: Turn, severity: u8, region: &Region) -> bool {
        self.enabled
            && self.news.contains(&turn)
            && severity <= self.severity
            && self.region.as_ref().is_none_or(|own| own.covers(region))
    }

    /// What is wrong with it.
    pub fn check(&self, allow_http: bool) -> Result<(), Fault> {
        let chars = self.name.trim().chars().count();
        if chars == 0 || chars > NAME_CHARS || self.name.chars().any(char::is_control) {
            return Err((
                "name",
                format!("请填写名称，不超过 {NAME_CHARS} 字。"),
                format!("Give it a name of at most {NAME_CHARS} characters."),
            ));
        }
        if self.news.is_empty() {
            return Err(("news", "请至少选择一种消息。".into(), "Choose at least one kind of news.".into()));
        }
        if !(1..=4).contains(&self.severity) || (self.format == Format::Cap && self.severity > 2) {
            return Err((
                "severity",
                "级别须为 1 至 4；CAP 只用于一、二级。".into(),
                "The severity is 1 to 4; CAP is for 1 and 2 only.".into(),
            ));
        }
        check_url(&self.url, allow_http)
    }
}

/// What is wrong with an address. Asked again before each try: the configuration may have become stricter.
pub fn check_url(text: &str, allow_http: bool) -> Result<(), Fault> {
    let bad = |zh: &str, en: &str| Err(("url", zh.to_owned(), en.to_owned()));
    let Some(url) = text.parse::<Url>().ok().filter(|_| text.len() <= URL_CHARS) else {
        return bad("地址不是可用的网址。", "The address is not a URL that can be used.");
    };
    match url.scheme() {
        "https" => {}
        "http" if allow_http => {}
        "http" => {
            return bad(
                "地址须为 https；确需 http 时请在配置中打开 [outside] allow_http。",
                "The address must be https; where plain http is really meant, set [outside] allow_http.",
            );
        }
        _ => return bad("地址须以 https:// 开头。", "The address must begin with https://."),
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return bad(
            "地址中不得写用户名、密码或 # 片段；接收方用签名核实来源。",
            "The address may hold no user, password or #fragment; receivers know us by the signature.",
        );
    }
    let address = match url.host() {
        None => return bad("地址中没有主机名。", "The address names no host."),
        Some(Host::Ipv4(v4)) => Some(IpAddr::V4(v4)),
        Some(Host::Ipv6(v6)) => Some(IpAddr::V6(v6)),
        Some(Host::Domain("localhost")) if !allow_http => Some(IpAddr::from([127, 0, 0, 1])),
        Some(Host::Domain(_)) => None,
    };
    // names are looked at when they are resolved
    if address.is_some_and(|address| !super::may_send_to(address, allow_http)) {
        return bad(
            "不能推送到本机、链路本地或组播地址。",
            "Nothing is sent to this machine, link-local or multicast addresses.",
        );
    }
    Ok(())
}

/// A new secret.
pub fn new_secret() -> String {
    let bytes: [u8; 32] = rand::random();
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The header `webhook-signature` of a message; none where the secret is none of ours.
pub fn signature(secret: &str, id: &str, timestamp: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    for part in [id, ".", &timestamp.to_string(), ".", body] {
        mac.update(part.as_bytes());
    }
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// How long a message waits after so many failed tries: twice as long each time, up to an hour, of which the second half hangs on
/// the message, so that what failed together does not come back together.
pub fn pause(failures: u64, message: Uuid) -> SignedDuration {
    grown(failures, message, LONGEST_PAUSE_SECS)
}

/// How long a receiver is left alone after so many tries that failed because of it.
pub fn rest(failures: u64, hook: Uuid) -> SignedDuration {
    grown(failures, hook, LONGEST_REST_SECS)
}

fn grown(failures: u64, seed: Uuid, most_secs: u64) -> SignedDuration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(20);
    let secs = FIRST_PAUSE_SECS.saturating_mul(1 << doublings).min(most_secs);
    let millis = secs * 1000;
    let (high, low) = seed.as_u64_pair();
    // splitmix64: any two seeds or numbers of tries give unlike answers
    let mut mixed = (high ^ low).wrapping_add(failures.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let pause = millis / 2 + mixed % (millis / 2 + 1);
    SignedDuration::from_millis(i64::try_from(pause).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wish() -> Wish {
        Wish {
            name: "应急指挥平台".into(),
            url: "https://receiver.example/in".into(),
            region: Some(Region::parse("420502").unwrap()),
            news: BTreeSet::from([Turn::Opened, Turn::Closed]),
            severity: 2,
            format: Format::Json,
            enabled: true,
        }
    }

    #[test]
    fn who_is_told_what() {
        let here = Region::parse("420502001001").unwrap();
        let wish = wish();
        assert!(wish.wants(Turn::Opened, 1, &here) && wish.wants(Turn::Closed, 2, &here));
        assert!(!wish.wants(Turn::Changed, 1, &here), "did not ask for it");
        assert!(!wish.wants(Turn::Opened, 3, &here), "not urgent enough");
        assert!(!wish.wants(Turn::Opened, 1, &Region::parse("420503001001").unwrap()), "elsewhere");
        assert!(!Wish { enabled: false, ..wish }.wants(Turn::Opened, 1, &here));
    }

    #[test]
    fn addresses_that_cannot_be_meant_are_refused() {
        let check = |url: &str, http| Wish { url: url.into(), ..wish() }.check(http).is_ok();
        for good in ["https://receiver.example/in?x=1", "https://10.1.0.5:8443/", "https://[fd00::1]/"] {
            assert!(check(good, false), "{good}");
        }
        for bad in [
            "",
            "receiver.example",
            "ftp://receiver.example/",
            "http://receiver.example/",
            "https://u:p@receiver.example/",
            "https://receiver.example/#x",
            "https://127.0.0.1/",
            "https://localhost/",
            "https://169.254.169.254/latest",
            "https://[::1]/",
            "https://2130706433/",
            "file:///etc/passwd",
        ] {
            assert!(!check(bad, false), "{bad}");
        }
        for lab in ["http://127.0.0.1:9000/in", "http://localhost:9000/in", "http://receiver.example/"] {
            assert!(check(lab, true), "{lab}");
        }
        assert!(!check("http://169.254.169.254/", true));
        assert_eq!(
            Wish { format: Format::Cap, severity: 3, ..wish() }.check(false).unwrap_err().0,
            "severity"
        );
        assert_eq!(Wish { news: BTreeSet::new(), ..wish() }.check(false).unwrap_err().0, "news");
        assert_eq!(Wish { name: " ".into(), ..wish() }.check(false).unwrap_err().0, "name");
    }

    /// The example of the Standard Webhooks specification's own libraries.
    #[test]
    fn signatures_are_those_of_standard_webhooks() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed =
            signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert_eq!(signature("secret", "a", 1, ""), None);
        let made = new_secret();
        assert!(made != new_secret() && signature(&made, "a", 1, "").is_some());
    }

    #[test]
    fn pauses_grow_to_an_hour() {
        let most = |failures| pause(failures, Uuid::from_u128(7)).as_secs_f64();
        assert!((2.5..=5.0).contains(&most(1)));
        assert!((10.0..=20.0).contains(&most(3)));
        assert!((1800.0..=3600.0).contains(&most(500)));
        assert!(rest(500, Uuid::from_u128(7)).as_secs() <= 300);
    }

    proptest! {
        #[test]
        fn pauses_stay_in_bounds_and_differ(failures: u64, a: u128, b: u128) {
            let [a, b] = [a, b].map(Uuid::from_u128);
            let pause_a = pause(failures, a);
            prop_assert!(pause_a >= SignedDuration::from_millis(2500) && pause_a <= SignedDuration::from_hours(1));
            prop_assert_eq!(pause_a, pause(failures, a));
            let _ = pause(failures, b);
        }

        #[test]
        fn no_address_makes_it_panic(url in ".*", http: bool) {
            let _ = Wish { url, ..wish() }.check(http);
        }
    }
}
