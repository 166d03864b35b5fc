//! What makes no sense is refused, at its line, with the reason, in both languages.

use super::*;
use xunge_config::Kind as Value;

/// Zones and lines that are all sound: seven lines of the file, the camera's header counted.
const SOUND: &str = "[camera.zone]\nlawn = [[0.1, 0.5], [0.5, 0.5], [0.3, 0.9]]\n\
    far = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.2], [0.1, 0.2]]\n\
    [camera.line]\ngate = [[0.3, 0.6], [0.7, 0.6]]\n";
/// Line of what stands right behind them.
const FIRST: usize = 7;

/// Expects one problem, at the line, with these words.
#[track_caller]
fn one_problem(text: &str, line: usize, english: &str, chinese: &str) {
    let (_, problems) = scene(text);
    let found: Vec<_> = problems.iter().collect();
    assert_eq!(found.len(), 1, "{text}\n{problems}");
    assert_eq!(found[0].line, line, "{text}\n{problems}");
    assert!(found[0].said.en.contains(english), "{english}\n{problems}");
    assert!(found[0].said.zh.contains(chinese), "{chinese}\n{problems}");
}

#[test]
fn shapes_that_are_none() {
    for (shape, english, chinese) in [
        ("[[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]", "crosses itself", "与自身相交"),
        ("[[0.1, 0.1], [0.9, 0.9]]", "at least 3 different corners", "至少需要 3 个"),
        ("[]", "at least 3 different corners", "至少需要 3 个"),
        ("[[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]]", "hardly any area", "几乎没有面积"),
        ("[[0.1, 0.5], [0.9, 0.5], [0.9, 0.501]]", "hardly any area", "几乎没有面积"),
        (
            "[[2, 2], [3, 2], [3, 3]]",
            "corner 1 (2, 2) lies outside the picture",
            "第 1 个顶点 (2, 2) 在画面之外",
        ),
        ("[[0.1, 0.1], [0.9, 0.1], [0.9, 1.01]]", "corner 3", "第 3 个顶点"),
        ("[[0.1, 0.1], [-0.1, 0.1], [0.9, 0.5]]", "corner 2", "第 2 个顶点"),
        ("[[100, 100], [500, 100], [500, 400]]", "not pixels", "不是像素"),
        ("[[nan, 0.1], [0.9, 0.1], [0.9, 0.5]]", "must be an ordinary number", "必须是普通数字"),
        ("[[0.1], [0.9, 0.1], [0.9, 0.5]]", "must be a list of points", "必须是点的列表"),
    ] {
        one_problem(&format!("[camera.zone]\nz = {shape}\n"), 3, english, chinese);
    }
    for (shape, english, chinese) in [
        ("[[0.1, 0.1], [0.1, 0.1]]", "has no length", "没有长度"),
        ("[[0.1, 0.1]]", "exactly 2 points", "恰好有 2 个点"),
        ("[[0.1, 0.1], [0.5, 0.5], [0.9, 0.1]]", "exactly 2 points", "恰好有 2 个点"),
        (
            "[[0.1, 0.1], [0.5, 1.2]]",
            "point 2 (0.5, 1.2) lies outside the picture",
            "第 2 个点 (0.5, 1.2) 在画面之外",
        ),
        ("[[3, 4], [5, 6]]", "outside the picture", "在画面之外"),
    ] {
        one_problem(&format!("[camera.line]\nl = {shape}\n"), 3, english, chinese);
    }
}

#[test]
fn grounds_that_are_none() {
    let ground = |corners: &str, width: &str, length: &str| {
        format!("[camera.ground]\ncorners = {corners}\nwidth_m = {width}\nlength_m = {length}\n")
    };
    let good = "[[0.3, 0.5], [0.6, 0.5], [0.8, 0.9], [0.1, 0.9]]";
    for (corners, english, chinese) in [
        ("[[0.3, 0.5], [0.6, 0.5], [0.8, 0.9]]", "exactly 4 corners", "恰好有 4 个顶点"),
        ("[[0.3, 0.5], [0.6, 0.5], [0.1, 0.9], [0.8, 0.9]]", "sides cross", "边相交"),
        ("[[0.3, 0.5], [0.35, 0.8], [0.8, 0.9], [0.1, 0.9]]", "points inwards", "向内凹"),
        ("[[0.3, 0.5], [0.5, 0.5], [0.7, 0.5], [0.1, 0.9]]", "nearly on one line", "几乎在一条直线上"),
        (
            "[[0.3, 0.5], [0.6, 0.5], [0.8, 1.9], [0.1, 0.9]]",
            "corner 3 (0.8, 1.9) lies outside",
            "第 3 个顶点",
        ),
    ] {
        one_problem(&ground(corners, "3", "4"), 3, english, chinese);
    }
    for wrong in ["0", "0.4", "-3", "250"] {
        one_problem(&ground(good, wrong, "4"), 4, "width_m", "width_m");
        one_problem(&ground(good, "3", wrong), 5, "length_m", "length_m");
    }
    one_problem(
        &format!("[camera.ground]\ncorners = {good}\nwidth_m = 3\n"),
        2,
        "`length_m` is missing",
        "缺少 `length_m`",
    );
    // All at once: a wrong side does not hide wrong corners.
    let (found, problems) = scene(&ground("[[0.3, 0.5]]", "0", "900"));
    assert_eq!((problems.len(), found.ground), (3, None), "{problems}");
}

#[test]
fn places_that_are_not_there() {
    for (rule, at, english, chinese) in [
        ("intrusion]]\n", 0, "`zone` is missing", "缺少 `zone`"),
        ("line_crossing]]\n", 0, "`line` is missing", "缺少 `line`"),
        ("intrusion]]\nzone = \"lwan\"\n", 1, "no zone `lwan`; did you mean `lawn`?", "是否想写 `lawn`"),
        ("crowd]]\nzone = \"garden\"\n", 1, "no zone `garden`; there is `lawn`, `far`", "已有 `lawn`, `far`"),
        ("line_crossing]]\nline = \"gaet\"\n", 1, "no line `gaet`; did you mean `gate`?", "是否想写 `gate`"),
        ("line_crossing]]\nline = \"lawn\"\n", 1, "there is no line `lawn`", "没有名为 `lawn` 的线"),
        ("fall]]\nbed_zone = \"bed\"\n", 1, "there is no zone `bed`", "没有名为 `bed` 的区域"),
        (
            "line_crossing]]\nline = \"gate\"\nzone = \"far\"\n",
            2,
            "no part of the line lies in the zone",
            "线没有任何部分在区域内",
        ),
        (
            "fall]]\nzone = \"lawn\"\nbed_zone = \"lawn\"\n",
            2,
            "`bed_zone` is the rule's own `zone`",
            "`bed_zone` 与本规则的 `zone` 相同",
        ),
        ("intrusion]]\nzone = \"far\"\nmin_height = 0.3\n", 2, "at most 0.2 high", "最高只有 0.2"),
        ("crowd]]\nmin_height = 1.0\n", 1, "nothing would count", "任何目标都不会算"),
    ] {
        one_problem(&format!("{SOUND}[[camera.rule.{rule}"), FIRST + at, english, chinese);
    }
    // A person is higher than the zone in which his feet are, as a rule.
    let tall = format!("{SOUND}[[camera.rule.intrusion]]\nzone = \"lawn\"\nmin_height = 0.6\n");
    assert_eq!(refused(&tall), "");
}

#[test]
fn rules_that_nobody_can_mean() {
    for (rule, at, english, chinese) in [
        (
            "intrusoin]]\n",
            0,
            "unknown section `intrusoin` in [camera.rule]; did you mean `intrusion`?",
            "`intrusion`",
        ),
        ("fight]]\n", 0, "unknown section `fight` in [camera.rule]; it takes `intrusion`", "没有段 `fight`"),
        ("crowd]]\n[[camera.rule.crowd]]\n", 1, "already named `crowd`", "已有名为 `crowd` 的规则"),
        (
            "crowd]]\n[[camera.rule.fall]]\nname = \"crowd\"\n",
            2,
            "already named `crowd`",
            "已有名为 `crowd` 的规则",
        ),
        ("crowd]]\nname = \"east gate\"\n", 1, "`name` must be 1 to 64 of", "`name` 只能用"),
        ("crowd]]\narmed = \"\"\n", 1, "armed hours are empty", "布防时段为空"),
        ("crowd]]\narmed = \"at night\"\n", 1, "\"at night\" is no day", "不是星期几"),
        ("crowd]]\narmed = \"22-06\"\n", 1, "\"22\" is no time of day", "不是一天中的时刻"),
        ("crowd]]\narmed = \"mon-fri\"\n", 1, "is no time span", "不是时段"),
        ("crowd]]\narmed = \"8:00-8:00\"\n", 1, "begins and ends at the same minute", "起止是同一分钟"),
        ("crowd]]\narmed = [\"22:00-06:00\"]\n", 1, "`armed` must be a text", "`armed` 必须是文字"),
        (
            "fall]]\nconfirm_secs = 8\ndown_secs = 5\n",
            2,
            "must not be below `confirm_secs`",
            "不能小于 `confirm_secs`",
        ),
    ] {
        one_problem(&format!("{SOUND}[[camera.rule.{rule}"), FIRST + at, english, chinese);
    }
}

/// The keys that a rule of this kind cannot do without.
fn needed(kind: Kind) -> &'static str {
    match kind {
        Kind::Intrusion => "zone = \"lawn\"\n",
        Kind::LineCrossing => "line = \"gate\"\n",
        _ => "",
    }
}

#[test]
fn classes_are_one_key_of_four_kinds_and_refused_with_the_reason_elsewhere() {
    for &kind in Kind::ALL {
        let with =
            |classes: &str| format!("{SOUND}[[camera.rule.{kind}]]\n{}classes = {classes}\n", needed(kind));
        let line = FIRST + 1 + needed(kind).lines().count();
        let why = match kind {
            Kind::Intrusion | Kind::LineCrossing | Kind::Loitering | Kind::Crowd => {
                let (scene, problems) = scene(&with("[\"car\", \"motorcycle\"]"));
                assert_eq!(problems.english(), "");
                assert_eq!(scene.rules[0].settings.classes(), [Class::Car, Class::Motorcycle], "{kind}");
                one_problem(&with("[]"), line, "`classes` names nothing to look for", "没有列出任何目标");
                one_problem(&with("[\"persn\"]"), line, "did you mean `person`?", "是否想写 `person`");
                one_problem(&with("\"person\""), line, "must be a list of words", "必须是选项列表");
                continue;
            }
            Kind::Fall | Kind::Running => ("looks at people only", "只看人"),
            Kind::AbandonedObject | Kind::RemovedObject => {
                ("a thing counts whatever it is", "不论什么物品都算")
            }
            Kind::Tamper => ("always about the whole picture", "总是针对整个画面"),
        };
        let english = format!("`classes` has no meaning in [[camera.rule.{kind}]]: ");
        one_problem(&with("[\"person\"]"), line, &english, "没有意义");
        one_problem(&with("[\"person\"]"), line, why.0, why.1);
    }
}

#[test]
fn every_number_has_its_limits() {
    let mut tried = 0;
    for &kind in Kind::ALL {
        for key in kind.table().all_keys().filter(|key| matches!(key.kind, Value::Float | Value::Int)) {
            let (low, high) = key.range.unwrap_or_else(|| panic!("`{}` of {kind} has no limits", key.name));
            assert!(low >= 0.0, "`{}` of {kind} may be negative", key.name);
            let text = |value: &str| {
                format!("{SOUND}[[camera.rule.{kind}]]\n{}{} = {value}\n", needed(kind), key.name)
            };
            let line = FIRST + 1 + needed(kind).lines().count();
            let name = format!("`{}`", key.name);
            for wrong in ["-1", "1000000000", "99999999999999999999", "true", "\"many\"", "[1]"] {
                one_problem(&text(wrong), line, &name, &name);
                tried += 1;
            }
            if key.kind == Value::Float {
                for wrong in ["nan", "inf", "-inf", "1e300", &format!("{}", high + 0.5)] {
                    one_problem(&text(wrong), line, &name, &name);
                }
            } else {
                one_problem(&text("2.5"), line, &name, &name);
            }
            if low > 0.0 {
                one_problem(&text("0"), line, "must be from", "必须在");
            }
        }
    }
    assert!(tried > 100, "{tried}");
}
