//! Codes of national standards, as files of offices have them: by number or by word.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunge_reminder::person::{Marital, Sex};

/// Marital status (GB/T 2261.2). Finer codes of the standard (21 初婚 …) count as their first digit says.
pub fn marital(text: &str) -> Option<Marital> {
    Some(match text {
        "未婚" => Marital::Single,
        "已婚" | "初婚" | "再婚" | "复婚" | "有配偶" => Marital::Married,
        "丧偶" => Marital::Widowed,
        "离婚" | "离异" => Marital::Divorced,
        code if code.len() <= 2 && code.bytes().all(|byte| byte.is_ascii_digit()) => match code.as_bytes() {
            [b'1', ..] => Marital::Single,
            [b'2', ..] => Marital::Married,
            [b'3', ..] => Marital::Widowed,
            [b'4', ..] => Marital::Divorced,
            _ => return None,
        },
        _ => return None,
    })
}

/// Relation to the head of the household (GB/T 4761, by its first digit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// 01–02 本人, 户主.
    Head,
    /// 1x 配偶.
    Spouse,
    /// 2x 子, 女婿.
    Son,
    /// 3x 女, 儿媳.
    Daughter,
    /// 4x 孙子女、外孙子女.
    Grandchild,
    /// 5x 父母.
    Parent,
    /// 6x 祖父母、外祖父母.
    Grandparent,
    /// 7x 兄弟姐妹.
    Sibling,
    /// 8x, 9x 其他.
    Other,
}

impl Relation {
    /// Reads a code or a word; the error is that it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "本人" | "户主" => Self::Head,
            "配偶" | "妻" | "夫" | "丈夫" | "妻子" => Self::Spouse,
            "子" | "儿子" | "长子" | "次子" | "独生子" => Self::Son,
            "女" | "女儿" | "长女" | "次女" | "独生女" => Self::Daughter,
            "孙子" | "孙女" | "外孙" | "外孙子" | "外孙女" => Self::Grandchild,
            "父亲" | "母亲" | "父" | "母" | "岳父" | "岳母" | "公公" | "婆婆" => Self::Parent,
            "祖父" | "祖母" | "外祖父" | "外祖母" => Self::Grandparent,
            "兄" | "弟" | "姐" | "妹" | "哥哥" | "弟弟" | "姐姐" | "妹妹" => Self::Sibling,
            "其他" | "非亲属" => Self::Other,
            code if (1..=2).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit()) => {
                match code.as_bytes() {
                    // 配偶 of the codes of one digit, or 01 本人 from which a spreadsheet took the nought
                    [b'1' | b'2'] => return None,
                    [b'0', ..] => Self::Head,
                    [b'1', ..] => Self::Spouse,
                    [b'2', ..] => Self::Son,
                    [b'3', ..] => Self::Daughter,
                    [b'4', ..] => Self::Grandchild,
                    [b'5', ..] => Self::Parent,
                    [b'6', ..] => Self::Grandparent,
                    [b'7', ..] => Self::Sibling,
                    _ => Self::Other,
                }
            }
            _ => return None,
        })
    }
}

/// Sex (GB/T 2261.1): 1 男, 2 女; 0 and 9 say nothing.
pub fn sex(text: &str) -> Option<Option<Sex>> {
    Some(match text {
        "1" | "男" | "male" | "M" => Some(Sex::Male),
        "2" | "女" | "female" | "F" => Some(Sex::Female),
        "0" | "9" | "未知" | "未说明" => None,
        _ => return None,
    })
}

/// Yes or no.
pub fn yes_no(text: &str) -> Option<bool> {
    Some(match text {
        "是" | "有" | "1" | "true" | "yes" => true,
        "否" | "无" | "0" | "false" | "no" => false,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_words_say_the_same() {
        assert_eq!(marital("21"), Some(Marital::Married));
        assert_eq!(marital("丧偶"), marital("30"));
        assert_eq!(marital("90"), None);
        assert_eq!(marital("？"), None);
        assert_eq!(Relation::parse("01"), Some(Relation::Head));
        assert_eq!(Relation::parse("1"), None);
        assert_eq!(Relation::parse("3"), Some(Relation::Daughter));
        assert_eq!(Relation::parse("11"), Relation::parse("妻"));
        assert_eq!(Relation::parse("97"), Some(Relation::Other));
        assert_eq!(Relation::parse("123"), None);
        assert_eq!(sex("2"), Some(Some(Sex::Female)));
        assert_eq!(sex("9"), Some(None));
        assert_eq!(sex("x"), None);
    }
}
