-- What is checked of rows is checked once for all rows of a statement, not for each by itself: a run issues a hundred
-- invoices in one.

-- The lines of an invoice change only while it is a draft.
drop trigger invoice_lines_keep on invoice_lines;
drop function app.keep_issued_lines;
create function app.keep_issued_lines() returns trigger
    language plpgsql
as $$
declare
    v_issued boolean := false;
begin
    if tg_op <> 'DELETE' then
        v_issued := exists (
            select from added l left join public.invoices i on i.tenant_id = l.tenant_id and i.id = l.invoice_id
            where i.status is distinct from 'draft');
    end if;
    -- Those of a draft go with it.
    if tg_op <> 'INSERT' and not v_issued then
        v_issued := exists (
            select from removed l join public.invoices i on i.tenant_id = l.tenant_id and i.id = l.invoice_id
            where i.status <> 'draft');
    end if;
    if v_issued then
        raise exception 'the lines of an issued invoice cannot be changed' using errcode = 'BW001';
    end if;
    return null;
end $$;
create trigger invoice_lines_keep_added after insert on invoice_lines
    referencing new table as added for each statement execute function app.keep_issued_lines();
create trigger invoice_lines_keep_changed after update on invoice_lines
    referencing old table as removed new table as added for each statement execute function app.keep_issued_lines();
create trigger invoice_lines_keep_removed after delete on invoice_lines
    referencing old table as removed for each statement execute function app.keep_issued_lines();

-- A transaction of the ledger comes whole, with all its entries in one statement, and balances when that is done.
drop trigger ledger_transactions_balance on ledger_transactions;
drop trigger ledger_entries_balance on ledger_entries;
drop function app.check_ledger_balance;
create function app.check_ledger_balance() returns trigger
    language plpgsql
as $$
declare
    v_wrong record;
begin
    if tg_table_name = 'ledger_entries' then
        select a.transaction_id as id, t.entries, e.found, e.sum into v_wrong
        from (select distinct tenant_id, transaction_id from added) a
             left join public.ledger_transactions t on t.tenant_id = a.tenant_id and t.id = a.transaction_id
             cross join lateral (select count(*) as found, sum(amount_minor) as sum from public.ledger_entries e
                                 where e.tenant_id = a.tenant_id and e.transaction_id = a.transaction_id) e
        where e.found is distinct from t.entries::bigint or e.sum is distinct from 0
        limit 1;
    else
        select t.id, t.entries, e.found, e.sum into v_wrong
        from added t
             cross join lateral (select count(*) as found, sum(amount_minor) as sum from public.ledger_entries e
                                 where e.tenant_id = t.tenant_id and e.transaction_id = t.id) e
        where e.found is distinct from t.entries::bigint or e.sum is distinct from 0
        limit 1;
    end if;
    if found then
        raise exception 'ledger transaction % does not balance: % of % entries, sum %', v_wrong.id, v_wrong.found,
            v_wrong.entries, v_wrong.sum using errcode = 'check_violation', constraint = 'ledger_balance';
    end if;
    return null;
end $$;
create trigger ledger_transactions_balance after insert on ledger_transactions
    referencing new table as added for each statement execute function app.check_ledger_balance();
create trigger ledger_entries_balance after insert on ledger_entries
    referencing new table as added for each statement execute function app.check_ledger_balance();

-- The events of a transaction are written together. What an event's hash is made of stays as it was.
create or replace function app.append_events(
    p_tenant_id uuid, p_ids uuid[], p_occurred_at timestamptz, p_types text[], p_actor text, p_actor_name text,
    p_subjects text[], p_customer_ids uuid[], p_data jsonb[], p_request_id text, p_address text
) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_tenant    text := current_setting('app.tenant_id', true);
    v_customers text := current_setting('app.customer_ids', true);
    v_count  bigint := cardinality(p_ids);
    v_seq    bigint;
    v_hash   bytea;
    v_hashes bytea[];
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
        v_hash := app.event_hash(v_hash, p_tenant_id, v_seq + v_at, p_ids[v_at], p_occurred_at, p_types[v_at], p_actor,
                                 p_actor_name, p_subjects[v_at], p_customer_ids[v_at], p_data[v_at], p_request_id,
                                 p_address);
        v_hashes[v_at] := v_hash;
    end loop;
    insert into events (tenant_id, occurred_at, seq, id, type, actor, actor_name, subject, customer_id, data, request_id,
                        address, hash)
    select p_tenant_id, p_occurred_at, v_seq + e.at, e.id, e.type, p_actor, p_actor_name, e.subject, e.customer_id, e.data,
           p_request_id, p_address, e.hash
    from unnest(p_ids, p_types, p_subjects, p_customer_ids, p_data, v_hashes) with ordinality
         as e (id, type, subject, customer_id, data, hash, at);
    update event_chains set hash = v_hash where tenant_id = p_tenant_id;
    perform pg_notify('bailiwick_events', p_tenant_id::text);
    -- The rest of the transaction sees what it saw before, not more.
    perform set_config('app.tenant_id', coalesce(v_tenant, ''), true);
    perform set_config('app.customer_ids', coalesce(v_customers, ''), true);
    return v_seq + v_count;
end $$;

-- What belongs to an invoice or a subscription belongs to its customer, too: one key says all three, and looks up one row
-- where two or three keys looked up as many.
alter table invoices add constraint invoices_customer_key unique (tenant_id, id, customer_id);
alter table invoices
    drop constraint invoices_tenant_id_fkey,
    drop constraint invoices_tenant_id_customer_id_fkey,
    drop constraint invoices_tenant_id_subscription_id_fkey,
    add foreign key (tenant_id, subscription_id, customer_id) references subscriptions (tenant_id, id, customer_id);
alter table invoice_lines
    drop constraint invoice_lines_tenant_id_customer_id_fkey,
    drop constraint invoice_lines_tenant_id_invoice_id_fkey,
    add foreign key (tenant_id, invoice_id, customer_id) references invoices (tenant_id, id, customer_id) on delete cascade;
alter table invoice_evidence
    drop constraint invoice_evidence_tenant_id_customer_id_fkey,
    drop constraint invoice_evidence_tenant_id_invoice_id_fkey,
    add foreign key (tenant_id, invoice_id, customer_id) references invoices (tenant_id, id, customer_id);
alter table billed_usage
    drop constraint billed_usage_tenant_id_fkey,
    drop constraint billed_usage_tenant_id_customer_id_fkey,
    drop constraint billed_usage_tenant_id_subscription_id_fkey,
    add foreign key (tenant_id, subscription_id, customer_id) references subscriptions (tenant_id, id, customer_id);
-- By the chain, whose row is written with each event.
alter table events drop constraint events_tenant_id_fkey;

-- What customers have as credit is asked for of each invoice that is issued.
create index ledger_entries_credits on ledger_entries (tenant_id, customer_id) where account = 'credits';
