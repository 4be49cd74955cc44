//! `bailiwick verify`: computing again what was issued.

use app::{AppError, invoices};
use domain::evidence::{Difference, LineRecord};
use store::Reason;

use crate::{
    config::Config,
    database::Database,
    failure::{Failure, Result},
};

/// What can be verified.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Rates an invoice anew from the evidence that it was sealed with, and says whether it is equal, or where not.
    Invoice {
        /// Its number. MSPs number their own: where several have it, each one's is verified.
        number: String,
    },
}

/// Runs it; fails where anything is not as it was issued.
pub async fn run(config: &Config, command: Command) -> Result<()> {
    let Command::Invoice { number } = command;
    let database = Database::open(config).await?;
    let outcome = verify(&database, &number).await;
    database.close().await?;
    outcome
}

async fn verify(database: &Database, number: &str) -> Result<()> {
    let store = &database.store;
    let found = store.system(Reason::Verify, async |tx| store::invoices::by_number(tx, number).await).await?;
    if found.is_empty() {
        return Err(Failure::new(format!("there is no invoice {number}")));
    }
    let mut is_equal = true;
    for (tenant, id) in found {
        let scope = store.system(Reason::Verify, async |tx| tx.tenant_scope(tenant).await).await?;
        let verdict =
            store.read(&scope, async |tx| Ok::<_, AppError>(invoices::verify(tx, id).await?)).await?;
        let total = verdict.invoice.total;
        println!("{number} for {}, {total}", verdict.invoice.customer_name);
        let lines = verdict.differences.len();
        match (verdict.seal_fits, lines) {
            (true, 0) => println!("  evidence: as it was sealed; lines: equal"),
            (false, _) => println!("  evidence: NOT as it was sealed"),
            (true, _) => println!("  evidence: as it was sealed; lines: {lines} NOT equal"),
        }
        for Difference { place, given, computed } in &verdict.differences {
            println!(
                "  line {}: the invoice says {}, the rules give {}",
                place + 1,
                told(given.as_ref()),
                told(computed.as_ref())
            );
        }
        if !verdict.taxes_fit {
            println!("  taxes: NOT those that the rules give");
        }
        if verdict.sum != total {
            println!("  lines and taxes come to {}, the invoice says {total}", verdict.sum);
        }
        is_equal &= verdict.is_equal();
    }
    if is_equal { Ok(()) } else { Err(Failure::new("not equal")) }
}

fn told(line: Option<&LineRecord>) -> String {
    line.map_or_else(
        || "nothing".to_owned(),
        |line| format!("{} ({} of {})", line.amount, line.quantity, line.description),
    )
}
