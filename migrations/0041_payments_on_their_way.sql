-- A bank debit that a payer has begun on a payment page takes days. Until the bank has said yes or no, nothing else is done
-- to get the money.
alter table checkouts drop constraint checkouts_status_check;
alter table checkouts add constraint checkouts_status_check
    check (status in ('open', 'processing', 'paid', 'failed', 'expired'));
alter table checkouts
    -- When the payer had finished the page.
    add column processing_since timestamptz,
    -- A charge of the saved method that came up meanwhile: it is made if this fails.
    add column charge_waits boolean not null default false,
    add constraint checkouts_processing_since_check check (status <> 'processing' or processing_since is not null);
create index checkouts_processing on checkouts (tenant_id, invoice_id) where status = 'processing';
-- What has been on its way for long is looked for over all tenants.
grant select (tenant_id, id, status) on checkouts to bailiwick_system;

alter table dunning_cases drop constraint dunning_cases_waits_for_check;
alter table dunning_cases add constraint dunning_cases_waits_for_check
    check (waits_for in ('mail', 'delivery', 'charge', 'payment'));
