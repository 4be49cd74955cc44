-- Three roles, and the two settings that say on whose behalf a transaction runs.
--
-- owner            runs migrations and owns every object (whoever DATABASE_URL names)
-- bailiwick_login  what the server's ordinary pool signs in as; has no rights of its own
-- bailiwick_tenant what every tenant transaction becomes by SET LOCAL ROLE; row-level security holds it
-- bailiwick_system the narrow other door: sign-in, host names, job claims, the platform's own pages
--
-- Nothing here bypasses row-level security. What the system role may do is written out as grants and
-- policies, so that a reader of the catalogue sees all of it.

do $$
begin
    if not exists (select from pg_roles where rolname = 'bailiwick_login') then
        create role bailiwick_login login noinherit nobypassrls;
    end if;
    if not exists (select from pg_roles where rolname = 'bailiwick_tenant') then
        create role bailiwick_tenant nologin nobypassrls;
    end if;
    if not exists (select from pg_roles where rolname = 'bailiwick_system') then
        create role bailiwick_system login nobypassrls;
    end if;
exception when unique_violation or duplicate_object then
    -- Roles belong to the whole cluster: another database's migration was quicker.
    null;
end $$;

grant bailiwick_tenant to bailiwick_login;

create schema app;
revoke all on schema public from public;
grant usage on schema public, app to bailiwick_login, bailiwick_tenant, bailiwick_system;
-- A function may be called by whom it is granted to, not by everybody, as PostgreSQL would have it.
alter default privileges revoke execute on routines from public;

-- Policies call these. STABLE SQL functions are inlined and keep to what Citus accepts; a setting that
-- was SET LOCAL reads as '' afterwards, not NULL, hence nullif.
create function app.tenant_id() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.tenant_id', true), '')::uuid;

-- NULL: every customer of the tenant. Nothing set at all: none, so that forgetting shows nothing.
create function app.customer_ids() returns uuid[]
    language sql stable parallel safe
    return case current_setting('app.customer_ids', true)
        when 'all' then null
        else coalesce(nullif(current_setting('app.customer_ids', true), ''), '{}')::uuid[]
    end;

grant execute on function app.tenant_id, app.customer_ids to bailiwick_tenant, bailiwick_system;

-- Puts a table under forced row-level security. Every tenant table goes through here, and a test reads
-- the catalogue to see that none was forgotten.
create procedure app.protect(target regclass, customer_column name default null)
    language plpgsql
as $$
declare
    condition text := 'tenant_id = app.tenant_id()';
begin
    if customer_column is not null then
        condition := condition || format(
            ' and (app.customer_ids() is null or %I = any (app.customer_ids()))', customer_column);
    end if;
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format('create policy tenant on %s using (%s) with check (%s)', target, condition, condition);
    execute format('create policy system on %s to bailiwick_system using (true) with check (true)', target);
end $$;

-- For tables that only the system role may see at all.
create procedure app.protect_system(target regclass)
    language plpgsql
as $$
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format('create policy system on %s to bailiwick_system using (true) with check (true)', target);
end $$;
