-- What can be counted, what it costs, and who has agreed to it.
create table metrics (
    tenant_id  uuid not null references tenants (id),
    id         uuid not null,
    key        text not null,
    name       text not null,
    unit       text not null,
    -- Which figure of the portfolio, and which limit, this metric feeds.
    counts_as  text check (counts_as in ('machines', 'storage_gb')),
    created_at timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, key)
);
call app.protect('metrics');
grant select, insert, update on metrics to bailiwick_tenant;
grant select, insert on metrics to bailiwick_system;

create table plans (
    tenant_id      uuid not null references tenants (id),
    id             uuid not null,
    code           text not null,
    name           text not null,
    description    text,
    currency       text not null,
    base_fee_minor bigint not null check (base_fee_minor >= 0),
    status         text not null default 'active' check (status in ('active', 'archived')),
    version        integer not null default 1,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, code)
);
call app.protect('plans');
grant select, insert, update on plans to bailiwick_tenant;

create table plan_components (
    tenant_id  uuid not null,
    plan_id    uuid not null,
    id         uuid not null,
    position   integer not null,
    metric     text not null,
    name       text not null,
    unit_price numeric(20, 9) not null check (unit_price >= 0),
    included   numeric(20, 9) not null check (included >= 0),
    primary key (tenant_id, plan_id, id),
    unique (tenant_id, plan_id, metric),
    foreign key (tenant_id, plan_id) references plans (tenant_id, id),
    foreign key (tenant_id, metric) references metrics (tenant_id, key)
);
call app.protect('plan_components');
grant select, insert, delete on plan_components to bailiwick_tenant;

create table subscriptions (
    tenant_id    uuid not null references tenants (id),
    id           uuid not null,
    customer_id  uuid not null,
    plan_id      uuid not null,
    status       text not null check (status in ('active', 'cancelled')),
    starts_on    date not null,
    -- The first day that is no longer covered.
    ends_on      date check (ends_on > starts_on),
    version      integer not null default 1,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    cancelled_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, plan_id) references plans (tenant_id, id)
);
-- One running subscription per customer, until several can be billed together.
create unique index subscriptions_running on subscriptions (tenant_id, customer_id) where status = 'active';
create index subscriptions_plan on subscriptions (tenant_id, plan_id);
call app.protect('subscriptions', 'customer_id');
grant select, insert, update on subscriptions to bailiwick_tenant;

-- Usage. An event is known by (source, id) for ever: its key has a table of its own that is never
-- thinned out, while the events themselves lie in monthly partitions.
create table usage_keys (
    tenant_id    uuid not null,
    source       text not null,
    event_id     text not null,
    content_hash bytea not null,
    primary key (tenant_id, source, event_id)
) partition by hash (tenant_id, source, event_id);
do $$
begin
    for part in 0..15 loop
        execute format('create table usage_keys_%s partition of usage_keys for values with (modulus 16, remainder %s)', part, part);
    end loop;
end $$;
call app.protect('usage_keys');
grant select, insert on usage_keys to bailiwick_tenant;

-- The key leads with what a bill asks for: this customer, this metric, between these instants.
create table usage_events (
    tenant_id   uuid not null,
    customer_id uuid not null,
    metric      text not null,
    occurred_at timestamptz not null,
    id          uuid not null,
    quantity    numeric(20, 9) not null,
    source      text not null,
    event_id    text not null,
    data        jsonb,
    received_at timestamptz not null,
    primary key (tenant_id, customer_id, metric, occurred_at, id)
) partition by range (occurred_at);
create table usage_events_default partition of usage_events default;
call app.protect('usage_events', 'customer_id');
grant select, insert on usage_events to bailiwick_tenant;

-- Sums by calendar month of the tenant's time zone, kept in the transaction that takes the events in.
create table usage_months (
    tenant_id   uuid not null,
    month       date not null,
    customer_id uuid not null,
    metric      text not null,
    quantity    numeric(24, 9) not null,
    events      bigint not null,
    primary key (tenant_id, month, customer_id, metric)
);
create index usage_months_customer on usage_months (tenant_id, customer_id, month);
call app.protect('usage_months', 'customer_id');
grant select, insert, update on usage_months to bailiwick_tenant;
grant select on usage_months to bailiwick_system;

-- Makes the monthly partitions of a span that are missing. Runs as the owner, since only it may
-- create tables; a month that rows of the default partition already fall into stays there.
create function app.ensure_partitions(p_from date, p_until date) returns integer
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_month date;
    v_table text;
    v_made  integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('app.ensure_partitions'));
    for v_month in select generate_series(date_trunc('month', p_from), p_until, interval '1 month')::date loop
        foreach v_table in array array['usage_events', 'events'] loop
            continue when to_regclass(format('public.%I', v_table || to_char(v_month, '_YYYY_MM'))) is not null;
            begin
                execute format('create table public.%I partition of public.%I for values from (%L) to (%L)',
                               v_table || to_char(v_month, '_YYYY_MM'), v_table,
                               v_month::timestamp at time zone 'UTC',
                               (v_month + interval '1 month')::timestamp at time zone 'UTC');
                v_made := v_made + 1;
            exception when check_violation then
                null;
            end;
        end loop;
    end loop;
    return v_made;
end $$;
grant execute on function app.ensure_partitions to bailiwick_system;
