//! A customer's credit goes into its next invoices, and comes back from those that were not right.

use domain::{
    credits::{self as rules, Credit, CreditMoveKind, GrantPart},
    ids::CustomerId,
    ledger::{BookingKind, GoneBack, Posting},
    money::Money,
};
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    credits::{
        self,
        grants::{self, NewMove},
    },
    customers, disputes,
    invoices::Invoice,
    refunds,
};

use crate::{
    AppError, Result,
    invoices::{Booking, book},
};

/// Settles, with an amount that becomes the customer's, what has gone back to it before anything was credited. Nobody else can
/// use of its credit until the transaction ends. Whoever works on an invoice, too, has locked that before.
pub(crate) async fn settle_gone_back(
    tx: &mut TenantTx,
    customer: CustomerId,
    amount: Money,
) -> Result<GoneBack> {
    if amount.amount_minor() <= 0 {
        return Ok(GoneBack::none(amount.currency()));
    }
    customers::hold(tx, &[customer]).await?;
    let refunded = refunds::credit(tx, customer, amount).await?;
    let rest = amount.checked_sub(refunded).map_err(AppError::internal)?;
    let lost = disputes::credit(tx, customer, rest).await?;
    Ok(GoneBack { refunded, lost })
}

/// Gives a customer back what it had paid or used for an invoice, which is as it was before: to the grants that it was used
/// of, and as free credit, which settles what has gone back to it before.
pub(crate) async fn give_back(tx: &mut TenantTx, invoice: &Invoice, amount: Money) -> Result<GoneBack> {
    if amount.amount_minor() <= 0 {
        return Ok(GoneBack::none(amount.currency()));
    }
    customers::hold(tx, &[invoice.customer]).await?;
    let used = grants::used_for(tx, invoice.id).await?;
    // What was paid and used for it, and has not come back.
    let there = invoice.total.checked_sub(invoice.credited).and_then(|rest| rest.checked_sub(invoice.left()));
    let there = there.map_err(AppError::internal)?;
    let given = rules::give_back(amount, there, used, tx.today()).map_err(AppError::internal)?;
    let all = |parts: &[GrantPart], kind: CreditMoveKind| -> Vec<NewMove<'static>> {
        let one = |part: &GrantPart| NewMove {
            kind,
            grant: part.grant,
            amount: part.amount,
            invoice: Some(invoice.id),
            reason: None,
        };
        parts.iter().map(one).collect()
    };
    let mut moves = all(&given.expired, CreditMoveKind::Expired);
    for parts in [&given.to_grants, &given.released, &given.expired] {
        moves.extend(all(parts, CreditMoveKind::Returned));
    }
    moves.extend(all(&given.released, CreditMoveKind::Released));
    if !moves.is_empty() {
        let kept = grants::keep_moves(tx, invoice.customer, &moves).await?;
        for (part, subject) in given.expired.iter().zip(kept) {
            let booking = Booking {
                kind: BookingKind::CreditExpired,
                subject,
                on: tx.today(),
                period: None,
                posting: Posting::credit_expired(part.amount, part.source),
            };
            book(tx, invoice, booking).await?;
        }
        let told = |parts: &[GrantPart]| {
            let told = parts.iter().map(|part| json!({"grant_id": part.grant, "amount": part.amount}));
            told.collect::<Vec<_>>()
        };
        let data = json!({
            "number": invoice.number,
            "to_grants": told(&given.to_grants),
            "released": told(&given.released),
            "expired": told(&given.expired),
        });
        tx.record(
            NewEvent::new("credit.given_back", format!("invoice:{}", invoice.id), data)
                .of_customer(invoice.customer),
        );
    }
    settle_gone_back(tx, invoice.customer, given.free).await
}

/// What of an amount the customer's free credit does not cover: what it was granted has nothing to do with money that goes
/// back to it. Nobody else can use of it until the transaction ends.
pub(crate) async fn beyond_credit(tx: &mut TenantTx, customer: CustomerId, amount: Money) -> Result<Money> {
    let currency = amount.currency();
    let credit = credits::lock(tx, &[customer]).await?;
    let credit = credit.get(&(customer, currency)).map_or(0, |credit| credit.free.amount_minor());
    let credited = credit.clamp(0, amount.amount_minor());
    amount.checked_sub(Money::new(credited, currency)).map_err(AppError::internal)
}

/// Uses what the customer has as credit for an invoice that is being issued, and says how much.
pub(crate) async fn apply(tx: &mut TenantTx, invoice: &Invoice, credit: &mut Credit) -> Result<Money> {
    let taken = credit.take(invoice.left()).map_err(AppError::internal)?;
    let used = taken.total;
    if used.amount_minor() == 0 {
        return Ok(used);
    }
    let application = credits::apply(tx, invoice.customer, invoice.id, used).await?;
    let of_grant = |(grant, amount): &(_, _)| NewMove {
        kind: CreditMoveKind::Used,
        grant: *grant,
        amount: *amount,
        invoice: Some(invoice.id),
        reason: None,
    };
    let moves: Vec<_> = taken.grants.iter().map(of_grant).collect();
    if !moves.is_empty() {
        grants::keep_moves(tx, invoice.customer, &moves).await?;
    }
    let booking = Booking {
        kind: BookingKind::CreditApplied,
        subject: application,
        on: tx.today(),
        period: None,
        posting: Posting::credit_applied(used),
    };
    book(tx, invoice, booking).await?;
    let of_grants = taken.grants.iter().map(|(grant, amount)| json!({"grant_id": grant, "amount": amount}));
    tx.record(
        NewEvent::new(
            "credit.applied",
            format!("invoice:{}", invoice.id),
            json!({"number": invoice.number, "amount": used, "grants": of_grants.collect::<Vec<_>>()}),
        )
        .of_customer(invoice.customer),
    );
    Ok(used)
}
