-- Which subscriptions rest for an invoice that is not paid: dunning has paused them, by a change, or has found them paused.
create table dunning_pauses (
    tenant_id       uuid not null,
    invoice_id      uuid not null,
    subscription_id uuid not null,
    customer_id     uuid not null,
    -- None where it was paused already. The change itself may be taken back.
    change_id       uuid,
    primary key (tenant_id, invoice_id, subscription_id),
    foreign key (tenant_id, invoice_id, customer_id) references invoices (tenant_id, id, customer_id),
    foreign key (tenant_id, subscription_id, customer_id) references subscriptions (tenant_id, id, customer_id)
);
create index dunning_pauses_subscription on dunning_pauses (tenant_id, subscription_id);
call app.protect('dunning_pauses', 'customer_id');
grant select, insert on dunning_pauses to bailiwick_tenant;

-- The owner, too, sees rows of tenants only without the force.
alter table dunning_steps no force row level security;
alter table invoice_subscriptions no force row level security;
alter table subscription_changes no force row level security;
alter table dunning_pauses no force row level security;
insert into dunning_pauses (tenant_id, invoice_id, subscription_id, customer_id, change_id)
    select distinct on (d.tenant_id, d.invoice_id, b.subscription_id)
           d.tenant_id, d.invoice_id, b.subscription_id, d.customer_id,
           case when d.skipped is null
                then (select c.id from subscription_changes c
                      where c.tenant_id = d.tenant_id and c.subscription_id = b.subscription_id and c.kind = 'pause'
                        and (c.created_at at time zone t.time_zone)::date = d.done_on
                      order by c.created_at desc limit 1) end
    from dunning_steps d
         join tenants t on t.id = d.tenant_id
         join invoice_subscriptions b on b.tenant_id = d.tenant_id and b.invoice_id = d.invoice_id
    where d.action = 'pause' and (d.skipped is null or d.skipped = 'already_paused')
    order by d.tenant_id, d.invoice_id, b.subscription_id, d.step;
alter table dunning_pauses force row level security;
alter table subscription_changes force row level security;
alter table invoice_subscriptions force row level security;
alter table dunning_steps force row level security;
