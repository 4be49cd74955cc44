-- Usage that is billed at the payment provider. A plan says where it is billed; of one that is billed there, the customer's
-- subscription and invoices are made by the tenant at the provider, and what goes from here is usage: to its billing meters.
alter table plans
    add column billed_at text not null default 'bailiwick' check (billed_at in ('bailiwick', 'stripe'));

-- Whether any day of a period may be billed here. The days that count are those of `domain::subscriptions::Timeline`.
create function app.billed_here(p_subscription subscriptions, p_from date, p_until date) returns boolean
    language sql stable
as $$
    select exists (select from public.plans p
                   where p.tenant_id = p_subscription.tenant_id and p.billed_at = 'bailiwick'
                     and (p.id = app.subscription_plan(p_subscription, greatest(p_from, p_subscription.starts_on))
                          or p.id in (select c.plan_id from public.subscription_changes c
                                      where c.tenant_id = p_subscription.tenant_id
                                        and c.subscription_id = p_subscription.id and c.kind = 'plan'
                                        and c.effective_on > p_from and c.effective_on < p_until)))
$$;
grant execute on function app.billed_here to bailiwick_tenant;

-- Where the usage of a metric goes: one meter for its sums, another for the number of its events.
create table meters (
    tenant_id     uuid not null references tenants (id),
    id            uuid not null,
    metric        text not null,
    function      text not null check (function in ('sum', 'count')),
    -- What the provider knows the meter by. It is found by this name, or made.
    event_name    text not null,
    -- On which account it was found, and the provider's name for it (`mtr_…`).
    account       text,
    reference     text,
    -- Why nothing can be sent to it.
    problem       text,
    -- When something was last sent, and when the sums were last compared; by the real time.
    pushed_at     timestamptz,
    reconciled_at timestamptz,
    created_at    timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, metric, function),
    unique (tenant_id, event_name),
    foreign key (tenant_id, metric) references metrics (tenant_id, key)
);
call app.protect('meters');
grant select, insert on meters to bailiwick_tenant;
grant update (account, reference, problem, pushed_at, reconciled_at) on meters to bailiwick_tenant;
grant select on meters to bailiwick_system;

-- Days of customers of which usage has come in, or whose plan has changed, since they were last looked at: only these are
-- read. Whoever adds to a day that is listed already locks its row, so that nobody takes it off while usage is coming in.
create table meter_days (
    tenant_id   uuid not null,
    customer_id uuid not null,
    metric      text not null,
    day         date not null,
    changes     bigint not null default 1,
    primary key (tenant_id, customer_id, metric, day),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
call app.protect('meter_days', 'customer_id');
grant select, insert, update, delete on meter_days to bailiwick_tenant;

-- What was sent, or is to be: by how much the usage of a customer's day differs from what was sent of it before. A row is kept
-- before the provider is asked; its id is the identifier by which the provider knows it, so that it is taken once.
create table meter_pushes (
    tenant_id   uuid not null,
    id          uuid not null,
    customer_id uuid not null,
    meter_id    uuid not null,
    day         date not null,
    quantity    numeric(28, 9) not null check (quantity <> 0),
    status      text not null
                check (status in ('waiting', 'open', 'sent', 'refused', 'too_old', 'unclear', 'replaced')),
    -- The customer as the account knows it, and the instant that the provider is told; from when it is `open` on.
    account     text,
    payer       text,
    happened_at timestamptz,
    -- When the provider was first asked.
    asked_at    timestamptz,
    -- Why it was refused, or what is not clear.
    reason      text,
    created_at  timestamptz not null,
    sent_at     timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, meter_id) references meters (tenant_id, id),
    check (status not in ('open', 'sent', 'refused', 'unclear') or payer is not null and happened_at is not null)
);
create index meter_pushes_day on meter_pushes (tenant_id, customer_id, meter_id, day);
create index meter_pushes_left on meter_pushes (tenant_id, status, id) where status <> 'sent';
create index meter_pushes_sent on meter_pushes (tenant_id, meter_id, happened_at) where status = 'sent';
call app.protect('meter_pushes', 'customer_id');
grant select, insert on meter_pushes to bailiwick_tenant;
grant update (status, account, payer, happened_at, asked_at, reason, sent_at) on meter_pushes to bailiwick_tenant;

-- What was sent of a customer's day (UTC, which is how the provider counts), and what the provider has of it.
create table meter_checks (
    tenant_id   uuid not null,
    customer_id uuid not null,
    meter_id    uuid not null,
    day         date not null,
    ours        numeric(28, 9) not null,
    theirs      numeric(28, 9) not null,
    checked_at  timestamptz not null,
    primary key (tenant_id, meter_id, customer_id, day),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, meter_id) references meters (tenant_id, id)
);
create index meter_checks_different on meter_checks (tenant_id, day) where ours <> theirs;
call app.protect('meter_checks', 'customer_id');
grant select, insert on meter_checks to bailiwick_tenant;
grant update (ours, theirs, checked_at) on meter_checks to bailiwick_tenant;

-- A customer that the tenant has at the provider already is named by hand.
grant update (payer) on payers to bailiwick_tenant;
