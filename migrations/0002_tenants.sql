-- Tenants: the platform operator at the root, MSPs below it.
create table tenants (
    id             uuid primary key,
    parent_id      uuid references tenants (id),
    kind           text not null check (kind in ('platform', 'msp')),
    name           text not null,
    slug           text not null unique,
    status         text not null default 'active' check (status in ('active', 'suspended')),
    time_zone      text not null,
    currency       text not null,
    invoice_prefix text not null,
    -- Days from issue until an invoice is due.
    payment_days   integer not null default 14 check (payment_days between 0 and 180),
    version        integer not null default 1,
    created_at     timestamptz not null,
    updated_at     timestamptz not null
);
-- One operator per installation.
create unique index tenants_one_platform on tenants (kind) where kind = 'platform';
alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant on tenants using (id = app.tenant_id()) with check (id = app.tenant_id());
create policy system on tenants to bailiwick_system using (true) with check (true);
grant select on tenants to bailiwick_tenant;
grant update (name, time_zone, currency, invoice_prefix, payment_days, version, updated_at) on tenants to bailiwick_tenant;
grant select, insert, update on tenants to bailiwick_system;

-- A tenant's data key, sealed under the installation's master key. What a tenant keeps secret is
-- sealed with it, so that dropping one row makes all of it unreadable.
create table tenant_keys (
    tenant_id  uuid not null references tenants (id),
    generation integer not null,
    sealed_key bytea not null,
    created_at timestamptz not null,
    primary key (tenant_id, generation)
);
call app.protect('tenant_keys');
grant select on tenant_keys to bailiwick_tenant;
grant select, insert on tenant_keys to bailiwick_system;

-- Which tenant a host name belongs to. Host names are public by nature (DNS tells them to anybody), so
-- a unique index over all tenants gives nothing away.
create table tenant_hosts (
    tenant_id  uuid not null references tenants (id),
    host       text not null,
    created_at timestamptz not null,
    primary key (tenant_id, host)
);
create unique index tenant_hosts_host on tenant_hosts (host);
call app.protect('tenant_hosts');
grant select, insert, delete on tenant_hosts to bailiwick_tenant;
grant select, insert, delete on tenant_hosts to bailiwick_system;
