-- A tenant's customers. An MSP is also a customer of the platform: `downstream_tenant_id`.
create table customers (
    tenant_id            uuid not null references tenants (id),
    id                   uuid not null,
    code                 text not null,
    company_name         text not null,
    contact_name         text,
    contact_email        text,
    phone                text,
    address              text,
    tax_id               text,
    external_ref         text,
    notes                text,
    status               text not null check (status in ('trial', 'active', 'suspended', 'closed')),
    feature_flags        jsonb not null default '{}',
    max_machines         integer check (max_machines >= 0),
    storage_gb           integer check (storage_gb >= 0),
    max_concurrent_jobs  integer check (max_concurrent_jobs >= 0),
    api_requests_per_minute integer check (api_requests_per_minute > 0),
    downstream_tenant_id uuid references tenants (id),
    trial_ends_on        date,
    suspended_at         timestamptz,
    suspended_reason     text,
    version              integer not null default 1,
    created_at           timestamptz not null,
    updated_at           timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, code)
);
create index customers_name on customers (tenant_id, lower(company_name), id);
create index customers_status on customers (tenant_id, status);
create unique index customers_downstream on customers (tenant_id, downstream_tenant_id)
    where downstream_tenant_id is not null;
call app.protect('customers', 'id');
grant select, insert, update on customers to bailiwick_tenant;
grant select, insert, update on customers to bailiwick_system;
