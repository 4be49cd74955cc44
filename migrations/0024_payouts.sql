-- Money that goes from a tenant's balance at the payment provider to its bank. The provider makes payouts and tells of them;
-- what is kept here is what it said last.
create table payouts (
    tenant_id            uuid not null references tenants (id),
    id                   uuid not null,
    -- The provider's name for it (`po_…`).
    reference            text not null,
    -- Below zero where the bank account makes up for a balance below zero.
    amount_minor         bigint not null,
    currency             text not null,
    status               text not null check (status in ('pending', 'in_transit', 'paid', 'failed', 'canceled')),
    -- Made by the provider's schedule; only of these it says what is in them.
    automatic            boolean not null,
    -- The provider's word: `standard`, `instant`.
    method               text not null,
    statement_descriptor text,
    -- The day on which it is at the bank, or is expected to be.
    arrives_on           date not null,
    failure_code         text,
    failure              text,
    -- When the provider made it.
    made_at              timestamptz not null,
    -- When the provider was last asked about it, by the real time: an answer that was asked for earlier changes nothing.
    read_at              timestamptz not null,
    updated_at           timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, reference)
);
create index payouts_made on payouts (tenant_id, made_at, id);
create index payouts_failed on payouts (tenant_id, currency, made_at) where status = 'failed';
call app.protect('payouts');
-- What reaches the bank is of all customers: nobody who is limited to some sees it.
alter policy tenant on payouts using (tenant_id = app.tenant_id() and app.customer_ids() is null)
    with check (tenant_id = app.tenant_id() and app.customer_ids() is null);
grant select, insert on payouts to bailiwick_tenant;
grant update (status, statement_descriptor, arrives_on, failure_code, failure, read_at, updated_at)
    on payouts to bailiwick_tenant;

-- When the last payouts of an account were read, by the real time: once a day, and when somebody asks.
alter table payment_accounts add column payouts_read_at timestamptz;
