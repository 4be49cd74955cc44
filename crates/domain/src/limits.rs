//! What a customer may use at most.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A customer's limits. `None` means no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Protected machines.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    #[serde(default)]
    pub max_machines: Option<i32>,
    /// Backup storage in GB.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000_000))]
    #[serde(default)]
    pub storage_gb: Option<i32>,
    /// Jobs that may run at the same time.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100_000))]
    #[serde(default)]
    pub max_concurrent_jobs: Option<i32>,
    /// API requests per minute.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    #[serde(default)]
    pub api_requests_per_minute: Option<i32>,
}

impl Limits {
    /// The fields that are out of range, each with what is allowed.
    pub fn problems(self) -> Vec<(&'static str, String)> {
        let checks = [
            ("max_machines", self.max_machines, 0..=1_000_000),
            ("storage_gb", self.storage_gb, 0..=1_000_000_000),
            ("max_concurrent_jobs", self.max_concurrent_jobs, 0..=100_000),
            ("api_requests_per_minute", self.api_requests_per_minute, 1..=1_000_000),
        ];
        checks
            .into_iter()
            .filter(|(_, value, range)| value.is_some_and(|value| !range.contains(&value)))
            .map(|(name, _, range)| (name, format!("must be between {} and {}", range.start(), range.end())))
            .collect()
    }
}

/// How much of a limit is used, in whole percent. None where that cannot be said: of nothing there is no share.
pub fn share(used: Decimal, allowed: i32) -> Option<u32> {
    let hundred = used.checked_mul(Decimal::from(100))?;
    hundred.checked_div(Decimal::from(allowed)).and_then(|share| u32::try_from(share.trunc()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact_and_never_divide_by_nothing() {
        assert_eq!(share(Decimal::new(715, 1), 70), Some(102));
        assert_eq!(share(Decimal::ONE, 0), None);
        assert_eq!(share(Decimal::MAX, 1), None);
    }

    #[test]
    fn ranges() {
        assert!(Limits::default().problems().is_empty());
        let limits = Limits { max_machines: Some(-1), api_requests_per_minute: Some(0), ..Limits::default() };
        let names: Vec<_> = limits.problems().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["max_machines", "api_requests_per_minute"]);
    }
}
