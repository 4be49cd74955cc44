-- Double entry under all money. A transaction books one thing that happened (an invoice issued, a payment received) as
-- two or more entries that add up to zero: debits are positive, credits negative.
--
-- Nothing here is ever changed or taken away, by nobody, the owner included: what was booked wrongly is booked back.
-- That a transaction adds up, and that it has as many entries as it says, is checked when it is committed; an entry
-- added to it later would not fit the number.

create table ledger_transactions (
    tenant_id    uuid not null references tenants (id),
    id           uuid not null,
    customer_id  uuid,
    kind         text not null check (kind in ('invoice', 'payment')),
    -- The invoice or the payment: it is booked once.
    subject_id   uuid not null,
    invoice_id   uuid,
    booked_on    date not null,
    -- The days that revenue in it belongs to.
    period_start date,
    period_end   date check (period_end > period_start),
    currency     text not null,
    entries      smallint not null check (entries >= 2),
    created_at   timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, kind, subject_id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
    check ((period_start is null) = (period_end is null))
);
create index ledger_transactions_booked on ledger_transactions (tenant_id, booked_on, id);
create index ledger_transactions_customer on ledger_transactions (tenant_id, customer_id, booked_on, id);
create index ledger_transactions_invoice on ledger_transactions (tenant_id, invoice_id);
create index ledger_transactions_period on ledger_transactions (tenant_id, period_start) where period_start is not null;
call app.protect('ledger_transactions', 'customer_id');
grant select, insert on ledger_transactions to bailiwick_tenant;

create table ledger_entries (
    tenant_id      uuid not null,
    transaction_id uuid not null,
    position       smallint not null,
    customer_id    uuid,
    account        text not null check (account in ('receivable', 'revenue', 'deferred_revenue', 'tax_payable', 'cash',
                                                    'fees', 'credits', 'refunds', 'bad_debt')),
    amount_minor   bigint not null check (amount_minor <> 0),
    primary key (tenant_id, transaction_id, position),
    foreign key (tenant_id, transaction_id) references ledger_transactions (tenant_id, id)
);
call app.protect('ledger_entries', 'customer_id');
grant select, insert on ledger_entries to bailiwick_tenant;

create function app.refuse_change() returns trigger
    language plpgsql
as $$
begin
    raise exception '% of % is refused: what it has stays as it is', tg_op, tg_table_name using errcode = 'BW001';
end $$;
create trigger ledger_transactions_keep before update or delete on ledger_transactions
    for each row execute function app.refuse_change();
create trigger ledger_entries_keep before update or delete on ledger_entries
    for each row execute function app.refuse_change();
create trigger ledger_transactions_no_truncate before truncate on ledger_transactions
    execute function app.refuse_truncate();
create trigger ledger_entries_no_truncate before truncate on ledger_entries
    execute function app.refuse_truncate();

-- The argument names the column that holds the transaction's id.
create function app.check_ledger_balance() returns trigger
    language plpgsql
as $$
declare
    v_id       uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
    v_expected smallint;
    v_found    bigint;
    v_sum      numeric;
begin
    select entries into v_expected from public.ledger_transactions where tenant_id = new.tenant_id and id = v_id;
    select count(*), sum(amount_minor) into v_found, v_sum
    from public.ledger_entries where tenant_id = new.tenant_id and transaction_id = v_id;
    if v_found is distinct from v_expected::bigint or v_sum is distinct from 0 then
        raise exception 'ledger transaction % does not balance: % of % entries, sum %', v_id, v_found, v_expected, v_sum
            using errcode = 'check_violation', constraint = 'ledger_balance';
    end if;
    return null;
end $$;
create constraint trigger ledger_transactions_balance after insert on ledger_transactions
    deferrable initially deferred for each row execute function app.check_ledger_balance('id');
create constraint trigger ledger_entries_balance after insert on ledger_entries
    deferrable initially deferred for each row execute function app.check_ledger_balance('transaction_id');

-- What was issued and paid before there was a ledger. The owner, too, sees rows of tenants only without the force.
alter table invoices no force row level security;
alter table payments no force row level security;
alter table tenants no force row level security;
alter table ledger_transactions no force row level security;
alter table ledger_entries no force row level security;
insert into ledger_transactions (tenant_id, id, customer_id, kind, subject_id, invoice_id, booked_on, period_start,
                                 period_end, currency, entries, created_at)
    select tenant_id, gen_random_uuid(), customer_id, 'invoice', id, id, issued_on, period_start, period_end, currency, 2,
           finalized_at
    from invoices where status <> 'draft' and total_minor <> 0;
insert into ledger_transactions (tenant_id, id, customer_id, kind, subject_id, invoice_id, booked_on, currency, entries,
                                 created_at)
    select p.tenant_id, gen_random_uuid(), p.customer_id, 'payment', p.id, p.invoice_id,
           (p.paid_at at time zone t.time_zone)::date, p.currency,
           1 + (p.fee_minor <> 0)::int + (p.fee_minor <> p.amount_minor)::int, p.created_at
    from payments p join tenants t on t.id = p.tenant_id;
insert into ledger_entries (tenant_id, transaction_id, position, customer_id, account, amount_minor)
    select t.tenant_id, t.id, e.position, t.customer_id, e.account, e.amount
    from ledger_transactions t
         join invoices i on i.tenant_id = t.tenant_id and i.id = t.subject_id and t.kind = 'invoice',
         lateral (values (1, 'receivable', i.total_minor), (2, 'revenue', -i.total_minor)) as e (position, account, amount)
    union all
    select t.tenant_id, t.id, e.position, t.customer_id, e.account, e.amount
    from ledger_transactions t
         join payments p on p.tenant_id = t.tenant_id and p.id = t.subject_id and t.kind = 'payment',
         lateral (values (1, 'cash', p.amount_minor - p.fee_minor), (2, 'fees', p.fee_minor),
                         (3, 'receivable', -p.amount_minor)) as e (position, account, amount)
    where e.amount <> 0;
set constraints all immediate;
alter table ledger_entries force row level security;
alter table ledger_transactions force row level security;
alter table tenants force row level security;
alter table payments force row level security;
alter table invoices force row level security;
