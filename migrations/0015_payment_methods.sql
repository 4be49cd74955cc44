-- Payment methods that customers keep for their invoices, and what was tried to be taken from them.
--
-- Card numbers never come here: a method is the provider's name for it, and what a person knows it by.

-- The customer as the tenant's payment account knows it.
create table payers (
    tenant_id   uuid not null references tenants (id),
    customer_id uuid not null,
    account     text not null,
    payer       text not null,
    created_at  timestamptz not null,
    primary key (tenant_id, customer_id, account),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
call app.protect('payers', 'customer_id');
grant select, insert on payers to bailiwick_tenant;

-- A page on which a customer saves a payment method.
create table method_setups (
    tenant_id   uuid not null references tenants (id),
    id          uuid not null,
    customer_id uuid not null,
    account     text not null,
    payer       text not null,
    session     text,
    url         text,
    status      text not null check (status in ('open', 'saved', 'expired')),
    -- Where the page leads back to: into the portal, or to a word of thanks for those without an account there.
    back        text not null check (back in ('portal', 'outside')),
    expires_at  timestamptz not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
create index method_setups_customer on method_setups (tenant_id, customer_id, created_at);
create index method_setups_session on method_setups (tenant_id, session);
call app.protect('method_setups', 'customer_id');
grant select, insert, update on method_setups to bailiwick_tenant;

create table payment_methods (
    tenant_id     uuid not null references tenants (id),
    id            uuid not null,
    customer_id   uuid not null,
    account       text not null,
    payer         text not null,
    -- The provider's own name for it (`pm_…`).
    reference     text not null,
    -- The provider's word: `card`, `sepa_debit`, `us_bank_account`.
    kind          text not null,
    brand         text,
    last4         text,
    expires_year  integer,
    expires_month integer check (expires_month between 1 and 12),
    is_default    boolean not null default false,
    created_at    timestamptz not null,
    removed_at    timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, reference),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    check ((expires_year is null) = (expires_month is null)),
    check (not (is_default and removed_at is not null))
);
create index payment_methods_customer on payment_methods (tenant_id, customer_id, created_at) where removed_at is null;
-- Invoices are charged to one of them.
create unique index payment_methods_default on payment_methods (tenant_id, customer_id) where is_default;
call app.protect('payment_methods', 'customer_id');
grant select, insert, update on payment_methods to bailiwick_tenant;

-- A try to take what an invoice asks for from a saved method. It is kept before the provider is asked: its id is the
-- idempotency key there, so that a try that was cut off is asked for again and takes the money once.
create table charges (
    tenant_id         uuid not null references tenants (id),
    id                uuid not null,
    customer_id       uuid not null,
    invoice_id        uuid not null,
    payment_method_id uuid not null,
    amount_minor      bigint not null check (amount_minor > 0),
    fee_minor         bigint not null default 0 check (fee_minor between 0 and amount_minor),
    currency          text not null,
    status            text not null check (status in ('open', 'processing', 'succeeded', 'failed')),
    -- The provider's name for the payment (`pi_…`), once it answered.
    reference         text,
    -- Why it failed: the provider's word for programs, and its words for people.
    failure_code      text,
    failure           text,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
    foreign key (tenant_id, payment_method_id) references payment_methods (tenant_id, id),
    check ((status = 'failed') = (failure is not null))
);
create index charges_invoice on charges (tenant_id, invoice_id, created_at);
create index charges_method on charges (tenant_id, payment_method_id);
-- One at a time: a second try waits for what became of the first.
create unique index charges_under_way on charges (tenant_id, invoice_id) where status in ('open', 'processing');
call app.protect('charges', 'customer_id');
grant select, insert, update on charges to bailiwick_tenant;
grant select on charges to bailiwick_system;

alter table payments add column charge_id uuid;
