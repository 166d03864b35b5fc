//! The event stream: whose it is, what it makes good, and what many listeners cost.

use std::time::{Duration, Instant};

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{Request, StatusCode};
use futures_util::StreamExt;
use xunge_central::case::guard::{Post, Role};
use xunge_central::org::Region;
use xunge_central::store::News;

use crate::support::{alert, at, inbound};
use crate::web::{Console, get};

const FOREIGN: &str = "420503001001";

/// A console with somebody here and somebody elsewhere.
async fn town() -> Console {
    let console = Console::open().await;
    for (name, code) in [("here", "420502"), ("there", "420503")] {
        let post = Post { role: Role::Operator, region: Some(Region::parse(code).unwrap()) };
        console.shop.store.add_user(name, &[post], "!", at(0)).await.unwrap();
        console.shop.store.begin_session(name, name, at(0), at(86_400)).await.unwrap();
    }
    console
}

async fn listen(console: &Console, who: &str, last: Option<&str>) -> BodyDataStream {
    let mut request: Request<Body> = get("/api/v1/events", Some(&format!("xunge_session={who}")));
    if let Some(last) = last {
        request.headers_mut().insert("last-event-id", last.parse().unwrap());
    }
    let answer = console.send(request).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["x-accel-buffering"], "no");
    answer.into_body().into_data_stream()
}

async fn next(stream: &mut BodyDataStream) -> Bytes {
    let chunk = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
    chunk.unwrap().unwrap().unwrap()
}

async fn text(stream: &mut BodyDataStream) -> String {
    String::from_utf8(next(stream).await.to_vec()).unwrap()
}

fn id(frame: &str) -> String {
    frame.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned()
}

/// Something happens at a site, and the consoles are told.
async fn happen(console: &Console, n: u128, site: &str) {
    let mut one = alert(n, u64::try_from(n).unwrap(), 1, 0);
    one.site = site.into();
    one.edge = format!("gw-{site}");
    one.camera = format!("c{n}");
    let taken = console.shop.store.take(&[inbound(&one)], at(1)).await.unwrap();
    console.feed.tell(&taken.news).await;
}

#[tokio::test]
async fn nothing_of_elsewhere_reaches_a_stream_and_all_of_here_does() {
    let console = town().await;
    let (mut here, mut there) = (listen(&console, "here", None).await, listen(&console, "there", None).await);
    next(&mut here).await;
    next(&mut there).await;
    for n in 0..20 {
        happen(&console, 2 * n + 1, "420502001001").await;
        happen(&console, 2 * n + 2, FOREIGN).await;
    }
    for (stream, own, foreign) in [(&mut here, "420502", "420503"), (&mut there, "420503", "420502")] {
        let mut cases = 0;
        while cases < 20 {
            let frame = text(stream).await;
            assert!(frame.contains(own) && !frame.contains(foreign), "{frame}");
            cases += usize::from(frame.starts_with("event: case\n"));
        }
    }
}

#[tokio::test]
async fn who_comes_back_is_told_what_came_meanwhile_or_to_reload() {
    let console = town().await;
    // somebody always listens: what nobody hears cannot be made good
    let _other = listen(&console, "there", None).await;
    let mut first = listen(&console, "here", None).await;
    let hello = text(&mut first).await;
    happen(&console, 1, "420502001001").await;
    let mut last = id(&text(&mut first).await);
    drop(first);
    happen(&console, 2, FOREIGN).await;
    happen(&console, 3, "420502001001").await;
    let mut again = listen(&console, "here", Some(&last)).await;
    assert!(!text(&mut again).await.contains("id: "), "its own id holds until it has caught up");
    let mut seen = Vec::new();
    while !seen
        .iter()
        .any(|frame: &String| frame.contains("\"camera\":\"c3\"") && frame.starts_with("event: case"))
    {
        let frame = text(&mut again).await;
        assert!(!frame.starts_with("event: reload") && !frame.contains("420503"), "{frame}");
        last = id(&frame);
        seen.push(frame);
    }
    // who had heard nothing yet is told everything since
    let mut late = listen(&console, "here", Some(&id(&hello))).await;
    next(&mut late).await;
    assert!(text(&mut late).await.contains("c1"));

    for unknown in ["x", "", "0-0", &format!("{last}9"), &last.replace('-', "a-")] {
        let mut stream = listen(&console, "here", Some(unknown)).await;
        next(&mut stream).await;
        assert!(text(&mut stream).await.starts_with("event: reload\n"), "{unknown:?}");
    }
    // more came than is kept
    for _ in 0..1100 {
        happen_again(&console).await;
    }
    let mut old = listen(&console, "here", Some(&last)).await;
    next(&mut old).await;
    assert!(text(&mut old).await.starts_with("event: reload\n"));
}

async fn happen_again(console: &Console) {
    let (cases, _) = console
        .shop
        .store
        .list_cases(&xunge_central::store::CaseFilter { limit: 1, ..Default::default() })
        .await
        .unwrap();
    console.feed.tell_cases(cases.into_iter().map(|case| case.id)).await;
}

#[tokio::test]
async fn what_happened_while_nobody_listened_is_to_be_read_again() {
    let console = town().await;
    let mut first = listen(&console, "here", None).await;
    let last = id(&text(&mut first).await);
    drop(first);
    happen(&console, 1, "420502001001").await;
    let mut again = listen(&console, "here", Some(&last)).await;
    next(&mut again).await;
    assert!(text(&mut again).await.starts_with("event: reload\n"));
}

#[tokio::test]
async fn a_slow_listener_is_told_to_reload_and_holds_up_nobody() {
    let console = town().await;
    let mut slow = listen(&console, "here", None).await;
    let mut quick = listen(&console, "here", None).await;
    next(&mut slow).await;
    next(&mut quick).await;
    happen(&console, 1, "420502001001").await;
    for stream in [&mut slow, &mut quick] {
        assert!(text(stream).await.contains("event: "));
    }
    let mut heard = 0;
    for _ in 0..3000 {
        happen_again(&console).await;
        // one that listens hears each at once, whatever the other does
        while !text(&mut quick).await.starts_with("event: case\n") {}
        heard += 1;
    }
    assert_eq!(heard, 3000);
    let mut frames = 0;
    loop {
        let frame = text(&mut slow).await;
        frames += 1;
        if frame.starts_with("event: reload\n") {
            break;
        }
        assert!(frames < 1100, "what waits for one listener is bounded");
    }
    happen(&console, 2, "420502001001").await;
    let mut frame = text(&mut slow).await;
    while !frame.contains("\"camera\":\"c2\"") {
        assert!(!frame.starts_with("event: reload"), "once is enough");
        frame = text(&mut slow).await;
    }
}

#[tokio::test]
async fn much_at_once_has_everything_read_again_only_now_and_then() {
    let console = town().await;
    let mut here = listen(&console, "here", None).await;
    next(&mut here).await;
    let much = News { everything: true, ..News::default() };
    let begun = Instant::now();
    for _ in 0..50 {
        console.feed.tell(&much).await;
    }
    // a case that changes meanwhile is told at once
    happen(&console, 1, "420502001001").await;
    let mut heard = Vec::new();
    while heard.len() < 3 {
        let frame = text(&mut here).await;
        heard.extend(frame.lines().next().filter(|line| *line != "event: edge").map(str::to_owned));
    }
    assert_eq!(heard, ["event: reload", "event: case", "event: reload"]);
    assert!(begun.elapsed() > Duration::from_millis(1900), "{:?}", begun.elapsed());
    happen(&console, 2, "420502001001").await;
    assert!(!text(&mut here).await.starts_with("event: reload"), "what was owed is paid");
}

#[tokio::test]
async fn many_listeners_share_the_bytes_of_an_event() {
    const LISTENERS: usize = 500;
    let console = town().await;
    let mut streams = Vec::new();
    for n in 0..LISTENERS {
        // twenty streams a person
        let name = format!("u{}", n / 20);
        if n % 20 == 0 {
            let post = Post { role: Role::Operator, region: None };
            console.shop.store.add_user(&name, &[post], "!", at(0)).await.unwrap();
            console.shop.store.begin_session(&name, &name, at(0), at(86_400)).await.unwrap();
        }
        let mut stream = listen(&console, &name, None).await;
        next(&mut stream).await;
        streams.push(stream);
    }
    happen(&console, 1, "420502001001").await;
    let first = next(&mut streams[0]).await;
    for stream in &mut streams[1..] {
        let frame = next(stream).await;
        assert_eq!(frame.as_ptr(), first.as_ptr(), "one text in memory for all");
        assert_eq!(frame, first);
    }
}
