-- The events of one transaction are appended by one call: a run that issues hundreds of invoices in a transaction reads
-- and writes the tenant's chain once, not hundreds of times. What an event's hash is made of stays as it was.

drop function app.append_event;

create function app.append_events(
    p_tenant_id uuid, p_ids uuid[], p_occurred_at timestamptz, p_types text[], p_actor text, p_actor_name text,
    p_subjects text[], p_customer_ids uuid[], p_data jsonb[], p_request_id text, p_address text
) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_tenant    text := current_setting('app.tenant_id', true);
    v_customers text := current_setting('app.customer_ids', true);
    v_count bigint := cardinality(p_ids);
    v_seq   bigint;
    v_hash  bytea;
begin
    if p_tenant_id is distinct from app.tenant_id() then
        if session_user <> 'bailiwick_system' then
            raise exception 'event for another tenant' using errcode = '42501';
        end if;
        perform set_config('app.tenant_id', p_tenant_id::text, true);
    end if;
    perform set_config('app.customer_ids', 'all', true);
    update event_chains set seq = seq + v_count where tenant_id = p_tenant_id returning seq - v_count, hash into v_seq, v_hash;
    if v_seq is null then
        insert into event_chains (tenant_id, seq) values (p_tenant_id, v_count)
        on conflict (tenant_id) do update set seq = event_chains.seq + v_count
        returning seq - v_count, hash into v_seq, v_hash;
    end if;
    for v_at in 1 .. v_count loop
        v_seq := v_seq + 1;
        v_hash := app.event_hash(v_hash, p_tenant_id, v_seq, p_ids[v_at], p_occurred_at, p_types[v_at], p_actor,
                                 p_actor_name, p_subjects[v_at], p_customer_ids[v_at], p_data[v_at], p_request_id,
                                 p_address);
        insert into events (tenant_id, occurred_at, seq, id, type, actor, actor_name, subject, customer_id, data,
                            request_id, address, hash)
        values (p_tenant_id, p_occurred_at, v_seq, p_ids[v_at], p_types[v_at], p_actor, p_actor_name,
                p_subjects[v_at], p_customer_ids[v_at], p_data[v_at], p_request_id, p_address, v_hash);
    end loop;
    update event_chains set hash = v_hash where tenant_id = p_tenant_id;
    perform pg_notify('bailiwick_events', p_tenant_id::text);
    -- The rest of the transaction sees what it saw before, not more.
    perform set_config('app.tenant_id', coalesce(v_tenant, ''), true);
    perform set_config('app.customer_ids', coalesce(v_customers, ''), true);
    return v_seq;
end $$;

grant execute on function app.append_events to bailiwick_tenant, bailiwick_system;
