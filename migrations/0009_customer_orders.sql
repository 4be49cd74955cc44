-- Customers are also listed by when they were taken on.
create index customers_created on customers (tenant_id, created_at, id);
