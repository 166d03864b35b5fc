//! Why a change may not happen, in words for whoever tried.

use thiserror::Error;

use super::{NAME_CHARS, NOTE_CHARS, PAUSES, PICTURES, REOPEN_DAYS, State};
use crate::org::Level;

/// A change that may not happen.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// Somebody was faster.
    #[error("the case has changed since it was shown (version {shown}, now {now}); look at it again")]
    VersionDiffers {
        /// On the person's screen.
        shown: u64,
        /// In the store.
        now: u64,
    },
    /// There is a verdict already.
    #[error("the case has already been decided by {by}")]
    AlreadyDecided {
        /// Who decided.
        by: String,
    },
    /// A false alarm without a reason.
    #[error("a false alarm needs a reason; choose one")]
    ReasonMissing,
    /// A reason with a real one.
    #[error("a real warning takes no reason for a false alarm; leave it out")]
    ReasonNotWanted,
    /// A note beyond [`NOTE_CHARS`].
    #[error("the text is longer than {NOTE_CHARS} characters; shorten it")]
    NoteTooLong,
    /// A name that is none.
    #[error("a user or a category is named in at most {NAME_CHARS} characters, without control characters")]
    BadName,
    /// A code that the catalogue does not have.
    #[error("the event catalogue has no kind of case with this code; choose one of it")]
    UnknownCategory,
    /// A name that nobody has who may log in.
    #[error("nobody who may log in has this name; choose somebody, or whoever takes it")]
    UnknownUser,
    /// No alert, not of this case, or the one that the case began with.
    #[error("name alerts of this case to move, but not the one that it began with: that one stays")]
    BadSplit,
    /// A picture that is not here.
    #[error("a picture that is named has not been stored at the centre; send it first")]
    PictureUnknown,
    /// Nothing was said where something must be.
    #[error("say why or what, in a few words")]
    WordsMissing,
    /// More than [`PICTURES`].
    #[error("more than {PICTURES} pictures; choose the best")]
    TooManyPictures,
    /// Finished without a picture and without a reason.
    #[error("finished work needs a picture of afterwards, or the reason why there is none")]
    PictureMissing,
    /// Finished far away, or nobody knows where.
    #[error("finished work is reported from the spot (within 100 m), or with the reason why not")]
    NotOnTheSpot,
    /// Work that the street decides was not agreed.
    #[error("this kind of work must be agreed by the level that decides before it is done; ask for approval")]
    NotApproved,
    /// The day of review has passed, or is too far.
    #[error("the day of review must lie ahead, at most a year")]
    BadReviewDay,
    /// Suspended too often.
    #[error("the case has been suspended {PAUSES} times; it cannot be suspended again")]
    PausedTooOften,
    /// The one who did it may not check it.
    #[error("{by} did the work: somebody else must check it")]
    OwnWork {
        /// Who did it.
        by: String,
    },
    /// The one who asked may not agree.
    #[error("{by} asked for it: a second person must answer")]
    OwnRequest {
        /// Who asked.
        by: String,
    },
    /// Nobody asked.
    #[error("nobody has asked for that, or it has been answered")]
    NothingAsked,
    /// Closed too long ago.
    #[error("it was closed more than {REOPEN_DAYS} days ago; make a new case that names it")]
    TooLateToReopen,
    /// Already at the top.
    #[error("there is no level above {}", .level.as_str())]
    NoLevelAbove {
        /// The highest one.
        level: Level,
    },
    /// Into itself, or into one that is not open.
    #[error("a case can only be merged into another one that is open")]
    BadMaster,
    /// A place that is not on Earth.
    #[error("the position is not longitude and latitude in degrees")]
    BadFix,
    /// Pictures are brought by whoever handles it.
    #[error("pictures are brought by whoever has taken the case on")]
    NotHandler,
    /// The case has no checklist, or none with such a step.
    #[error("the checklist of this case has no such step")]
    NoSuchStep,
    /// Somebody has done that step.
    #[error("{by} has ticked this step already")]
    AlreadyTicked {
        /// Who.
        by: String,
    },
    /// Nobody has done that step.
    #[error("nobody has ticked this step")]
    NotTicked,
    /// Whose post does not allow it.
    #[error("that is for {wanted} in this region; your posts do not include it")]
    NotYours {
        /// Which posts could.
        wanted: String,
    },
    /// The change does not follow from the state.
    #[error("a case in state {} cannot take the change {change}", .state.as_str())]
    WrongState {
        /// Where the case stands.
        state: State,
        /// What was asked.
        change: &'static str,
    },
}

impl Refused {
    /// A short name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::VersionDiffers { .. } => "version_differs",
            Self::AlreadyDecided { .. } => "already_decided",
            Self::ReasonMissing => "reason_missing",
            Self::ReasonNotWanted => "reason_not_wanted",
            Self::NoteTooLong => "note_too_long",
            Self::BadName => "bad_name",
            Self::UnknownCategory => "unknown_category",
            Self::UnknownUser => "unknown_user",
            Self::BadSplit => "bad_split",
            Self::PictureUnknown => "picture_unknown",
            Self::WordsMissing => "words_missing",
            Self::TooManyPictures => "too_many_pictures",
            Self::PictureMissing => "picture_missing",
            Self::NotOnTheSpot => "not_on_the_spot",
            Self::NotApproved => "not_approved",
            Self::BadReviewDay => "bad_review_day",
            Self::PausedTooOften => "paused_too_often",
            Self::OwnWork { .. } => "own_work",
            Self::OwnRequest { .. } => "own_request",
            Self::NothingAsked => "nothing_asked",
            Self::TooLateToReopen => "too_late_to_reopen",
            Self::NoLevelAbove { .. } => "no_level_above",
            Self::BadMaster => "bad_master",
            Self::BadFix => "bad_fix",
            Self::NotHandler => "not_handler",
            Self::NoSuchStep => "no_such_step",
            Self::AlreadyTicked { .. } => "already_ticked",
            Self::NotTicked => "not_ticked",
            Self::NotYours { .. } => "not_yours",
            Self::WrongState { .. } => "wrong_state",
        }
    }

    /// The same sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::VersionDiffers { .. } => "案件已有变化，请重新查看后再处理。".into(),
            Self::AlreadyDecided { by } => format!("该案件已由 {by} 判定。"),
            Self::ReasonMissing => "判为误报时请选择原因。".into(),
            Self::ReasonNotWanted => "判为属实时不需要误报原因。".into(),
            Self::NoteTooLong => format!("文字超过 {NOTE_CHARS} 字，请缩短。"),
            Self::BadName => format!("用户名或类别不得超过 {NAME_CHARS} 字，且不含控制字符。"),
            Self::UnknownCategory => "事件分类中没有此代码，请从分类中选择。".into(),
            Self::UnknownUser => "没有这个可登录的用户，请从列表中选择，或不指定人员。".into(),
            Self::BadSplit => "请选择本案件的告警进行拆分；立案所依据的首条告警须保留。".into(),
            Self::PictureUnknown => "所列照片尚未上传到中心，请先上传。".into(),
            Self::WordsMissing => "请用几个字写明原因或内容。".into(),
            Self::TooManyPictures => format!("照片不得超过 {PICTURES} 张，请挑选。"),
            Self::PictureMissing => "请附处置后照片，或写明没有照片的原因。".into(),
            Self::NotOnTheSpot => "请在现场（100 米内）上报，或写明不在现场的原因。".into(),
            Self::NotApproved => "审批性工作须先由有权层级审定。".into(),
            Self::BadReviewDay => "复查日期须在今后一年之内。".into(),
            Self::PausedTooOften => format!("该案件已挂账 {PAUSES} 次，不能再次挂账。"),
            Self::OwnWork { by } => format!("{by} 是处置人，须由他人核查。"),
            Self::OwnRequest { by } => format!("{by} 是申请人，须由第二人审批。"),
            Self::NothingAsked => "没有待审批的申请，或已有答复。".into(),
            Self::TooLateToReopen => format!("结案已超过 {REOPEN_DAYS} 日，请新建关联案件。"),
            Self::NoLevelAbove { .. } => "已是最高层级，不能再上报。".into(),
            Self::BadMaster => "只能并入另一个未办结的案件。".into(),
            Self::BadFix => "位置不是有效的经纬度。".into(),
            Self::NotHandler => "照片由接单的处置人上传。".into(),
            Self::NoSuchStep => "该案件的预案清单中没有这一步。".into(),
            Self::AlreadyTicked { by } => format!("这一步已由 {by} 完成。"),
            Self::NotTicked => "这一步尚未完成。".into(),
            Self::NotYours { .. } => "您在该辖区没有此项权限。".into(),
            Self::WrongState { .. } => "案件当前状态不允许此操作，请刷新后查看。".into(),
        }
    }

    /// Whether the request itself is at fault, and not where the case stands.
    pub fn is_about_words(&self) -> bool {
        matches!(
            self,
            Self::ReasonMissing
                | Self::ReasonNotWanted
                | Self::NoteTooLong
                | Self::BadName
                | Self::UnknownCategory
                | Self::UnknownUser
                | Self::BadSplit
                | Self::PictureUnknown
                | Self::WordsMissing
                | Self::TooManyPictures
                | Self::PictureMissing
                | Self::NotOnTheSpot
                | Self::BadReviewDay
                | Self::BadMaster
                | Self::BadFix
        )
    }
}
