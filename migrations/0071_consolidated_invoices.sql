-- One invoice for all that a customer is subscribed to: which subscriptions an invoice bills, for which days, by which prices.
-- What a void invoice billed can be billed anew.
create table invoice_subscriptions (
    tenant_id       uuid not null,
    invoice_id      uuid not null,
    subscription_id uuid not null,
    customer_id     uuid not null,
    position        integer not null,
    period_start    date not null,
    period_end      date not null check (period_end > period_start),
    -- The last of the prices that it was charged by, with the plan's name in them.
    plan_id         uuid not null,
    plan_name       text not null,
    plan_version    integer not null,
    is_void         boolean not null default false,
    primary key (tenant_id, invoice_id, subscription_id),
    foreign key (tenant_id, invoice_id, customer_id) references invoices (tenant_id, id, customer_id) on delete cascade,
    foreign key (tenant_id, subscription_id, customer_id) references subscriptions (tenant_id, id, customer_id),
    foreign key (tenant_id, plan_id) references plans (tenant_id, id)
);
create unique index invoice_subscriptions_period on invoice_subscriptions (tenant_id, subscription_id, period_start)
    where not is_void;
call app.protect('invoice_subscriptions', 'customer_id');
grant select, insert, delete, update (is_void) on invoice_subscriptions to bailiwick_tenant;

-- The owner, too, sees rows of tenants only without the force.
alter table invoices no force row level security;
alter table invoice_lines no force row level security;
alter table invoice_subscriptions no force row level security;
-- Of two subscriptions of which one followed the other within a month, each could have a draft: they are on one now, and drafts are
-- rated anew.
delete from invoices d using invoices first
where first.tenant_id = d.tenant_id and first.customer_id = d.customer_id and first.currency = d.currency
  and date_trunc('month', first.period_start) = date_trunc('month', d.period_start)
  and first.status = 'draft' and d.status = 'draft' and first.id < d.id;
insert into invoice_subscriptions (tenant_id, invoice_id, subscription_id, customer_id, position, period_start, period_end,
                                   plan_id, plan_name, plan_version, is_void)
    select tenant_id, id, subscription_id, customer_id, 1, period_start, period_end, plan_id, plan_name, plan_version,
           status = 'void'
    from invoices;

-- Of which subscription a line is, one that its invoice bills; what is charged once is the customer's.
alter table invoice_lines add column subscription_id uuid;
alter table invoice_lines disable trigger user;
update invoice_lines l set subscription_id = i.subscription_id
from invoices i
where i.tenant_id = l.tenant_id and i.id = l.invoice_id and l.kind not in ('one_off', 'late_fee');
alter table invoice_lines enable trigger user;
alter table invoice_lines
    add foreign key (tenant_id, invoice_id, subscription_id)
        references invoice_subscriptions (tenant_id, invoice_id, subscription_id) on delete cascade,
    add check ((subscription_id is null) = (kind in ('one_off', 'late_fee')));

-- As `domain::subscriptions::Timeline::status`, for lists.
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
        when exists (select from public.invoice_subscriptions b
                     join public.invoices i on i.tenant_id = b.tenant_id and i.id = b.invoice_id
                     where b.tenant_id = p_subscription.tenant_id and b.subscription_id = p_subscription.id
                       and not b.is_void and i.status = 'finalized' and i.due_on < p_today) then 'past_due'
        else 'active'
    end
$$;

alter table invoices
    drop column subscription_id,
    drop column plan_id,
    drop column plan_name,
    drop column plan_version;
alter table invoice_subscriptions force row level security;
alter table invoice_lines force row level security;
alter table invoices force row level security;

-- What an issued invoice bills stays, but for whether it is void, which is what the invoice is.
create trigger invoice_subscriptions_keep_added after insert on invoice_subscriptions
    referencing new table as added for each statement execute function app.keep_issued_lines();
create trigger invoice_subscriptions_keep_removed after delete on invoice_subscriptions
    referencing old table as removed for each statement execute function app.keep_issued_lines();
create function app.keep_billed_subscription() returns trigger
    language plpgsql
as $$
begin
    if (to_jsonb(new) - 'is_void') <> (to_jsonb(old) - 'is_void') or old.is_void or not new.is_void
       or (select i.status from public.invoices i where i.tenant_id = new.tenant_id and i.id = new.invoice_id)
          is distinct from 'void' then
        raise exception 'what an issued invoice bills cannot be changed' using errcode = 'BW001';
    end if;
    return new;
end $$;
create trigger invoice_subscriptions_keep before update on invoice_subscriptions
    for each row execute function app.keep_billed_subscription();
create trigger invoice_subscriptions_no_truncate before truncate on invoice_subscriptions
    execute function app.refuse_truncate();
create function app.void_billed_subscriptions() returns trigger
    language plpgsql
as $$
begin
    update public.invoice_subscriptions set is_void = true
    where tenant_id = new.tenant_id and invoice_id = new.id;
    return null;
end $$;
create trigger invoices_void after update of status on invoices
    for each row when (new.status = 'void' and old.status <> 'void') execute function app.void_billed_subscriptions();

-- Several of a customer may run beside each other.
drop index subscriptions_running;
create index subscriptions_customer on subscriptions (tenant_id, customer_id);
