//! Whatever happens to invoices, in whatever order: the ledger and the invoices tell the same.

use app::{
    AppError,
    credit_notes::Credit,
    credits::{self, Grant, Origin},
    invoices,
    payments::Transfer,
};
use chrono::{Days, TimeDelta};
use domain::{
    ids::{CreditGrantId, CustomerId, InvoiceId},
    money::{Currency, Money},
    periods::Month,
};
use store::{TenantTx, customers::CustomerRef};
use testkit::Sql;

use crate::shop::Shop;

/// What does not hold, in words.
const VIOLATIONS: &str = "
    with booked as (
        select t.tenant_id, t.invoice_id, e.account, sum(e.amount_minor) as minor
        from ledger_transactions t join ledger_entries e on e.tenant_id = t.tenant_id and e.transaction_id = t.id
        group by 1, 2, 3),
    of_invoice as (
        select i.id, i.status, i.total_minor, a.*,
               coalesce((select minor from booked b where b.invoice_id = i.id and account = 'receivable'), 0) as owed,
               coalesce((select minor from booked b where b.invoice_id = i.id and account = 'bad_debt'), 0) as lost,
               coalesce((select minor from booked b where b.invoice_id = i.id and account = 'revenue'), 0) as earned
        from invoices i join invoice_amounts a on a.tenant_id = i.tenant_id and a.invoice_id = i.id)
    select 'owed ' || id from of_invoice where owed <> outstanding_minor
    union all select 'lost ' || id from of_invoice where lost <> written_off_minor
    union all select 'earned ' || id from of_invoice
        where -earned <> case when status = 'void' then 0 else total_minor - credited_minor end
    union all select 'state ' || id from of_invoice
        where (status = 'finalized') <> (outstanding_minor > 0) or (status = 'uncollectible') <> (written_off_minor > 0)
    union all select 'credited ' || id from of_invoice where credited_minor not between 0 and total_minor
    union all select 'credit of ' || t.customer_id
        from ledger_transactions t join ledger_entries e on e.tenant_id = t.tenant_id and e.transaction_id = t.id
        where e.account = 'credits' group by t.customer_id having sum(e.amount_minor) > 0
    union all select 'credit'
        where (select coalesce(-sum(minor), 0) from booked where account = 'credits')
              <> (select coalesce(sum(credit_minor), 0) from payments)
                 + (select coalesce(sum(credit_minor), 0) from credit_notes)
                 - (select coalesce(sum(a.amount_minor), 0) from credit_applications a
                    join invoices i on i.tenant_id = a.tenant_id and i.id = a.invoice_id where i.status <> 'void')
                 + (select coalesce(sum(amount_minor), 0) from credit_grants)
                 + (select coalesce(sum(amount_minor), 0) from credit_moves where kind in ('expired', 'revoked'))
    union all select 'granted to ' || g.customer_id
        from (select customer_id, sum(left_minor) as minor from credit_grants group by 1) g
        where g.minor > (select coalesce(-sum(e.amount_minor), 0) from ledger_entries e
                         where e.customer_id = g.customer_id and e.account = 'credits')
    union all select 'grant ' || g.id
        from credit_grants g left join credit_moves m on m.tenant_id = g.tenant_id and m.grant_id = g.id
        group by g.tenant_id, g.id having g.left_minor <> g.amount_minor + coalesce(sum(m.amount_minor), 0)
    union all select 'used for ' || m.invoice_id
        from (select invoice_id, -coalesce(sum(amount_minor) filter (where kind = 'used'), 0) as used,
                     -sum(amount_minor) as rest
              from credit_moves where kind in ('used', 'returned') group by 1) m
             join of_invoice i on i.id = m.invoice_id
        where m.used > i.credit_used_minor or m.rest < 0 or i.status = 'void' and m.rest <> 0
    union all select 'given away'
        where (select coalesce(sum(minor), 0) from booked where account = 'promotions')
              <> (select coalesce(sum(amount_minor), 0) from credit_grants where source = 'promotional')
                 + (select coalesce(sum(m.amount_minor), 0)
                    from credit_moves m join credit_grants g on g.tenant_id = m.tenant_id and g.id = m.grant_id
                    where g.source = 'promotional' and m.kind in ('expired', 'revoked'))
    union all select 'expired'
        where (select coalesce(sum(minor), 0) from booked where account = 'breakage')
              <> (select coalesce(sum(m.amount_minor), 0)
                  from credit_moves m join credit_grants g on g.tenant_id = m.tenant_id and g.id = m.grant_id
                  where g.source = 'paid' and m.kind = 'expired')
    union all select 'used after its last day ' || m.id
        from credit_moves m join credit_grants g on g.tenant_id = m.tenant_id and g.id = m.grant_id
        where m.kind in ('used', 'returned') and g.expires_on < m.created_at::date
          and not exists (select from credit_moves e where e.grant_id = g.id and e.invoice_id = m.invoice_id
                          and e.kind in ('released', 'expired') and e.created_at = m.created_at)
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

    fn minor(&mut self, below: u64) -> i64 {
        i64::try_from(1 + self.below(below)).expect("it is small")
    }
}

#[derive(Debug, Clone)]
enum Deed {
    Issue(CustomerId, Month),
    Pay(InvoiceId, i64),
    Credit(InvoiceId, Option<i64>),
    Void(InvoiceId),
    WriteOff(InvoiceId),
    Grant { customer: CustomerId, minor: i64, days: Option<u64>, paid: bool },
    Revoke(CreditGrantId),
    Days(i64),
}

async fn done(
    shop: &Shop,
    tx: &mut TenantTx,
    deed: &Deed,
    number: usize,
) -> Result<Option<InvoiceId>, AppError> {
    let app = &shop.app.app;
    match deed {
        Deed::Issue(customer, month) => {
            let draft = invoices::draft(tx, &CustomerRef::Id(*customer), *month).await?;
            invoices::finalize(app, tx, draft.id).await?;
            return Ok(Some(draft.id));
        }
        Deed::Pay(invoice, minor) => {
            let amount = Some(Money::new(*minor, Currency::USD));
            let transfer = Transfer { amount, ..Transfer::of_all(format!("wire {number}")) };
            app::payments::record_transfer(app, tx, *invoice, transfer).await?;
        }
        Deed::Credit(invoice, minor) => {
            let found = store::invoices::get(tx, *invoice).await?;
            let fee = store::invoices::lines(tx, &found).await?[0].id;
            let lines = minor.map(|minor| vec![(fee, Money::new(minor, Currency::USD))]);
            let credit = Credit { reason: "x".to_owned(), lines };
            app::credit_notes::issue(app, tx, *invoice, None, credit).await?;
        }
        Deed::Void(invoice) => drop(invoices::void(tx, *invoice, None, "x").await?),
        Deed::WriteOff(invoice) => drop(invoices::write_off(tx, *invoice, None, "x").await?),
        Deed::Grant { customer, minor, days, paid } => {
            let reference = format!("ahead {number}");
            let origin = if *paid { Origin::Paid { reference, paid_on: None } } else { Origin::Promotional };
            let expires_on = days.and_then(|days| tx.today().checked_add_days(Days::new(days)));
            let amount = Money::new(*minor, Currency::USD);
            let new = Grant { amount, description: "x".to_owned(), expires_on, origin };
            credits::grant(tx, &CustomerRef::Id(*customer), new).await?;
        }
        Deed::Revoke(grant) => drop(credits::revoke(tx, *grant, None, "x").await?),
        Deed::Days(_) => tx.without_event(),
    }
    Ok(None)
}

async fn assert_holds(sql: &Sql, deed: &Deed) {
    let violations = sql.column(VIOLATIONS).await;
    assert!(violations.is_empty(), "after {deed:?}: {violations:?}");
}

#[actix_web::test]
async fn the_ledger_and_the_invoices_tell_the_same_whatever_happens() {
    let shop = Shop::open().await;
    let mut customers = Vec::new();
    for code in ["ONE", "TWO", "THREE"] {
        shop.customer(code).await;
        let found = shop.admin.get(&format!("/api/v1/msp/customers/{code}")).await.expect(200);
        customers.push(found.text("/id").parse::<CustomerId>().expect("an id"));
    }
    let sql = shop.app.database().superuser().await;
    let (mut dice, mut issued, mut refused) = (Dice(0x9e37_79b9_7f4a_7c15), Vec::new(), 0);
    let first: Month = "2020-10".parse().expect("a month");
    for number in 0..500 {
        let pick = |dice: &mut Dice| {
            let sides = u64::try_from(issued.len()).ok().filter(|sides| *sides > 0)?;
            issued.get(usize::try_from(dice.below(sides)).ok()?).copied()
        };
        let customer = customers[usize::try_from(dice.below(3)).expect("it is small")];
        let month = first.offset(i32::try_from(dice.below(60)).expect("it is small"));
        let deed = match (dice.below(17), pick(&mut dice)) {
            (10..=12, _) => {
                let days = (dice.below(4) > 0).then(|| dice.below(6));
                Deed::Grant { customer, minor: dice.minor(9_000), days, paid: dice.below(2) == 0 }
            }
            (13, _) => {
                let one = format!(
                    "select id from credit_grants where left_minor > 0 order by id offset {} limit 1",
                    dice.below(3)
                );
                match sql.column(&one).await.pop() {
                    Some(id) => Deed::Revoke(CreditGrantId::from(id.parse::<uuid::Uuid>().expect("an id"))),
                    None => Deed::Days(1),
                }
            }
            (14..=15, _) => Deed::Days(i64::try_from(dice.below(3)).expect("it is small")),
            (0..=2 | 16, _) | (_, None) => Deed::Issue(customer, month),
            (3..=5, Some(invoice)) => Deed::Pay(invoice, dice.minor(12_000)),
            (6, Some(invoice)) => Deed::Credit(invoice, None),
            (7, Some(invoice)) => Deed::Credit(invoice, Some(dice.minor(8_000))),
            (8, Some(invoice)) => Deed::Void(invoice),
            (_, Some(invoice)) => Deed::WriteOff(invoice),
        };
        let outcome =
            shop.app.store().write(&shop.scope, async |tx| done(&shop, tx, &deed, number).await).await;
        match outcome {
            Ok(invoice) => issued.extend(invoice),
            // It is not for every state; then nothing may have changed.
            Err(AppError::Conflict { .. } | AppError::Invalid(_)) => refused += 1,
            Err(error) => panic!("{deed:?}: {error}"),
        }
        if let Deed::Days(days) = deed {
            shop.app.clock.advance(TimeDelta::days(days));
            app::jobs::upkeep(&shop.app.app).await.expect("it is looked after");
        }
        // What has expired may be taken out late, or in the middle of something else.
        if dice.below(3) == 0 {
            shop.app.drain().await;
        }
        assert_holds(&sql, &deed).await;
    }
    assert!(refused < 400, "{refused} deeds were refused");
    // Every state was reached, and credit was used.
    let reached = sql.column("select distinct status from invoices order by 1").await;
    assert_eq!(reached, ["finalized", "paid", "uncollectible", "void"]);
    assert!(sql.number("select count(*) from credit_applications").await > 5);
    let moved = sql.column("select distinct kind from credit_moves order by 1").await;
    assert_eq!(moved, ["expired", "released", "returned", "revoked", "used"]);
    shop.close().await;
}
