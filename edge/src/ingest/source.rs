//! Where a camera's video comes from.

use std::path::PathBuf;

use xunge_config::Secret;

/// A camera or a file.
#[derive(Debug, Clone)]
pub enum Source {
    /// A network camera.
    Rtsp(RtspSource),
    /// A video file.
    File {
        /// The file.
        path: PathBuf,
        /// As a camera would send it: at its own speed, and again from the beginning when it ends. Otherwise as fast
        /// as it is taken, once.
        as_camera: bool,
    },
}

/// A network camera.
#[derive(Debug, Clone)]
pub struct RtspSource {
    /// `rtsp://` or `rtsps://`, without a password. `{password}` in the path or query stands for the password.
    pub url: String,
    /// User and password; a user in the URL is used when this is none.
    pub login: Option<Login>,
    /// How the pictures travel.
    pub transport: Transport,
    /// With `rtsps`: refuse a certificate that no known authority signed.
    pub tls_verify: bool,
}

/// User and password.
#[derive(Debug, Clone)]
pub struct Login {
    /// User.
    pub user: String,
    /// Password.
    pub password: Secret,
}

/// How the pictures travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// Inside the RTSP connection: nothing is lost on the way. A camera that refuses is asked for UDP next time.
    #[default]
    Tcp,
    /// By UDP.
    Udp,
}

impl RtspSource {
    /// A camera with the usual choices.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), login: None, transport: Transport::Tcp, tls_verify: true }
    }

    /// Its connection is encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("rtsps://"))
    }

    /// URL without user, for messages.
    pub(crate) fn shown_url(&self) -> String {
        split_user(&self.url).1
    }

    /// URL to open (its path may hold the password), user, password.
    pub(crate) fn location(&self) -> (String, Option<String>, Option<String>) {
        let (user, url) = split_user(&self.url);
        let user = self.login.as_ref().map(|l| l.user.clone()).or(user);
        let password = self.login.as_ref().map(|l| l.password.expose().to_owned());
        let url = match &password {
            Some(password) => url.replace("{password}", &percent_encoded(password)),
            None => url,
        };
        (url, user, password)
    }

    /// `text` with the password taken out, in whatever form it stands there.
    pub(crate) fn without_password(&self, text: &str) -> String {
        let Some(password) = self.login.as_ref().map(|l| l.password.expose()).filter(|p| !p.is_empty())
        else {
            return text.to_owned();
        };
        text.replace(&percent_encoded(password), "***").replace(password, "***")
    }
}

/// Takes `user@` (and a password that should not be there) out of a URL.
fn split_user(url: &str) -> (Option<String>, String) {
    let Some((scheme, rest)) = url.split_once("://") else { return (None, url.to_owned()) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or(user);
            (Some(user.to_owned()), format!("{scheme}://{host}{}", &rest[end..]))
        }
        None => (None, url.to_owned()),
    }
}

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(url: &str, user: &str, password: &str) -> RtspSource {
        let login = Login { user: user.into(), password: Secret::new(password.into()) };
        RtspSource { login: Some(login), ..RtspSource::new(url) }
    }

    #[test]
    fn the_user_leaves_the_url() {
        let plain = RtspSource::new("rtsp://admin@10.0.0.5:554/stream2?x=a@b");
        assert_eq!(
            plain.location(),
            ("rtsp://10.0.0.5:554/stream2?x=a@b".into(), Some("admin".into()), None)
        );
        let known = source("rtsp://admin@10.0.0.5/s", "viewer", "p w");
        assert_eq!(known.location(), ("rtsp://10.0.0.5/s".into(), Some("viewer".into()), Some("p w".into())));
        assert_eq!(known.shown_url(), "rtsp://10.0.0.5/s");
    }

    #[test]
    fn a_password_in_the_path_is_opened_and_never_shown() {
        let camera = source("rtsp://10.0.0.5/user=a&password={password}&c=1", "a", "s/e?c");
        assert_eq!(camera.location().0, "rtsp://10.0.0.5/user=a&password=s%2Fe%3Fc&c=1");
        assert!(!camera.shown_url().contains("s%2Fe"));
        assert_eq!(camera.without_password("bad s/e?c in s%2Fe%3Fc"), "bad *** in ***");
        assert!(!format!("{camera:?}").contains("s/e"));
    }
}
