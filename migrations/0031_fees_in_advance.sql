-- Base fees that are charged before their period begins.
alter table plans
    add column fee_timing text not null default 'arrears' check (fee_timing in ('arrears', 'advance'));
alter table plan_prices
    add column fee_timing text not null default 'arrears' check (fee_timing in ('arrears', 'advance'));

-- The prices by which a line charges days in advance. What is still to be charged, and what is to be given back, is found
-- by what issued invoices have charged, since the future may change after it was charged.
alter table invoice_lines
    add column fee_plan_id       uuid,
    add column fee_price_version integer,
    add check ((fee_plan_id is null) = (fee_price_version is null)),
    add check (fee_plan_id is null or fee_start is not null),
    add foreign key (tenant_id, fee_plan_id, fee_price_version) references plan_prices (tenant_id, plan_id, version);
create index invoice_lines_ahead on invoice_lines (tenant_id, invoice_id) where fee_plan_id is not null;

-- Whether what was charged for days after the end is given back.
alter table subscriptions add column credit_unused boolean not null default true;

-- On which day a subscription is to be looked at next: whether days were charged in advance that it does not use.
create table fee_checks (
    tenant_id       uuid not null references tenants (id),
    subscription_id uuid not null,
    customer_id     uuid not null,
    -- None where nothing is to come.
    due_on          date,
    primary key (tenant_id, subscription_id),
    foreign key (tenant_id, subscription_id, customer_id) references subscriptions (tenant_id, id, customer_id)
);
create index fee_checks_due on fee_checks (tenant_id, due_on) where due_on is not null;
call app.protect('fee_checks', 'customer_id');
grant select, insert, update (due_on) on fee_checks to bailiwick_tenant;
-- Whose are due is looked for over all tenants.
grant select on fee_checks to bailiwick_system;

-- At once, whenever it changes.
create function app.check_fees() returns trigger
    language plpgsql
as $$
begin
    if exists (select from public.plan_prices p where p.tenant_id = new.tenant_id and p.fee_timing = 'advance') then
        insert into public.fee_checks (tenant_id, subscription_id, customer_id, due_on)
        values (new.tenant_id, new.id, new.customer_id, '-infinity')
        on conflict (tenant_id, subscription_id) do update set due_on = '-infinity';
    end if;
    return null;
end $$;
create trigger subscriptions_fees after insert or update of version on subscriptions
    for each row execute function app.check_fees();
create index plan_prices_advance on plan_prices (tenant_id) where fee_timing = 'advance';

-- Days that were charged in advance and given back, each by a credit note.
create table fee_returns (
    tenant_id       uuid not null references tenants (id),
    credit_note_id  uuid not null,
    customer_id     uuid not null,
    invoice_id      uuid not null,
    invoice_line_id uuid not null,
    service_start   date not null,
    service_end     date not null check (service_start < service_end),
    primary key (tenant_id, invoice_id, invoice_line_id, service_start),
    foreign key (tenant_id, credit_note_id) references credit_notes (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, invoice_id, invoice_line_id) references invoice_lines (tenant_id, invoice_id, id)
);
call app.protect('fee_returns', 'customer_id');
grant select, insert on fee_returns to bailiwick_tenant;
create trigger fee_returns_keep before update or delete on fee_returns
    for each row execute function app.refuse_change();
create trigger fee_returns_no_truncate before truncate on fee_returns execute function app.refuse_truncate();
