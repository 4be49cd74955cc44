-- What an MSP shows to its customers: names, colours, pictures, and the sender of its mails and invoices.
create table brands (
    tenant_id     uuid primary key references tenants (id),
    display_name  text not null,
    portal_name   text,
    primary_color text not null,
    accent_color  text not null,
    login_message text,
    support_email text,
    support_phone text,
    support_url   text,
    -- The issuer on invoices.
    legal_name    text,
    address       text,
    tax_id        text,
    invoice_footer text,
    mail_from_name text,
    mail_reply_to text,
    mail_footer   text,
    version       integer not null default 1,
    updated_at    timestamptz not null
);
call app.protect('brands');
grant select, insert, update on brands to bailiwick_tenant;
grant select, insert, update on brands to bailiwick_system;

create table brand_assets (
    tenant_id    uuid not null references tenants (id),
    kind         text not null check (kind in ('logo', 'favicon')),
    id           uuid not null,
    content_type text not null,
    bytes        bytea not null,
    -- A drawing as pixels, for documents and mails, which take no SVG. NULL for what is pixels already, and
    -- for a drawing that cannot be rendered here.
    png          bytea,
    sha256       bytea not null,
    width        integer not null,
    height       integer not null,
    created_at   timestamptz not null,
    primary key (tenant_id, kind)
);
call app.protect('brand_assets');
grant select, insert, update, delete on brand_assets to bailiwick_tenant;
grant select, insert, update, delete on brand_assets to bailiwick_system;

-- Mails, queued in the transaction of the change that sends them and kept as the record of what was sent.
create table mails (
    tenant_id   uuid not null references tenants (id),
    id          uuid not null,
    customer_id uuid,
    kind        text not null,
    from_name   text not null,
    reply_to    text,
    to_address  text not null,
    to_name     text,
    subject     text not null,
    text_body   text not null,
    html_body   text not null,
    -- The invoice whose PDF goes along; it is rendered when the mail is sent.
    invoice_id  uuid,
    status      text not null default 'queued' check (status in ('queued', 'sent', 'failed')),
    last_error  text,
    created_at  timestamptz not null,
    sent_at     timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
create index mails_recent on mails (tenant_id, created_at);
call app.protect('mails', 'customer_id');
grant select, insert on mails to bailiwick_tenant;
grant update (text_body, html_body, status, last_error, sent_at) on mails to bailiwick_tenant;
grant select on mails to bailiwick_system;
