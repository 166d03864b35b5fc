//! What the law asks of whoever keeps public video (公共安全视频图像信息系统管理条例, 国令第799号), pure: who may look and why is
//! written down (art. 16), how long things are kept and what is kept longer (art. 17), two people where one is too few.

pub mod approval;
pub mod keep;
pub mod ledger;
pub mod view;

/// Longest text that a person gives as a reason, characters.
pub const REASON_CHARS: usize = 500;

/// A reason as it is kept: without blanks around it; none where it is empty, too long or holds control characters.
pub fn tidy(text: &str) -> Option<String> {
    let text = text.trim();
    let fits =
        !text.is_empty() && text.chars().count() <= REASON_CHARS && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
