-- Money is recorded once for the whole tenant, also by those who see some of its customers only.

-- Whether a bank transfer of such a reference is recorded, for an invoice or as credit. What was taken back whole is as if it
-- had not come. With its owner's rights: it says whether there is one, and nothing of whose it is.
create function app.transfer_is_recorded(p_reference text) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_customers text := current_setting('app.customer_ids', true);
    v_known     boolean;
begin
    perform set_config('app.customer_ids', 'all', true);
    v_known := exists (select from payments
                       where tenant_id = app.tenant_id() and provider = 'bank_transfer' and reference = p_reference)
        or exists (select from credit_grants g
                   where g.tenant_id = app.tenant_id() and g.reference = p_reference
                     and g.amount_minor > (select coalesce(-sum(m.amount_minor), 0) from credit_moves m
                                           where m.tenant_id = g.tenant_id and m.grant_id = g.id and m.kind = 'revoked'));
    -- The rest of the transaction sees what it saw before, not more.
    perform set_config('app.customer_ids', coalesce(v_customers, ''), true);
    return v_known;
end $$;
grant execute on function app.transfer_is_recorded to bailiwick_tenant;
