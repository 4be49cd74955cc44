-- Tax: what sellers set, where customers are, and what invoices and credit notes have of it.
--
-- The decision itself, with all that it went by, is in an invoice's evidence; the row has what came of it.

alter table tenants
    -- `domain::tax::TaxSettings`; none where no tax is charged.
    add column tax jsonb;
grant update (tax) on tenants to bailiwick_tenant;

alter table customers
    -- ISO 3166-1, and the second half of ISO 3166-2. Where none is given, the customer is where the seller is.
    add column country text check (country ~ '^[A-Z]{2}$'),
    add column region text check (region ~ '^[A-Z0-9]{1,3}$'),
    -- Why there is no tax; none where there is.
    add column tax_exempt text,
    add check (region is null or country is not null);

-- The product class that tax goes by; none is the standard one.
alter table plans add column tax_class text;
alter table one_off_charges add column tax_class text;
alter table invoice_lines add column tax_class text;

alter table invoices
    -- `domain::tax::Taxes`; none where the seller charges no tax.
    add column tax jsonb,
    -- What of the total is tax.
    add column tax_minor bigint not null default 0,
    add check (tax is not null or tax_minor = 0);

alter table credit_notes
    -- What each tax of the invoice is credited by, in their order.
    add column taxes jsonb not null default '[]',
    -- What of the total is tax.
    add column tax_minor bigint not null default 0,
    -- What of that comes on top of the lines; the rest is in them.
    add column tax_on_top_minor bigint not null default 0;

create or replace function app.check_credit_note_sum() returns trigger
    language plpgsql
as $$
declare
    v_id    uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
    v_total bigint;
    v_sum   numeric;
begin
    select total_minor - tax_on_top_minor into v_total
    from public.credit_notes where tenant_id = new.tenant_id and id = v_id;
    select sum(amount_minor) into v_sum
    from public.credit_note_lines where tenant_id = new.tenant_id and credit_note_id = v_id;
    if v_sum is distinct from v_total::numeric then
        raise exception 'the lines of credit note % come to %, not %', v_id, v_sum, v_total
            using errcode = 'check_violation', constraint = 'credit_note_sum';
    end if;
    return null;
end $$;
