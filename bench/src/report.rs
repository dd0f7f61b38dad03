//! Runs as a Markdown table.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use anyhow::Result;

use crate::load::{Measured, Run};
use crate::process::Memory;

/// One load: its runs and what they are measured against.
pub(crate) struct Row {
    /// What is asked.
    pub(crate) load: &'static str,
    /// What is demanded of it.
    pub(crate) targets: Vec<Target>,
    runs: Vec<Figures>,
    /// What the ceiling of this load reached, run by run; empty where it has none of its own.
    pub(crate) ceilings: Vec<Ceiling>,
}

/// A run of what does nothing but answer.
#[derive(Clone, Copy)]
pub(crate) struct Ceiling {
    /// Answers per second.
    pub(crate) rate: f64,
    /// Processor time of the server, per answer.
    pub(crate) cpu: Duration,
}

/// A demand on the medians of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// At least this part of the rate of the row with this number, run by run.
    Share { of: usize, percent: f64 },
    /// At least so many per second.
    Rate(f64),
    /// The 99th percentile below so many milliseconds.
    P99Below(f64),
}

struct Figures {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
    errors: u64,
    first_error: Option<String>,
    /// Server and generator; `None` where two loads share it.
    cpu: Option<(Duration, Duration)>,
}

impl Row {
    pub(crate) fn new(load: &'static str, targets: Vec<Target>) -> Self {
        Self {
            load,
            targets,
            runs: Vec::new(),
            ceilings: Vec::new(),
        }
    }

    /// Adds a run of this load; `run` when it ran alone.
    pub(crate) fn add(&mut self, measured: &Measured, run: Option<&Run>) {
        self.runs.push(Figures {
            rate: measured.rate(),
            p50_ms: measured.percentile_ms(50.0),
            p99_ms: measured.percentile_ms(99.0),
            errors: measured.errors,
            first_error: measured.first_error.clone(),
            cpu: run.map(|run| (run.server_cpu, run.generator_cpu)),
        });
    }

    fn spread(&self, of: impl Fn(&Figures) -> f64) -> Spread {
        Spread::new(self.runs.iter().map(of).collect())
    }

    /// Failures of all runs together.
    pub(crate) fn errors(&self) -> u64 {
        self.runs.iter().map(|run| run.errors).sum()
    }

    /// What of `base`'s rate this row reached, in percent.
    fn share(&self, base: &Self) -> Spread {
        self.share_of(base.runs.iter().map(|run| run.rate))
    }

    /// What of each of `rates` the run of the same number reached, in percent.
    fn share_of(&self, rates: impl Iterator<Item = f64>) -> Spread {
        let pairs = self.runs.iter().zip(rates);
        Spread::new(pairs.map(|(own, base)| own.rate / base * 100.0).collect())
    }
}

/// Median, least and greatest.
pub(crate) struct Spread {
    pub(crate) median: f64,
    least: f64,
    greatest: f64,
}

impl Spread {
    pub(crate) fn new(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
        let last = values.len().saturating_sub(1);
        let median = f64::midpoint(at(last / 2), at(last.div_ceil(2)));
        Self {
            median,
            least: at(0),
            greatest: at(last),
        }
    }

    /// The median, and in brackets how far the others are from it.
    pub(crate) fn show(&self, decimals: usize) -> String {
        let Self {
            median,
            least,
            greatest,
        } = *self;
        let (median, least, greatest) = (
            number(median, decimals),
            number(least, decimals),
            number(greatest, decimals),
        );
        if least == greatest {
            median
        } else {
            format!("{median} ({least}..{greatest})")
        }
    }
}

/// Writes a report to the standard output.
/// # Errors
/// When nobody takes it.
pub(crate) fn print(report: &str) -> Result<()> {
    Ok(std::io::stdout().write_all(report.as_bytes())?)
}

/// The rows as a Markdown table, and below it what the first error of each load was. `unit` is what is
/// counted.
pub(crate) fn table(rows: &[Row], unit: &str) -> String {
    let with_ceilings = rows.iter().any(|row| !row.ceilings.is_empty());
    let (ceiling, line) = if with_ceilings {
        (" ceiling | of it | its CPU µs |", "---:|---:|---:|")
    } else {
        ("", "")
    };
    let mut text = format!(
        "| load | {unit}s/s |{ceiling} share | p50 ms | p99 ms | errors | server CPU µs/{unit} \
         | generator CPU µs/{unit} | target | met |\n\
         |---|---:|{line}---:|---:|---:|---:|---:|---:|---|---|\n",
    );
    let mut notes = String::new();
    for row in rows {
        let micros = |of: fn((Duration, Duration)) -> Duration| {
            let shared = row.runs.iter().any(|run| run.cpu.is_none());
            let spread = row.spread(|run| run.cpu.map_or(0.0, |cpu| of(cpu).as_secs_f64() * 1e6));
            if shared {
                "–".to_owned()
            } else {
                number(spread.median, 1)
            }
        };
        let share = row.targets.iter().find_map(|target| match target {
            Target::Share { of, .. } => rows.get(*of).map(|base| row.share(base)),
            _ => None,
        });
        let percent = |share: Spread| format!("{} %", share.show(0));
        let ceiling = if with_ceilings {
            let of = |value: fn(&Ceiling) -> f64| row.ceilings.iter().map(value);
            let rate = Spread::new(of(|ceiling| ceiling.rate).collect());
            let share = row.share_of(of(|ceiling| ceiling.rate));
            let cpu = Spread::new(of(|ceiling| ceiling.cpu.as_secs_f64() * 1e6).collect());
            let cpu = number(cpu.median, 1);
            format!(" {} | {} | {cpu} |", rate.show(0), percent(share))
        } else {
            String::new()
        };
        let (target, met) = verdict(row, rows);
        let _ = writeln!(
            text,
            "| {} | {} |{ceiling} {} | {} | {} | {} | {} | {} | {target} | {met} |",
            row.load,
            row.spread(|run| run.rate).show(0),
            share.map_or(String::new(), percent),
            row.spread(|run| run.p50_ms).show(2),
            row.spread(|run| run.p99_ms).show(2),
            number_of(row.errors()),
            micros(|(server, _)| server),
            micros(|(_, generator)| generator),
        );
        if let Some(error) = row.runs.iter().find_map(|run| run.first_error.as_ref()) {
            let _ = writeln!(notes, "\nFirst error of \"{}\": {}", row.load, error.trim());
        }
    }
    text + &notes
}

/// What the memory of the server was before and after all loads, as a Markdown list.
pub(crate) fn memory(before: Memory, after: Memory) -> String {
    format!(
        "- memory of the server: {} before the load, {} after it ({} without files), {} at most\n",
        megabytes(before.resident),
        megabytes(after.resident),
        megabytes(after.anonymous),
        megabytes(after.peak),
    )
}

/// Decimal, like the targets.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{} MB", number_of(bytes.div_ceil(1_000_000)))
}

/// What is demanded of `row`, and whether its medians are that good and without errors.
fn verdict(row: &Row, rows: &[Row]) -> (String, &'static str) {
    if row.targets.is_empty() {
        return (String::new(), "");
    }
    let mut met = row.errors() == 0;
    let mut demands = Vec::new();
    for target in &row.targets {
        let (demand, holds) = match *target {
            Target::Share { of, percent } => {
                let Some(base) = rows.get(of) else { continue };
                let share = row.share(base).median;
                (
                    format!("≥ {} % of {}", number(percent, 0), base.load),
                    share >= percent,
                )
            }
            Target::Rate(least) => {
                let rate = row.spread(|run| run.rate).median;
                (format!("≥ {}/s", number(least, 0)), rate >= least)
            }
            Target::P99Below(most) => {
                let p99 = row.spread(|run| run.p99_ms).median;
                (format!("p99 < {} ms", number(most, 0)), p99 < most)
            }
        };
        demands.push(demand);
        met &= holds;
    }
    (demands.join(", "), if met { "yes" } else { "no" })
}

/// A whole number with its thousands apart.
pub(crate) fn number_of(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number from 0 on with so many decimals and its thousands apart.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    whole
        .parse()
        .map_or_else(|_| text.clone(), |whole| number_of(whole) + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(load: &'static str, targets: Vec<Target>, rates: &[f64]) -> Row {
        let figures = |rate: &f64| Figures {
            rate: *rate,
            p50_ms: 1.0,
            p99_ms: 2.0,
            errors: 0,
            first_error: None,
            cpu: None,
        };
        Row {
            load,
            targets,
            runs: rates.iter().map(figures).collect(),
            ceilings: Vec::new(),
        }
    }

    #[test]
    fn a_spread_has_its_median_and_ends() {
        assert_eq!(Spread::new(vec![3.0, 1.0, 2.0]).show(0), "2 (1..3)");
        assert_eq!(Spread::new(vec![1.0, 2.0]).show(1), "1.5 (1.0..2.0)");
        assert_eq!(Spread::new(vec![12_345.6]).show(0), "12,346");
        assert_eq!(number(1_234_567.0, 2), "1,234,567.00");
    }

    #[test]
    fn shares_are_taken_run_by_run() {
        let half = vec![Target::Share {
            of: 0,
            percent: 50.0,
        }];
        let base = row("base", Vec::new(), &[100.0, 10.0, 100.0]);
        let rows = [base, row("half", half, &[60.0, 6.0, 40.0])];
        assert_eq!(
            verdict(&rows[1], &rows),
            ("≥ 50 % of base".to_owned(), "yes")
        );
        assert!(
            table(&rows, "request").contains("| 60 (40..60) % |"),
            "{}",
            table(&rows, "request")
        );
    }

    #[test]
    fn an_error_spoils_the_verdict() {
        let mut rows = [row("load", vec![Target::Rate(10.0)], &[20.0])];
        assert_eq!(verdict(&rows[0], &rows).1, "yes");
        rows[0].runs[0].errors = 1;
        assert_eq!(verdict(&rows[0], &rows).1, "no");
    }
}
