//! Cameras that bend the protocol, so that they are read with GStreamer in the end; and those that must not be.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

use tempfile::tempdir;
use xunge_alert::BlindCause;
use xunge_demo::clips::{ClipSpec, Codec};
use xunge_demo::rtsp::{Mount, RtspServer};

use super::rig::{Rig, clip};

/// What stands between a camera and this box changes what the camera says.
#[derive(Clone, Copy)]
enum Bend {
    /// The description claims another version of its format.
    Description,
    /// After so many packets one of them says that it holds what no standard knows.
    Packet { after: usize },
}

/// Listens, and passes every connection on to `camera`, bent. The URL of `path` there.
fn bent(camera: SocketAddr, path: &str, bend: Bend) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("rtsp://{}{path}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(client), Ok(server)) = (client, TcpStream::connect(camera)) else { return };
            let (mut asks, mut asked) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut asks, &mut asked);
                let _ = asked.shutdown(Shutdown::Both);
            });
            std::thread::spawn(move || answer(server, client, bend));
        }
    });
    url
}

/// Passes on what the camera sends: answers, which are lines and a body, and packets, which are `$`, channel, length.
fn answer(mut camera: TcpStream, mut client: TcpStream, bend: Bend) {
    let mut packets = 0;
    let mut held = Vec::new();
    let mut read = [0; 4096];
    loop {
        let whole = match held.first() {
            None => 0,
            Some(b'$') if held.len() < 4 => 0,
            Some(b'$') => 4 + usize::from(u16::from_be_bytes([held[2], held[3]])),
            Some(_) => answer_length(&held),
        };
        if whole == 0 || held.len() < whole {
            match camera.read(&mut read) {
                Ok(n) if n > 0 => held.extend_from_slice(&read[..n]),
                _ => break,
            }
            continue;
        }
        let mut unit: Vec<u8> = held.drain(..whole).collect();
        match bend {
            Bend::Description if unit[0] != b'$' => {
                let at = unit.windows(7).position(|w| w == b"\r\n\r\nv=0");
                if let Some(at) = at {
                    unit[at + 6] = b'9';
                }
            }
            Bend::Packet { after } if unit[0] == b'$' && unit[1] == 0 => {
                packets += 1;
                if packets == after {
                    unit[4 + 12] = unit[4 + 12] & 0xe0 | 30;
                }
            }
            _ => {}
        }
        if client.write_all(&unit).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

/// Bytes of an RTSP answer; none when it is not whole.
fn answer_length(held: &[u8]) -> usize {
    let Some(head) = held.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4) else { return 0 };
    let lines = String::from_utf8_lossy(&held[..head]).to_ascii_lowercase();
    let body = lines.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    head + body.unwrap_or(0)
}

fn address(server: &RtspServer) -> SocketAddr {
    let url = server.url("/");
    url.trim_start_matches("rtsp://").trim_end_matches('/').parse().unwrap()
}

#[test]
fn usual_cameras_are_read_directly_and_again_after_a_break() {
    let folder = tempdir().unwrap();
    for codec in [Codec::H264, Codec::H265] {
        let file = clip(folder.path(), "c.mp4", &ClipSpec { codec, ..ClipSpec::default() });
        let server = RtspServer::start("127.0.0.1:0", vec![Mount::clip("/lawn", file)]).unwrap();
        let rig = Rig::camera(&server.url("/lawn"));
        rig.wait_flowing();
        server.drop_clients();
        rig.wait_blind(BlindCause::Ended);
        assert_eq!(rig.wait_flowing(), 2);
        for _ in 0..30 {
            rig.packet();
        }
        let stats = rig.ingest.stats();
        assert_eq!(stats.direct, stats.packets, "{codec:?}");
    }
}

#[test]
fn a_description_that_is_not_understood_is_left_to_gstreamer_without_a_word() {
    let folder = tempdir().unwrap();
    let file = clip(folder.path(), "c.mp4", &ClipSpec::default());
    let server = RtspServer::start("127.0.0.1:0", vec![Mount::clip("/lawn", file)]).unwrap();
    let rig = Rig::camera(&bent(address(&server), "/lawn", Bend::Description));
    assert_eq!(rig.wait_flowing(), 1, "the first session, and nothing is reported");
    let stats = rig.ingest.stats();
    assert!(stats.packets > 0 && stats.direct == 0, "{stats:?}");
}

#[test]
fn packets_that_are_not_understood_are_left_to_gstreamer_from_then_on() {
    let folder = tempdir().unwrap();
    let file = clip(folder.path(), "c.mp4", &ClipSpec::default());
    let server = RtspServer::start("127.0.0.1:0", vec![Mount::clip("/lawn", file)]).unwrap();
    let rig = Rig::camera(&bent(address(&server), "/lawn", Bend::Packet { after: 20 }));
    assert_eq!(rig.wait_flowing(), 1);
    let detail = rig.wait_blind(BlindCause::Garbage);
    assert!(detail.contains("GStreamer"), "{detail}");
    assert_eq!(rig.wait_flowing(), 2);
    let direct = rig.ingest.stats().direct;
    let mut last = rig.packet();
    while last.session == 1 {
        last = rig.packet();
    }
    for _ in 0..60 {
        last = rig.packet();
    }
    assert_eq!(last.session, 2, "it goes on past where it broke");
    assert_eq!(rig.ingest.stats().direct, direct);
}
