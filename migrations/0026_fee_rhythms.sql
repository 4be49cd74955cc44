-- Base fees with a rhythm of their own: for a quarter or a year, by the calendar or from the day on which the subscription was
-- first charged for. Which periods there are, and when a fee falls due, is computed by `domain::fees` alone.
alter table plans
    add column fee_interval text not null default 'month' check (fee_interval in ('month', 'quarter', 'year')),
    add column fee_anchor   text not null default 'calendar' check (fee_anchor in ('calendar', 'anniversary'));
-- A part of the price: who is subscribed keeps it until moved.
alter table plan_prices
    add column fee_interval text not null default 'month' check (fee_interval in ('month', 'quarter', 'year')),
    add column fee_anchor   text not null default 'calendar' check (fee_anchor in ('calendar', 'anniversary'));

-- The period of the fee that a line is of, where it has a rhythm of its own. Its service days lie in other months than the
-- invoice's, and yet it makes up for nothing: what was billed for a month is without it.
alter table invoice_lines
    add column fee_start date,
    add column fee_end   date,
    add check ((fee_start is null) = (fee_end is null)),
    add check (fee_start <= service_start and service_end <= fee_end);
