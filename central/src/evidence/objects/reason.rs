//! What went wrong with an object store, in words.

use std::error::Error as _;
use std::time::Duration;

pub(super) fn slow(limit: Duration) -> String {
    format!("no answer within {} s; check the network, and whether it is overloaded", limit.as_secs())
}

/// Whether the cause of an error has this word in it.
pub(super) fn says(error: &(dyn std::error::Error + 'static), word: &str) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.to_string().contains(word) {
            return true;
        }
        next = error.source();
    }
    false
}

/// What went wrong and what to do, in words without XML.
pub(super) fn reason(error: &object_store::Error) -> String {
    use object_store::Error::{NotFound, PermissionDenied, Unauthenticated};
    let mut cause = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        cause = error.to_string();
        next = error.source();
    }
    // the name that S3 has for it
    let code =
        cause.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    match (error, code) {
        (_, Some("NoSuchBucket")) => "there is no such bucket; make it, or correct `bucket`".into(),
        (_, Some(code @ ("InvalidAccessKeyId" | "NotSignedUp"))) => {
            format!("it does not know the access key ({code}); check `access_key_file`")
        }
        (_, Some("SignatureDoesNotMatch")) => {
            "the secret key is not that of the access key (SignatureDoesNotMatch); check `secret_key_file` and `region`".into()
        }
        (_, Some("RequestTimeTooSkewed")) => "its clock and this machine's differ by minutes; set the clock".into(),
        (PermissionDenied { .. } | Unauthenticated { .. }, code) => format!(
            "it refuses ({}); the access key needs s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket",
            code.unwrap_or("access denied")
        ),
        (NotFound { .. }, None) => "it answers 404; check `bucket` and `endpoint`".into(),
        (_, Some(code)) => format!("it answers {code}; its own log may say why"),
        (_, None) => {
            let short: String = cause.chars().take(200).collect();
            format!("{short}; check `endpoint`, the network, and whether it runs")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(answer: &str) -> object_store::Error {
        object_store::Error::PermissionDenied { path: "ab/cd".into(), source: answer.into() }
    }

    #[test]
    fn what_the_object_store_says_becomes_words_that_help() {
        let missing =
            |answer: &str| object_store::Error::NotFound { path: "ab/cd".into(), source: answer.into() };
        let no_bucket = missing("404: <Error><Code>NoSuchBucket</Code></Error>");
        let table = [
            (&no_bucket, "there is no such bucket"),
            (&missing("404: "), "check `bucket` and `endpoint`"),
            (&denied("<Code>InvalidAccessKeyId</Code>"), "check `access_key_file`"),
            (&denied("<Code>SignatureDoesNotMatch</Code>"), "check `secret_key_file` and `region`"),
            (&denied("<Code>RequestTimeTooSkewed</Code>"), "set the clock"),
            (
                &denied("<Code>AccessDenied</Code><Message>no</Message>"),
                "(AccessDenied); the access key needs",
            ),
            (
                &object_store::Error::Generic { store: "S3", source: "connection refused".into() },
                "connection refused; check `endpoint`",
            ),
        ];
        for (error, wanted) in table {
            let said = reason(error);
            assert!(said.contains(wanted) && !said.contains('<'), "{said}");
        }
        let object_store::Error::NotFound { source, .. } = &no_bucket else { panic!("{no_bucket}") };
        assert!(says(&**source, "NoSuchBucket") && !says(&**source, "NoSuchKey"));
    }
}
