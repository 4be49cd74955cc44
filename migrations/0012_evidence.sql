-- What an issued invoice was computed from: prices, usage, days and the lines that came of them, as text, so that the
-- bytes stay those that were sealed. The invoice keeps their SHA-256. Invoices from before have none.
alter table invoices add column seal bytea check (octet_length(seal) = 32);

create table invoice_evidence (
    tenant_id   uuid not null,
    invoice_id  uuid not null,
    customer_id uuid not null,
    body        text not null,
    primary key (tenant_id, invoice_id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
call app.protect('invoice_evidence', 'customer_id');
grant select, insert on invoice_evidence to bailiwick_tenant;
create trigger invoice_evidence_keep before update or delete on invoice_evidence
    for each row execute function app.refuse_change();
create trigger invoice_evidence_no_truncate before truncate on invoice_evidence
    execute function app.refuse_truncate();
