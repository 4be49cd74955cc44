//! Whatever happens to invoices that charge ahead, in whatever order: the ledger has what is yet to be earned, to the cent.

use app::{AppError, credit_notes::Credit, invoices, payments::Transfer};
use domain::{ids::InvoiceId, pricing::LineKind};
use store::TenantTx;

use crate::shop::{Shop, Wanted, money};

/// What does not hold, in words.
const VIOLATIONS: &str = "
    with booked as (
        select t.invoice_id, e.account, sum(e.amount_minor) as minor
        from ledger_transactions t join ledger_entries e on e.tenant_id = t.tenant_id and e.transaction_id = t.id
        group by 1, 2),
    of_invoice as (
        select i.id, i.status, i.total_minor - i.tax_minor as net_minor,
               (select coalesce(sum(n.total_minor - n.tax_minor), 0) from credit_notes n
                where n.tenant_id = i.tenant_id and n.invoice_id = i.id) as credited,
               coalesce((select -minor from booked b where b.invoice_id = i.id and account = 'revenue'), 0) as earned,
               coalesce((select -minor from booked b where b.invoice_id = i.id and account = 'deferred_revenue'), 0)
                   as deferred,
               exists (select from deferrals d where d.invoice_id = i.id and d.recognized_until < d.ends_on) as is_open,
               exists (select from deferrals d where d.invoice_id = i.id and d.net_minor < 0) as has_credit
        from invoices i where i.status <> 'draft')
    select 'brings ' || id from of_invoice
        where earned + deferred <> case when status = 'void' then 0 else net_minor - credited end
    union all select 'void ' || id from of_invoice where status = 'void' and (earned, deferred) <> (0, 0)
    union all select 'negative ' || id from of_invoice where deferred < 0 and not has_credit
    union all select 'over ' || id from of_invoice where deferred <> 0 and not is_open
    union all select 'month ' || t.invoice_id || ' ' || t.period_start
        from ledger_transactions t join ledger_entries e on e.tenant_id = t.tenant_id and e.transaction_id = t.id
        where t.kind = 'recognition' and e.account = 'revenue' group by t.tenant_id, t.invoice_id, t.period_start
        having -sum(e.amount_minor) <> (select sum(r.amount_minor) from recognitions r
                                        where r.tenant_id = t.tenant_id and r.invoice_id = t.invoice_id
                                          and r.month = t.period_start)
    union all select 'balance' from booked having sum(minor) <> 0";

/// Numbers that look random and are the same each time (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn index(&mut self, sides: usize) -> usize {
        let sides = u64::try_from(sides).expect("it is small");
        usize::try_from(self.below(sides)).expect("it is small")
    }

    fn minor(&mut self, below: u64) -> i64 {
        i64::try_from(1 + self.below(below)).expect("it is small")
    }
}

#[derive(Debug, Clone, Copy)]
enum Deed {
    Credit(InvoiceId, Option<(usize, i64)>),
    Void(InvoiceId),
    WriteOff(InvoiceId),
    Pay(InvoiceId, i64),
}

async fn done(shop: &Shop, tx: &mut TenantTx, deed: Deed, number: usize) -> Result<(), AppError> {
    let app = &shop.app.app;
    match deed {
        Deed::Credit(id, part) => {
            let invoice = store::invoices::get(tx, id).await?;
            let lines = store::invoices::lines(tx, &invoice).await?;
            let of = |(line, minor): (usize, i64)| {
                let line = &lines[line % lines.len()];
                (line.id, money(minor * line.rated.amount.amount_minor().signum()))
            };
            let credit = Credit { reason: "x".to_owned(), lines: part.map(|part| vec![of(part)]) };
            app::credit_notes::issue(app, tx, id, None, credit).await.map(drop)
        }
        Deed::Void(id) => invoices::void(tx, id, None, "x").await.map(drop),
        Deed::WriteOff(id) => invoices::write_off(tx, id, None, "x").await.map(drop),
        Deed::Pay(id, minor) => {
            let transfer =
                Transfer { amount: Some(money(minor)), ..Transfer::of_all(format!("wire {number}")) };
            app::payments::record_transfer(app, tx, id, transfer).await.map(drop)
        }
    }
}

/// Fees for the past, ahead, over the end of the month, and something given back.
const LINES: [&[Wanted<'static>]; 4] = [
    &[
        (LineKind::BaseFee, 10_000, "2025-10-01", "2025-11-01"),
        (LineKind::BaseFee, 120_001, "2025-11-01", "2026-11-01"),
    ],
    &[
        (LineKind::BaseFee, 7_777, "2025-10-17", "2026-01-09"),
        (LineKind::Usage, 333, "2025-09-01", "2025-10-01"),
    ],
    &[
        (LineKind::BaseFee, 33_333, "2025-12-05", "2026-03-01"),
        (LineKind::Discount, -3_333, "2025-11-01", "2026-02-01"),
    ],
    &[
        (LineKind::OneOff, 101, "2025-10-31", "2025-11-02"),
        (LineKind::BaseFee, 5, "2025-11-01", "2026-11-01"),
    ],
];

#[actix_web::test]
async fn what_is_deferred_is_what_is_to_come_whatever_happens() {
    let shop = Shop::open().await;
    let sql = shop.sql().await;
    let (mut dice, mut issued, mut refused) = (Dice(0x2545_f491_4f6c_dd1d), Vec::new(), 0);
    for number in 0..16 {
        let code = format!("C-{number}");
        shop.customer(&code).await;
        issued.push(shop.issue(&code, "2025-10", number % 3 == 2, LINES[number % 4]).await);
    }
    for number in 0..160 {
        let invoice = issued[dice.index(issued.len())];
        let deed = match dice.below(16) {
            0 => Deed::Credit(invoice, None),
            1..=7 => Deed::Credit(invoice, Some((dice.index(2), dice.minor(4_000)))),
            8 => Deed::Void(invoice),
            9 => Deed::WriteOff(invoice),
            10..=12 => Deed::Pay(invoice, dice.minor(20_000)),
            _ => {
                shop.days(dice.minor(24)).await;
                continue;
            }
        };
        let outcome =
            shop.app.store().write(&shop.scope, async |tx| done(&shop, tx, deed, number).await).await;
        match outcome {
            Ok(()) => {}
            Err(AppError::Conflict { .. } | AppError::Invalid(_)) => refused += 1,
            Err(error) => panic!("{deed:?}: {error}"),
        }
        let violations = sql.column(VIOLATIONS).await;
        assert!(violations.is_empty(), "after {deed:?}: {violations:?}");
    }
    assert!(refused < 90, "{refused} deeds were refused");
    let kinds = sql.column("select distinct kind from recognitions order by 1").await;
    assert_eq!(kinds, ["credited", "earned", "voided"]);
    // What the invoices tell is what the ledger has.
    for invoice in &issued {
        let uuid = domain::ids::Id::uuid(*invoice);
        let booked = format!(
            "select coalesce(-sum(e.amount_minor), 0) from ledger_entries e join ledger_transactions t
                 on t.id = e.transaction_id where e.account = 'deferred_revenue' and t.invoice_id = '{uuid}'"
        );
        assert_eq!(shop.schedule(*invoice).await.0, sql.number(&booked).await, "{invoice}");
    }
    shop.days(600).await;
    assert_eq!(sql.column(VIOLATIONS).await, Vec::<String>::new());
    let left = "select coalesce(sum(amount_minor), 0) from ledger_entries where account = 'deferred_revenue'";
    assert_eq!(sql.number(left).await, 0);
    shop.close().await;
}
