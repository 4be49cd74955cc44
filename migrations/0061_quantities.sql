-- How many times a customer is subscribed to a plan, from which day on.
alter table subscriptions
    add column quantity integer not null default 1 check (quantity between 1 and 1000000);

alter table subscription_changes
    add column quantity integer check (quantity between 1 and 1000000),
    drop constraint subscription_changes_kind_check,
    add constraint subscription_changes_kind_check check (kind in ('plan', 'pause', 'resume', 'quantity')),
    add check ((kind = 'quantity') = (quantity is not null));
-- Three tracks: on one day the prices change once, the quantity once, and it is paused or resumed once.
drop index subscription_changes_day;
create unique index subscription_changes_day
    on subscription_changes (tenant_id, subscription_id, effective_on, (kind = 'plan'), (kind = 'quantity'));

-- Another quantity does not end a pause.
create or replace function app.subscription_status(p_subscription subscriptions, p_today date) returns text
    language sql stable
as $$
    select case
        when p_subscription.ends_on <= p_today then 'cancelled'
        when p_subscription.starts_on > p_today then 'scheduled'
        when p_subscription.trial_ends_on > p_today then 'trial'
        when (select c.kind from public.subscription_changes c
              where c.tenant_id = p_subscription.tenant_id and c.subscription_id = p_subscription.id
                and c.effective_on <= p_today and c.kind in ('pause', 'resume')
              order by c.effective_on desc limit 1) = 'pause' then 'paused'
        when exists (select from public.invoices i
                     where i.tenant_id = p_subscription.tenant_id and i.subscription_id = p_subscription.id
                       and i.status = 'finalized' and i.due_on < p_today) then 'past_due'
        else 'active'
    end
$$;

-- How many times a line charges its fee in advance: what was charged by another quantity is given back, and charged anew.
alter table invoice_lines
    add column fee_quantity integer not null default 1 check (fee_quantity between 1 and 1000000),
    add check (fee_quantity = 1 or fee_plan_id is not null),
    -- An allowance of ten thousand million units, a million times.
    alter column included type numeric(28, 9);
