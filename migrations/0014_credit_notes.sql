-- Credit notes, voids and write-offs: how an issued invoice is put right without being changed. And customers' credit:
-- what they have paid beyond what they owe, used up by their next invoices.
--
-- The invoice keeps its row and its number. What lowers it are rows beside it; `invoice_amounts` adds them up, and is the
-- one place that does. Credit notes are numbered without gaps, by a count of their own in the issuer's counter row.

alter table invoice_counters add column last_credit_note bigint not null default 0;

alter table invoices drop constraint invoices_status_check;
alter table invoices
    add constraint invoices_status_check check (status in ('draft', 'finalized', 'paid', 'uncollectible', 'void')),
    -- When and why it was voided or written off. It stays if the money comes after all.
    add column closed_at timestamptz,
    add column closed_reason text,
    add constraint invoices_closed_check check (
        (closed_at is null) = (closed_reason is null) and (status not in ('uncollectible', 'void') or closed_at is not null));
-- What a void invoice billed can be billed anew.
alter table invoices drop constraint invoices_tenant_id_subscription_id_period_start_key;
create unique index invoices_tenant_id_subscription_id_period_start_key
    on invoices (tenant_id, subscription_id, period_start) where status <> 'void';

-- The moves of `domain::invoices::InvoiceStatus`, and no others.
create or replace function app.keep_issued_invoice() returns trigger
    language plpgsql
as $$
begin
    if tg_op = 'DELETE' then
        if old.status = 'draft' then
            return old;
        end if;
    elsif old.status = 'draft' then
        if new.status in ('draft', 'finalized') then
            return new;
        end if;
    elsif (to_jsonb(new) - '{status,paid_at,closed_at,closed_reason,version,updated_at}'::text[])
          = (to_jsonb(old) - '{status,paid_at,closed_at,closed_reason,version,updated_at}'::text[])
          and ((old.status, new.status) in (('finalized', 'paid'), ('finalized', 'uncollectible'), ('finalized', 'void'),
                                            ('uncollectible', 'paid'))
               or (old.status = new.status and old.paid_at is not distinct from new.paid_at))
          and (new.status in ('uncollectible', 'void') and old.status = 'finalized'
               or (old.closed_at, old.closed_reason) is not distinct from (new.closed_at, new.closed_reason)) then
        return new;
    end if;
    raise exception 'invoice % has been issued and cannot be changed', old.number using errcode = 'BW001';
end $$;

-- More than was owed: the customer's credit.
alter table payments
    add column credit_minor bigint not null default 0,
    add constraint payments_credit_check check (credit_minor between 0 and amount_minor);

create table credit_notes (
    tenant_id    uuid not null references tenants (id),
    id           uuid not null,
    customer_id  uuid not null,
    invoice_id   uuid not null,
    sequence     bigint not null,
    number       text not null,
    reason       text not null,
    currency     text not null,
    total_minor  bigint not null check (total_minor > 0),
    -- What of it the customer had paid already, and has as credit since.
    credit_minor bigint not null check (credit_minor between 0 and total_minor),
    issued_on    date not null,
    created_at   timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, sequence),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);
create index credit_notes_invoice on credit_notes (tenant_id, invoice_id);
create index credit_notes_customer on credit_notes (tenant_id, customer_id, sequence);
call app.protect('credit_notes', 'customer_id');
grant select, insert on credit_notes to bailiwick_tenant;
grant select on credit_notes to bailiwick_system;

create table credit_note_lines (
    tenant_id       uuid not null,
    credit_note_id  uuid not null,
    position        integer not null,
    customer_id     uuid not null,
    invoice_id      uuid not null,
    invoice_line_id uuid not null,
    -- With the sign of the invoice's line: a discount is credited by a negative amount.
    amount_minor    bigint not null check (amount_minor <> 0),
    primary key (tenant_id, credit_note_id, position),
    foreign key (tenant_id, credit_note_id) references credit_notes (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, invoice_id, invoice_line_id) references invoice_lines (tenant_id, invoice_id, id)
);
create index credit_note_lines_line on credit_note_lines (tenant_id, invoice_id, invoice_line_id);
call app.protect('credit_note_lines', 'customer_id');
grant select, insert on credit_note_lines to bailiwick_tenant;

-- Credit of the customer that an invoice was issued with.
create table credit_applications (
    tenant_id    uuid not null references tenants (id),
    id           uuid not null,
    customer_id  uuid not null,
    invoice_id   uuid not null,
    currency     text not null,
    amount_minor bigint not null check (amount_minor > 0),
    created_at   timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, invoice_id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);
call app.protect('credit_applications', 'customer_id');
grant select, insert on credit_applications to bailiwick_tenant;

create trigger credit_notes_keep before update or delete on credit_notes
    for each row execute function app.refuse_change();
create trigger credit_note_lines_keep before update or delete on credit_note_lines
    for each row execute function app.refuse_change();
create trigger credit_applications_keep before update or delete on credit_applications
    for each row execute function app.refuse_change();
create trigger credit_notes_no_truncate before truncate on credit_notes execute function app.refuse_truncate();
create trigger credit_note_lines_no_truncate before truncate on credit_note_lines execute function app.refuse_truncate();
create trigger credit_applications_no_truncate before truncate on credit_applications
    execute function app.refuse_truncate();

-- At commit a credit note's lines come to its total: one added later would not. The argument names the column that holds
-- the credit note's id.
create function app.check_credit_note_sum() returns trigger
    language plpgsql
as $$
declare
    v_id    uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
    v_total bigint;
    v_sum   numeric;
begin
    select total_minor into v_total from public.credit_notes where tenant_id = new.tenant_id and id = v_id;
    select sum(amount_minor) into v_sum
    from public.credit_note_lines where tenant_id = new.tenant_id and credit_note_id = v_id;
    if v_sum is distinct from v_total::numeric then
        raise exception 'the lines of credit note % come to %, not %', v_id, v_sum, v_total
            using errcode = 'check_violation', constraint = 'credit_note_sum';
    end if;
    return null;
end $$;
create constraint trigger credit_notes_sum after insert on credit_notes
    deferrable initially deferred for each row execute function app.check_credit_note_sum('id');
create constraint trigger credit_note_lines_sum after insert on credit_note_lines
    deferrable initially deferred for each row execute function app.check_credit_note_sum('credit_note_id');

alter table ledger_transactions drop constraint ledger_transactions_kind_check;
alter table ledger_transactions add constraint ledger_transactions_kind_check
    check (kind in ('invoice', 'payment', 'credit_note', 'credit_applied', 'void', 'write_off'));

-- The credit note whose PDF goes along.
alter table mails add column credit_note_id uuid,
    add foreign key (tenant_id, credit_note_id) references credit_notes (tenant_id, id);

-- What came off an invoice, and what is left of it. It is seen with the rights of who asks.
create view invoice_amounts with (security_invoker = true) as
    select i.tenant_id, i.id as invoice_id, p.minor as paid_minor, a.minor as credit_used_minor, n.minor as credited_minor,
           case when i.status in ('finalized', 'paid') then o.minor else 0 end as outstanding_minor,
           case when i.status = 'uncollectible' then o.minor else 0 end as written_off_minor
    from invoices i
         cross join lateral (select coalesce(sum(amount_minor - credit_minor), 0)::bigint as minor
                             from payments where tenant_id = i.tenant_id and invoice_id = i.id) p
         cross join lateral (select coalesce(sum(amount_minor), 0)::bigint as minor
                             from credit_applications where tenant_id = i.tenant_id and invoice_id = i.id) a
         cross join lateral (select coalesce(sum(total_minor), 0)::bigint as minor,
                                    coalesce(sum(credit_minor), 0)::bigint as credit_minor
                             from credit_notes where tenant_id = i.tenant_id and invoice_id = i.id) n
         cross join lateral (select i.total_minor - p.minor - a.minor - (n.minor - n.credit_minor) as minor) o;
grant select on invoice_amounts to bailiwick_tenant;
