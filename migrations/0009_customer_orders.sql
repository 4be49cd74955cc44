-- Customers are listed in several orders, page by page: each has an index that gives the rows in it.
create index customers_created on customers (tenant_id, created_at, id);
create index customers_status_name on customers (tenant_id, status, lower(company_name), id);
-- What it served is served by the one above.
drop index customers_status;
