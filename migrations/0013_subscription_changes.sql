-- What a subscription is from which day on, and by which prices.

-- The prices of a plan, in every version that there ever was. Who subscribes gets the latest; who is subscribed keeps
-- theirs until somebody moves them. A version is that of the plan when the prices were given.
create table plan_prices (
    tenant_id      uuid not null,
    plan_id        uuid not null,
    version        integer not null,
    name           text not null,
    currency       text not null,
    base_fee_minor bigint not null check (base_fee_minor >= 0),
    -- In the form in which evidence has them, which only the rating engine reads.
    components     jsonb not null,
    adjustments    jsonb not null,
    created_at     timestamptz not null,
    primary key (tenant_id, plan_id, version),
    foreign key (tenant_id, plan_id) references plans (tenant_id, id)
);
call app.protect('plan_prices');
grant select, insert on plan_prices to bailiwick_tenant;
create trigger plan_prices_keep before update or delete on plan_prices
    for each row execute function app.refuse_change();
create trigger plan_prices_no_truncate before truncate on plan_prices
    execute function app.refuse_truncate();

-- The owner, too, sees rows of tenants only without the force.
alter table plans no force row level security;
alter table plan_components no force row level security;
alter table metrics no force row level security;
alter table plan_prices no force row level security;
alter table subscriptions no force row level security;
insert into plan_prices (tenant_id, plan_id, version, name, currency, base_fee_minor, components, adjustments, created_at)
    select p.tenant_id, p.id, p.version, p.name, p.currency, p.base_fee_minor,
           coalesce((select jsonb_agg(jsonb_build_object('metric', c.metric, 'name', c.name, 'unit', m.unit, 'price', c.price)
                                      order by c.position)
                     from plan_components c
                          join metrics m on m.tenant_id = c.tenant_id and m.key = c.metric
                     where c.tenant_id = p.tenant_id and c.plan_id = p.id), '[]'),
           p.adjustments, p.updated_at
    from plans p;

-- Which of them is for sale.
alter table plans add column price_version integer not null default 1;
update plans set price_version = version;
alter table plans add foreign key (tenant_id, id, price_version)
    references plan_prices (tenant_id, plan_id, version) deferrable initially deferred;

-- Where a subscription stands follows from its days, its changes and what is owed (`app.subscription_status`).
drop index subscriptions_running;
alter table subscriptions
    add column price_version integer,
    -- The first day that is charged for.
    add column trial_ends_on date check (trial_ends_on > starts_on);
update subscriptions s set price_version = p.version
from plans p where p.tenant_id = s.tenant_id and p.id = s.plan_id;
alter table subscriptions
    alter column price_version set not null,
    drop column status,
    add foreign key (tenant_id, plan_id, price_version) references plan_prices (tenant_id, plan_id, version),
    add unique (tenant_id, id, customer_id);
-- One running subscription per customer, until several can be billed together.
create unique index subscriptions_running on subscriptions (tenant_id, customer_id) where ends_on is null;
alter table subscriptions force row level security;
alter table plan_prices force row level security;
alter table metrics force row level security;
alter table plan_components force row level security;
alter table plans force row level security;

create table subscription_changes (
    tenant_id       uuid not null,
    id              uuid not null,
    subscription_id uuid not null,
    customer_id     uuid not null,
    effective_on    date not null,
    kind            text not null check (kind in ('plan', 'pause', 'resume')),
    plan_id         uuid,
    price_version   integer,
    created_at      timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, subscription_id, customer_id) references subscriptions (tenant_id, id, customer_id),
    foreign key (tenant_id, plan_id, price_version) references plan_prices (tenant_id, plan_id, version),
    check ((kind = 'plan') = (plan_id is not null) and (plan_id is null) = (price_version is null))
);
-- Two tracks: on one day the prices change once, and it is paused or resumed once.
create unique index subscription_changes_day
    on subscription_changes (tenant_id, subscription_id, effective_on, (kind = 'plan'));
create index subscription_changes_prices on subscription_changes (tenant_id, plan_id, price_version)
    where plan_id is not null;
call app.protect('subscription_changes', 'customer_id');
grant select, insert, delete on subscription_changes to bailiwick_tenant;

-- The same rules as `domain::subscriptions::Timeline::status`, for lists.
create function app.subscription_status(p_subscription subscriptions, p_today date) returns text
    language sql stable
as $$
    select case
        when p_subscription.ends_on <= p_today then 'cancelled'
        when p_subscription.starts_on > p_today then 'scheduled'
        when p_subscription.trial_ends_on > p_today then 'trial'
        when (select c.kind from public.subscription_changes c
              where c.tenant_id = p_subscription.tenant_id and c.subscription_id = p_subscription.id
                and c.effective_on <= p_today and c.kind <> 'plan'
              order by c.effective_on desc limit 1) = 'pause' then 'paused'
        when exists (select from public.invoices i
                     where i.tenant_id = p_subscription.tenant_id and i.subscription_id = p_subscription.id
                       and i.status = 'finalized' and i.due_on < p_today) then 'past_due'
        else 'active'
    end
$$;
-- And as `Timeline::prices`: the plan and the version of its prices on a day.
create function app.subscription_plan(p_subscription subscriptions, p_day date) returns uuid
    language sql stable
as $$
    select coalesce((select c.plan_id from public.subscription_changes c
                     where c.tenant_id = p_subscription.tenant_id and c.subscription_id = p_subscription.id
                       and c.effective_on <= p_day and c.kind = 'plan'
                     order by c.effective_on desc limit 1), p_subscription.plan_id)
$$;
create function app.subscription_price_version(p_subscription subscriptions, p_day date) returns integer
    language sql stable
as $$
    select coalesce((select c.price_version from public.subscription_changes c
                     where c.tenant_id = p_subscription.tenant_id and c.subscription_id = p_subscription.id
                       and c.effective_on <= p_day and c.kind = 'plan'
                     order by c.effective_on desc limit 1), p_subscription.price_version)
$$;
grant execute on function app.subscription_status, app.subscription_plan, app.subscription_price_version
    to bailiwick_tenant;

-- The days that a line charges for.
alter table invoice_lines
    add column service_start date,
    add column service_end date;
alter table invoice_lines no force row level security;
alter table invoices no force row level security;
alter table invoice_lines disable trigger invoice_lines_keep;
update invoice_lines l set service_start = i.period_start, service_end = i.period_end
from invoices i where i.tenant_id = l.tenant_id and i.id = l.invoice_id;
alter table invoice_lines enable trigger invoice_lines_keep;
alter table invoices force row level security;
alter table invoice_lines force row level security;
alter table invoice_lines
    alter column service_start set not null,
    alter column service_end set not null,
    add check (service_end > service_start);
