//! The table of `sessions` and `messages`: every row has a value, run by run, in the columns that it knows.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::load::{Measured, Run};
use crate::report::{Spread, number, number_of};

/// What is measured, in the order of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    /// Successes per second.
    Rate,
    /// The rate, in percent of that of the row before.
    Share,
    /// Seconds until the last of them.
    All,
    /// Percentiles of a single one, in milliseconds.
    P50,
    P99,
    Most,
    /// The 99th percentile, in percent of that of the row before.
    Slower,
    /// Percentiles of what a message took until its sender had the answer, in milliseconds.
    AnswerP50,
    AnswerP99,
    /// Resident memory of the server, per session.
    Bytes,
    /// Processor time of the server, in percent of a core.
    Cpu,
    /// Processor time per one of them, in microseconds.
    ServerCpu,
    GeneratorCpu,
}

impl Column {
    const ALL: [Self; 13] = [
        Self::Rate,
        Self::Share,
        Self::All,
        Self::P50,
        Self::P99,
        Self::Most,
        Self::Slower,
        Self::AnswerP50,
        Self::AnswerP99,
        Self::Bytes,
        Self::Cpu,
        Self::ServerCpu,
        Self::GeneratorCpu,
    ];

    /// Its title, its unit behind a number, and its decimals.
    fn shown(self) -> (&'static str, &'static str, usize) {
        match self {
            Self::Rate => ("per second", "/s", 0),
            Self::Share => ("share", " %", 0),
            Self::All => ("all done s", " s", 2),
            Self::P50 => ("p50 ms", " ms", 2),
            Self::P99 => ("p99 ms", " ms", 2),
            Self::Most => ("max ms", " ms", 2),
            Self::Slower => ("share of p99", " %", 0),
            Self::AnswerP50 => ("answer p50 ms", " ms", 2),
            Self::AnswerP99 => ("answer p99 ms", " ms", 2),
            Self::Bytes => ("B/session", " B", 0),
            Self::Cpu => ("CPU % of a core", " %", 2),
            Self::ServerCpu => ("server CPU µs each", " µs", 1),
            Self::GeneratorCpu => ("generator CPU µs each", " µs", 1),
        }
    }

    /// What it is called where something is demanded of it.
    fn name(self) -> &'static str {
        match self {
            Self::Rate => "",
            Self::Share => "share ",
            Self::All => "all ",
            Self::P50 => "p50 ",
            Self::P99 => "p99 ",
            Self::Most => "max ",
            Self::Slower => "share of p99 ",
            Self::AnswerP50 => "answer p50 ",
            Self::AnswerP99 => "answer p99 ",
            Self::Bytes => "memory ",
            Self::Cpu | Self::ServerCpu | Self::GeneratorCpu => "CPU ",
        }
    }
}

/// What is demanded of the median in a column.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    AtLeast(Column, f64),
    AtMost(Column, f64),
    Below(Column, f64),
}

/// One line of the table.
pub(crate) struct Row {
    name: String,
    goals: Vec<Goal>,
    values: BTreeMap<Column, Vec<f64>>,
    pub(crate) errors: u64,
    first_error: Option<String>,
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, goals: impl Into<Vec<Goal>>) -> Self {
        Self {
            name: name.into(),
            goals: goals.into(),
            values: BTreeMap::new(),
            errors: 0,
            first_error: None,
        }
    }

    /// Adds what a run has in `column`.
    pub(crate) fn put(&mut self, column: Column, value: f64) {
        self.values.entry(column).or_default().push(value);
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Counts the errors of `other` here, too.
    pub(crate) fn take_errors(&mut self, other: &Self) {
        self.fail(other.errors, other.first_error.as_deref());
    }

    /// The median in `column`.
    pub(crate) fn median(&self, column: Column) -> Option<f64> {
        self.spread(column).map(|spread| spread.median)
    }

    /// Adds a run with its latencies and what it took, and counts its errors.
    pub(crate) fn add(&mut self, measured: &Measured, run: &Run) {
        self.add_latencies(measured);
        self.add_cpu(run.server_cpu, run.generator_cpu);
        self.fail(measured.errors, measured.first_error.as_deref());
    }

    /// Adds the latencies of a run.
    #[expect(clippy::cast_precision_loss, reason = "a minute has few microseconds")]
    pub(crate) fn add_latencies(&mut self, measured: &Measured) {
        self.put(Column::P50, measured.percentile_ms(50.0));
        self.put(Column::P99, measured.percentile_ms(99.0));
        self.put(Column::Most, measured.latencies.max() as f64 / 1000.0);
    }

    /// Adds what a run took for one of what is counted.
    pub(crate) fn add_cpu(&mut self, server: Duration, generator: Duration) {
        self.put(Column::ServerCpu, server.as_secs_f64() * 1e6);
        self.put(Column::GeneratorCpu, generator.as_secs_f64() * 1e6);
    }

    /// Counts errors; `first` is what the first of them was.
    pub(crate) fn fail(&mut self, errors: u64, first: Option<&str>) {
        self.errors += errors;
        self.first_error = self.first_error.take().or(first.map(str::to_owned));
    }

    fn spread(&self, column: Column) -> Option<Spread> {
        self.values.get(&column).cloned().map(Spread::new)
    }

    /// What is demanded, and whether the medians are that good and without errors.
    fn verdict(&self) -> (String, &'static str) {
        if self.goals.is_empty() {
            return (String::new(), "");
        }
        let mut met = self.errors == 0;
        let mut demands = Vec::new();
        for goal in &self.goals {
            let (column, sign, bound) = match *goal {
                Goal::AtLeast(column, bound) => (column, "≥", bound),
                Goal::AtMost(column, bound) => (column, "≤", bound),
                Goal::Below(column, bound) => (column, "<", bound),
            };
            let median = self.spread(column).map_or(f64::NAN, |spread| spread.median);
            met &= match goal {
                Goal::AtLeast(..) => median >= bound,
                Goal::AtMost(..) => median <= bound,
                Goal::Below(..) => median < bound,
            };
            let (_, unit, _) = column.shown();
            demands.push(format!(
                "{}{sign} {}{unit}",
                column.name(),
                number(bound, 0)
            ));
        }
        (demands.join(", "), if met { "yes" } else { "no" })
    }
}

/// The rows as a Markdown table with the columns that any of them has, and below it what the first
/// error of each was.
pub(crate) fn table(rows: &[Row]) -> String {
    let has = |column: &Column| rows.iter().any(|row| row.values.contains_key(column));
    let columns: Vec<_> = Column::ALL.into_iter().filter(has).collect();
    let (mut text, mut line) = ("| what |".to_owned(), "|---|".to_owned());
    for column in &columns {
        let _ = write!(text, " {} |", column.shown().0);
        line += "---:|";
    }
    let _ = writeln!(text, " errors | goal | met |\n{line}---:|---|---|");
    let mut notes = String::new();
    for row in rows {
        let _ = write!(text, "| {} |", row.name);
        for column in &columns {
            let (_, unit, decimals) = column.shown();
            let shown = row.spread(*column).map(|spread| spread.show(decimals));
            let percent = if unit == " %" && shown.is_some() {
                unit
            } else {
                ""
            };
            let _ = write!(text, " {}{percent} |", shown.unwrap_or_default());
        }
        let (goals, met) = row.verdict();
        let _ = writeln!(text, " {} | {goals} | {met} |", number_of(row.errors));
        if let Some(error) = &row.first_error {
            let _ = writeln!(notes, "\nFirst error of \"{}\": {}", row.name, error.trim());
        }
    }
    text + &notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_that_are_known_are_shown() {
        let mut row = Row::new("one", [Goal::Below(Column::P99, 20.0)]);
        row.put(Column::P99, 19.0);
        row.put(Column::P99, 30.0);
        row.put(Column::P99, 1.0);
        let mut other = Row::new("other", []);
        other.put(Column::Cpu, 4.5);
        assert_eq!(
            table(&[row, other]),
            "| what | p99 ms | CPU % of a core | errors | goal | met |\n\
             |---|---:|---:|---:|---|---|\n\
             | one | 19.00 (1.00..30.00) |  | 0 | p99 < 20 ms | yes |\n\
             | other |  | 4.50 % | 0 |  |  |\n"
        );
    }

    #[test]
    fn an_error_or_a_missing_value_spoils_the_verdict() {
        let mut row = Row::new("one", [Goal::AtMost(Column::Bytes, 16_384.0)]);
        assert_eq!(row.verdict(), ("memory ≤ 16,384 B".to_owned(), "no"));
        row.put(Column::Bytes, 16_384.0);
        assert_eq!(row.verdict().1, "yes");
        row.fail(1, None);
        assert_eq!(row.verdict().1, "no");
    }
}
