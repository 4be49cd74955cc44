-- Usage that comes after its period was billed: the next invoice makes up for it.
--
-- How many events of the customer there were, up to the end of a month, when the month was billed to a subscription. Where
-- there are more by now, its days are rated again: levels are carried over, so that earlier months count, too. Months that were billed before this table was are not looked at.
create table billed_usage (
    tenant_id       uuid not null references tenants (id),
    subscription_id uuid not null,
    month           date not null,
    customer_id     uuid not null,
    events          bigint not null,
    primary key (tenant_id, subscription_id, month),
    foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
call app.protect('billed_usage', 'customer_id');
grant select, insert, update on billed_usage to bailiwick_tenant;

-- What was billed for days of a subscription.
create index invoice_lines_service on invoice_lines (tenant_id, customer_id, service_start);
