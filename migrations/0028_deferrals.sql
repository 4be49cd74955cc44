-- Revenue of what is charged ahead. A line of an invoice for days after the invoice's month is not earned when it is issued:
-- what of it belongs to later months is booked under `deferred_revenue`, and moved to `revenue` month by month.
--
-- A deferral says of a line that it is one, and how far it has been earned; what is earned follows from the line's days, its
-- amount, and what was credited of it, none of which is ever changed. A recognition is what was booked for a month of an
-- invoice: once when the month is over, and once for each credit note, or the void, that came after that.
create table deferrals (
    tenant_id        uuid not null references tenants (id),
    invoice_id       uuid not null,
    invoice_line_id  uuid not null,
    customer_id      uuid not null,
    -- What the line brings without tax.
    net_minor        bigint not null check (net_minor <> 0),
    -- The first day after those that it charges for.
    ends_on          date not null,
    -- The first day of a month that has not been booked: at first that after the invoice's.
    recognized_until date not null check (extract(day from recognized_until) = 1),
    primary key (tenant_id, invoice_id, invoice_line_id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
    foreign key (tenant_id, invoice_id, invoice_line_id) references invoice_lines (tenant_id, invoice_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
create index deferrals_open on deferrals (tenant_id, recognized_until, invoice_id) where recognized_until < ends_on;
call app.protect('deferrals', 'customer_id');
grant select, insert, update (recognized_until) on deferrals to bailiwick_tenant;
-- Whose months are over is looked for over all tenants.
grant select on deferrals to bailiwick_system;

create table recognitions (
    tenant_id      uuid not null references tenants (id),
    id             uuid not null,
    customer_id    uuid not null,
    invoice_id     uuid not null,
    month          date not null check (extract(day from month) = 1),
    kind           text not null check (kind in ('earned', 'credited', 'voided')),
    credit_note_id uuid,
    amount_minor   bigint not null check (amount_minor <> 0),
    created_at     timestamptz not null,
    primary key (tenant_id, id),
    -- A month is earned once, and corrected once for each thing that corrects it.
    unique nulls not distinct (tenant_id, invoice_id, month, kind, credit_note_id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, credit_note_id) references credit_notes (tenant_id, id),
    check ((kind = 'credited') = (credit_note_id is not null))
);
create index recognitions_month on recognitions (tenant_id, month);
call app.protect('recognitions', 'customer_id');
grant select, insert on recognitions to bailiwick_tenant;

-- It only goes on.
create function app.keep_deferral() returns trigger
    language plpgsql
as $$
begin
    if tg_op = 'UPDATE' and to_jsonb(new) - 'recognized_until' = to_jsonb(old) - 'recognized_until'
       and new.recognized_until > old.recognized_until then
        return new;
    end if;
    raise exception '% of a deferral is refused: what it has stays as it is', tg_op using errcode = 'BW001';
end $$;
create trigger deferrals_keep before update or delete on deferrals
    for each row execute function app.keep_deferral();
create trigger deferrals_no_truncate before truncate on deferrals execute function app.refuse_truncate();
create trigger recognitions_keep before update or delete on recognitions
    for each row execute function app.refuse_change();
create trigger recognitions_no_truncate before truncate on recognitions execute function app.refuse_truncate();

alter table ledger_transactions drop constraint ledger_transactions_kind_check;
alter table ledger_transactions add constraint ledger_transactions_kind_check
    check (kind in ('invoice', 'payment', 'credit_note', 'credit_applied', 'void', 'write_off', 'refund', 'refund_paid',
                    'refund_failed', 'dispute', 'dispute_won', 'dispute_lost', 'credit_granted', 'credit_expired',
                    'credit_revoked', 'recognition'));
-- What months have earned of what was charged ahead, and how much is deferred, are asked for by themselves.
create index ledger_transactions_recognitions on ledger_transactions (tenant_id, period_start) where kind = 'recognition';
create index ledger_entries_deferred on ledger_entries (tenant_id, transaction_id) where account = 'deferred_revenue';
