-- Sandboxes: a tenant of its own below an MSP, with a clock that stands still until somebody moves it on. A year of a
-- customer's life passes in it in less than a minute, in numbers, a ledger and invoices of its own.

alter table tenants
    -- What time it is there; none where it is the time that it is.
    add column clock timestamptz,
    -- Up to when the clock is being moved on.
    add column clock_target timestamptz,
    add check (clock is null or parent_id is not null),
    add check (clock_target is null or clock is not null);
create index tenants_sandboxes on tenants (parent_id) where clock is not null;
