-- Drafts that wait before they are issued: for a number of days, for somebody's approval, or on hold.

alter table tenants
    -- From the issue day on.
    add column grace_days smallint not null default 0 check (grace_days between 0 and 28),
    add column auto_finalize boolean not null default true,
    -- Up to which month drafts were made by themselves; none where they do not wait.
    add column drafted_month date;
grant update (grace_days, auto_finalize, drafted_month) on tenants to bailiwick_tenant;

-- The last month whose issue day has come: the days are those of the month after it.
create function app.last_due(p_today date, p_day smallint) returns date
    language sql immutable
as $$
    select (date_trunc('month', p_today::timestamp)
            - case when extract(day from p_today) >= p_day then interval '1 month' else interval '2 months' end)::date
$$;
grant execute on function app.last_due to bailiwick_tenant, bailiwick_system;

alter table invoices
    add column held_at timestamptz,
    add column hold_reason text,
    add constraint invoices_hold_check check ((held_at is null) = (hold_reason is null)),
    add constraint invoices_held_check check (held_at is null or status = 'draft');
create index invoices_drafts on invoices (tenant_id, customer_id) where status = 'draft';
