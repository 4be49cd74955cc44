-- Prices of every model. A component's price is kept as its terms, in the form in which requests bring them and which
-- only the rating engine reads; nothing is ever looked for inside of them.
alter table plan_components add column price jsonb;
alter table plan_components no force row level security;
update plan_components
set price = jsonb_build_object('model', 'unit', 'unit_price', trim_scale(unit_price)::text,
                               'included', trim_scale(included)::text);
alter table plan_components force row level security;
alter table plan_components alter column price set not null, drop column unit_price, drop column included;

-- Discounts, minimum and maximum of a plan as a whole.
alter table plans add column adjustments jsonb not null default '{}';

-- What belongs to one group of usage, and how a line was computed. Not every line has one price for all its units.
alter table invoice_lines
    add column usage_group jsonb not null default '{}',
    add column closing_level numeric(24, 9),
    add column derivation jsonb not null default '[]',
    alter column unit_price drop not null;
