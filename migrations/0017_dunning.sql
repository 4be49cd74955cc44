-- Dunning: what is done about an invoice that is not paid, and when. And what is charged once: late fees, and what staff
-- add by hand.
--
-- A schedule is never changed, only followed by another: an invoice keeps to the one that was in force when it was issued,
-- which is what its customer was told.

-- The day of the month on which the invoices of the month before are issued by themselves, and up to which month they were.
alter table tenants
    add column issue_day smallint check (issue_day between 1 and 28),
    add column issued_month date;
grant update (issue_day, issued_month) on tenants to bailiwick_tenant;

create table dunning_schedules (
    tenant_id  uuid not null references tenants (id),
    number     integer not null,
    -- `domain::dunning::DunningStep`, in their order. None: nothing is done.
    steps      jsonb not null,
    created_at timestamptz not null,
    primary key (tenant_id, number)
);
call app.protect('dunning_schedules');
grant select, insert on dunning_schedules to bailiwick_tenant;

-- How far an issued invoice has come on its schedule.
create table dunning_cases (
    tenant_id   uuid not null references tenants (id),
    invoice_id  uuid not null,
    customer_id uuid not null,
    schedule    integer not null,
    -- The place of the next step in the schedule.
    next_step   integer not null default 0,
    -- Not before this day; none where nothing is left to be done.
    next_on     date,
    -- Why a step that is due waits.
    waits_for   text check (waits_for in ('mail', 'delivery', 'charge')),
    held_at     timestamptz,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, invoice_id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, schedule) references dunning_schedules (tenant_id, number)
);
create index dunning_cases_due on dunning_cases (tenant_id, next_on) where next_on is not null and held_at is null;
call app.protect('dunning_cases', 'customer_id');
grant select, insert, update on dunning_cases to bailiwick_tenant;
grant select on dunning_cases to bailiwick_system;

-- What was done. The key is what does each step once.
create table dunning_steps (
    tenant_id   uuid not null references tenants (id),
    invoice_id  uuid not null,
    step        integer not null,
    customer_id uuid not null,
    action      text not null check (action in ('remind', 'charge', 'late_fee', 'pause', 'cancel')),
    -- Why it was not done; none where it was.
    skipped     text,
    done_on     date not null,
    created_at  timestamptz not null,
    primary key (tenant_id, invoice_id, step),
    foreign key (tenant_id, invoice_id) references dunning_cases (tenant_id, invoice_id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
call app.protect('dunning_steps', 'customer_id');
grant select, insert on dunning_steps to bailiwick_tenant;

-- Whether an invoice has been delivered.
create index mails_invoice on mails (tenant_id, invoice_id, created_at) where invoice_id is not null;

create table one_off_charges (
    tenant_id   uuid not null references tenants (id),
    id          uuid not null,
    customer_id uuid not null,
    kind        text not null check (kind in ('one_off', 'late_fee')),
    description text not null,
    quantity    numeric not null check (quantity > 0),
    unit_price  numeric not null check (unit_price > 0),
    currency    text not null,
    -- The invoice that was not paid in time.
    late_for    uuid,
    -- The invoice that charges for it, once issued.
    invoice_id  uuid,
    created_at  timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    foreign key (tenant_id, late_for) references invoices (tenant_id, id),
    foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
    check ((kind = 'late_fee') = (late_for is not null))
);
create index one_off_charges_waiting on one_off_charges (tenant_id, customer_id, created_at) where invoice_id is null;
create index one_off_charges_invoice on one_off_charges (tenant_id, invoice_id) where invoice_id is not null;
call app.protect('one_off_charges', 'customer_id');
grant select, insert, update (invoice_id), delete on one_off_charges to bailiwick_tenant;
