//! The usual Python stack on the same cameras, to be compared with: one process for each (`benches/peers/peer.py`).

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::edge::Load;

/// What a second of one camera takes there; a mean over all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Peer {
    /// CPU time for one second of one camera, milliseconds.
    pub cpu_ms: f64,
    /// Pictures that the detector looked at, a second.
    pub looks_fps: f64,
    /// Tracks at one look.
    pub tracks: f64,
    /// Resident memory at the end, MiB.
    pub resident_mib: f64,
}

/// Runs it under the same load. `python` is an interpreter that has the packages of `benches/peers/requirements.txt`.
pub fn run(python: &Path, model: &Path, load: &Load) -> Result<Peer> {
    let program = program();
    ensure!(program.is_file(), "{} is missing: run this from the repository", program.display());
    let cameras: Vec<Started> =
        load.urls.iter().map(|url| start(python, &program, model, load, url)).collect::<Result<_>>()?;
    let told: Vec<Peer> = cameras.into_iter().map(Started::finish).collect::<Result<_>>()?;
    let mean = |of: fn(&Peer) -> f64| told.iter().map(of).sum::<f64>() / told.len().max(1) as f64;
    Ok(Peer {
        cpu_ms: mean(|peer| peer.cpu_ms),
        looks_fps: mean(|peer| peer.looks_fps),
        tracks: mean(|peer| peer.tracks),
        resident_mib: mean(|peer| peer.resident_mib),
    })
}

fn program() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/peer.py")
}

fn start(python: &Path, program: &Path, model: &Path, load: &Load, url: &str) -> Result<Started> {
    let child = Command::new(python)
        .arg(program)
        .arg("--model")
        .arg(model)
        .args(["--warm-up-secs", &load.warm_up.as_secs_f64().to_string()])
        .args(["--secs", &load.measured.as_secs_f64().to_string()])
        .arg(url)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} does not start", python.display()))?;
    Ok(Started(Some(child)))
}

/// One process, killed when nobody waits for it any more.
struct Started(Option<Child>);

impl Started {
    fn finish(mut self) -> Result<Peer> {
        let child = self.0.take().context("it has ended already")?;
        read(&child.wait_with_output().context("the peer cannot be waited for")?)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // gone already unless another failed before
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn read(output: &Output) -> Result<Peer> {
    ensure!(
        output.status.success(),
        "the peer failed ({}): {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.trim()).with_context(|| format!("the peer says {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn load() -> Load {
        let secs = Duration::from_secs(1);
        Load {
            urls: vec!["rtsp://127.0.0.1:1/c".into()],
            rules: false,
            gate: false,
            workers: None,
            warm_up: secs,
            measured: secs,
        }
    }

    #[test]
    fn what_it_says_is_read() {
        let said = "{\"cpu_ms\": 200.5, \"looks_fps\": 5.0, \"tracks\": 3.5, \"resident_mib\": 230.0}\n";
        let output =
            Output { status: std::process::ExitStatus::default(), stdout: said.into(), stderr: Vec::new() };
        let peer = Peer { cpu_ms: 200.5, looks_fps: 5.0, tracks: 3.5, resident_mib: 230.0 };
        assert_eq!(read(&output).ok(), Some(peer));
        assert!(read(&Output { stdout: "nothing".into(), ..output }).is_err());
    }

    #[test]
    fn an_interpreter_that_is_none_is_said() {
        let error = run(Path::new("/no/such/python"), Path::new("model.onnx"), &load()).unwrap_err();
        assert!(format!("{error:#}").contains("/no/such/python"), "{error:#}");
        let error = run(Path::new("false"), Path::new("model.onnx"), &load()).unwrap_err();
        assert!(format!("{error:#}").contains("the peer failed"), "{error:#}");
    }
}
