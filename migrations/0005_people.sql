-- A person is one account over all tenants; what she is in a tenant is her membership there.
--
-- Accounts, sessions and reset tokens are seen by the system role alone. Name and address are repeated
-- in the membership, so that a tenant can list its people without a view of everybody's accounts.

create table users (
    id                  uuid primary key,
    email               text not null unique,
    name                text not null,
    -- argon2id in PHC form; NULL until an invitation was accepted.
    password_hash       text,
    password_changed_at timestamptz,
    created_at          timestamptz not null,
    updated_at          timestamptz not null
);
call app.protect_system('users');
grant select, insert, update on users to bailiwick_system;

create table memberships (
    tenant_id   uuid not null references tenants (id),
    id          uuid not null,
    user_id     uuid not null references users (id),
    email       text not null,
    name        text not null,
    role        text not null,
    -- Set for a customer's own people.
    customer_id uuid,
    -- Staff who see only the customers named in membership_customers.
    restricted  boolean not null default false,
    status      text not null default 'active' check (status in ('active', 'suspended')),
    version     integer not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, user_id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
create index memberships_user on memberships (user_id);
create index memberships_customer on memberships (tenant_id, customer_id);
call app.protect('memberships', 'customer_id');
grant select, update, delete on memberships to bailiwick_tenant;
grant select, insert, update, delete on memberships to bailiwick_system;

create table membership_customers (
    tenant_id     uuid not null,
    membership_id uuid not null,
    customer_id   uuid not null,
    primary key (tenant_id, membership_id, customer_id),
    foreign key (tenant_id, membership_id) references memberships (tenant_id, id) on delete cascade,
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
call app.protect('membership_customers', 'customer_id');
grant select, insert, delete on membership_customers to bailiwick_tenant;
grant select, insert, delete on membership_customers to bailiwick_system;

create table invitations (
    tenant_id    uuid not null references tenants (id),
    id           uuid not null,
    email        text not null,
    role         text not null,
    customer_id  uuid,
    restricted   boolean not null default false,
    customer_ids uuid[] not null default '{}',
    -- SHA-256 of the token in the mail's link: the table alone opens nothing.
    token_hash   bytea not null,
    invited_by   text not null,
    expires_at   timestamptz not null,
    accepted_at  timestamptz,
    revoked_at   timestamptz,
    created_at   timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
create index invitations_token on invitations (token_hash);
create index invitations_email on invitations (tenant_id, email);
call app.protect('invitations', 'customer_id');
grant select, insert, update on invitations to bailiwick_tenant;
grant select, insert, update on invitations to bailiwick_system;

create table sessions (
    id            uuid primary key,
    user_id       uuid not null references users (id),
    tenant_id     uuid not null references tenants (id),
    membership_id uuid not null,
    user_agent    text,
    address       text,
    created_at    timestamptz not null,
    last_seen_at  timestamptz not null,
    expires_at    timestamptz not null,
    revoked_at    timestamptz,
    revoked_for   text
);
create index sessions_user on sessions (user_id);
call app.protect_system('sessions');
grant select, insert, update, delete on sessions to bailiwick_system;

-- Each refresh makes a new token and marks the old one rotated. An old one that comes back after a
-- short grace was stolen, or its successor was: the session ends.
create table refresh_tokens (
    hash       bytea primary key,
    session_id uuid not null references sessions (id) on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    rotated_at timestamptz
);
create index refresh_tokens_session on refresh_tokens (session_id);
call app.protect_system('refresh_tokens');
grant select, insert, update, delete on refresh_tokens to bailiwick_system;

create table password_resets (
    token_hash bytea primary key,
    user_id    uuid not null references users (id),
    expires_at timestamptz not null,
    used_at    timestamptz,
    created_at timestamptz not null
);
create index password_resets_user on password_resets (user_id);
call app.protect_system('password_resets');
grant select, insert, update, delete on password_resets to bailiwick_system;

create table api_keys (
    tenant_id    uuid not null references tenants (id),
    id           uuid not null,
    name         text not null,
    -- What people recognise a key by: its first characters.
    prefix       text not null,
    secret_hash  bytea not null,
    permissions  text[] not null,
    restricted   boolean not null default false,
    customer_ids uuid[] not null default '{}',
    requests_per_minute integer not null default 6000 check (requests_per_minute > 0),
    created_by   text not null,
    created_at   timestamptz not null,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    primary key (tenant_id, id)
);
create index api_keys_hash on api_keys (secret_hash);
call app.protect('api_keys');
grant select, insert, update on api_keys to bailiwick_tenant;
grant select, insert, update on api_keys to bailiwick_system;

-- Sliding counters of sign-ins, resets and invitations, shared by every instance.
create table rate_limits (
    key          text not null,
    window_start timestamptz not null,
    hits         integer not null,
    primary key (key, window_start)
);
call app.protect_system('rate_limits');
grant select, insert, update, delete on rate_limits to bailiwick_system;

-- Which master key this database belongs to, as a value derived from it that tells nothing else of it. One row,
-- the owner's alone.
create table app.installation (
    id        boolean primary key default true check (id),
    key_check text not null
);

-- The keys that sign access tokens, sealed under the master key.
create table signing_keys (
    kid         text primary key,
    sealed_key  bytea not null,
    public_key  bytea not null,
    created_at  timestamptz not null,
    retired_at  timestamptz
);
call app.protect_system('signing_keys');
grant select, insert, update on signing_keys to bailiwick_system;
