use xunge_residents::resident::Conflict;
use xunge_residents::store::{Choice, Deed, Done, Order, Settlement, What};

use crate::support::{House, Kind, deed, number, on_both};

const HEAD: &str = "姓名,身份证号,电话,网格编码,住址,出生日期,独生子女证,子女\n";
const GRID: &str = "420502001001001";

fn row(name: &str, id: &str, rest: &str) -> String {
    format!("{name},{id},{rest}\n")
}

fn counts(done: &Done) -> (u64, u64, u64, u64, u64) {
    (done.added, done.changed, done.same, done.departed, done.refused)
}

fn told(done: &Done) -> Vec<(u64, &str)> {
    done.problems.iter().map(|problem| (problem.line, problem.zh.as_str())).collect()
}

on_both! {
    async fn the_same_file_again_changes_nothing(kind: Kind) {
        let house = House::of(kind).await;
        let (one, two) = (number("19650301", 12), number("19480229", 3));
        let csv = format!(
            "{HEAD}{}{}",
            row("王芳", &one, &format!("13800001234,{GRID},一号楼 101,,2009-06-01,2008-05-01 女")),
            row("李明", &two, &format!(",{GRID},一号楼 101,1948-03-01,,无")),
        );
        let first = house.import(&csv, |_| {}).await;
        assert_eq!(counts(&first), (2, 0, 0, 0, 0));
        assert_eq!((first.conflicts, first.applied), (1, true));
        let again = house.import(&csv, |_| {}).await;
        assert_eq!(counts(&again), (0, 0, 2, 0, 0));
        assert_eq!(again.conflicts, 0);
        assert_eq!(house.number("SELECT COUNT(*) FROM dwelling").await, 1);
        // whose papers differ has no birthday that could be relied on, and is found by either
        let kinds = ["birth:disputed", "birth:disputed", "certificate:独生子女父母光荣证", "child"];
        assert_eq!(house.texts("SELECT kind FROM moment ORDER BY kind").await, kinds);
        assert_eq!(house.number("SELECT COUNT(*) FROM person WHERE born_day IS NULL").await, 1);
        assert_eq!(house.number("SELECT COUNT(*) FROM import_run").await, 2);
    }

    async fn a_later_file_updates_and_settles(kind: Kind) {
        let house = House::of(kind).await;
        let id = number("19480229", 3);
        house.import(&format!("{HEAD}{}", row("李明", &id, &format!("13800001234,{GRID},一号楼 101,1948-03-01,,"))), |_| {}).await;
        assert_eq!(house.number("SELECT COUNT(*) FROM conflict WHERE settled_us IS NULL").await, 1);
        let moved = house
            .import(&format!("{HEAD}{}", row("李明", &id, ",420502001001002,二号楼 202,1948-02-29,,")), |_| {})
            .await;
        assert_eq!(counts(&moved), (0, 1, 0, 0, 0));
        assert_eq!(house.number("SELECT COUNT(*) FROM conflict WHERE settled_us IS NULL").await, 0);
        assert_eq!(house.texts("SELECT d.address FROM person p JOIN dwelling d ON d.dwelling = p.dwelling").await, ["二号楼 202"]);
        // the telephone is still known: the same row with it changes nothing
        let same = house
            .import(&format!("{HEAD}{}", row("李明", &id, "13800001234,420502001001002,二号楼 202,,,")), |_| {})
            .await;
        assert_eq!(counts(&same), (0, 0, 1, 0, 0));
    }

    async fn bad_rows_are_named_and_lose_nothing_else(kind: Kind) {
        let house = House::of(kind).await;
        let (one, two) = (number("19650301", 12), number("19700101", 5));
        let csv = format!(
            "{HEAD}{}{}{}{}",
            row("王芳", &one, &format!(",{GRID},一号楼 101,,,")),
            row("张三", "123", ",,,,,"),
            row("王芳", &one, ",,,,,"),
            row("赵六", &two, ",,,,,"),
        );
        let dry = house.import(&csv, |order| order.dry_run = true).await;
        assert_eq!(counts(&dry), (2, 0, 0, 0, 2));
        assert!(!dry.applied);
        assert_eq!(house.number("SELECT COUNT(*) FROM person").await, 0);
        assert_eq!(house.number("SELECT COUNT(*) FROM import_run").await, 0);
        let done = house.import(&csv, |_| {}).await;
        assert_eq!(told(&done), told(&dry));
        assert_eq!(
            told(&done),
            [(3, "身份证号应为 18 位（旧号 15 位），实为 3 位"), (4, "身份证号与第 2 行相同，此行未采用")]
        );
        assert_eq!(house.number("SELECT COUNT(*) FROM person").await, 2);
    }

    async fn old_numbers_are_the_same_person(kind: Kind) {
        let house = House::of(kind).await;
        let long = number("19480229", 3);
        let short = format!("{}{}", &long[..6], &long[8..17]);
        house.import(&format!("{HEAD}{}", row("李明", &short, ",,,,,")), |_| {}).await;
        let again = house.import(&format!("{HEAD}{}", row("李明", &long, ",,,,,")), |_| {}).await;
        assert_eq!(counts(&again), (0, 0, 1, 0, 0));
    }

    async fn another_name_is_for_a_person_to_decide(kind: Kind) {
        let house = House::of(kind).await;
        let id = number("19480229", 3);
        house.import(&format!("{HEAD}{}", row("李明", &id, ",,,,,")), |_| {}).await;
        let other = house.import(&format!("{HEAD}{}", row("李敏", &id, ",,,,,")), |_| {}).await;
        assert_eq!((counts(&other), other.conflicts), ((0, 0, 1, 0, 0), 1));
        assert_eq!(house.texts("SELECT name FROM person").await, ["李明"]);
        // the same again is nothing new
        let again = house.import(&format!("{HEAD}{}", row("李敏", &id, ",,,,,")), |_| {}).await;
        assert_eq!(again.conflicts, 0);
        let settle = async |choice| {
            let by = Deed { reason: "已核实".into(), ..deed(What::Settle) };
            let settlement = Settlement { choice, day: None };
            house.store.settle(1, Conflict::Name, settlement, &by).await.unwrap()
        };
        assert!(settle(None).await);
        // a third name is another question, also where it begins as the second does
        let third = house.import(&format!("{HEAD}{}", row("李强", &id, ",,,,,")), |_| {}).await;
        assert_eq!(third.conflicts, 1);
        // the name that counts is the last that was said
        let fourth = house.import(&format!("{HEAD}{}", row("李刚", &id, ",,,,,")), |_| {}).await;
        assert_eq!(fourth.conflicts, 0, "it is to be settled already");
        assert!(settle(Some(Choice::NewName)).await);
        assert_eq!(house.texts("SELECT name FROM person").await, ["李刚"]);
        let same = house.import(&format!("{HEAD}{}", row("李刚", &id, ",,,,,")), |_| {}).await;
        assert_eq!((same.same, same.conflicts), (1, 0));
    }

    async fn who_is_missing_in_a_complete_file_has_left(kind: Kind) {
        let house = House::of(kind).await;
        let all: Vec<String> = (1..=20).map(|person| number("19650301", person)).collect();
        let table = |people: &[String]| {
            let rows = people.iter().map(|id| row("王芳", id, &format!(",{GRID},一号楼 101,,,")));
            HEAD.to_owned() + &rows.collect::<String>()
        };
        let elsewhere = number("19700101", 5);
        house.import(&table(&all), |_| {}).await;
        house.import(&format!("{HEAD}{}", row("赵六", &elsewhere, ",420503001001001,三号楼,,,")), |_| {}).await;
        let complete = |many: bool| {
            move |order: &mut xunge_residents::store::Order| {
                order.complete = Some("420502".into());
                order.many_departures = many;
            }
        };
        // half of them: somebody has taken the wrong file
        let wrong = house.import(&table(&all[..10]), complete(false)).await;
        assert_eq!(counts(&wrong), (0, 0, 10, 0, 0));
        assert!(wrong.problems[0].zh.contains("20 人中有 10 人不在其中"), "{wrong:?}");
        let right = house.import(&table(&all[..18]), complete(false)).await;
        assert_eq!(counts(&right), (0, 0, 18, 2, 0));
        let left = house.number("SELECT COUNT(*) FROM person WHERE moved_out_day IS NOT NULL").await;
        assert_eq!(left, 2);
        // who stands in a later file is back
        let back = house.import(&table(&all[..19]), complete(false)).await;
        assert_eq!(counts(&back), (0, 1, 18, 0, 0));
        let half = house.import(&table(&all[..10]), complete(true)).await;
        assert_eq!(half.departed, 9);
        // somebody new has not left, nor has somebody whose row has a mistake
        let new = number("19720202", 7);
        let mistake = row("王芳", &all[0], &format!(",{GRID},一号楼 101,昨天,,"));
        let mixed = table(&all[1..10]) + &row("钱七", &new, &format!(",{GRID},一号楼 102,,,")) + &mistake;
        let mixed = house.import(&mixed, complete(false)).await;
        assert_eq!(counts(&mixed), (1, 0, 9, 0, 1), "{mixed:?}");
        // whose a row is must be known before anybody is said to have left
        let unread = house.import(&(table(&all[..9]) + &row("王芳", "?", ",,,,,")), complete(false)).await;
        assert_eq!((unread.departed, unread.refused), (0, 1));
        assert!(unread.problems[0].zh.contains("1 行的身份证号无法识别"), "{unread:?}");
    }

    async fn a_grid_that_is_drawn_anew_moves_nobody(kind: Kind) {
        let house = House::of(kind).await;
        let id = number("19480229", 3);
        let neighbour = number("19500101", 7);
        let at = |id: &str, grid: &str| row("李明", id, &format!(",{grid},一号楼 101,,,"));
        house.import(&format!("{HEAD}{}{}", at(&id, GRID), at(&neighbour, GRID)), |_| {}).await;
        house.import(&format!("{HEAD}{}", at(&id, "420502001001002")), |_| {}).await;
        assert_eq!(house.texts("SELECT grid FROM dwelling").await, ["420502001001002"]);
        // whoever keeps one grid only draws no home of another one into it
        let reach = |order: &mut Order| order.regions = Some(vec![GRID.to_owned()]);
        let stranger = house.import(&format!("{HEAD}{}", at(&number("19600101", 7), GRID)), reach).await;
        assert_eq!((counts(&stranger), stranger.problems[0].line), ((0, 0, 0, 0, 1), 2));
        assert_eq!(house.texts("SELECT grid FROM dwelling").await, ["420502001001002"]);
        // a file that knows only the community takes the grid from nobody
        house.import(&format!("{HEAD}{}", at(&neighbour, "420502001001")), |_| {}).await;
        assert_eq!(house.texts("SELECT grid FROM dwelling").await, ["420502001001002"]);
    }

    async fn who_has_no_address_stays_in_the_grid(kind: Kind) {
        let house = House::of(kind).await;
        let (one, two, three) = (number("19480229", 3), number("19500101", 7), number("19510101", 7));
        let at = |id: &str, grid: &str, address: &str| row("李明", id, &format!(",{grid},{address},,,"));
        let first = at(&one, GRID, "") + &at(&two, "420502001001002", "") + &at(&three, GRID, "一号楼 101");
        house.import(&format!("{HEAD}{first}"), |_| {}).await;
        let homes = "SELECT d.grid || ' ' || d.address FROM person p JOIN dwelling d ON d.dwelling = p.dwelling ORDER BY p.person";
        let all = ["420502001001001 ", "420502001001002 ", "420502001001001 一号楼 101"];
        assert_eq!(house.texts(homes).await, all);
        // somebody else without an address moves nobody, and a file without addresses takes none
        let more = at(&number("19520101", 7), "420502001001003", "") + &at(&three, GRID, "");
        let done = house.import(&format!("{HEAD}{more}"), |_| {}).await;
        assert_eq!(counts(&done), (1, 0, 1, 0, 0));
        assert_eq!(house.texts(homes).await[..3], all);
        // an address that is found out later
        house.import(&format!("{HEAD}{}", at(&one, GRID, "二号楼 202")), |_| {}).await;
        assert_eq!(house.texts(homes).await[0], "420502001001001 二号楼 202");
    }

    async fn nothing_of_a_number_is_in_the_database(kind: Kind) {
        let house = House::of(kind).await;
        let id = number("19480229", 3);
        house.import(&format!("{HEAD}{}", row("李明", &id, &format!("13800001234,{GRID},一号楼 101,,,"))), |_| {}).await;
        let written = house.texts("SELECT id_index || id_sealed || phone_sealed || facts || name FROM person").await;
        for secret in [id.as_str(), &id[6..], "13800001234", "1948"] {
            assert!(!written[0].contains(secret), "{secret} in {written:?}");
        }
    }

    async fn one_person_under_two_numbers_becomes_one(kind: Kind) {
        for (choice, out_of_use) in [(Choice::KeepOther, "2"), (Choice::KeepThis, "1")] {
            let house = House::of(kind).await;
            let at = |sequence: u16, grid: &str, address: &str| row("王芳", &number("19480229", sequence), &format!(",{grid},{address},,,"));
            house.import(&format!("{HEAD}{}", at(3, GRID, "一号楼 101")), |_| {}).await;
            house.import(&format!("{HEAD}{}", at(7, GRID, "一号楼 101")), |_| {}).await;
            let settle = async |choice| {
                let by = Deed { reason: "同一人".into(), ..deed(What::Settle) };
                house.store.settle(2, Conflict::Twice, Settlement { choice: Some(choice), day: None }, &by).await
            };
            assert!(settle(Choice::NewName).await.is_err(), "that is no answer here");
            assert!(settle(choice).await.unwrap());
            let gone = "SELECT CAST(person AS TEXT) FROM person WHERE moved_out_day IS NOT NULL";
            assert_eq!(house.texts(gone).await, [out_of_use]);
            // the same files again change nothing, and 无 takes it back
            house.import(&format!("{HEAD}{}{}", at(3, GRID, "一号楼 101"), at(7, GRID, "一号楼 101")), |_| {}).await;
            assert_eq!(house.texts(gone).await, [out_of_use]);
            let back = |sequence: u16| format!("王芳,{},无\n", number("19480229", sequence));
            house.import(&format!("姓名,身份证号,迁出日期\n{}{}", back(3), back(7)), |_| {}).await;
            assert!(house.texts(gone).await.is_empty());
        }
    }

    async fn one_person_under_two_numbers_is_told(kind: Kind) {
        let house = House::of(kind).await;
        let person = |name: &str, sequence, home: &str| row(name, &number("19650301", sequence), &format!(",{GRID},{home},,,"));
        let first = house
            .import(&[HEAD.to_owned(), person("王芳", 2, "一号楼 101"), person("王芳", 4, "一号楼 101")].concat(), |_| {})
            .await;
        assert_eq!((first.added, first.conflicts), (2, 1), "in one file");
        let csv = [HEAD.to_owned(), person("王芳", 6, "一号楼 101"), person("王芳", 8, "二号楼"), person("李芳", 10, "一号楼 101")].concat();
        let later = house.import(&csv, |_| {}).await;
        assert_eq!((later.added, later.conflicts), (3, 1), "in another one; elsewhere, or under another name, it is somebody else");
        assert_eq!(
            house.texts("SELECT kind || detail FROM conflict ORDER BY person").await,
            ["twice#1", "twice#1"]
        );
        // what a file says of one of them is no answer
        let again = person("王芳", 4, "一号楼 101").replace(",,,", ",1965-03-01,,");
        house.import(&format!("{HEAD}{again}"), |_| {}).await;
        assert_eq!(house.number("SELECT COUNT(*) FROM conflict WHERE settled_us IS NULL").await, 2);
    }
}
