-- Credit that a customer is granted: paid ahead, or given. It may expire.
--
-- There is one credit, the one that the ledger has under `credits`. A grant is a part of it that has a last day and a place
-- that it came from; what is of no grant (of credit notes, of payments that were too much) is as it was: it never expires, and
-- all credit from before this is of that kind. So a customer's credit is what the ledger says, what of it is of grants is
-- `left_minor` of these, and the rest is free.
--
-- A grant is never changed. What happens to it are moves beside it, and `left_minor` is what they have left: it is counted
-- by the database when a move comes in, never beyond what there is, so that no cent of it is used twice.
create table credit_grants (
    tenant_id    uuid not null references tenants (id),
    id           uuid not null,
    customer_id  uuid not null,
    source       text not null check (source in ('promotional', 'paid')),
    -- What the customer reads.
    description  text not null,
    currency     text not null,
    amount_minor bigint not null check (amount_minor > 0),
    left_minor   bigint not null check (left_minor between 0 and amount_minor),
    -- The last day, where the tenant is, on which it can be used.
    expires_on   date,
    -- The bank's words for the money, and the day on which it came.
    reference    text,
    paid_on      date,
    created_at   timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    check ((source = 'paid') = (reference is not null)),
    check ((source = 'paid') = (paid_on is not null))
);
create index credit_grants_customer on credit_grants (tenant_id, customer_id, created_at, id);
create index credit_grants_left on credit_grants (tenant_id, customer_id, expires_on) where left_minor > 0;
create index credit_grants_reference on credit_grants (tenant_id, reference) where reference is not null;
call app.protect('credit_grants', 'customer_id');
grant select, insert on credit_grants to bailiwick_tenant;
-- What has expired is looked for over all tenants.
grant select on credit_grants to bailiwick_system;

create table credit_moves (
    tenant_id    uuid not null references tenants (id),
    id           uuid not null,
    customer_id  uuid not null,
    grant_id     uuid not null,
    kind         text not null check (kind in ('used', 'returned', 'released', 'expired', 'revoked')),
    -- The invoice that it was used for, or that has given it back.
    invoice_id   uuid,
    -- By how much there is more of the grant; less where negative.
    amount_minor bigint not null check (amount_minor <> 0),
    -- Why it was taken back.
    reason       text,
    created_at   timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, grant_id) references credit_grants (tenant_id, id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
    check ((kind = 'returned') = (amount_minor > 0)),
    check (invoice_id is not null or kind in ('expired', 'revoked')),
    check ((kind = 'revoked') = (reason is not null))
);
create index credit_moves_grant on credit_moves (tenant_id, grant_id, created_at, id);
create index credit_moves_invoice on credit_moves (tenant_id, invoice_id);
call app.protect('credit_moves', 'customer_id');
grant select, insert on credit_moves to bailiwick_tenant;

create trigger credit_moves_keep before update or delete on credit_moves
    for each row execute function app.refuse_change();
create trigger credit_moves_no_truncate before truncate on credit_moves execute function app.refuse_truncate();

-- With its owner's rights: nobody else may change a grant.
create function app.count_credit_move() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
begin
    update credit_grants
    set left_minor = amount_minor + (select sum(m.amount_minor) from credit_moves m
                                     where m.tenant_id = new.tenant_id and m.grant_id = new.grant_id)
    where tenant_id = new.tenant_id and id = new.grant_id and customer_id = new.customer_id;
    if not found then
        raise exception 'grant % is of another customer', new.grant_id
            using errcode = 'check_violation', constraint = 'credit_moves_customer';
    end if;
    return null;
end $$;
revoke execute on function app.count_credit_move() from public;
create trigger credit_moves_count after insert on credit_moves
    for each row execute function app.count_credit_move();

create function app.keep_credit_grant() returns trigger
    language plpgsql
as $$
declare
    v_moved numeric;
begin
    if tg_op = 'INSERT' then
        if new.left_minor = new.amount_minor then
            return new;
        end if;
    elsif tg_op = 'UPDATE' and to_jsonb(new) - 'left_minor' = to_jsonb(old) - 'left_minor' then
        select coalesce(sum(amount_minor), 0) into v_moved
        from public.credit_moves where tenant_id = new.tenant_id and grant_id = new.id;
        if new.left_minor = new.amount_minor + v_moved then
            return new;
        end if;
    end if;
    raise exception '% of a grant is refused: what it has stays as it is', tg_op using errcode = 'BW001';
end $$;
create trigger credit_grants_keep before update or delete on credit_grants
    for each row execute function app.keep_credit_grant();
-- Afterwards: who may not put it there is told that first.
create trigger credit_grants_begin after insert on credit_grants
    for each row execute function app.keep_credit_grant();
create trigger credit_grants_no_truncate before truncate on credit_grants execute function app.refuse_truncate();

-- What was given away, and what was paid for and never used: neither is revenue of an invoice.
alter table ledger_entries drop constraint ledger_entries_account_check;
alter table ledger_entries add constraint ledger_entries_account_check
    check (account in ('receivable', 'revenue', 'deferred_revenue', 'tax_payable', 'cash', 'fees', 'credits', 'refunds',
                       'bad_debt', 'promotions', 'breakage'));
alter table ledger_transactions drop constraint ledger_transactions_kind_check;
alter table ledger_transactions add constraint ledger_transactions_kind_check
    check (kind in ('invoice', 'payment', 'credit_note', 'credit_applied', 'void', 'write_off', 'refund', 'refund_paid',
                    'refund_failed', 'dispute', 'dispute_won', 'dispute_lost', 'credit_granted', 'credit_expired',
                    'credit_revoked'));
