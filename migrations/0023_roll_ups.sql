-- What the tenants below one use, as usage of its own: an MSP is a customer of the tenant above it, which counts and bills
-- it like any other.
alter table metrics
    -- What is counted below: the usage of the metric of the same key, or customers, of whom a feature may be on.
    add column rolls_up text check (rolls_up ~ '^(usage|customers(:[a-z][a-z0-9._-]{0,63})?)$');
create index metrics_rolling_up on metrics (tenant_id) where rolls_up is not null;

-- How many events of a month had come in below when it was last counted, so that only what has changed is counted again.
create table roll_ups (
    tenant_id   uuid not null,
    customer_id uuid not null,
    metric      text not null,
    month       date not null,
    events      bigint not null,
    primary key (tenant_id, customer_id, metric, month),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
call app.protect('roll_ups', 'customer_id');
grant select, insert, update on roll_ups to bailiwick_tenant;

-- A sum of what many use is larger than what one event may say.
alter table usage_events alter column quantity type numeric(28, 9);
alter table usage_months alter column quantity type numeric(28, 9);

-- What a tenant may know of the one right below it: the sums that its metrics roll up, and nothing of who is behind them.
-- These run with their owner's rights because the rows are another tenant's; whose they may be is checked here, whoever
-- asks.
create function app.enter_below(p_customer_id uuid) returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_above uuid := app.tenant_id();
    v_below uuid;
begin
    select downstream_tenant_id into v_below from customers
    where tenant_id = v_above and id = p_customer_id
      and (app.customer_ids() is null or id = any (app.customer_ids()));
    perform set_config('app.tenant_id', coalesce(v_below::text, ''), true);
    perform set_config('app.customer_ids', 'all', true);
    if not exists (select from tenants where id = v_below and parent_id = v_above and clock is null) then
        raise exception 'not the tenant right above' using errcode = '42501';
    end if;
end $$;

-- How many events there are that the days of a month may hold: those of the months around it, too, where the tenant has
-- another time zone.
create function app.events_below(p_customer_id uuid, p_zone text, p_from date, p_to date)
    returns table (metric text, month date, events bigint)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_tenant    text := current_setting('app.tenant_id', true);
    v_customers text := current_setting('app.customer_ids', true);
    v_metrics   text[] := array(select key from metrics where tenant_id = app.tenant_id() and rolls_up = 'usage');
    v_around    interval;
begin
    perform app.enter_below(p_customer_id);
    select case when t.time_zone = p_zone then '0' else '1 month' end::interval into v_around
    from tenants t where t.id = app.tenant_id();
    return query
        select u.metric, m.month::date, sum(u.events)::bigint
        from generate_series(p_from, p_to, '1 month'::interval) as m (month)
             join usage_months u on u.tenant_id = app.tenant_id() and u.metric = any (v_metrics)
                                 and u.month between m.month - v_around and m.month + v_around
        group by 1, 2;
    perform set_config('app.tenant_id', v_tenant, true);
    perform set_config('app.customer_ids', v_customers, true);
end $$;

-- What all customers of the tenant have used together, by quarters of an hour: the days of every time zone are made of
-- these.
create function app.used_below(p_customer_id uuid, p_metrics text[], p_from timestamptz, p_to timestamptz)
    returns table (at timestamptz, metric text, quantity numeric)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_tenant    text := current_setting('app.tenant_id', true);
    v_customers text := current_setting('app.customer_ids', true);
    v_metrics   text[] := array(select key from metrics
                                where tenant_id = app.tenant_id() and rolls_up = 'usage' and key = any (p_metrics));
    v_from      timestamptz := date_bin('15 minutes', p_from, 'epoch');
    v_to        timestamptz := date_bin('15 minutes', p_to, 'epoch');
begin
    perform app.enter_below(p_customer_id);
    return query
        select date_bin('15 minutes', u.occurred_at, 'epoch'), u.metric, sum(u.quantity) from usage_events u
        where u.tenant_id = app.tenant_id() and u.occurred_at >= v_from and u.occurred_at < v_to
          and u.metric = any (v_metrics)
        group by 1, 2;
    perform set_config('app.tenant_id', v_tenant, true);
    perform set_config('app.customer_ids', v_customers, true);
end $$;

-- How many customers the tenant has, those that have left not counted; where the metric names a feature, of those with it.
create function app.customers_below(p_customer_id uuid, p_metric text) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_tenant    text := current_setting('app.tenant_id', true);
    v_customers text := current_setting('app.customer_ids', true);
    v_rolls_up  text := (select rolls_up from metrics where tenant_id = app.tenant_id() and key = p_metric);
    v_count     bigint;
begin
    perform app.enter_below(p_customer_id);
    select count(*) into v_count from customers c
    where c.tenant_id = app.tenant_id() and c.status <> 'closed'
      and (v_rolls_up = 'customers'
           or v_rolls_up like 'customers:%' and c.feature_flags -> substr(v_rolls_up, 11) = 'true'::jsonb);
    perform set_config('app.tenant_id', v_tenant, true);
    perform set_config('app.customer_ids', v_customers, true);
    return v_count;
end $$;

grant execute on function app.events_below, app.used_below, app.customers_below to bailiwick_tenant;
