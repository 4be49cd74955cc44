-- Payments that the payer's bank takes back, or asks about. Stripe tells of them; the evidence is given to Stripe. What has
-- been booked is noted here, so that each step is booked once, whatever is told how often and in whatever order.
create table disputes (
    tenant_id        uuid not null references tenants (id),
    id               uuid not null,
    customer_id      uuid not null,
    invoice_id       uuid not null,
    payment_id       uuid not null,
    -- The provider's name for it (`dp_…`).
    reference        text not null,
    amount_minor     bigint not null check (amount_minor > 0),
    currency         text not null,
    -- The provider's word: `fraudulent`, `product_not_received`, …
    reason           text not null,
    status           text not null check (status in ('needs_response', 'under_review', 'won', 'lost', 'closed')),
    -- What the bank has taken, what it has given back, and what is lost, as booked.
    taken_minor      bigint not null default 0,
    returned_minor   bigint not null default 0,
    lost_minor       bigint not null default 0,
    -- What the provider keeps for it.
    fee_minor        bigint not null default 0,
    -- What of the loss nothing has been credited for.
    uncredited_minor bigint not null default 0 check (uncredited_minor between 0 and lost_minor),
    evidence_due_by  timestamptz,
    opened_at        timestamptz not null,
    closed_at        timestamptz,
    updated_at       timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, reference),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
    foreign key (tenant_id, payment_id) references payments (tenant_id, id),
    check ((closed_at is null) = (status in ('needs_response', 'under_review')))
);
create index disputes_payment on disputes (tenant_id, payment_id);
create index disputes_invoice on disputes (tenant_id, invoice_id, opened_at, id);
create index disputes_customer on disputes (tenant_id, customer_id, opened_at, id);
create index disputes_opened on disputes (tenant_id, opened_at, id);
create index disputes_unanswered on disputes (tenant_id, evidence_due_by) where status = 'needs_response';
create index disputes_unsettled on disputes (tenant_id, opened_at)
    where closed_at is null or status = 'won' and returned_minor < taken_minor;
call app.protect('disputes', 'customer_id');
grant select, insert on disputes to bailiwick_tenant;
grant update (amount_minor, status, taken_minor, returned_minor, lost_minor, fee_minor, uncredited_minor,
              evidence_due_by, closed_at, updated_at) on disputes to bailiwick_tenant;

grant select on disputes to bailiwick_system;

alter table ledger_transactions drop constraint ledger_transactions_kind_check;
alter table ledger_transactions add constraint ledger_transactions_kind_check
    check (kind in ('invoice', 'payment', 'credit_note', 'credit_applied', 'void', 'write_off', 'refund', 'refund_paid',
                    'refund_failed', 'dispute', 'dispute_won', 'dispute_lost'));
