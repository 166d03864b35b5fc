//! Cameras that are broken, each in its own way.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::tempdir;
use xunge_alert::BlindCause;
use xunge_config::Secret;
use xunge_demo::clips::ClipSpec;
use xunge_demo::rtsp::{Content, Mount, RtspServer, Trouble};
use xunge_edge::decode::{DecodeOptions, Decoder};
use xunge_edge::frame::Frame;
use xunge_edge::ingest::{self, Ingest, Login, Packet, RtspSource, Signal, Source};

use super::rig::{PATIENCE, Rig, clip, quick};

/// A server that says `greeting` at once and `answer` when it is asked, and then nothing, until the test is over.
fn strange_server(greeting: &'static [u8], answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("rtsp://{}/x", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            let _ = connection.write_all(greeting);
            let mut request = [0; 512];
            let _ = connection.read(&mut request);
            let _ = connection.write_all(answer);
            open.push(connection);
        }
    });
    url
}

#[test]
fn nobody_listens_and_then_somebody_does() {
    let folder = tempdir().unwrap();
    let file = clip(folder.path(), "c.mp4", &ClipSpec::default());
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let rig = Rig::camera(&format!("rtsp://{address}/lawn"));
    let detail = rig.wait_blind(BlindCause::Unreachable);
    assert!(detail.contains("refused"), "{detail}");
    let server = RtspServer::start(&address, vec![Mount::clip("/lawn", file)]).unwrap();
    assert!(rig.wait_flowing() > 1);
    server.stop();
}

#[test]
fn a_server_that_says_nothing_is_unreachable_and_stopping_does_not_wait_for_it() {
    let rig = Rig::camera(&strange_server(b"", b""));
    let detail = rig.wait_blind(BlindCause::Unreachable);
    assert!(detail.contains("no answer"), "{detail}");
    let began = Instant::now();
    rig.ingest.stop();
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[test]
fn a_server_that_speaks_something_else_is_garbage() {
    let cases: [(&[u8], &[u8]); 3] = [
        (b"", b"\x00\x17\xffgarbage \x01\x02\x03 that is no RTSP\r\n\r\n\x04\x05"),
        (b"", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", b""),
    ];
    for (greeting, answer) in cases {
        let rig = Rig::camera(&strange_server(greeting, answer));
        rig.wait_blind(BlindCause::Garbage);
    }
}

#[test]
fn an_unknown_name_is_unreachable() {
    let rig = Rig::camera("rtsp://no-such-camera.invalid/stream");
    rig.wait_blind(BlindCause::Unreachable);
}

#[test]
fn a_wrong_path_and_a_wrong_codec_are_told_apart() {
    let folder = tempdir().unwrap();
    let file = clip(folder.path(), "c.mp4", &ClipSpec::default());
    let mounts = vec![Mount::clip("/lawn", file), Mount::new("/jpeg", Content::MotionJpeg)];
    let server = RtspServer::start("127.0.0.1:0", mounts).unwrap();
    Rig::camera(&server.url("/no-such-stream")).wait_blind(BlindCause::NotFound);
    let detail = Rig::camera(&server.url("/jpeg")).wait_blind(BlindCause::WrongCodec);
    assert!(detail.contains("JPEG") && detail.contains("H.264"), "{detail}");
}

#[test]
fn a_wrong_password_is_unauthorised_and_never_shown() {
    let folder = tempdir().unwrap();
    let file = clip(folder.path(), "c.mp4", &ClipSpec::default());
    let mounts = vec![Mount::clip("/lawn", &file).login("viewer", "Korrekt1"), Mount::clip("/open", &file)];
    let server = RtspServer::start("127.0.0.1:0", mounts).unwrap();
    let camera = |path: &str, password: Option<&str>| {
        let login = password.map(|p| Login { user: "viewer".into(), password: Secret::new(p.to_owned()) });
        let source = RtspSource { login, ..RtspSource::new(server.url(path)) };
        Rig::start(Source::Rtsp(source), quick())
    };
    for wrong in [None, Some("Fa1sch-word")] {
        let detail = camera("/lawn", wrong).wait_blind(BlindCause::Unauthorised);
        assert!(!detail.contains("Fa1sch"), "{detail}");
    }
    camera("/lawn", Some("Korrekt1")).wait_flowing();
    camera("/open", None).wait_flowing();
}

#[test]
fn a_stream_that_ends_and_one_that_falls_silent_come_back() {
    let folder = tempdir().unwrap();
    let file = clip(folder.path(), "c.mp4", &ClipSpec::default());
    let after = Duration::from_secs(2);
    let mounts = vec![
        Mount::clip("/ends", &file).trouble(Trouble::EndAfter(after)),
        Mount::clip("/silent", &file).trouble(Trouble::SilentAfter(after)),
    ];
    let server = RtspServer::start("127.0.0.1:0", mounts).unwrap();
    for (path, cause) in [("/ends", BlindCause::Ended), ("/silent", BlindCause::Stalled)] {
        let rig = Rig::camera(&server.url(path));
        assert_eq!(rig.wait_flowing(), 1);
        rig.wait_blind(cause);
        let again = rig.wait_flowing();
        assert!(again >= 2);
        rig.ingest.stop();
        let packets: Vec<Packet> = rig.packets.try_iter().collect();
        assert!(packets.windows(2).all(|w| w[0].at < w[1].at), "{path}: time never steps back");
        let first = packets.iter().find(|p| p.session == again).unwrap();
        assert!(first.keyframe, "{path}: a session begins with a keyframe");
    }
}

#[test]
fn noise_instead_of_video_is_garbage() {
    let folder = tempdir().unwrap();
    let file = clip(folder.path(), "c.mp4", &ClipSpec::default());
    let mounts = vec![Mount::clip("/noise", &file).trouble(Trouble::BadPayload)];
    let server = RtspServer::start("127.0.0.1:0", mounts).unwrap();
    Rig::camera(&server.url("/noise")).wait_blind(BlindCause::Garbage);
}

#[test]
fn pictures_that_do_not_decode_are_garbage_and_are_tried_again() {
    let folder = tempdir().unwrap();
    let file = clip(folder.path(), "c.mp4", &ClipSpec::default());
    let mounts = vec![Mount::clip("/bad", &file).trouble(Trouble::BadPictures)];
    let server = RtspServer::start("127.0.0.1:0", mounts).unwrap();
    let options = DecodeOptions {
        garbage_after: Duration::from_secs(2),
        ..DecodeOptions::new(416, 256, Some(5.0), false)
    };
    let decoder = Mutex::new(Decoder::new(options, Arc::new(|_: Frame| true)));
    let handle: Arc<Mutex<Option<ingest::IngestHandle>>> = Arc::default();
    let (signal_in, signals) = crossbeam_channel::unbounded();
    let told = handle.clone();
    let on_packet = Arc::new(move |packet: Packet| {
        if let Err(fault) = decoder.lock().unwrap().push(&packet)
            && let Some(handle) = told.lock().unwrap().as_ref()
        {
            handle.fail(packet.session, fault);
        }
    });
    let source = Source::Rtsp(RtspSource::new(server.url("/bad")));
    let ingest = Ingest::start("bad", source, quick(), on_packet, move |s| drop(signal_in.send(s))).unwrap();
    *handle.lock().unwrap() = Some(ingest.handle());
    let deadline = Instant::now() + PATIENCE;
    let mut garbage = 0;
    while garbage < 2 {
        if let Signal::Blind { cause, detail, .. } = signals.recv_deadline(deadline).unwrap() {
            assert_eq!(cause, BlindCause::Garbage, "{detail}");
            garbage += 1;
        }
    }
}

#[test]
fn one_broken_camera_does_not_touch_another() {
    let folder = tempdir().unwrap();
    let file = clip(folder.path(), "c.mp4", &ClipSpec::default());
    let server = RtspServer::start("127.0.0.1:0", vec![Mount::clip("/good", file)]).unwrap();
    let good = Rig::camera(&server.url("/good"));
    good.wait_flowing();
    let broken =
        [Rig::camera(&strange_server(b"", b"")), Rig::camera(&strange_server(b"", b"\xff\x00noise\r\n\r\n"))];
    for rig in &broken {
        rig.wait_for(|s| matches!(s, Signal::Blind { .. }));
    }
    let before = good.ingest.stats().packets;
    while good.packet().at.secs() < 8.0 {}
    assert!(good.ingest.stats().packets >= before + 10);
    assert!(good.signals.try_iter().all(|s| !matches!(s, Signal::Blind { .. })), "the good camera went on");
}
