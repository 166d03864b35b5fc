use super::*;

fn lines<T>(read: &Read<T>) -> Vec<(u64, &str)> {
    read.problems.iter().map(|problem| (problem.line, problem.en.as_str())).collect()
}

#[test]
fn regions_are_read_as_a_spreadsheet_writes_them() {
    let text = "\u{feff}区划代码,名称\r\n420502000000,西陵区\r\n\r\n420502001001, 土街头社区 \r\n";
    let read = regions(text.as_bytes());
    assert_eq!(read.problems, []);
    let rows: Vec<_> =
        read.rows.iter().map(|(line, row)| (*line, row.code.as_str(), row.name.as_str())).collect();
    assert_eq!(rows, [(2, "420502", "西陵区"), (4, "420502001001", "土街头社区")]);
}

#[test]
fn the_demonstration_organisation_is_sound() {
    let read = regions(include_bytes!("../../../../demo/org/yichang.csv"));
    assert_eq!(read.problems, []);
    let of = |level| read.rows.iter().filter(|(_, row)| row.code.level() == level).count();
    assert_eq!((of(Level::City), of(Level::District), of(Level::Community)), (1, 5, 179));
}

#[test]
fn excel_in_china_writes_gb18030() {
    let (bytes, ..) = encoding_rs::GB18030.encode("区划代码,名称\n420502,西陵区\n");
    assert_eq!(regions(&bytes).rows[0].1.name, "西陵区");
}

#[test]
fn every_bad_row_is_named_by_its_line_and_the_good_ones_are_read() {
    let text = "code,name\n4205,宜昌市\n42050,x\n420502,\n420502,西陵区\n420502,西陵区\nabc,y\n";
    let read = regions(text.as_bytes());
    assert_eq!(read.rows.len(), 2);
    let told = lines(&read);
    assert_eq!(told.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4, 6, 7]);
    assert!(told[0].1.contains("not a region code"));
    assert_eq!(told[1].1, "`name` is empty");
    assert_eq!(told[2].1, "420502 stands twice");
    assert!(read.problems.iter().all(|problem| !problem.zh.is_ascii()), "Chinese too: {:?}", read.problems);
}

#[test]
fn a_missing_column_is_named_with_all_its_names() {
    let read = regions(b"code,title\n4205,x\n");
    assert_eq!(lines(&read), [(1, "the column `name` is missing (it may be called name / 名称)")]);
    assert!(read.rows.is_empty());
    assert_eq!(lines(&regions(b"")).len(), 2);
}

#[test]
fn cameras_have_a_grid_or_a_position() {
    let text = "网关,摄像机,网格,经度,纬度,部位,相邻摄像机\n\
                gw-1,east,420502001001001,111.28,30.69,养老场所,gw-1/west gw-2/gate\n\
                gw-1,west,,111.29,30.70,,\n\
                gw-1,north,,,,,\n\
                gw-1,south,420502,,,,\n\
                gw-1,a,420502001001,200,30,,\n\
                gw-1,b,420502001001,111,,,\n\
                gw-1,c,420502001001,,,游泳池,\n\
                gw-1,d,420502001001,,,,west\n\
                gw-1,east,420502001001,,,gate,\n";
    let read = cameras(text.as_bytes());
    let first = &read.rows[0].1;
    assert_eq!((first.place.kind, first.place.adjacent.len()), (Some(PlaceKind::ElderlyCare), 2));
    assert!(!read.rows[1].1.region_given && read.rows[1].1.place.position.is_some());
    let told = lines(&read);
    assert_eq!(told.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 5, 6, 7, 8, 9, 10]);
    assert!(told[4].1.contains("elderly_care"), "it says what there is: {}", told[4].1);
}

#[test]
fn posts_name_people_roles_and_regions() {
    let text = "用户名,岗位,辖区,姓名\nwang,值班员,420502001001,王某\nadmin2,admin,,\nli,保安,4205,\n";
    let read = posts(text.as_bytes());
    let first = &read.rows[0].1;
    assert_eq!((first.post.role, first.full_name.as_str()), (Role::Operator, "王某"));
    assert_eq!(read.rows[1].1.post, Post { role: Role::Admin, region: None });
    assert_eq!(read.problems[0].line, 4);
}

#[test]
fn outlines_are_areas_on_earth() {
    let feature = |code: &str, ring: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}"}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}"#
        )
    };
    let square = "[[111.0,30.0],[111.1,30.0],[111.1,30.1],[111.0,30.1],[111.0,30.0]]";
    let features = [
        feature("420502001001001", square),
        feature("42050200100100", square),
        feature("420502001001002", "[[111.0,30.0],[111.1,30.0],[111.1,30.1]]"),
        feature("420502001001003", "[[111.0,30.0],[111.1,30.0],[111.2,30.0],[111.0,30.0]]"),
        feature("420502001001004", "[[111.0,30.0],[111.1,95.0],[111.2,30.0],[111.0,30.0]]"),
        r#"{"type":"Feature","properties":{},"geometry":null}"#.to_owned(),
    ];
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    let read = outlines(text.as_bytes());
    assert_eq!(read.rows.len(), 1);
    assert_eq!(lines(&read).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
    let geometry = &read.rows[0].1.geometry;
    assert!(geojson::contains(geometry, 111.05, 30.05));
    assert!(!geojson::contains(geometry, 111.15, 30.05) && !geojson::contains(geometry, 111.05, 29.9));
    assert_eq!(lines(&outlines(b"[]"))[0].0, 0);
    assert!(lines(&outlines(b"{\n\"type\":,"))[0].1.contains("not JSON"));
}
