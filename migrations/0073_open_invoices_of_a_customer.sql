-- Whether a subscription is past due is asked of each that is read: by the few invoices of its customer that are open, not by
-- all that were ever made of it.

create index invoices_open_customer on invoices (tenant_id, customer_id, due_on) where status = 'finalized';

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
                     join public.invoice_subscriptions b on b.tenant_id = i.tenant_id and b.invoice_id = i.id
                     where i.tenant_id = p_subscription.tenant_id and i.customer_id = p_subscription.customer_id
                       and i.status = 'finalized' and i.due_on < p_today
                       and b.subscription_id = p_subscription.id) then 'past_due'
        else 'active'
    end
$$;
