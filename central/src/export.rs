//! What leaves the centre: a ZIP of cases with their evidence, a manifest with hashes, and a cover sheet.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;
use xunge_alert::EvidenceKind;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::case::Moment;
use crate::law::view::Reason;
use crate::picture;
use crate::view::CaseDetail;

/// An export cannot be made.
#[derive(Debug, Error)]
#[error("the export cannot be written: {0}; check the disk of the centre and its free space")]
pub struct ExportError(String);

impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<zip::result::ZipError> for ExportError {
    fn from(error: zip::result::ZipError) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for ExportError {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// Who takes what out, for whom and why.
#[derive(Debug, Clone, Serialize)]
pub struct Order {
    /// Identity, also in the watermark.
    pub id: Uuid,
    /// When.
    pub utc: Timestamp,
    /// Login name.
    pub by: String,
    /// Name for people.
    pub full_name: String,
    /// 单位.
    pub unit: String,
    /// 事由.
    pub reason: Reason,
    /// 事由 in words.
    pub text: Option<String>,
    /// Who gets it.
    pub recipient: String,
    /// People are made unrecognisable, and clips left out.
    pub masked: bool,
    /// The request that a second person agreed to.
    pub approval: Option<Uuid>,
}

/// A case as it goes out.
#[derive(Debug, Clone)]
pub struct Whole {
    /// Everything that the console shows of it.
    pub detail: CaseDetail,
    /// Its alerts, exactly as the boxes sent them: identity and JSON.
    pub messages: Vec<(Uuid, String)>,
}

/// What the manifest says of a file.
#[derive(Debug, Clone, Serialize)]
struct Item {
    path: String,
    sha256: String,
    bytes: u64,
    /// The piece of evidence that it was made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    original_sha256: Option<String>,
    masked: bool,
}

/// What is not in the export, and why.
#[derive(Debug, Clone, Serialize)]
struct LeftOut {
    case: String,
    sha256: String,
    /// `snapshot`, `clip`, or `picture` of the work.
    kind: &'static str,
    zh: &'static str,
    en: &'static str,
}

#[derive(Serialize)]
struct Manifest<'a> {
    format: u32,
    #[serde(flatten)]
    order: &'a Order,
    files: &'a [Item],
    left_out: &'a [LeftOut],
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Pieces of evidence.
    pub evidence: u64,
    /// SHA-256 of the manifest.
    pub manifest: String,
}

/// Text over each picture: ASCII letters only can be drawn, the cover sheet has the rest.
pub fn watermark(order: &Order, zone: &TimeZone) -> String {
    let time = order.utc.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    let id = order.id.simple().to_string();
    format!("XUNGE {} {time} {}", order.by, id.get(id.len().saturating_sub(8)..).unwrap_or_default())
}

/// Gives the bytes of a piece of evidence; none where it is not there.
pub type Fetch<'a> = dyn FnMut(&str) -> io::Result<Option<Vec<u8>>> + 'a;

struct Parcel {
    zip: ZipWriter<BufWriter<File>>,
    items: Vec<Item>,
    left_out: Vec<LeftOut>,
    evidence: u64,
}

impl Parcel {
    fn add(
        &mut self,
        path: String,
        bytes: &[u8],
        original: Option<&str>,
        masked: bool,
    ) -> Result<(), ExportError> {
        // pictures and clips are compressed already, and text is small
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(false);
        self.zip.start_file(path.as_str(), options)?;
        self.zip.write_all(bytes)?;
        let sha256 = hex::encode(Sha256::digest(bytes));
        let original_sha256 = original.map(str::to_owned);
        self.items.push(Item { path, sha256, bytes: bytes.len() as u64, original_sha256, masked });
        Ok(())
    }

    fn add_case(
        &mut self,
        case: &Whole,
        fetch: &mut Fetch<'_>,
        order: &Order,
        text: &str,
    ) -> Result<(), ExportError> {
        let number = &case.detail.summary.number;
        let in_case = |name: String| format!("{number}/{name}");
        self.add(in_case("case.json".into()), &serde_json::to_vec_pretty(&case.detail)?, None, false)?;
        self.add(in_case("log.json".into()), &serde_json::to_vec_pretty(&case.detail.log)?, None, false)?;
        for (id, message) in &case.messages {
            self.add(in_case(format!("alerts/{id}.json")), message.as_bytes(), None, false)?;
        }
        for alert in &case.detail.alerts {
            for (place, file) in alert.evidence.iter().enumerate() {
                let found = if file.stored { fetch(&file.sha256)? } else { None };
                let name = |end: &str| in_case(format!("evidence/{}-{place}.{end}", alert.alert_id));
                let why = match (file.kind, found) {
                    (_, None) => absent(file.stored, file.purged_utc.is_some()),
                    (EvidenceKind::Clip, Some(_)) if order.masked => (
                        "录像无法遮挡，未遮挡导出须双人复核",
                        "a clip cannot be masked; it needs an unmasked export",
                    ),
                    (EvidenceKind::Clip, Some(bytes)) => {
                        self.add(name("mp4"), &bytes, Some(&file.sha256), false)?;
                        self.evidence += 1;
                        continue;
                    }
                    (EvidenceKind::Snapshot, Some(bytes)) => {
                        let made = if order.masked {
                            picture::masked(&bytes, alert.bounds, text)
                        } else {
                            picture::marked(&bytes, text)
                        };
                        match made {
                            Ok(bytes) => {
                                self.add(name("jpg"), &bytes, Some(&file.sha256), order.masked)?;
                                self.evidence += 1;
                                continue;
                            }
                            Err(_) => ("不是可读的图片", "it is no picture that can be read"),
                        }
                    }
                };
                let (zh, en) = why;
                let (case, sha256) = (number.clone(), file.sha256.clone());
                let kind = match file.kind {
                    EvidenceKind::Snapshot => "snapshot",
                    EvidenceKind::Clip => "clip",
                };
                self.left_out.push(LeftOut { case, sha256, kind, zh, en });
            }
        }
        self.add_pictures(case, fetch, order, text)
    }

    /// Pictures of the work. Nobody has said where people are in them, so masked they are coarse all over.
    fn add_pictures(
        &mut self,
        case: &Whole,
        fetch: &mut Fetch<'_>,
        order: &Order,
        text: &str,
    ) -> Result<(), ExportError> {
        let number = &case.detail.summary.number;
        for (place, one) in case.detail.pictures.iter().enumerate() {
            let found = if one.stored { fetch(&one.sha256)? } else { None };
            let made = found.map(|bytes| match order.masked {
                true => picture::masked(&bytes, [0.0, 0.0, 1.0, 1.0], text),
                false => picture::marked(&bytes, text),
            });
            let (zh, en) = match made {
                Some(Ok(bytes)) => {
                    let moment = match one.moment {
                        Moment::Before => "before",
                        Moment::After => "after",
                    };
                    let path = format!("{number}/pictures/{place}-{moment}.jpg");
                    self.add(path, &bytes, Some(&one.sha256), order.masked)?;
                    self.evidence += 1;
                    continue;
                }
                Some(Err(_)) => ("不是可读的图片", "it is no picture that can be read"),
                None => absent(one.stored, one.purged_utc.is_some()),
            };
            let (case, sha256) = (number.clone(), one.sha256.clone());
            self.left_out.push(LeftOut { case, sha256, kind: "picture", zh, en });
        }
        Ok(())
    }
}

/// Why there are no bytes of a file.
fn absent(stored: bool, purged: bool) -> (&'static str, &'static str) {
    match (stored, purged) {
        (true, _) => {
            ("证据存储中没有该文件，或已损坏", "the evidence store does not have the file, or it is damaged")
        }
        (false, true) => ("已过保存期，已清除", "purged: its time of keeping is over"),
        (false, false) => ("尚未上传到中心", "it has not come to the centre yet"),
    }
}

/// Writes the ZIP of what `fetch` gives. Works for long: not for a thread that serves.
pub fn write(
    file: File,
    cases: &[Whole],
    fetch: &mut Fetch<'_>,
    order: &Order,
    zone: &TimeZone,
) -> Result<Written, ExportError> {
    let zip = ZipWriter::new(BufWriter::new(file));
    let mut parcel = Parcel { zip, items: Vec::new(), left_out: Vec::new(), evidence: 0 };
    let text = watermark(order, zone);
    for case in cases {
        parcel.add_case(case, fetch, order, &text)?;
    }
    parcel.add(
        "封面.txt".into(),
        cover(cases, order, &text, zone, &parcel.left_out).as_bytes(),
        None,
        false,
    )?;
    let Parcel { items, left_out, .. } = &parcel;
    let manifest = serde_json::to_vec_pretty(&Manifest { format: 1, order, files: items, left_out })?;
    let sum = hex::encode(Sha256::digest(&manifest));
    parcel.add("manifest.json".into(), &manifest, None, false)?;
    let evidence = parcel.evidence;
    parcel.zip.finish()?.into_inner().map_err(|error| ExportError(error.to_string()))?.sync_all()?;
    Ok(Written { evidence, manifest: sum })
}

/// 封面, for people: with a mark in front by which Windows knows UTF-8.
fn cover(cases: &[Whole], order: &Order, text: &str, zone: &TimeZone, left_out: &[LeftOut]) -> String {
    let time = order.utc.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let numbers: Vec<&str> = cases.iter().map(|case| case.detail.summary.number.as_str()).collect();
    let masked = if order.masked {
        "已遮挡：告警框内的人员粗化，其余画面细化至人脸和车牌不可辨认；不含录像"
    } else {
        "未遮挡：内含可辨认的人员，须依法保管"
    };
    let mut lines = vec![
        "\u{feff}证据导出封面".to_owned(),
        format!("导出编号：{}", order.id),
        format!("时间：{time}"),
        format!(
            "事由：{}{}",
            order.reason.zh(),
            order.text.as_ref().map(|t| format!("（{t}）")).unwrap_or_default()
        ),
        format!("接收单位：{}", order.recipient),
        format!("经办人：{} {}", order.full_name, order.by),
        format!("经办单位：{}", order.unit),
        format!("双人复核：{}", order.approval.map_or_else(|| "不需要".to_owned(), |id| id.to_string())),
        format!("遮挡：{masked}"),
        format!("水印：{text}"),
        format!("案件：{}", numbers.join("、")),
        format!("未包含的文件：{} 个，原因见 manifest.json", left_out.len()),
        String::new(),
        "依据《公共安全视频图像信息系统管理条例》，本导出已登记，不得用于其他目的，不得擅自传播。".to_owned(),
    ];
    lines.push(String::new());
    lines.join("\r\n")
}
