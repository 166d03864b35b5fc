//! Reads rules from TOML. All mistakes are named at once, each with its line and column.

use jiff::civil::Date;
use xunge_config::{Key, Problems, Section, Table, read as read_toml};

use super::{Ages, Backfill, Per, Place, Rule, Tier, When, Window, Work};
use crate::age::{Attain, Feb29};
use crate::condition::Condition;

/// Oldest age that a rule may ask for.
const OLDEST: f64 = 130.0;

const ID: Key = Key::name("id")
    .required()
    .doc("Names all versions of the rule", "规则标识，各版本相同")
    .example("\"elder-card\"");
const VERSION: Key =
    Key::int("version").default("1").range(1.0, 1e6).doc("Raised with every change", "版本号，每次修改递增");
const TITLE: Key = Key::text("title")
    .required()
    .range(1.0, 100.0)
    .doc("What people read", "标题")
    .example("\"老年人优待证\"");
const DEPARTMENT: Key =
    Key::text("department").default("\"\"").range(0.0, 100.0).doc("Who decides on it", "主管部门");
const BASIS: Key = Key::text("basis")
    .required()
    .range(1.0, 500.0)
    .doc("Law or notice that it rests on", "依据的法规或文件")
    .example("\"《湖北省实施〈老年人权益保障法〉办法》\"");
const REGIONS: Key = Key::texts("regions")
    .required()
    .doc(
        "Region codes where it holds; a shorter one is all that lies in it",
        "适用区划代码，短码包含其下各级",
    )
    .example("[\"42\"]");
const PLACE: Key = Key::choice("place", &["hukou", "residence", "either"])
    .default("\"hukou\"")
    .doc("Which place has to lie there", "以户籍地、现住地或任一为准");
const FROM: Key =
    Key::text("from").doc("Only days from here on", "自此日起的到期日才适用").example("\"2024-01-01\"");
const UNTIL: Key = Key::text("until").doc("Only days up to here", "至此日止").example("\"2026-12-31\"");
const WHO: Key = Key::text("who")
    .doc("Condition on the day itself", "到期当日须满足的条件")
    .example("\"hukou_rural && living_children == 1\"");
const ONLY_CHILD: Key = Key::bool("only_child").default("false").doc(
    "For parents of an only child: who has lost it is handed to a person and never reminded. Always so where `title`, `who` or \
     `certificate` speak of 独生子女",
    "独生子女父母类：子女死亡或重残的一律转人工，绝不提醒。标题、条件或证件含“独生子女”的一律如此",
);
const PER: Key = Key::choice("per", &["person", "couple"]).default("\"person\"").doc(
    "For whom it is one: `couple` reminds one of a married couple that lives together",
    "提醒对象：couple 表示同户夫妻只提醒一方",
);
const ATTAIN: Key = Key::choice("attain", &["birthday", "next_day", "month_start", "month_end", "year_end"])
    .default("\"birthday\"")
    .doc("On which day an age counts as reached", "何日算满周岁");
const FEB29: Key = Key::choice("feb29", &["month_end", "next_day"]).default("\"month_end\"").doc(
    "Birthdays of 29 February: 28 February or 1 March",
    "2 月 29 日出生者在平年：2 月 28 日或 3 月 1 日",
);
const LEAD_DAYS: Key = Key::ints("lead_days")
    .default("[30, 0]")
    .range(0.0, 730.0)
    .doc("Days before, on which it is told", "提前几天提醒，可多次");
const REPEAT_DAYS: Key = Key::int("repeat_days")
    .range(1.0, 366.0)
    .unit("d")
    .doc("Told again after so many days without an outcome", "无结果时每隔几天再次提醒")
    .example("30");
const MAX_TIMES: Key =
    Key::int("max_times").default("4").range(1.0, 50.0).doc("Told so many times at most", "最多提醒次数");
const EXPIRE_DAYS: Key = Key::int("expire_days")
    .default("365")
    .range(1.0, 36_500.0)
    .unit("d")
    .doc("Given up so many days after the day", "到期后几天仍无结果则失效");
const RECHECK_MONTHS: Key = Key::int("recheck_months")
    .range(1.0, 60.0)
    .doc(
        "For what is paid over time: who receives it is visited again after so many months, and whoever is not entitled any more is told \
         to the office",
        "持续发放的待遇：每隔几个月上门复核在领人员；不再符合的列入停发核查",
    )
    .example("12");
const BACKFILL: Key = Key::choice("backfill", &["none", "window", "all"]).default("\"window\"").doc(
    "Days before the rule's first use: nothing, so many, or all (with a second person)",
    "规则启用前已到期的：不补、补若干天内、全部补（须第二人同意）",
);
const BACKFILL_DAYS: Key = Key::int("backfill_days")
    .default("90")
    .range(1.0, 3660.0)
    .unit("d")
    .doc("How many, with `backfill = \"window\"`", "补提醒的天数");
const WINDOW: Key = Key::texts("window")
    .doc("Applications are taken from one day of the year to another", "每年受理期间的起止日（月-日）")
    .example("[\"01-01\", \"03-31\"]");
const WORKING_DAYS: Key = Key::int("working_days")
    .default("10")
    .range(1.0, 250.0)
    .doc(
        "Working days to go there after it came out, and, once a step is done, to finish it after it can be applied for",
        "办理时限（工作日）：派出后据此上门告知；勾选步骤后，自可申请日起据此办结",
    );
const STEPS: Key = Key::texts("steps")
    .default("[]")
    .doc("What to do, in order", "办理步骤")
    .example("[\"联系家属\", \"收材料\"]");

const AGE: Key = Key::int("age").range(0.0, OLDEST).doc("At this age", "满此周岁").example("60");
const AGE_FEMALE: Key = Key::int("age_female").range(0.0, OLDEST).doc("Of women", "女").example("55");
const AGE_MALE: Key = Key::int("age_male").range(0.0, OLDEST).doc("Of men", "男").example("60");
const EVENT: Key = Key::name("event")
    .doc("On a day that is known of the person", "以某一日期为准")
    .example("\"retirement\"");
const CERTIFICATE: Key = Key::text("certificate")
    .range(1.0, 60.0)
    .doc("While this certificate holds", "持有此证期间")
    .example("\"独生子女父母光荣证\"");
const UNTIL_CHILD_AGE: Key = Key::int("until_child_age")
    .range(0.0, OLDEST)
    .doc("With a certificate: until the youngest child is so old", "至最小子女满此周岁止")
    .example("18");

const CODE: Key = Key::name("code").required().doc("Names the tier", "档次代码").example("\"80\"");
const TIER_AGE: Key =
    Key::int("age").required().range(0.0, OLDEST).doc("From this age on", "起始周岁").example("80");
const AMOUNT: Key = Key::text("amount").default("\"\"").range(0.0, 60.0).doc("How much", "金额，仅供显示");

static TIER: Table =
    Table::many("tier", &[&[CODE, TIER_AGE, WHO, AMOUNT]]).doc("An allowance that grows with age", "分档");
static WHEN: Table = Table::one("when", &[&[AGE, AGE_FEMALE, AGE_MALE, EVENT, CERTIFICATE, UNTIL_CHILD_AGE]])
    .tables(&[&TIER])
    .doc(
        "When somebody is due: one of an age, two ages, tiers, an event, a certificate",
        "到期时间：年龄、分档、事件或持证期间之一",
    );
static RULE: Table = Table::many(
    "rule",
    &[&[
        ID,
        VERSION,
        TITLE,
        DEPARTMENT,
        BASIS,
        REGIONS,
        PLACE,
        FROM,
        UNTIL,
        WHO,
        ONLY_CHILD,
        PER,
        ATTAIN,
        FEB29,
        LEAD_DAYS,
        REPEAT_DAYS,
        MAX_TIMES,
        EXPIRE_DAYS,
        RECHECK_MONTHS,
        BACKFILL,
        BACKFILL_DAYS,
        WINDOW,
        WORKING_DAYS,
        STEPS,
    ]],
)
.tables(&[&WHEN])
.doc("A reminder rule", "一条提醒规则");
/// What a file of rules may hold.
pub static RULES: Table = Table::one("", &[]).tables(&[&RULE]);

/// Reads a file of rules. What is wrong with it stands in the problems; rules are only to be used where there are none.
pub fn read(name: &str, text: &str) -> (Vec<Rule>, Problems) {
    read_toml(name, text, &RULES, |root| {
        let sections = root.tables(&RULE);
        let rules: Vec<Rule> = sections.iter().map(rule).collect();
        for (place, (section, one)) in sections.iter().zip(&rules).enumerate() {
            if !one.id.is_empty() && rules[..place].iter().any(|other| other.id == one.id) {
                section.problem(
                    &ID,
                    (format!("there is a rule `{}` above", one.id), format!("上面已有规则 {}", one.id)),
                );
            }
        }
        rules
    })
}

fn rule(section: &Section<'_>) -> Rule {
    let (from, until) = (day(section, &FROM), day(section, &UNTIL));
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        section.problem(&UNTIL, ("`until` is before `from`", "until 早于 from"));
    }
    let mut lead_days: Vec<u16> =
        section.ints(&LEAD_DAYS).iter().filter_map(|days| u16::try_from(*days).ok()).collect();
    lead_days.sort_unstable_by(|one, two| two.cmp(one));
    lead_days.dedup();
    let mut rule = Rule {
        id: section.text(&ID),
        version: section.count(&VERSION),
        title: section.text(&TITLE),
        department: section.text(&DEPARTMENT),
        basis: section.text(&BASIS),
        regions: regions(section),
        place: match section.choice(&PLACE) {
            "residence" => Place::Residence,
            "either" => Place::Either,
            _ => Place::Hukou,
        },
        from,
        until,
        who: condition(section),
        only_child: section.bool(&ONLY_CHILD),
        per: if section.choice(&PER) == "couple" { Per::Couple } else { Per::Person },
        when: when(section),
        attain: match section.choice(&ATTAIN) {
            "next_day" => Attain::NextDay,
            "month_start" => Attain::MonthStart,
            "month_end" => Attain::MonthEnd,
            "year_end" => Attain::YearEnd,
            _ => Attain::Birthday,
        },
        feb29: if section.choice(&FEB29) == "next_day" { Feb29::NextDay } else { Feb29::MonthEnd },
        lead_days,
        repeat_days: section.opt_int(&REPEAT_DAYS).and_then(|days| u16::try_from(days).ok()),
        max_times: small(section, &MAX_TIMES),
        expire_days: small(section, &EXPIRE_DAYS),
        recheck_months: section.opt_int(&RECHECK_MONTHS).and_then(|months| u16::try_from(months).ok()),
        window: window(section),
        backfill: match section.choice(&BACKFILL) {
            "none" => Backfill::None,
            "all" => Backfill::All,
            _ => Backfill::Days(small(section, &BACKFILL_DAYS)),
        },
        work: Work { working_days: small(section, &WORKING_DAYS), steps: section.texts(&STEPS) },
    };
    rule.only_child = is_only_child(&rule);
    rule
}

/// How laws call an only child.
const ONLY_CHILD_ZH: &str = "独生子女";

/// A rule that speaks of an only child is one for its parents, whether it says so or not: whoever has lost it is never reminded of
/// that by a machine.
fn is_only_child(rule: &Rule) -> bool {
    let mut said = vec![rule.title.as_str(), rule.who.as_ref().map_or("", Condition::text)];
    match &rule.when {
        When::Span { certificate, .. } => said.push(certificate),
        When::Tiers(tiers) => {
            said.extend(tiers.iter().filter_map(|tier| tier.who.as_ref()).map(Condition::text));
        }
        When::Age(_) | When::Event(_) => {}
    }
    rule.only_child || said.iter().any(|said| said.contains(ONLY_CHILD_ZH))
}

/// A number that its range keeps small.
fn small(section: &Section<'_>, key: &Key) -> u16 {
    u16::try_from(section.int(key)).unwrap_or(u16::MAX)
}

fn age(section: &Section<'_>, key: &Key) -> Option<u8> {
    section.opt_int(key).and_then(|age| u8::try_from(age).ok())
}

fn day(section: &Section<'_>, key: &Key) -> Option<Date> {
    let text = section.opt_text(key)?;
    let day = text.parse().ok();
    if day.is_none() {
        let name = key.name;
        section.problem(
            key,
            (format!("`{name}` is no day such as 2024-01-01"), format!("{name} 不是日期，应如 2024-01-01")),
        );
    }
    day
}

fn condition(section: &Section<'_>) -> Option<Condition> {
    let text = section.opt_text(&WHO)?;
    Condition::parse(&text)
        .map_err(|bad| {
            let (place, en, zh) = (bad.place, bad.en, bad.zh);
            section.problem(
                &WHO,
                (format!("`who`, character {place}: {en}"), format!("who 第 {place} 个字符：{zh}")),
            );
        })
        .ok()
}

fn regions(section: &Section<'_>) -> Vec<String> {
    let regions = section.texts(&REGIONS);
    let bad = |code: &&String| {
        !matches!(code.len(), 2 | 4 | 6 | 9 | 12 | 15) || !code.bytes().all(|b| b.is_ascii_digit())
    };
    if let Some(code) = regions.iter().find(bad) {
        let (en, zh) = (
            format!("`{code}` is no region code: 2, 4, 6, 9, 12 or 15 digits"),
            format!("{code} 不是区划代码，应为 2、4、6、9、12 或 15 位数字"),
        );
        section.problem(&REGIONS, (en, zh));
    }
    if section.given(&REGIONS) && regions.is_empty() {
        section.problem(&REGIONS, ("name at least one region", "请至少写一个区划代码"));
    }
    regions
}

fn window(section: &Section<'_>) -> Option<Window> {
    if !section.given(&WINDOW) {
        return None;
    }
    let days: Vec<(i8, i8)> = section.texts(&WINDOW).iter().filter_map(|text| month_day(text)).collect();
    let [from, until] = days.as_slice() else {
        section.problem(
            &WINDOW,
            (
                "`window` is two days such as [\"01-01\", \"03-31\"]",
                "window 应为两个日期，如 [\"01-01\", \"03-31\"]",
            ),
        );
        return None;
    };
    Some(Window { from: *from, until: *until })
}

/// `02-29` is a day.
fn month_day(text: &str) -> Option<(i8, i8)> {
    let day: Date = format!("2000-{text}").parse().ok()?;
    Some((day.month(), day.day()))
}

/// Which of the ways to say when is used; where none or several are, that is said.
fn when(section: &Section<'_>) -> When {
    let inner = section.table(&WHEN);
    let (one, female, male) = (age(&inner, &AGE), age(&inner, &AGE_FEMALE), age(&inner, &AGE_MALE));
    let tiers: Vec<Tier> = inner.tables(&TIER).iter().map(tier).collect();
    let (event, certificate) = (inner.opt_text(&EVENT), inner.opt_text(&CERTIFICATE));
    let until_child_age = age(&inner, &UNTIL_CHILD_AGE);
    let ages = match (one, female, male) {
        (Some(age), None, None) => Some(Ages { female: age, male: age }),
        (None, Some(female), Some(male)) => Some(Ages { female, male }),
        _ => None,
    };
    let given = |keys: &[&Key]| keys.iter().any(|key| inner.given(key));
    let ways = [
        given(&[&AGE, &AGE_FEMALE, &AGE_MALE]),
        !tiers.is_empty(),
        given(&[&EVENT]),
        given(&[&CERTIFICATE, &UNTIL_CHILD_AGE]),
    ];
    let wrong = |en: &str, zh: &str| {
        if inner.is_given() {
            inner.problem_here((en, zh))
        } else {
            section.problem_here((en, zh))
        }
        When::Tiers(Vec::new())
    };
    if ways.iter().filter(|way| **way).count() != 1 {
        return wrong(
            "`[rule.when]` says one of: `age`; `age_female` and `age_male`; `[[rule.when.tier]]`; `event`; `certificate` and `until_child_age`",
            "[rule.when] 须且只能用一种：age；age_female 与 age_male；[[rule.when.tier]]；event；certificate 与 until_child_age",
        );
    }
    match (ages, event, certificate, until_child_age) {
        (Some(ages), ..) => When::Age(ages),
        (None, Some(event), ..) => When::Event(event),
        (None, None, Some(certificate), Some(until_child_age)) => When::Span { certificate, until_child_age },
        _ if ways[1] => {
            if let Some(twice) = tiers
                .iter()
                .enumerate()
                .find(|(at, one)| tiers[..*at].iter().any(|other| other.code == one.code))
            {
                let code = &twice.1.code;
                inner.problem_here((
                    format!("two tiers are called `{code}`"),
                    format!("有两个档次都叫 {code}"),
                ));
            }
            When::Tiers(tiers)
        }
        _ if ways[0] => wrong(
            "give `age`, or both `age_female` and `age_male`",
            "请写 age，或同时写 age_female 与 age_male",
        ),
        _ => wrong(
            "`certificate` and `until_child_age` go together",
            "certificate 与 until_child_age 须同时填写",
        ),
    }
}

fn tier(section: &Section<'_>) -> Tier {
    Tier {
        code: section.text(&CODE),
        age: age(section, &TIER_AGE).unwrap_or_default(),
        who: condition(section),
        amount: section.text(&AMOUNT),
    }
}
