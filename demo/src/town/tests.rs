use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use serde_json::Value;

use super::shape::tests::common;
use super::shape::{Point, Shape};
use super::*;

const COMMUNITY: &str = "420502001001";
const CAMERAS: [Standing<'_>; 2] =
    [Standing { camera: "lawn", kind: "perimeter" }, Standing { camera: "square", kind: "square" }];

fn town() -> Town {
    Town::of(REGIONS).unwrap()
}

/// All outlines as they are written, in degrees, by code.
fn outlines() -> BTreeMap<String, Shape> {
    let collection: Value = serde_json::from_str(&outline::collection(&town())).unwrap();
    let features = collection["features"].as_array().unwrap();
    features
        .iter()
        .map(|feature| {
            let ring = feature["geometry"]["coordinates"][0].as_array().unwrap();
            assert!(ring.len() >= 4 && ring.first() == ring.last(), "closed: {ring:?}");
            let corner = |at: &Value| Point { x: at[0].as_f64().unwrap(), y: at[1].as_f64().unwrap() };
            let shape = Shape(ring.iter().skip(1).map(corner).collect());
            assert!(shape.area() > 0.0, "counter-clockwise");
            (feature["properties"]["code"].as_str().unwrap().to_owned(), shape)
        })
        .collect()
}

fn contains(shape: &Shape, point: Point) -> bool {
    let next = shape.0.iter().cycle().skip(1);
    shape.0.iter().zip(next).all(|(a, b)| (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x) > 0.0)
}

fn grids(town: &Town) -> Vec<&layout::Area> {
    town.areas.iter().filter(|area| area.code.len() == 15).collect()
}

#[test]
fn the_town_has_as_many_grids_as_the_city_and_each_community_some() {
    let town = town();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for grid in grids(&town) {
        *counts.entry(&grid.code[..12]).or_default() += 1;
    }
    assert_eq!(counts.len(), 179, "every community has some");
    assert!(counts.values().all(|count| (4..=9).contains(count)), "{counts:?}");
    assert_eq!(counts.values().sum::<u32>(), 1110);
    assert!(counts.values().collect::<BTreeSet<_>>().len() >= 4, "not all alike");
}

#[test]
fn grids_are_numbered_without_a_gap_and_every_region_but_the_city_has_an_outline() {
    let town = town();
    let codes: BTreeSet<&str> = town.areas.iter().map(|area| area.code.as_str()).collect();
    assert_eq!(codes.len(), town.areas.len(), "codes are unique");
    let rows: BTreeSet<&str> =
        REGIONS.lines().skip(2).filter_map(|row| row.split_once(',')).map(|(code, _)| code).collect();
    let own: BTreeSet<&str> = codes.iter().copied().filter(|code| code.len() < 15).collect();
    assert_eq!(own, rows);
    for community in rows.iter().filter(|code| code.len() == 12) {
        let grids = town.grids_of(community).unwrap();
        for (number, grid) in (1..).zip(&grids) {
            assert_eq!(grid.code, format!("{community}{number:03}"));
        }
        let names: BTreeSet<&str> = grids.iter().map(|grid| grid.name.as_str()).collect();
        assert_eq!(names.len(), grids.len());
        assert_eq!(grids[0].name, "第一网格");
    }
}

#[test]
fn numbers_go_from_west_to_east_and_from_north_to_south() {
    let (east, north) = (Point { x: 1.0, y: 0.0 }, Point { x: 0.0, y: 1.0 });
    let town = town();
    for pair in grids(&town).windows(2).filter(|pair| pair[0].code[..12] == pair[1].code[..12]) {
        let (before, after) = (&pair[0].shape, &pair[1].shape);
        let is_east = before.reach(east).1 <= after.reach(east).0 + 1e-9;
        let is_south = after.reach(north).1 <= before.reach(north).0 + 1e-9;
        assert!(is_east || is_south, "{} and {}", pair[0].code, pair[1].code);
    }
}

#[test]
fn what_lies_in_a_region_fills_it_and_none_lies_on_another() {
    let outlines = outlines();
    for (code, whole) in outlines.iter().filter(|(code, _)| code.len() < 15) {
        let inner: Vec<&Shape> = outlines
            .iter()
            .filter(|(inner, _)| inner.len() == code.len() + 3 && inner.starts_with(code.as_str()))
            .map(|(_, shape)| shape)
            .collect();
        let area = whole.area();
        let sum: f64 = inner.iter().map(|shape| shape.area()).sum();
        // corners are written to a centimetre, along borders of a kilometre
        assert!((sum / area - 1.0).abs() < 1e-4, "{code}: {sum} of {area}");
        for (place, shape) in inner.iter().enumerate() {
            assert!(common(shape, whole) > shape.area() * 0.9999, "all of it lies in {code}");
            for other in inner.iter().skip(place + 1) {
                assert!(common(shape, other) < shape.area() * 1e-4, "in {code}");
            }
        }
    }
    let districts: Vec<&Shape> =
        outlines.iter().filter(|(code, _)| code.len() == 6).map(|(_, shape)| shape).collect();
    for (place, district) in districts.iter().enumerate() {
        for other in districts.iter().skip(place + 1) {
            assert!(common(district, other) < district.area() * 1e-6);
        }
    }
}

#[test]
fn the_middle_of_a_grid_lies_in_no_other() {
    let outlines = outlines();
    let grids: Vec<(&String, &Shape)> = outlines.iter().filter(|(code, _)| code.len() == 15).collect();
    for (code, shape) in &grids {
        let centre = shape.centre();
        let around: Vec<&String> =
            grids.iter().filter(|(_, other)| contains(other, centre)).map(|(code, _)| *code).collect();
        assert_eq!(around, [*code]);
    }
}

#[test]
fn districts_lie_where_they_are() {
    let outlines = outlines();
    for (code, x, y) in [
        ("420502", 111.286, 30.711),
        ("420503", 111.361, 30.644),
        ("420504", 111.268, 30.693),
        ("420505", 111.443, 30.531),
        ("420506", 111.326, 30.768),
    ] {
        assert!(contains(&outlines[code], Point { x, y }), "{code}");
        // a degree squared is some 10,600 km² here
        let area = outlines[code].area() * 10_600.0;
        assert!((30.0..400.0).contains(&area), "{code}: {area} km²");
    }
}

#[test]
fn rows_that_make_no_town_are_refused() {
    let of = |rows: &str| Town::of(&format!("code,name\n{rows}")).unwrap_err();
    assert_eq!(of("4205,宜昌市\n420502;西陵区"), BadTown::BadRow(3));
    assert_eq!(of("4205,宜昌市\n42050,西陵区"), BadTown::BadRow(3));
    assert_eq!(of("4205,宜昌市,x"), BadTown::BadRow(2));
    assert_eq!(of("420502,西陵区"), BadTown::NoParent("420502".into()));
    assert_eq!(of("4205,宜昌市\n420599,某区"), BadTown::UnknownDistrict("420599".into()));
    assert_eq!(of("4205,宜昌市\n420502,西陵区"), BadTown::Empty("420502".into()));
    assert_eq!(of("4205,宜昌市\n420502,西陵区\n420502001,西陵街道"), BadTown::Empty("420502001".into()));
    let town = town();
    for code in ["420502001999", "420502", ""] {
        assert_eq!(town.grids_of(code).unwrap_err(), BadTown::UnknownCommunity(code.into()));
    }
    let many = [CAMERAS[0]; 10];
    let error = camera::places(&town, COMMUNITY, "gw", &many).unwrap_err();
    assert_eq!(error, BadTown::FewGrids(COMMUNITY.into()));
}

#[test]
fn cameras_stand_in_grids_of_their_own_and_know_their_neighbours() {
    let table = camera::places(&town(), COMMUNITY, "demo-gw-1", &CAMERAS).unwrap();
    let outlines = outlines();
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|row| row.split(',').collect()).collect();
    assert_eq!(rows.len(), 2);
    for row in &rows {
        let point = Point { x: row[3].parse().unwrap(), y: row[4].parse().unwrap() };
        assert!(row[2].starts_with(COMMUNITY) && contains(&outlines[row[2]], point), "{row:?}");
    }
    assert_ne!(rows[0][2], rows[1][2]);
    assert_eq!((rows[0][1], rows[0][6]), ("lawn", "demo-gw-1/square"));
    assert_eq!((rows[1][1], rows[1][6]), ("square", "demo-gw-1/lawn"));
}

#[test]
fn every_grid_has_its_worker_and_nobody_is_real() {
    let town = town();
    // whichever community it is
    for community in town.areas.iter().filter(|area| area.code.len() == 12) {
        let people = people::of_community(&town, &community.code).unwrap();
        let grids: Vec<Option<&str>> =
            town.grids_of(&community.code).unwrap().iter().map(|grid| Some(grid.code.as_str())).collect();
        let workers: Vec<Option<&str>> = people
            .iter()
            .filter(|person| person.role == "grid_worker")
            .map(|person| person.region.as_deref())
            .collect();
        assert_eq!(workers, grids);
    }
    let people = people::of_community(&town, COMMUNITY).unwrap();
    let roles: BTreeSet<&str> = people.iter().map(|person| person.role).collect();
    assert_eq!(roles.len(), 9, "every role: {roles:?}");
    let users: BTreeSet<&str> = people.iter().map(|person| person.user.as_str()).collect();
    assert_eq!(users.len(), people.len());
    for person in &people {
        assert!(person.unit.ends_with("（演示）"), "{person:?}");
        assert!(person.phone.len() == 11 && person.phone.starts_with("00000"), "{person:?}");
        assert_eq!(person.region.is_none(), person.user == "admin", "{person:?}");
    }
}

#[test]
fn the_security_room_is_staffed_by_day_and_night_for_a_year() {
    let people = people::of_community(&town(), COMMUNITY).unwrap();
    let table = rota::duties(&people, date(2027, 2, 28));
    let of = |role: &str| -> Vec<Vec<&str>> {
        let rows = table.lines().map(|row| row.split(',').collect::<Vec<_>>());
        rows.filter(|row| row[1] == role).collect()
    };
    let shifts: Vec<(&str, &str)> = of("operator").iter().map(|row| (row[5], row[6])).collect();
    assert_eq!(shifts, [("08:00", "20:00"), ("20:00", "08:00")]);
    let workers = of("grid_worker");
    assert_eq!(workers.len(), town().grids_of(COMMUNITY).unwrap().len());
    for row in workers.iter().chain(&of("acceptor")).chain(&of("supervisor")) {
        assert_eq!(row[3..7], ["2027-02-28", "2028-02-28", "00:00", "24:00"]);
    }
    assert_eq!(of("auditor"), Vec::<Vec<&str>>::new());
}

#[test]
fn the_catalogue_knows_every_behavior_once_and_says_that_it_is_an_example() {
    let rows: Vec<Vec<&str>> = CATALOGUE.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let behaviors: Vec<&str> = rows.iter().map(|row| row[6]).filter(|text| !text.is_empty()).collect();
    assert_eq!(behaviors.iter().collect::<BTreeSet<_>>().len(), 9);
    assert_eq!(behaviors.len(), 9);
    assert!(rows.len() >= 9 + 12);
    assert!(rows.iter().all(|row| row[0].starts_with("EX") && row[7] == "示例"));
}
