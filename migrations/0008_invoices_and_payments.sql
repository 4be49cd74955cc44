-- Invoices, and the money that comes in for them.
--
-- Once issued, an invoice changes no more: not by the server, not by hand. What may still change is
-- where it stands (status, paid_at, version, updated_at); the trigger says so for everybody, the owner
-- included.

create table invoice_counters (
    tenant_id uuid primary key references tenants (id),
    last      bigint not null default 0
);
call app.protect('invoice_counters');
grant select, insert, update on invoice_counters to bailiwick_tenant;
grant insert on invoice_counters to bailiwick_system;

create table invoices (
    tenant_id       uuid not null references tenants (id),
    id              uuid not null,
    customer_id     uuid not null,
    subscription_id uuid not null,
    status          text not null check (status in ('draft', 'finalized', 'paid')),
    sequence        bigint,
    number          text,
    currency        text not null,
    period_start    date not null,
    period_end      date not null check (period_end > period_start),
    total_minor     bigint not null,
    plan_id         uuid not null,
    plan_name       text not null,
    plan_version    integer not null,
    -- As they were when the invoice was issued: a customer that moves does not rewrite its past.
    customer_name   text,
    customer_address text,
    customer_tax_id text,
    issued_on       date,
    due_on          date,
    finalized_at    timestamptz,
    paid_at         timestamptz,
    version         integer not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, subscription_id, period_start),
    unique (tenant_id, sequence),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id),
    foreign key (tenant_id, plan_id) references plans (tenant_id, id),
    check ((status = 'draft') = (number is null)),
    check ((number is null) = (sequence is null) and (number is null) = (issued_on is null)
           and (number is null) = (due_on is null) and (number is null) = (finalized_at is null)),
    check ((status = 'paid') = (paid_at is not null))
);
create index invoices_customer on invoices (tenant_id, customer_id, period_start);
create index invoices_period on invoices (tenant_id, period_start, customer_id) include (status, total_minor, currency);
create index invoices_open on invoices (tenant_id, due_on) where status = 'finalized';
call app.protect('invoices', 'customer_id');
grant select, insert, update, delete on invoices to bailiwick_tenant;
grant select on invoices to bailiwick_system;

create table invoice_lines (
    tenant_id    uuid not null,
    invoice_id   uuid not null,
    id           uuid not null,
    customer_id  uuid not null,
    position     integer not null,
    kind         text not null,
    metric       text,
    description  text not null,
    unit         text,
    used         numeric(24, 9) not null,
    included     numeric(24, 9) not null,
    quantity     numeric(24, 9) not null,
    unit_price   numeric(20, 9) not null,
    amount_minor bigint not null,
    events       bigint not null,
    primary key (tenant_id, invoice_id, id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id) on delete cascade,
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
call app.protect('invoice_lines', 'customer_id');
grant select, insert, delete on invoice_lines to bailiwick_tenant;

create function app.keep_issued_invoice() returns trigger
    language plpgsql
as $$
begin
    if old.status = 'draft' then
        return case tg_op when 'DELETE' then old else new end;
    end if;
    if tg_op = 'UPDATE' then
        if (to_jsonb(new) - '{status,paid_at,version,updated_at}'::text[])
           = (to_jsonb(old) - '{status,paid_at,version,updated_at}'::text[])
           and new.status <> 'draft' and not (old.status = 'paid' and new.status <> 'paid') then
            return new;
        end if;
    end if;
    raise exception 'invoice % has been issued and cannot be changed', old.number using errcode = 'BW001';
end $$;
create trigger invoices_keep before update or delete on invoices
    for each row execute function app.keep_issued_invoice();

create function app.keep_issued_lines() returns trigger
    language plpgsql
as $$
declare
    v_line   public.invoice_lines := case tg_op when 'DELETE' then old else new end;
    v_status text;
begin
    select status into v_status from public.invoices where tenant_id = v_line.tenant_id and id = v_line.invoice_id;
    if v_status is distinct from 'draft' and not (tg_op = 'DELETE' and v_status is null) then
        raise exception 'the lines of an issued invoice cannot be changed' using errcode = 'BW001';
    end if;
    return v_line;
end $$;
create trigger invoice_lines_keep before insert or update or delete on invoice_lines
    for each row execute function app.keep_issued_lines();

create function app.refuse_truncate() returns trigger
    language plpgsql
as $$
begin
    raise exception '% cannot be emptied', tg_table_name using errcode = 'BW001';
end $$;
create trigger invoices_no_truncate before truncate on invoices execute function app.refuse_truncate();
create trigger invoice_lines_no_truncate before truncate on invoice_lines execute function app.refuse_truncate();

-- How the tenant takes payments: its own Stripe account.
create table payment_accounts (
    tenant_id         uuid primary key references tenants (id),
    provider          text not null check (provider in ('stripe')),
    account           text not null,
    details_submitted boolean not null default false,
    charges_enabled   boolean not null default false,
    payouts_enabled   boolean not null default false,
    -- The platform's share of each payment, in 1/100 of a percent.
    fee_basis_points  integer not null default 0 check (fee_basis_points between 0 and 10000),
    created_at        timestamptz not null,
    updated_at        timestamptz not null
);
create index payment_accounts_account on payment_accounts (account);
call app.protect('payment_accounts');
grant select, insert, update on payment_accounts to bailiwick_tenant;
grant select on payment_accounts to bailiwick_system;

create table checkouts (
    tenant_id    uuid not null references tenants (id),
    id           uuid not null,
    customer_id  uuid not null,
    invoice_id   uuid not null,
    account      text not null,
    session      text,
    url          text,
    amount_minor bigint not null check (amount_minor > 0),
    fee_minor    bigint not null default 0,
    currency     text not null,
    status       text not null check (status in ('open', 'paid', 'expired')),
    -- Why the last attempt to pay failed, in the provider's words.
    last_failure text,
    expires_at   timestamptz not null,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
create index checkouts_invoice on checkouts (tenant_id, invoice_id);
create index checkouts_session on checkouts (tenant_id, session);
call app.protect('checkouts', 'customer_id');
grant select, insert, update on checkouts to bailiwick_tenant;

create table payments (
    tenant_id    uuid not null references tenants (id),
    id           uuid not null,
    customer_id  uuid not null,
    invoice_id   uuid not null,
    checkout_id  uuid,
    provider     text not null,
    -- The provider's own name for it (`pi_…`): the same money is never counted twice.
    reference    text not null,
    amount_minor bigint not null check (amount_minor > 0),
    fee_minor    bigint not null default 0,
    currency     text not null,
    paid_at      timestamptz not null,
    created_at   timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, provider, reference),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
create index payments_invoice on payments (tenant_id, invoice_id);
call app.protect('payments', 'customer_id');
grant select, insert on payments to bailiwick_tenant;
grant select on payments to bailiwick_system;

-- What Stripe told us, as it came in, before anything is done with it.
create table stripe_events (
    id           text primary key,
    endpoint     text not null check (endpoint in ('platform', 'connect')),
    account      text,
    type         text not null,
    object_id    text,
    payload      jsonb not null,
    received_at  timestamptz not null,
    processed_at timestamptz
);
create index stripe_events_unprocessed on stripe_events (received_at) where processed_at is null;
call app.protect_system('stripe_events');
grant select, insert, update on stripe_events to bailiwick_system;
