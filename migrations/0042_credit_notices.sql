-- Who was told that granted credit is about to expire: once for each grant, in the transaction that writes the mail.
create table credit_notices (
    tenant_id   uuid not null references tenants (id),
    grant_id    uuid not null,
    customer_id uuid not null,
    created_at  timestamptz not null,
    primary key (tenant_id, grant_id),
    foreign key (tenant_id, grant_id) references credit_grants (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
call app.protect('credit_notices', 'customer_id');
grant select, insert on credit_notices to bailiwick_tenant;
-- Who is to be told is looked for over all tenants.
grant select on credit_notices to bailiwick_system;
