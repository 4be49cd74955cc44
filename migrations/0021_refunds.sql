-- Payments that are paid back. What a refund pays out is what the customer has as credit: it is set aside when the refund
-- is begun, so that it is not used for an invoice meanwhile. One that was made at the provider, where nobody asks for a
-- credit note first, may have gone out uncredited: what is credited later settles it.
create table refunds (
    tenant_id        uuid not null references tenants (id),
    -- The idempotency key at the provider.
    id               uuid not null,
    customer_id      uuid not null,
    invoice_id       uuid not null,
    payment_id       uuid not null,
    amount_minor     bigint not null check (amount_minor > 0),
    -- What of it nothing has been credited for.
    uncredited_minor bigint not null default 0 check (uncredited_minor between 0 and amount_minor),
    currency         text not null,
    status           text not null check (status in ('pending', 'succeeded', 'failed')),
    -- The provider's name for it (`re_…`), once it answered.
    reference        text,
    reason           text not null,
    -- Why it failed: the provider's word for programs, and words for people.
    failure_code     text,
    failure          text,
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    -- By the real time, in a sandbox too: how long the provider remembers it counts.
    asked_at         timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, reference),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
    foreign key (tenant_id, payment_id) references payments (tenant_id, id),
    check ((status = 'failed') = (failure is not null))
);
create index refunds_payment on refunds (tenant_id, payment_id);
create index refunds_invoice on refunds (tenant_id, invoice_id, created_at, id);
create index refunds_customer on refunds (tenant_id, customer_id, created_at, id);
create index refunds_pending on refunds (tenant_id, asked_at) where status = 'pending';
call app.protect('refunds', 'customer_id');
grant select, insert on refunds to bailiwick_tenant;
grant update (uncredited_minor, status, reference, failure_code, failure, updated_at) on refunds to bailiwick_tenant;
grant select on refunds to bailiwick_system;

alter table ledger_transactions drop constraint ledger_transactions_kind_check;
alter table ledger_transactions add constraint ledger_transactions_kind_check
    check (kind in ('invoice', 'payment', 'credit_note', 'credit_applied', 'void', 'write_off', 'refund', 'refund_paid',
                    'refund_failed'));

create index payments_paid on payments (tenant_id, paid_at, id);
create index payments_customer on payments (tenant_id, customer_id, paid_at, id);
