//! What can be counted.

use crate::permissions::named_enum;
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
