//! What a list may be narrowed to, read from a query string. A refused value is never echoed.

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::time::Timestamp;

use crate::people::{Actor, Permission};
use crate::problem::Problem;

/// Who looks. What goes to the referral side alone is not there for anybody else: in no list, export or search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Audience {
    /// Those who review: everything but referrals.
    #[default]
    Review,
    /// The referral side: referrals only.
    Referral,
    /// Those who are both.
    Both,
    /// Those who are neither.
    Neither,
}

impl Audience {
    /// What this person may see.
    pub fn of(actor: &Actor) -> Self {
        let reviews = actor.may(Permission::ReadLists) || actor.may(Permission::ReadCase);
        match (reviews, actor.may(Permission::ReadReferrals)) {
            (true, true) => Self::Both,
            (true, false) => Self::Review,
            (false, true) => Self::Referral,
            (false, false) => Self::Neither,
        }
    }

    /// Whether what has this answer is there for them.
    pub fn sees(self, answer: Answer) -> bool {
        match self {
            Self::Review => answer != Answer::Refer,
            Self::Referral => answer == Answer::Refer,
            Self::Both => true,
            Self::Neither => false,
        }
    }
}

/// What a list is narrowed to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// Who looks. Where nobody says so, referrals are not there.
    pub audience: Audience,
    /// Only what was taken in up to this sequence, so that a long reading meets nothing new.
    pub taken_in_until: Option<i64>,
    /// One behaviour.
    pub behaviour: Option<Behaviour>,
    /// One mode.
    pub mode: Option<Mode>,
    /// One answer.
    pub answer: Option<Answer>,
    /// One account.
    pub account: Option<Pseudonym>,
    /// One platform, of the configured ones.
    pub platform: Option<String>,
    /// Scores from here on.
    pub minimum_score: Option<f64>,
    /// Event time from here on.
    pub from: Option<Timestamp>,
    /// Event time before here.
    pub until: Option<Timestamp>,
}

/// A list's query: filter, page, page size.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// What the list is narrowed to.
    pub filter: Filter,
    /// Rows behind this place.
    pub behind: Option<Cursor>,
    /// Rows on a page, 1 to 200.
    pub limit: u32,
}

/// Rows on a page unless asked otherwise.
pub const PAGE: u32 = 50;

impl ListQuery {
    /// Reads a query string; `platforms` are the configured ones. Empty values count as absent, as forms send them.
    ///
    /// # Errors
    /// An unknown name or a value that its name does not allow. The problem names the parameter if it is one of ours.
    pub fn parse(query: Option<&str>, platforms: &[String]) -> Result<Self, Problem> {
        let mut parsed = Self {
            filter: Filter::default(),
            behind: None,
            limit: PAGE,
        };
        for (name, value) in pairs(query)? {
            parsed.set(&name, &value, platforms)?;
        }
        Ok(parsed)
    }

    /// The same for a program's query: programs leave out what they do not mean, so that an empty value is a wrong one.
    ///
    /// # Errors
    /// As [`ListQuery::parse`], and an empty value.
    pub fn parse_exact(query: Option<&str>, platforms: &[String]) -> Result<Self, Problem> {
        let mut pairs = query
            .unwrap_or("")
            .split('&')
            .filter(|pair| !pair.is_empty());
        if pairs.any(|pair| {
            pair.split_once('=')
                .is_none_or(|(_, value)| value.is_empty())
        }) {
            return Err(Problem::parameter("the parameter that is empty"));
        }
        Self::parse(query, platforms)
    }

    fn set(&mut self, name: &str, value: &str, platforms: &[String]) -> Result<(), Problem> {
        fn some<T>(name: &'static str, value: Option<T>) -> Result<Option<T>, Problem> {
            value.map(Some).ok_or_else(|| Problem::parameter(name))
        }
        let filter = &mut self.filter;
        match name {
            "behaviour" => filter.behaviour = some("behaviour", Behaviour::parse(value))?,
            "mode" => filter.mode = some("mode", Mode::parse(value))?,
            "answer" => filter.answer = some("answer", Answer::parse(value))?,
            "account" => filter.account = some("account", Pseudonym::parse(value))?,
            "platform" => {
                filter.platform = some(
                    "platform",
                    platforms
                        .iter()
                        .find(|platform| *platform == value)
                        .cloned(),
                )?;
            }
            "minimum_score" => {
                filter.minimum_score = some(
                    "minimum_score",
                    value.parse().ok().filter(|score: &f64| score.is_finite()),
                )?;
            }
            "from" => filter.from = some("from", parse_time(value))?,
            "until" => filter.until = some("until", parse_time(value))?,
            "cursor" => self.behind = some("cursor", Cursor::parse(value))?,
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=200).contains(limit));
                self.limit = limit.ok_or_else(|| Problem::parameter("limit"))?;
            }
            _ => return Err(Problem::unknown_parameter()),
        }
        Ok(())
    }

    /// The names of what narrows the list, for the audit log.
    pub fn names(&self) -> String {
        let query = self.to_query();
        let names: Vec<&str> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, _)| name)
            .filter(|name| *name != "limit")
            .collect();
        names.join(" ")
    }

    /// The filter as a query string, for links to the next page.
    pub fn to_query(&self) -> String {
        let filter = &self.filter;
        let mut parts = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                parts.push(format!("{name}={value}"));
            }
        };
        add(
            "behaviour",
            filter
                .behaviour
                .map(|behaviour| behaviour.name().to_owned()),
        );
        add("mode", filter.mode.map(|mode| mode.name().to_owned()));
        add(
            "answer",
            filter.answer.map(|answer| answer.name().to_owned()),
        );
        add("account", filter.account.map(Pseudonym::to_hexadecimal));
        add("platform", filter.platform.clone());
        add(
            "minimum_score",
            filter.minimum_score.map(|score| score.to_string()),
        );
        add("from", filter.from.map(Timestamp::to_rfc3339));
        add("until", filter.until.map(Timestamp::to_rfc3339));
        add(
            "limit",
            (self.limit != PAGE).then(|| self.limit.to_string()),
        );
        parts.join("&")
    }
}

/// A place in a list: the last row of a page. Opaque to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The row's event time, in milliseconds since 1970.
    pub at_ms: i64,
    /// The row's intake sequence.
    pub intake_sequence: i64,
}

impl Cursor {
    /// Its written form.
    pub fn to_text(self) -> String {
        format!("{:x}-{:x}", self.at_ms, self.intake_sequence)
    }

    fn parse(text: &str) -> Option<Self> {
        let (at, sequence) = text.split_once('-')?;
        let number = |text: &str| {
            i64::from_str_radix(text, 16)
                .ok()
                .filter(|number| *number >= 0)
        };
        Some(Self {
            at_ms: number(at)?,
            intake_sequence: number(sequence)?,
        })
    }
}

/// The names and values of a query string. Empty values count as absent, as forms send them.
pub(crate) fn pairs(query: Option<&str>) -> Result<Vec<(String, String)>, Problem> {
    let mut pairs = Vec::new();
    let all = query.unwrap_or("").split('&');
    for pair in all.filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decode(value).ok_or_else(|| Problem::parameter("a parameter"))?;
        if !value.is_empty() {
            pairs.push((name.to_owned(), value));
        }
    }
    Ok(pairs)
}

/// RFC 3339, or what a browser's form sends: `2026-11-24T08:00`, in UTC.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text)
        .or_else(|| (text.len() == 16).then(|| Timestamp::parse(&format!("{text}:00Z")))?)
}

/// Decodes a part of a query or form. None where it is no text.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                let digits = std::str::from_utf8(&digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<ListQuery, Problem> {
        ListQuery::parse(Some(query), &["chat".to_owned()])
    }

    #[test]
    fn a_query_survives_its_link() {
        let account = "0123456789abcdef0123456789abcdef";
        let query = parse(&format!(
            "behaviour=group_spam&mode=demo&answer=ban&minimum_score=1.5&until=&limit=20&platform=chat&account={account}\
             &from=2026-11-24T08%3A00"
        ))
        .unwrap();
        assert_eq!(query.limit, 20);
        assert_eq!(
            query.filter.from.unwrap().to_rfc3339(),
            "2026-11-24T08:00:00.000Z"
        );
        assert_eq!(parse(&query.to_query()).unwrap(), query);
        let cursor = Cursor {
            at_ms: 1_790_000_000_000,
            intake_sequence: 77,
        };
        assert_eq!(
            parse(&format!("cursor={}", cursor.to_text()))
                .unwrap()
                .behind,
            Some(cursor)
        );
    }

    #[test]
    fn a_form_may_leave_a_value_empty_and_a_program_may_not() {
        let exact = |query: &str| ListQuery::parse_exact(Some(query), &["chat".to_owned()]);
        for query in ["mode=", "mode", "limit=2&until="] {
            assert!(parse(query).is_ok());
            assert_eq!(exact(query).unwrap_err().status, 400, "{query}");
        }
        assert_eq!(exact("mode=demo&limit=2").unwrap().limit, 2);
        assert_eq!(exact("").unwrap().limit, PAGE);
    }

    #[test]
    fn wrong_values_are_refused_and_not_echoed() {
        for query in [
            "behaviour=canary",
            "limit=0",
            "limit=1000",
            "cursor=canary",
            "cursor=1-",
            "cursor=-1--1",
            "canary=1",
            "from=%zz",
            "minimum_score=NaN",
            "platform=canary",
            "account=canary",
            "until=canary",
            "mode=%ff",
            "from=2026-11-24T08:0é",
        ] {
            let problem = parse(query).unwrap_err();
            assert_eq!(problem.status, 400, "{query}");
            assert!(!format!("{problem:?}").contains("canary"));
        }
    }
}
