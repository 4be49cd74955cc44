-- The checks of a statement look each row up by its key. A join with the table left the choice to the planner, who knows
-- little of the rows of a statement: at two hundred invoices in one, it read all that were ever issued for each line.

-- The lines of an invoice change only while it is a draft.
create or replace function app.keep_issued_lines() returns trigger
    language plpgsql
as $$
declare
    v_issued boolean := false;
begin
    if tg_op <> 'DELETE' then
        v_issued := exists (
            select from (select distinct tenant_id, invoice_id from added) l
            where (select i.status from public.invoices i where i.tenant_id = l.tenant_id and i.id = l.invoice_id)
                  is distinct from 'draft');
    end if;
    -- Those of a draft go with it.
    if tg_op <> 'INSERT' and not v_issued then
        v_issued := exists (
            select from (select distinct tenant_id, invoice_id from removed) l
            where (select i.status from public.invoices i where i.tenant_id = l.tenant_id and i.id = l.invoice_id)
                  <> 'draft');
    end if;
    if v_issued then
        raise exception 'the lines of an issued invoice cannot be changed' using errcode = 'BW001';
    end if;
    return null;
end $$;

-- A transaction of the ledger comes whole, with all its entries in one statement, and balances when that is done.
create or replace function app.check_ledger_balance() returns trigger
    language plpgsql
as $$
declare
    v_wrong record;
begin
    if tg_table_name = 'ledger_entries' then
        select a.transaction_id as id, a.entries, e.found, e.sum into v_wrong
        from (select l.*, (select t.entries from public.ledger_transactions t
                           where t.tenant_id = l.tenant_id and t.id = l.transaction_id) as entries
              from (select distinct tenant_id, transaction_id from added) l) a
             cross join lateral (select count(*) as found, sum(amount_minor) as sum from public.ledger_entries e
                                 where e.tenant_id = a.tenant_id and e.transaction_id = a.transaction_id) e
        where e.found is distinct from a.entries::bigint or e.sum is distinct from 0
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
