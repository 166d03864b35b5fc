//! Reads a condition, from left to right.

use xunge_config::nearest;

use super::fact::{FACTS, Fact, Kind, Value};
use super::word::{Word, bad, words};
use super::{BadCondition, Compare, Node};

/// How deep brackets and `!` may stand in each other: nobody reads deeper, and reading must not exhaust the stack.
const DEPTH: usize = 32;

/// Makes a comparison with a value.
type Make = fn(Value) -> Compare;

struct Reader<'t> {
    letters: &'t [char],
    words: Vec<(Word, usize, usize)>,
    at: usize,
    depth: usize,
}

pub(super) fn condition(text: &str) -> Result<Node, BadCondition> {
    let letters: Vec<char> = text.chars().collect();
    let mut reader = Reader { letters: &letters, words: words(&letters)?, at: 0, depth: 0 };
    let root = reader.any()?;
    match reader.words.get(reader.at) {
        None => Ok(root),
        Some(_) => Err(reader.wrong("here should be `&&`, `||` or the end", "此处应为 &&、|| 或结束")),
    }
}

impl Reader<'_> {
    /// Where the next word begins.
    fn place(&self) -> usize {
        self.words.get(self.at).map_or(self.letters.len(), |(_, begin, _)| *begin)
    }

    fn wrong(&self, en: impl Into<String>, zh: impl Into<String>) -> BadCondition {
        bad(self.place(), en, zh)
    }

    fn next(&mut self) -> Option<Word> {
        let word = self.words.get(self.at).map(|(word, ..)| word.clone());
        self.at += usize::from(word.is_some());
        word
    }

    fn takes(&mut self, sign: &str) -> bool {
        let there = matches!(self.words.get(self.at), Some((Word::Sign(found), ..)) if *found == sign);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, sign: &str) -> Result<(), BadCondition> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(self.wrong(format!("here should be `{sign}`"), format!("此处应为“{sign}”")))
    }

    /// The text since this word.
    fn since(&self, first: usize) -> String {
        let begin = self.words.get(first).map_or(0, |(_, begin, _)| *begin);
        let end =
            self.at.checked_sub(1).and_then(|last| self.words.get(last)).map_or(begin, |(.., end)| *end);
        self.letters[begin..end.max(begin)].iter().collect()
    }

    fn any(&mut self) -> Result<Node, BadCondition> {
        let mut nodes = vec![self.all()?];
        while self.takes("||") {
            nodes.push(self.all()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Any(nodes) })
    }

    fn all(&mut self) -> Result<Node, BadCondition> {
        let mut nodes = vec![self.one()?];
        while self.takes("&&") {
            nodes.push(self.one()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::All(nodes) })
    }

    fn one(&mut self) -> Result<Node, BadCondition> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.wrong("this stands too deep in brackets", "括号层数过多"));
        }
        let first = self.at;
        let node = if self.takes("!") {
            let inner = Box::new(self.one()?);
            Node::Not { inner, text: self.since(first) }
        } else if self.takes("(") {
            let inner = self.any()?;
            self.expect(")")?;
            inner
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn test(&mut self) -> Result<Node, BadCondition> {
        let (first, place) = (self.at, self.place());
        let Some(Word::Name(name)) = self.next() else {
            return Err(bad(place, "here should be the name of a fact", "此处应为条件字段名"));
        };
        let calls = matches!(self.words.get(self.at), Some((Word::Sign("("), ..)));
        match name.as_str() {
            "has" if calls => {
                self.expect("(")?;
                let certificate = self.text()?;
                self.expect(")")?;
                return Ok(Node::Has { certificate, text: self.since(first) });
            }
            "in" if calls => {
                self.expect("(")?;
                let fact = self.fact()?;
                self.expect(",")?;
                self.expect("[")?;
                let mut values = vec![self.value(fact)?];
                while self.takes(",") {
                    values.push(self.value(fact)?);
                }
                self.expect("]")?;
                self.expect(")")?;
                return Ok(Node::Test { fact, compare: Compare::OneOf(values), text: self.since(first) });
            }
            "under" if calls => {
                self.expect("(")?;
                let at = self.place();
                let fact = self.fact()?;
                if fact.kind != Kind::Region {
                    return Err(bad(
                        at,
                        format!("`{}` is no region", fact.name),
                        format!("{} 不是区划", fact.name),
                    ));
                }
                self.expect(",")?;
                let at = self.place();
                let code = self.text()?;
                if code.is_empty() || !code.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(bad(at, "a region code has digits only", "区划代码只含数字"));
                }
                self.expect(")")?;
                return Ok(Node::Test { fact, compare: Compare::Under(code), text: self.since(first) });
            }
            _ => {}
        }
        let fact = named(&name, place)?;
        let compare = self.compare(fact)?;
        Ok(Node::Test { fact, compare, text: self.since(first) })
    }

    fn compare(&mut self, fact: &'static Fact) -> Result<Compare, BadCondition> {
        let at = self.place();
        let signs: [(&str, Make); 6] = [
            ("==", Compare::Is),
            ("!=", Compare::IsNot),
            ("<=", Compare::AtMost),
            (">=", Compare::AtLeast),
            ("<", Compare::Below),
            (">", Compare::Above),
        ];
        for (sign, compare) in signs {
            if !self.takes(sign) {
                continue;
            }
            let ordered = matches!(fact.kind, Kind::Count | Kind::Day);
            if !ordered && !sign.ends_with("==") && sign != "!=" {
                return Err(bad(
                    at,
                    format!("`{}` has no order: compare it with `==` or `!=`", fact.name),
                    format!("{} 不能比较大小，请用 == 或 !=", fact.name),
                ));
            }
            return self.value(fact).map(compare);
        }
        if fact.kind == Kind::YesNo {
            return Ok(Compare::Is(Value::YesNo(true)));
        }
        let (name, en, zh) = (fact.name, fact.kind.en(), fact.kind.zh());
        Err(bad(
            at,
            format!("compare `{name}` with {en}, e.g. `{name} == …`"),
            format!("{name} 须与{zh}比较，如 {name} == …"),
        ))
    }

    fn fact(&mut self) -> Result<&'static Fact, BadCondition> {
        let place = self.place();
        match self.next() {
            Some(Word::Name(name)) => named(&name, place),
            _ => Err(bad(place, "here should be the name of a fact", "此处应为条件字段名")),
        }
    }

    fn text(&mut self) -> Result<String, BadCondition> {
        let place = self.place();
        match self.next() {
            Some(Word::Text(text)) => Ok(text),
            _ => Err(bad(place, "here should be a text in single quotes", "此处应为单引号内的文字")),
        }
    }

    /// A value of the fact's kind.
    fn value(&mut self, fact: &'static Fact) -> Result<Value, BadCondition> {
        let place = self.place();
        match (self.next(), fact.kind) {
            (Some(Word::Count(count)), Kind::Count) => Ok(Value::Count(count)),
            (Some(Word::Text(text)), Kind::Text | Kind::Names | Kind::Region) => Ok(Value::Text(text)),
            (Some(Word::Day(day)), Kind::Day) => Ok(Value::Day(day)),
            (Some(Word::Name(word)), Kind::YesNo) if word == "true" || word == "false" => {
                Ok(Value::YesNo(word == "true"))
            }
            (_, kind) => Err(bad(
                place,
                format!("`{}` is compared with {}", fact.name, kind.en()),
                format!("{} 须与{}比较", fact.name, kind.zh()),
            )),
        }
    }
}

fn named(name: &str, place: usize) -> Result<&'static Fact, BadCondition> {
    if let Some(fact) = FACTS.iter().find(|fact| fact.name == name) {
        return Ok(fact);
    }
    let near = nearest(name, FACTS.iter().map(|fact| fact.name));
    let (en, zh) = near.map_or_else(Default::default, |near| {
        (format!("; did you mean `{near}`?"), format!("；是否为 {near}？"))
    });
    Err(bad(place, format!("no fact is called `{name}`{en}"), format!("没有字段“{name}”{zh}")))
}
