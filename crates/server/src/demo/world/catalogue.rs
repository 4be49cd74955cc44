//! What the MSPs of the demo count and sell.

use app::{metrics, plans};
use domain::{
    fees::Rhythm,
    metrics::CountsAs,
    money::{Currency, Money},
    pricing::{AdjustmentTerms, PriceTerms},
};
use rust_decimal::Decimal;
use store::{
    Scope,
    metrics::NewMetric,
    plans::{NewComponent, PlanDetails},
};

use super::{CARE, World};
use crate::failure::{Failure, Result};

impl World {
    pub(super) async fn catalogue(&self, scope: &Scope, currency: Currency) -> Result<()> {
        let machine_metrics = [
            ("machines.backup", "Machines, Backup edition", "machine"),
            ("machines.enterprise", "Machines, Enterprise edition", "machine"),
            ("machines.replication", "Machines, Replication edition", "machine"),
        ];
        for (key, name, unit) in machine_metrics {
            self.metric(scope, key, name, unit, Some(CountsAs::Machines)).await?;
        }
        self.metric(scope, "storage_gb", "Backup storage", "GB", Some(CountsAs::StorageGb)).await?;
        // What a customer pays per machine: twice what the MSP pays the platform.
        let editions = [
            ("BACKUP", "Backup", "machines.backup", 2_500, 10, "0.035", 250),
            ("ENTERPRISE", "Enterprise", "machines.enterprise", 7_500, 25, "0.03", 1_000),
            ("REPLICATION", "Replication", "machines.replication", 15_000, 100, "0.025", 2_000),
        ];
        for (code, name, metric, fee, price, storage_price, included) in editions {
            let storage_price: Decimal =
                storage_price.parse().map_err(|_| Failure::new("a price of the demo"))?;
            let details = PlanDetails {
                name: name.to_owned(),
                description: Some(format!("The {name} edition, per machine and month, with storage.")),
                base_fee: Money::new(fee, currency),
                rhythm: Rhythm::default(),
                components: vec![
                    NewComponent {
                        metric: metric.to_owned(),
                        name: "Protected machines".to_owned(),
                        price: PriceTerms::unit(Decimal::from(price), Decimal::ZERO),
                    },
                    NewComponent {
                        metric: "storage_gb".to_owned(),
                        name: "Backup storage".to_owned(),
                        price: PriceTerms::unit(storage_price, Decimal::from(included)),
                    },
                ],
                adjustments: AdjustmentTerms::default(),
                tax_class: None,
                billed_at: None,
            };
            self.write(scope, async |tx| plans::create(tx, code, &details).await).await?;
        }
        let care = PlanDetails {
            name: "Care".to_owned(),
            description: Some(
                "Security training and a restore test each month, beside any edition.".to_owned(),
            ),
            base_fee: Money::new(4_900, currency),
            rhythm: Rhythm::default(),
            components: Vec::new(),
            adjustments: AdjustmentTerms::default(),
            tax_class: None,
            billed_at: None,
        };
        self.write(scope, async |tx| plans::create(tx, CARE, &care).await).await?;
        Ok(())
    }

    async fn metric(
        &self,
        scope: &Scope,
        key: &str,
        name: &str,
        unit: &str,
        counts_as: Option<CountsAs>,
    ) -> Result<()> {
        let new = NewMetric {
            key: key.to_owned(),
            name: name.to_owned(),
            unit: unit.to_owned(),
            counts_as,
            rolls_up: None,
        };
        self.write(scope, async |tx| metrics::create(tx, &new).await).await?;
        Ok(())
    }
}
