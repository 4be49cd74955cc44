-- One change, one event: the stream that audit log, live updates and webhooks are read from.
--
-- Each tenant's events form a chain: a row's hash covers the row and the hash before it, so that
-- nothing can be taken out, changed or slipped in unseen. The head of the chain is locked while an
-- event is appended; whoever appends does so last in its transaction.

create table event_chains (
    tenant_id uuid primary key references tenants (id),
    seq       bigint not null default 0,
    hash      bytea not null default '\x'
);
call app.protect('event_chains');
grant select on event_chains to bailiwick_system;
-- Live updates remember how far they have read, past what their reader may not see.
grant select (tenant_id, seq) on event_chains to bailiwick_tenant;

create table events (
    tenant_id   uuid not null references tenants (id),
    occurred_at timestamptz not null,
    seq         bigint not null,
    id          uuid not null,
    type        text not null,
    -- Who did it: `user:usr_…`, `api_key:key_…`, `system:…`; and the name people know them by.
    actor       text not null,
    actor_name  text not null,
    -- What it was done to: `customer:cus_…`.
    subject     text not null,
    customer_id uuid,
    data        jsonb not null,
    request_id  text,
    address     text,
    hash        bytea not null,
    primary key (tenant_id, occurred_at, seq)
) partition by range (occurred_at);
create index events_seq on events (tenant_id, seq);
create table events_default partition of events default;
call app.protect('events', 'customer_id');
grant select on events to bailiwick_tenant, bailiwick_system;

-- The one way to write an event. It runs with its owner's rights because nobody else may insert; it
-- refuses to write into a tenant other than the transaction's, unless the system role asks.
--
-- `pg_temp` comes last in the path of every function that runs with its owner's rights: PostgreSQL looks
-- there first otherwise, and a caller's temporary table would stand in for the real one.
create function app.append_event(
    p_tenant_id uuid, p_id uuid, p_occurred_at timestamptz, p_type text, p_actor text, p_actor_name text,
    p_subject text, p_customer_id uuid, p_data jsonb, p_request_id text, p_address text
) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_tenant    text := current_setting('app.tenant_id', true);
    v_customers text := current_setting('app.customer_ids', true);
    v_seq  bigint;
    v_hash bytea;
begin
    if p_tenant_id is distinct from app.tenant_id() then
        if session_user <> 'bailiwick_system' then
            raise exception 'event for another tenant' using errcode = '42501';
        end if;
        perform set_config('app.tenant_id', p_tenant_id::text, true);
    end if;
    perform set_config('app.customer_ids', 'all', true);
    update event_chains set seq = seq + 1 where tenant_id = p_tenant_id returning seq, hash into v_seq, v_hash;
    if v_seq is null then
        insert into event_chains (tenant_id, seq) values (p_tenant_id, 1)
        on conflict (tenant_id) do update set seq = event_chains.seq + 1
        returning seq, hash into v_seq, v_hash;
    end if;
    v_hash := app.event_hash(v_hash, p_tenant_id, v_seq, p_id, p_occurred_at, p_type, p_actor, p_actor_name,
                             p_subject, p_customer_id, p_data, p_request_id, p_address);
    update event_chains set hash = v_hash where tenant_id = p_tenant_id;
    insert into events (tenant_id, occurred_at, seq, id, type, actor, actor_name, subject, customer_id, data,
                        request_id, address, hash)
    values (p_tenant_id, p_occurred_at, v_seq, p_id, p_type, p_actor, p_actor_name, p_subject, p_customer_id, p_data,
            p_request_id, p_address, v_hash);
    perform pg_notify('bailiwick_events', p_tenant_id::text);
    -- The rest of the transaction sees what it saw before, not more.
    perform set_config('app.tenant_id', coalesce(v_tenant, ''), true);
    perform set_config('app.customer_ids', coalesce(v_customers, ''), true);
    return v_seq;
end $$;

-- Fields are joined as a JSON array: unlike plain concatenation, no two rows read the same.
create function app.event_hash(
    p_previous bytea, p_tenant_id uuid, p_seq bigint, p_id uuid, p_occurred_at timestamptz, p_type text,
    p_actor text, p_actor_name text, p_subject text, p_customer_id uuid, p_data jsonb, p_request_id text,
    p_address text
) returns bytea
    language sql immutable parallel safe
    return sha256(p_previous || convert_to(jsonb_build_array(
        p_tenant_id, p_seq, p_id, (extract(epoch from p_occurred_at) * 1000000)::bigint, p_type, p_actor,
        p_actor_name, p_subject, p_customer_id, p_data, p_request_id, p_address)::text, 'UTF8'));

grant execute on function app.append_event to bailiwick_tenant, bailiwick_system;

-- The first place in the tenant's chain that does not hold; NULL when all of it does: where an event does
-- not follow from the one before, or, at the end, where the last event is not the one that was appended
-- last. With its owner's rights, because a chain is whole for those who may see only some of it, too; what
-- they learn is a place, not an event.
create function app.first_broken_event(p_tenant_id uuid) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_customers text := current_setting('app.customer_ids', true);
    v_seq bigint;
begin
    if p_tenant_id is distinct from app.tenant_id() then
        raise exception 'events of another tenant' using errcode = '42501';
    end if;
    perform set_config('app.customer_ids', 'all', true);
    select min(broken.seq) into v_seq from (
        select chain.seq from (
            select seq, hash,
                   app.event_hash(coalesce(lag(hash) over (order by seq), '\x'), tenant_id, seq, id, occurred_at,
                                  type, actor, actor_name, subject, customer_id, data, request_id, address) as expected,
                   seq - coalesce(lag(seq) over (order by seq), 0) as step
            from events where tenant_id = p_tenant_id
        ) chain
        where hash <> expected or step <> 1
        union all
        select least(coalesce(last.seq, 0), coalesce(head.seq, 0)) + 1
        from (values (p_tenant_id)) tenant (id)
        left join event_chains head on head.tenant_id = tenant.id
        left join lateral (
            select seq, hash from events where tenant_id = tenant.id order by seq desc limit 1
        ) last on true
        where coalesce(last.seq, 0) <> coalesce(head.seq, 0)
           or coalesce(last.hash, '\x') <> coalesce(head.hash, '\x')
    ) broken;
    perform set_config('app.customer_ids', coalesce(v_customers, ''), true);
    return v_seq;
end $$;
grant execute on function app.first_broken_event to bailiwick_tenant;

-- Background work: queued in the transaction of the change that needs it, claimed with SKIP LOCKED.
create table jobs (
    tenant_id    uuid not null references tenants (id),
    id           uuid not null,
    kind         text not null,
    payload      jsonb not null,
    state        text not null default 'queued' check (state in ('queued', 'running', 'dead')),
    run_at       timestamptz not null,
    attempts     integer not null default 0,
    max_attempts integer not null default 12,
    -- A worker that dies stops renewing its lease; then the job is anybody's again.
    worker       text,
    lease_until  timestamptz,
    last_error   text,
    created_at   timestamptz not null,
    primary key (tenant_id, id)
);
create index jobs_due on jobs (run_at) where state = 'queued';
create index jobs_leases on jobs (lease_until) where state = 'running';
call app.protect('jobs');
grant insert on jobs to bailiwick_tenant;
grant select, insert, update, delete on jobs to bailiwick_system;

create function app.notify_jobs() returns trigger
    language plpgsql
as $$
begin
    perform pg_notify('bailiwick_jobs', '');
    return null;
end $$;
create trigger jobs_notify after insert on jobs for each statement execute function app.notify_jobs();

-- The answers given to requests that carried an Idempotency-Key, written in the transaction of the
-- change itself: either both are there or neither is.
create table idempotency_keys (
    tenant_id    uuid not null references tenants (id),
    actor        text not null,
    key          text not null,
    request_hash bytea not null,
    status       smallint not null default 0,
    body         bytea not null default '\x',
    etag         text,
    created_at   timestamptz not null,
    primary key (tenant_id, actor, key)
);
create index idempotency_keys_age on idempotency_keys (tenant_id, created_at);
call app.protect('idempotency_keys');
grant select, insert, update on idempotency_keys to bailiwick_tenant;
grant select, delete on idempotency_keys to bailiwick_system;
