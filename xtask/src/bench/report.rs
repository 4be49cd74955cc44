//! The table and the JSON.

use serde_json::{Map, Value, json};

use crate::Result;

/// Figures in the order in which they were measured.
pub struct Report {
    postgres: String,
    smoke: bool,
    rows: Vec<Row>,
}

struct Row {
    key: &'static str,
    name: &'static str,
    value: f64,
    goal: String,
    met: Option<bool>,
}

impl Report {
    pub fn new(postgres: &str, smoke: bool) -> Self {
        Self { postgres: postgres.to_owned(), smoke, rows: Vec::new() }
    }

    fn push(&mut self, key: &'static str, name: &'static str, value: f64, goal: String, met: Option<bool>) {
        println!("  {name}: {value:.2}");
        self.rows.push(Row { key, name, value, goal, met });
    }

    /// A figure without a goal.
    pub fn info(&mut self, key: &'static str, name: &'static str, value: f64) {
        self.push(key, name, value, String::new(), None);
    }

    /// A figure that should be at least so much.
    pub fn at_least(&mut self, key: &'static str, name: &'static str, value: f64, goal: f64) {
        self.push(key, name, value, format!("≥ {goal:.2}"), Some(value >= goal));
    }

    /// A figure that should be at most so much.
    pub fn limit(&mut self, key: &'static str, name: &'static str, value: f64, goal: f64) {
        self.push(key, name, value, format!("≤ {goal}"), Some(value <= goal));
    }

    /// Megabytes, with or without a goal of 20.
    pub fn memory(&mut self, key: &'static str, name: &'static str, value: f64, goal: &str) {
        let met = (!goal.is_empty()).then_some(value <= 20.0);
        self.push(key, name, value, goal.to_owned(), met);
    }

    /// Prints a table that can be put into a document as it is.
    pub fn print(&self) {
        println!("\n{}; {}", machine(), self.postgres);
        if self.smoke {
            println!("A smoke run: the figures say only that the bench works.");
        }
        println!("\n| figure | measured | goal | |\n|---|---:|---:|---|");
        for row in &self.rows {
            let met = row.met.map_or("", |met| if met { "met" } else { "missed" });
            println!("| {} | {:.2} | {} | {met} |", row.name, row.value, row.goal);
        }
    }

    pub fn json(&self) -> Result<String> {
        let figures: Map<String, Value> = self
            .rows
            .iter()
            .map(|row| (row.key.to_owned(), json!({"value": row.value, "goal": row.goal, "met": row.met})))
            .collect();
        let report =
            json!({"machine": machine(), "postgres": self.postgres, "smoke": self.smoke, "figures": figures});
        Ok(serde_json::to_string_pretty(&report)?)
    }
}

/// What it was measured on.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches(['\t', ' ', ':']);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{cores} cores ({model})")
}
