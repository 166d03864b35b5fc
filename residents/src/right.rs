//! Who may do what with residents, and where. These people have accounts of their own: whoever sees cameras or cases is nobody
//! here, under the same name too.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ResidentsRole)]
pub enum Role {
    /// 网格员: goes to people, and says what came of it.
    Worker,
    /// 社区专干: keeps the residents of communities.
    Clerk,
    /// 业务主管: says which rules are in use.
    Supervisor,
    /// 审计员: looks at who looked at what, and at nobody's data.
    Auditor,
    /// 管理员: gives accounts, and sees nobody's data.
    Admin,
}

/// Something that may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See reminders of a region, and note what came of them.
    Work,
    /// Find and see people.
    See,
    /// See a number or telephone in full, with a reason.
    Reveal,
    /// Bring files, settle what does not fit together, hand reminders to another grid.
    Keep,
    /// See rules, and try them.
    TryRules,
    /// Put rules to use, and say which days are worked.
    UseRules,
    /// See what came of reminders, in numbers.
    Count,
    /// See the log of who did what.
    Audit,
    /// Make, change and close accounts.
    Accounts,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Work,
        Self::See,
        Self::Reveal,
        Self::Keep,
        Self::TryRules,
        Self::UseRules,
        Self::Count,
        Self::Audit,
        Self::Accounts,
    ];
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Worker, Self::Clerk, Self::Supervisor, Self::Auditor, Self::Admin];

    /// As the database has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Clerk => "clerk",
            Self::Supervisor => "supervisor",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    /// The role of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Whether whoever has this role may do it.
    pub const fn may(self, right: Right) -> bool {
        use Right::{Accounts, Audit, Count, Keep, Reveal, See, TryRules, UseRules, Work};
        match self {
            Self::Worker => matches!(right, Work | Reveal),
            Self::Clerk => matches!(right, Work | See | Reveal | Keep | Count | TryRules),
            Self::Supervisor => matches!(right, See | TryRules | UseRules | Count),
            Self::Auditor => matches!(right, Audit | Count),
            Self::Admin => matches!(right, Accounts | Audit),
        }
    }

    /// Whether it is for the whole place only, and never for a part of it.
    pub const fn is_everywhere(self) -> bool {
        // rules and accounts are the same in all regions
        matches!(self, Self::Supervisor | Self::Auditor | Self::Admin)
    }
}

/// A role, and where it holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResidentsPost)]
pub struct Post {
    /// Role.
    pub role: Role,
    /// Code of a region, down to a grid; empty is everywhere.
    #[serde(default)]
    pub region: String,
}

/// Somebody who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Name by which the person logs in.
    pub account: String,
    /// Name for people.
    pub full_name: String,
    /// 单位.
    pub unit: String,
    /// What for, and where.
    pub posts: Vec<Post>,
}

impl Account {
    /// Whether a right is held over a region, or, where that is empty, everywhere.
    pub fn may(&self, right: Right, region: &str) -> bool {
        self.posts.iter().any(|post| post.role.may(right) && region.starts_with(&post.region))
    }

    /// All rights that are held anywhere.
    pub fn rights(&self) -> Vec<Right> {
        Right::ALL.into_iter().filter(|right| self.may_somewhere(*right)).collect()
    }

    /// Whether a right is held anywhere.
    pub fn may_somewhere(&self, right: Right) -> bool {
        self.posts.iter().any(|post| post.role.may(right))
    }

    /// Where a right is held: none is everywhere. Parts of others are left out.
    pub fn regions(&self, right: Right) -> Option<Vec<String>> {
        let mut held: Vec<&str> = Vec::new();
        let mut regions: Vec<&str> =
            self.posts.iter().filter(|post| post.role.may(right)).map(|post| post.region.as_str()).collect();
        regions.sort_unstable();
        for region in regions {
            // what a region is a part of stands before it
            if !held.iter().any(|whole| region.starts_with(whole)) {
                held.push(region);
            }
        }
        (held != [""]).then(|| held.into_iter().map(str::to_owned).collect())
    }
}

/// Whether a text is the code of a region that a post may have: city, district, street, community or grid.
pub fn is_region(code: &str) -> bool {
    matches!(code.len(), 4 | 6 | 9 | 12 | 15) && code.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(posts: &[(Role, &str)]) -> Account {
        let posts = posts.iter().map(|(role, region)| Post { role: *role, region: (*region).to_owned() });
        Account {
            account: "li".into(),
            full_name: String::new(),
            unit: String::new(),
            posts: posts.collect(),
        }
    }

    #[test]
    fn a_right_holds_in_its_region_and_in_what_lies_in_it() {
        let li = account(&[(Role::Worker, "420502001001001"), (Role::Clerk, "420502002")]);
        assert!(li.may(Right::Work, "420502001001001"));
        assert!(li.may(Right::Work, "420502002003004"));
        assert!(!li.may(Right::Work, "420502001001"));
        assert!(!li.may(Right::See, "420502001001001"));
        assert!(!li.may(Right::See, ""));
        assert!(li.may(Right::See, "420502002"));
        assert!(!li.may_somewhere(Right::Audit));
    }

    #[test]
    fn regions_of_a_right() {
        let li = account(&[
            (Role::Clerk, "420502002"),
            (Role::Worker, "420502002001001"),
            (Role::Clerk, "420503"),
        ]);
        assert_eq!(li.regions(Right::Work), Some(vec!["420502002".to_owned(), "420503".to_owned()]));
        assert_eq!(li.regions(Right::Audit), Some(Vec::new()));
        assert_eq!(account(&[(Role::Supervisor, "")]).regions(Right::See), None);
        assert_eq!(account(&[(Role::Clerk, "4205"), (Role::Clerk, "")]).regions(Right::See), None);
    }

    #[test]
    fn whoever_gives_accounts_or_audits_sees_nobody() {
        for role in [Role::Admin, Role::Auditor] {
            for right in [Right::See, Right::Reveal, Right::Work, Right::Keep] {
                assert!(!role.may(right), "{role:?} {right:?}");
            }
        }
    }

    #[test]
    fn codes_of_regions() {
        for code in ["4205", "420502", "420502001", "420502001001", "420502001001001"] {
            assert!(is_region(code), "{code}");
        }
        for code in ["", "42", "42050", "42050x", "４２０５"] {
            assert!(!is_region(code), "{code}");
        }
    }
}
