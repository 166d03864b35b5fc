//! URLs of cameras, brokers and services: checked, never quoted.

use crate::problem::Said;

/// A URL that passed [`url`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url<'t> {
    /// In lower case.
    pub scheme: &'static str,
    /// User name, as written.
    pub user: Option<&'t str>,
    /// Name or address, without brackets; empty for `file`.
    pub host: &'t str,
    /// Port, when one is written.
    pub port: Option<u16>,
    /// What follows, with its leading `/`; may be empty. Includes the query.
    pub path: &'t str,
}

/// Takes a URL apart and refuses what cannot work. No sentence repeats any part of the text: it may hold a password.
pub fn url<'t>(text: &'t str, schemes: &[&'static str]) -> Result<Url<'t>, Said> {
    let wanted = schemes.iter().map(|scheme| format!("{scheme}://")).collect::<Vec<_>>().join(", ");
    let form = || {
        Said::from((
            format!("is not a URL that can be used here: it must begin with {wanted}"),
            format!("不是可用的地址：必须以 {wanted} 开头"),
        ))
    };
    let (scheme, rest) = text.split_once("://").ok_or_else(form)?;
    let scheme = schemes.iter().find(|known| known.eq_ignore_ascii_case(scheme)).ok_or_else(form)?;
    if rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Said::from(("must not contain spaces", "不能包含空格")));
    }
    if *scheme == "file" {
        return if rest.len() > 1 && rest.starts_with('/') {
            Ok(Url { scheme, user: None, host: "", port: None, path: rest })
        } else {
            Err(Said::from((
                "must give the whole path of a file, as in file:///var/videos/gate.mp4",
                "必须写出文件的完整路径，例如 file:///var/videos/gate.mp4",
            )))
        };
    }
    refuse_password(rest)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, place) = match authority.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, authority),
    };
    if user == Some("") {
        return Err(Said::from(("has an `@` without a user name before it", "`@` 前缺少用户名")));
    }
    let (host, port) = host_and_port(place)?;
    Ok(Url { scheme, user, host, port, path })
}

/// A `:` before the last `@` is a password, also one with a raw `/` in it; so is a password field in the path or
/// query, as some recorders want it (there `{password}` stands for the one of the credentials file).
fn refuse_password(rest: &str) -> Result<(), Said> {
    let lower = rest.to_ascii_lowercase();
    let in_userinfo =
        lower.rsplit_once('@').is_some_and(|(before, _)| before.contains(':') || before.contains("%3a"));
    let in_path = ["password=", "passwd=", "pwd=", "pass="].iter().any(|field| {
        lower.match_indices(field).any(|(at, _)| {
            let word_begins = !lower[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
            let value = &lower[at + field.len()..];
            word_begins
                && !value.is_empty()
                && !value.starts_with(['&', '_'])
                && !value.starts_with("{password}")
        })
    });
    if in_userinfo {
        return Err(Said::from((
            "holds a password: put the password into the credentials file (an `@` in the path is written %40)",
            "含有密码：请把密码写入凭据文件（路径中的 `@` 写作 %40）",
        )));
    }
    if in_path {
        return Err(Said::from((
            "holds a password: put the password into the credentials file and write {password} in its place",
            "含有密码：请把密码写入凭据文件，并在原处写 {password}",
        )));
    }
    Ok(())
}

fn host_and_port(place: &str) -> Result<(&str, Option<u16>), Said> {
    let bad_host = || Said::from(("has no host name or address", "缺少主机名或地址"));
    let (host, port) = if let Some(rest) = place.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or_else(bad_host)?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(bad_host());
        }
        match after {
            "" => (host, None),
            _ => (host, Some(after.strip_prefix(':').ok_or_else(bad_host)?)),
        }
    } else {
        match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        }
    };
    let named = host.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'));
    if host.is_empty() || !named {
        return Err(bad_host());
    }
    let port = match port {
        None => None,
        Some(text) => match text.parse::<u16>() {
            Ok(port) if port > 0 => Some(port),
            _ => {
                return Err(Said::from((
                    "has a port that is not a number from 1 to 65535",
                    "端口必须是 1 到 65535 的数字",
                )));
            }
        },
    };
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTSP: &[&str] = &["rtsp", "rtsps", "file"];

    #[test]
    fn camera_urls_are_taken_apart() {
        let parsed = url("RTSP://user@10.0.0.5:554/stream2?channel=1", RTSP).unwrap();
        assert_eq!((parsed.scheme, parsed.user, parsed.host), ("rtsp", Some("user"), "10.0.0.5"));
        assert_eq!((parsed.port, parsed.path), (Some(554), "/stream2?channel=1"));
        let parsed = url("rtsps://[fe80::1]/a", RTSP).unwrap();
        assert_eq!((parsed.host, parsed.port, parsed.path), ("fe80::1", None, "/a"));
        assert_eq!(
            url("file:///v/a b.mp4", RTSP).map_err(|said| said.en),
            Err("must not contain spaces".to_owned())
        );
        assert_eq!(url("file:///v/a.mp4", RTSP).unwrap().path, "/v/a.mp4");
        for placeholder in
            ["rtsp://h/user={user}&password={password}&channel=1", "rtsp://h/?pwd=&x=1", "rtsp://h/?bypass=1"]
        {
            assert!(url(placeholder, RTSP).is_ok(), "{placeholder}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused_without_repeating_it() {
        for (text, part) in [
            ("http://10.0.0.5/a", "must begin with rtsp://, rtsps://, file://"),
            ("10.0.0.5/hunter2", "must begin with"),
            ("rtsp://", "no host"),
            ("rtsp://@h/a", "without a user name"),
            ("rtsp://h:99999/a", "port"),
            ("rtsp://h:0/a", "port"),
            ("rtsp://[::1/a", "no host"),
            ("rtsp://a b/", "spaces"),
            ("file://host/x", "whole path"),
            ("file:///", "whole path"),
            ("rtsp://u:hunter2@h/a", "holds a password"),
            ("rtsp://u%3Ahunter2@h/a", "holds a password"),
            ("rtsp://u:@h/a", "holds a password"),
            ("rtsp://u:hun/ter@2@h/a", "holds a password"),
            ("rtsp://u:80/hunter2@h/a", "holds a password"),
            ("rtsp://h/user=admin&password=hunter2&channel=1", "holds a password"),
            ("rtsp://h/?PWD=hunter2", "holds a password"),
        ] {
            let said = url(text, RTSP).unwrap_err();
            assert!(said.en.contains(part), "{text}: {}", said.en);
            assert!(!format!("{said:?}").contains("hunter"), "{said:?}");
        }
    }
}
