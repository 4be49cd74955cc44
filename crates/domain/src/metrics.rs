//! What can be counted.

use crate::{permissions::named_enum, text};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

named_enum! {
    /// Which figure of the portfolio, and which limit of a customer, a metric feeds.
    CountsAs {
        /// Protected machines.
        Machines = "machines",
        /// Backup storage in GB.
        StorageGb = "storage_gb",
    }
}

/// What a metric counts of the tenants below: of MSPs, which are customers of the tenant above them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollUp {
    /// What their customers use of the metric of the same key.
    Usage,
    /// Their customers, those that have left not counted; of those where this feature is on, where one is named.
    Customers {
        /// The feature's name.
        feature: Option<String>,
    },
}

/// What a roll-up can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `usage`, `customers`, or `customers:` and the name of a feature")]
pub struct RollUpError;

impl FromStr for RollUp {
    type Err = RollUpError;

    fn from_str(text: &str) -> Result<Self, RollUpError> {
        match text.split_once(':') {
            None if text == "usage" => Ok(Self::Usage),
            None if text == "customers" => Ok(Self::Customers { feature: None }),
            // Features have names like those of metrics.
            Some(("customers", feature)) => {
                Ok(Self::Customers { feature: Some(text::key(feature).map_err(|_| RollUpError)?) })
            }
            _ => Err(RollUpError),
        }
    }
}

impl fmt::Display for RollUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage => f.write_str("usage"),
            Self::Customers { feature: None } => f.write_str("customers"),
            Self::Customers { feature: Some(feature) } => write!(f, "customers:{feature}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_up_is_written_as_it_is_read() {
        for text in ["usage", "customers", "customers:white-label.v2_x"] {
            assert_eq!(text.parse::<RollUp>().map(|it| it.to_string()), Ok(text.to_owned()));
        }
        for text in
            ["", "Usage", "usage:x", "customers:", "customers:White", "customers:1", "x", "customers:a b"]
        {
            assert_eq!(text.parse::<RollUp>(), Err(RollUpError), "{text}");
        }
        assert_eq!(format!("customers:{}", "a".repeat(65)).parse::<RollUp>(), Err(RollUpError));
    }
}
