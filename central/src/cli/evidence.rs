//! `evidence copy`.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use xunge_central::evidence::EvidenceStore;
use xunge_central::evidence::copy::{Copied, copy as copy_files};

use super::{bucket, load, open_store, say};

/// How often it is said how far it is.
const EVERY: Duration = Duration::from_secs(5);

/// Copies all evidence into the object store, or back into the folder, while the centre may be running.
pub async fn copy(file: &Path, to_s3: bool, remove: bool) -> Result<()> {
    let config = load(file)?;
    let s3 = config.evidence.s3.as_ref().context(
        "the configuration has no `[evidence.s3]`: it says which object store, also for the way back into the folder",
    )?;
    if remove && !to_s3 {
        // nobody here can know which centres work with a bucket
        bail!(
            "`--remove` empties only the folder. Once no centre works with the bucket, empty it with the tools of the object \
             store. 请用对象存储自带的工具清空存储桶。"
        );
    }
    let (objects, folder) = (bucket(s3)?, EvidenceStore::folder(&config.data_dir));
    let (from, to) = if to_s3 { (&folder, &objects) } else { (&objects, &folder) };
    if let EvidenceStore::Objects(objects) = &objects
        && !objects.check().await
    {
        bail!("{}", objects.outage().unwrap_or_default());
    }
    let store = open_store(&config).await?;
    say(&format!("{from} -> {to}"));
    let mut said = Instant::now();
    let copied = copy_files(&store, (from, to), &config.data_dir, remove, |far| {
        if said.elapsed() >= EVERY {
            said = Instant::now();
            say(&progress(far));
        }
    });
    let copied = copied.await;
    store.close().await;
    let copied = copied.map_err(|error| {
        anyhow!("{error}. Copying ended early; run the command again, it goes on where it was. 复制中断，可重新运行继续。")
    })?;
    say(&progress(&copied));
    for (sha256, what) in &copied.lost {
        say(&format!("  {sha256}: {what}"));
    }
    if !copied.lost.is_empty() {
        bail!("{} files could not be copied. 有文件未能复制。", copied.lost.len());
    }
    say("All evidence is there. 证据已全部复制。");
    Ok(())
}

fn progress(far: &Copied) -> String {
    format!(
        "{} of {} files: {} copied ({} MB), {} were there, {} removed at the source",
        far.seen,
        far.files,
        far.copied,
        far.bytes / 1_000_000,
        far.there,
        far.removed
    )
}
