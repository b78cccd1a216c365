CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE api_keys (
    id UUID NOT NULL,
    store_id UUID,
    user_id UUID,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    key_hash BYTEA NOT NULL,
    scopes TEXT[] NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT uq_api_keys_key_hash UNIQUE (key_hash)
);

CREATE TABLE carts (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    token TEXT NOT NULL,
    customer_id UUID,
    line_items JSONB DEFAULT '[]' NOT NULL,
    item_count INTEGER DEFAULT '0' NOT NULL,
    total NUMERIC(14, 2),
    currency TEXT,
    note TEXT,
    created_at TIMESTAMP WITH TIME ZONE,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    version TEXT NOT NULL,
    CONSTRAINT pk_carts PRIMARY KEY (store_id, id),
    CONSTRAINT uq_carts_store_id_token UNIQUE (store_id, token)
);

CREATE TABLE checkout_tokens (
    store_id UUID NOT NULL,
    token TEXT NOT NULL,
    kind TEXT NOT NULL,
    visitor_id UUID NOT NULL,
    session_id UUID,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    value NUMERIC(14, 2),
    CONSTRAINT pk_checkout_tokens PRIMARY KEY (store_id, token, kind)
);

CREATE TABLE checkouts (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    token TEXT NOT NULL,
    cart_token TEXT,
    customer_id UUID,
    customer_external_id TEXT,
    email TEXT,
    phone TEXT,
    total NUMERIC(14, 2),
    subtotal NUMERIC(14, 2),
    currency TEXT,
    line_items JSONB DEFAULT '[]' NOT NULL,
    billing_address JSONB DEFAULT '{}' NOT NULL,
    shipping_address JSONB DEFAULT '{}' NOT NULL,
    landing_site TEXT,
    referring_site TEXT,
    source_name TEXT,
    abandoned_checkout_url TEXT,
    accepts_marketing BOOLEAN,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE,
    version TEXT NOT NULL,
    is_abandoned BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT pk_checkouts PRIMARY KEY (store_id, id),
    CONSTRAINT uq_checkouts_store_id_token UNIQUE (store_id, token)
);

CREATE INDEX ix_checkouts_cart ON checkouts (store_id, cart_token);

CREATE INDEX ix_checkouts_customer ON checkouts (store_id, customer_id);

CREATE INDEX ix_checkouts_open ON checkouts (store_id, updated_at) WHERE completed_at IS NULL AND NOT is_abandoned;

CREATE INDEX ix_checkouts_updated ON checkouts (store_id, updated_at);

CREATE TABLE customer_activities (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    customer_id UUID,
    activity_type VARCHAR(50) NOT NULL,
    activity_data JSONB DEFAULT '{}' NOT NULL,
    ip_address INET,
    session_id UUID,
    visitor_id UUID,
    device_id UUID,
    country_code VARCHAR(2),
    source TEXT DEFAULT 'collect' NOT NULL,
    CONSTRAINT pk_customer_activities PRIMARY KEY (store_id, id, created_at)
)
 PARTITION BY RANGE (created_at);

CREATE INDEX ix_customer_activities_customer ON customer_activities (store_id, customer_id, created_at) WHERE customer_id IS NOT NULL;

CREATE INDEX ix_customer_activities_session ON customer_activities (store_id, session_id) WHERE session_id IS NOT NULL;

CREATE TABLE customer_identifiers (
    store_id UUID NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    customer_id UUID,
    version TEXT DEFAULT '' NOT NULL,
    fields JSONB DEFAULT '{}' NOT NULL,
    seen_with JSONB DEFAULT '{}' NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE,
    last_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_customer_identifiers PRIMARY KEY (store_id, kind, value)
);

CREATE INDEX ix_customer_identifiers_customer ON customer_identifiers (store_id, customer_id);

CREATE TABLE customers (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    email VARCHAR(255),
    phone VARCHAR(50),
    first_name VARCHAR(100),
    last_name VARCHAR(100),
    primary_source TEXT NOT NULL,
    sources JSONB DEFAULT '[]' NOT NULL,
    external_ids JSONB DEFAULT '{}' NOT NULL,
    status TEXT DEFAULT 'active' NOT NULL,
    customer_type TEXT DEFAULT 'guest' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_active_at TIMESTAMP WITH TIME ZONE,
    first_purchase_at TIMESTAMP WITH TIME ZONE,
    last_purchase_at TIMESTAMP WITH TIME ZONE,
    orders_count INTEGER DEFAULT '0' NOT NULL,
    total_spent NUMERIC(10, 2) DEFAULT '0' NOT NULL,
    average_order_value NUMERIC(10, 2),
    lifetime_value NUMERIC(10, 2),
    risk_score INTEGER DEFAULT '0' NOT NULL,
    risk_level TEXT DEFAULT 'low' NOT NULL,
    fraud_checks JSONB DEFAULT '{}' NOT NULL,
    is_blocked BOOLEAN DEFAULT 'false' NOT NULL,
    blocked_reason TEXT,
    gender TEXT DEFAULT 'unknown' NOT NULL,
    age_range VARCHAR(20),
    income_range VARCHAR(50),
    education_level VARCHAR(50),
    occupation VARCHAR(100),
    marital_status VARCHAR(20),
    has_children BOOLEAN,
    email_verified BOOLEAN,
    phone_verified BOOLEAN,
    accepts_marketing BOOLEAN,
    email_engagement_score NUMERIC(3, 2),
    churn_probability NUMERIC(3, 2),
    predicted_next_order_date DATE,
    predicted_lifetime_value NUMERIC(10, 2),
    tags JSONB DEFAULT '[]' NOT NULL,
    notes TEXT,
    custom_attributes JSONB DEFAULT '{}' NOT NULL,
    person_id UUID NOT NULL,
    shopify_id TEXT,
    currency TEXT,
    country_code TEXT,
    stated_orders_count INTEGER,
    stated_total_spent NUMERIC(14, 2),
    abandoned_checkouts_count INTEGER DEFAULT '0' NOT NULL,
    last_abandoned_checkout_at TIMESTAMP WITH TIME ZONE,
    provenance JSONB DEFAULT '{}' NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_customers PRIMARY KEY (store_id, id),
    CONSTRAINT ck_customers_primary_source CHECK (primary_source IN ('shopify', 'klaviyo', 'manual')),
    CONSTRAINT ck_customers_status CHECK (status IN ('active', 'inactive', 'vip', 'blocked')),
    CONSTRAINT ck_customers_customer_type CHECK (customer_type IN ('guest', 'registered', 'wholesale')),
    CONSTRAINT ck_customers_risk_level CHECK (risk_level IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT ck_customers_gender CHECK (gender IN ('male', 'female', 'other', 'unknown')),
    CONSTRAINT uq_customers_store_id_email UNIQUE (store_id, email),
    CONSTRAINT uq_customers_store_id_shopify_id UNIQUE (store_id, shopify_id)
);

CREATE INDEX ix_customers_created ON customers (store_id, created_at, id) INCLUDE (status, risk_level, primary_source, country_code) WHERE deleted_at IS NULL;

CREATE INDEX ix_customers_updated ON customers (store_id, updated_at, id) INCLUDE (status, risk_level, primary_source, country_code, created_at) WHERE deleted_at IS NULL;

CREATE INDEX ix_customers_orders ON customers (store_id, orders_count, id) INCLUDE (status, risk_level, primary_source, country_code, created_at) WHERE deleted_at IS NULL;

CREATE INDEX ix_customers_country ON customers (store_id, country_code, created_at, id) INCLUDE (status, risk_level, primary_source) WHERE deleted_at IS NULL;

CREATE INDEX ix_customers_level ON customers (store_id, risk_level, created_at, id) INCLUDE (status, primary_source, country_code) WHERE deleted_at IS NULL;

CREATE INDEX ix_customers_level_risk ON customers (store_id, risk_level, risk_score, id) INCLUDE (status, primary_source, country_code, created_at) WHERE deleted_at IS NULL;

CREATE INDEX ix_customers_person ON customers (store_id, person_id);

CREATE INDEX ix_customers_phone ON customers (store_id, phone);

CREATE INDEX ix_customers_risk ON customers (store_id, risk_score, id) INCLUDE (status, risk_level, primary_source, country_code, created_at) WHERE deleted_at IS NULL;

CREATE INDEX ix_customers_spent ON customers (store_id, total_spent, id) INCLUDE (status, risk_level, primary_source, country_code, created_at) WHERE deleted_at IS NULL;

CREATE INDEX ix_customers_status ON customers (store_id, status, created_at, id) INCLUDE (risk_level, primary_source, country_code) WHERE deleted_at IS NULL;

CREATE TABLE devices (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    fingerprint TEXT NOT NULL,
    is_strong BOOLEAN NOT NULL,
    user_agent TEXT,
    browser TEXT,
    browser_version TEXT,
    os TEXT,
    os_version TEXT,
    kind TEXT,
    brand TEXT,
    model TEXT,
    timezone TEXT,
    screen TEXT,
    is_bot BOOLEAN DEFAULT 'false' NOT NULL,
    is_automated BOOLEAN,
    seen_in_fraud BOOLEAN DEFAULT 'false' NOT NULL,
    first_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_devices PRIMARY KEY (store_id, id)
);

CREATE TABLE disputes (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    external_id TEXT NOT NULL,
    order_external_id TEXT,
    kind TEXT,
    status TEXT,
    reason TEXT,
    amount NUMERIC(14, 2),
    currency TEXT,
    initiated_at TIMESTAMP WITH TIME ZONE,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    version TEXT NOT NULL,
    CONSTRAINT pk_disputes PRIMARY KEY (store_id, id),
    CONSTRAINT uq_disputes_store_id_external_id UNIQUE (store_id, external_id)
);

CREATE INDEX ix_disputes_order ON disputes (store_id, order_external_id);

CREATE TABLE identities (
    store_id UUID NOT NULL,
    visitor_id UUID NOT NULL,
    kind TEXT NOT NULL,
    identifier TEXT NOT NULL,
    customer_id UUID NOT NULL,
    first_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_identities PRIMARY KEY (store_id, visitor_id, kind, identifier)
);

CREATE INDEX ix_identities_customer ON identities (store_id, customer_id);

CREATE TABLE inbox (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    source TEXT NOT NULL,
    topic TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    event_id TEXT,
    triggered_at TIMESTAMP WITH TIME ZONE,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    api_version TEXT,
    body BYTEA NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT,
    attempts INTEGER DEFAULT '0' NOT NULL,
    processed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_inbox PRIMARY KEY (store_id, id),
    CONSTRAINT ck_inbox_outcome CHECK (outcome IN ('kept', 'processed', 'unsupported_topic', 'unreadable', 'failed')),
    CONSTRAINT uq_inbox_store_id_source_delivery_id UNIQUE (store_id, source, delivery_id)
);

CREATE INDEX ix_inbox_bodies ON inbox (received_at) WHERE octet_length(body) > 0;

CREATE INDEX ix_inbox_event ON inbox (store_id, source, event_id) WHERE event_id IS NOT NULL;

CREATE INDEX ix_inbox_recent ON inbox (store_id, source, received_at DESC);

CREATE TABLE message_ids (
    store_id UUID NOT NULL,
    message_key UUID NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_message_ids PRIMARY KEY (store_id, message_key)
);

CREATE INDEX ix_message_ids_received ON message_ids USING brin (received_at);

CREATE TABLE orders (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    external_id TEXT NOT NULL,
    source TEXT DEFAULT 'shopify' NOT NULL,
    name TEXT,
    customer_id UUID,
    customer_external_id TEXT,
    visitor_id UUID,
    session_id UUID,
    joined_by TEXT,
    email TEXT,
    phone TEXT,
    token TEXT,
    checkout_token TEXT,
    cart_token TEXT,
    browser_ip INET,
    user_agent TEXT,
    accept_language TEXT,
    device_id UUID,
    total NUMERIC(14, 2),
    subtotal NUMERIC(14, 2),
    total_discounts NUMERIC(14, 2),
    currency TEXT,
    item_count INTEGER,
    line_items JSONB DEFAULT '[]' NOT NULL,
    shipping_lines JSONB DEFAULT '[]' NOT NULL,
    discount_codes JSONB DEFAULT '[]' NOT NULL,
    billing_address JSONB DEFAULT '{}' NOT NULL,
    shipping_address JSONB DEFAULT '{}' NOT NULL,
    billing_key TEXT,
    shipping_key TEXT,
    financial_status TEXT,
    fulfillment_status TEXT,
    cancel_reason TEXT,
    source_name TEXT,
    gateway TEXT,
    card_bin TEXT,
    card_company TEXT,
    card_last4 TEXT,
    card_country TEXT,
    card_key TEXT,
    avs_result TEXT,
    cvv_result TEXT,
    landing_site TEXT,
    referring_site TEXT,
    tags JSONB DEFAULT '[]' NOT NULL,
    note TEXT,
    platform_risk TEXT,
    platform_risk_version TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    cancelled_at TIMESTAMP WITH TIME ZONE,
    version TEXT NOT NULL,
    is_test BOOLEAN DEFAULT 'false' NOT NULL,
    risk_score INTEGER,
    risk_level TEXT,
    advice TEXT,
    verdict_id UUID,
    CONSTRAINT pk_orders PRIMARY KEY (store_id, id),
    CONSTRAINT ck_orders_risk_level CHECK (risk_level IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT ck_orders_advice CHECK (advice IN ('approve', 'review', 'decline')),
    CONSTRAINT uq_orders_store_id_source_external_id UNIQUE (store_id, source, external_id)
);

CREATE INDEX ix_orders_card ON orders (store_id, card_key, created_at) WHERE card_key IS NOT NULL;

CREATE INDEX ix_orders_cart ON orders (store_id, cart_token);

CREATE INDEX ix_orders_checkout ON orders (store_id, checkout_token);

CREATE INDEX ix_orders_created ON orders (store_id, created_at);

CREATE INDEX ix_orders_customer ON orders (store_id, customer_id, created_at);

CREATE INDEX ix_orders_device ON orders (store_id, device_id, created_at) WHERE device_id IS NOT NULL;

CREATE INDEX ix_orders_email ON orders (store_id, email, created_at);

CREATE INDEX ix_orders_ip ON orders (store_id, browser_ip, created_at);

CREATE INDEX ix_orders_shipping ON orders (store_id, shipping_key, created_at);

CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    store_id UUID NOT NULL,
    queue TEXT NOT NULL,
    subject TEXT NOT NULL,
    event TEXT NOT NULL,
    payload JSONB DEFAULT '{}' NOT NULL,
    state TEXT DEFAULT 'pending' NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    run_after TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    CONSTRAINT pk_outbox PRIMARY KEY (id),
    CONSTRAINT ck_outbox_queue CHECK (queue IN ('webhook-processing', 'customer-enrichment', 'risk-analysis')),
    CONSTRAINT ck_outbox_state CHECK (state IN ('pending', 'sent', 'dead')),
    CONSTRAINT uq_outbox_store_id_queue_subject_event UNIQUE (store_id, queue, subject, event)
);

CREATE INDEX ix_outbox_due ON outbox (queue, run_after) WHERE state = 'pending';

CREATE INDEX ix_outbox_sent ON outbox (queue, sent_at) WHERE state = 'sent';

CREATE TABLE payment_attempts (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    external_id TEXT NOT NULL,
    order_id UUID,
    order_external_id TEXT,
    checkout_token TEXT,
    visitor_id UUID,
    customer_id UUID,
    ip INET,
    device_id UUID,
    email TEXT,
    status TEXT NOT NULL,
    error_code TEXT,
    gateway TEXT,
    card_key TEXT,
    card JSONB DEFAULT '{}' NOT NULL,
    amount NUMERIC(14, 2),
    currency TEXT,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    version TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_payment_attempts PRIMARY KEY (store_id, id),
    CONSTRAINT ck_payment_attempts_status CHECK (status IN ('succeeded', 'failed', 'pending')),
    CONSTRAINT uq_payment_attempts_store_id_external_id UNIQUE (store_id, external_id)
);

CREATE INDEX ix_payment_attempts_checkout ON payment_attempts (store_id, checkout_token);

CREATE INDEX ix_payment_attempts_device ON payment_attempts (store_id, device_id, at) WHERE device_id IS NOT NULL;

CREATE INDEX ix_payment_attempts_ip ON payment_attempts (store_id, ip, at);

CREATE INDEX ix_payment_attempts_order ON payment_attempts (store_id, order_external_id);

CREATE INDEX ix_payment_attempts_visitor ON payment_attempts (store_id, visitor_id, at);

CREATE TABLE privacy_receipts (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    request TEXT NOT NULL,
    request_reference TEXT,
    counts JSONB DEFAULT '{}' NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_privacy_receipts PRIMARY KEY (store_id, id),
    CONSTRAINT ck_privacy_receipts_request CHECK (request IN ('data_request', 'customer_redact', 'shop_redact'))
);

CREATE TABLE refunds (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    external_id TEXT NOT NULL,
    order_external_id TEXT NOT NULL,
    amount NUMERIC(14, 2),
    currency TEXT,
    note TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    version TEXT NOT NULL,
    CONSTRAINT pk_refunds PRIMARY KEY (store_id, id),
    CONSTRAINT uq_refunds_store_id_external_id UNIQUE (store_id, external_id)
);

CREATE INDEX ix_refunds_order ON refunds (store_id, order_external_id);

CREATE TABLE sessions (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    visitor_id UUID NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE NOT NULL,
    events INTEGER DEFAULT '0' NOT NULL,
    page_views INTEGER DEFAULT '0' NOT NULL,
    product_views INTEGER DEFAULT '0' NOT NULL,
    cart_adds INTEGER DEFAULT '0' NOT NULL,
    checkouts_started INTEGER DEFAULT '0' NOT NULL,
    orders INTEGER DEFAULT '0' NOT NULL,
    revenue NUMERIC(14, 2) DEFAULT '0' NOT NULL,
    failed_payments INTEGER DEFAULT '0' NOT NULL,
    checkout_at TIMESTAMP WITH TIME ZONE,
    direct_checkout BOOLEAN DEFAULT 'false' NOT NULL,
    median_page_seconds FLOAT,
    page_rhythm FLOAT,
    patterns TEXT[] DEFAULT '{}' NOT NULL,
    entry_page TEXT,
    exit_page TEXT,
    referrer TEXT,
    campaign JSONB DEFAULT '{}' NOT NULL,
    ip INET,
    country_code VARCHAR(2),
    device_id UUID,
    CONSTRAINT pk_sessions PRIMARY KEY (store_id, id)
);

CREATE INDEX ix_sessions_started ON sessions (store_id, started_at);

CREATE INDEX ix_sessions_visitor ON sessions (store_id, visitor_id, started_at);

CREATE TABLE stores (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    shop_domain TEXT,
    currency TEXT DEFAULT 'USD' NOT NULL,
    timezone TEXT DEFAULT 'UTC' NOT NULL,
    allowed_origins TEXT[] DEFAULT '{}' NOT NULL,
    settings JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    uninstalled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_stores PRIMARY KEY (id),
    CONSTRAINT uq_stores_shop_domain UNIQUE (shop_domain)
);

CREATE TABLE tasks (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    done INTEGER DEFAULT '0' NOT NULL,
    total INTEGER,
    result JSONB DEFAULT '{}' NOT NULL,
    idempotency_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_tasks PRIMARY KEY (store_id, id),
    CONSTRAINT ck_tasks_state CHECK (state IN ('queued', 'running', 'done', 'failed')),
    CONSTRAINT uq_tasks_store_id_kind_idempotency_key UNIQUE (store_id, kind, idempotency_key)
);

CREATE TABLE users (
    id UUID NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_login_at TIMESTAMP WITH TIME ZONE,
    disabled BOOLEAN DEFAULT 'false' NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT ck_users_role CHECK (role IN ('owner', 'analyst', 'viewer', 'developer')),
    CONSTRAINT uq_users_email UNIQUE (email)
);

CREATE TABLE verdicts (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    subject TEXT NOT NULL,
    subject_id UUID,
    customer_id UUID,
    trigger TEXT NOT NULL,
    event_key TEXT NOT NULL,
    score INTEGER NOT NULL,
    points FLOAT NOT NULL,
    level TEXT NOT NULL,
    advice TEXT NOT NULL,
    verdict JSONB DEFAULT '{}' NOT NULL,
    facts JSONB DEFAULT '{}' NOT NULL,
    weights JSONB DEFAULT '{}' NOT NULL,
    weights_version INTEGER DEFAULT '0' NOT NULL,
    code_version TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_verdicts PRIMARY KEY (store_id, id),
    CONSTRAINT ck_verdicts_subject CHECK (subject IN ('order', 'customer')),
    CONSTRAINT ck_verdicts_level CHECK (level IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT ck_verdicts_advice CHECK (advice IN ('approve', 'review', 'decline'))
);

CREATE INDEX ix_verdicts_customer ON verdicts (store_id, customer_id, created_at DESC);

CREATE INDEX ix_verdicts_subject ON verdicts (store_id, subject, subject_id, created_at DESC);

CREATE UNIQUE INDEX uq_verdicts_event ON verdicts (store_id, event_key);

CREATE TABLE visitor_ips (
    store_id UUID NOT NULL,
    visitor_id UUID NOT NULL,
    ip INET NOT NULL,
    first_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    events INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_visitor_ips PRIMARY KEY (store_id, visitor_id, ip)
);

CREATE INDEX ix_visitor_ips_ip ON visitor_ips (store_id, ip, last_seen);

CREATE TABLE visitors (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    anonymous_id TEXT NOT NULL,
    customer_id UUID,
    first_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    sessions INTEGER DEFAULT '0' NOT NULL,
    page_views INTEGER DEFAULT '0' NOT NULL,
    events INTEGER DEFAULT '0' NOT NULL,
    session_seconds FLOAT DEFAULT '0' NOT NULL,
    bounced_sessions INTEGER DEFAULT '0' NOT NULL,
    converted_sessions INTEGER DEFAULT '0' NOT NULL,
    abandoned_carts INTEGER DEFAULT '0' NOT NULL,
    orders INTEGER DEFAULT '0' NOT NULL,
    revenue NUMERIC(14, 2) DEFAULT '0' NOT NULL,
    device_changes INTEGER DEFAULT '0' NOT NULL,
    location_changes INTEGER DEFAULT '0' NOT NULL,
    fastest_travel_kmh FLOAT,
    ip INET,
    country_code VARCHAR(2),
    region TEXT,
    city TEXT,
    device_id UUID,
    device_fingerprint TEXT,
    user_agent TEXT,
    is_bot BOOLEAN DEFAULT 'false' NOT NULL,
    bot_name TEXT,
    vpn_detected BOOLEAN DEFAULT 'false' NOT NULL,
    patterns TEXT[] DEFAULT '{}' NOT NULL,
    traits JSONB DEFAULT '{}' NOT NULL,
    state JSONB DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_visitors PRIMARY KEY (store_id, id),
    CONSTRAINT uq_visitors_store_id_anonymous_id UNIQUE (store_id, anonymous_id)
);

CREATE INDEX ix_visitors_customer ON visitors (store_id, customer_id) WHERE customer_id IS NOT NULL;

CREATE INDEX ix_visitors_device ON visitors (store_id, device_id);

CREATE INDEX ix_visitors_ip ON visitors (store_id, ip);

CREATE INDEX ix_visitors_last_seen ON visitors (store_id, last_seen, id);

CREATE TABLE webhook_counts (
    store_id UUID NOT NULL,
    source TEXT NOT NULL,
    outcome TEXT NOT NULL,
    total BIGINT DEFAULT '0' NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_webhook_counts PRIMARY KEY (store_id, source, outcome)
);

CREATE TABLE weights (
    store_id UUID NOT NULL,
    version INTEGER NOT NULL,
    weights JSONB DEFAULT '{}' NOT NULL,
    changed_by TEXT NOT NULL,
    reason TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_weights PRIMARY KEY (store_id, version)
);

CREATE TABLE customer_addresses (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    customer_id UUID NOT NULL,
    type TEXT NOT NULL,
    is_default BOOLEAN DEFAULT 'false' NOT NULL,
    first_name TEXT,
    last_name TEXT,
    company TEXT,
    address_line1 TEXT,
    address_line2 TEXT,
    city TEXT,
    state_province TEXT,
    country_code TEXT,
    postal_code TEXT,
    phone TEXT,
    is_validated BOOLEAN DEFAULT 'false' NOT NULL,
    validation_errors JSONB DEFAULT '[]' NOT NULL,
    neighborhood_income_level TEXT,
    property_type TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    place_key TEXT NOT NULL,
    version TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_customer_addresses PRIMARY KEY (store_id, id),
    CONSTRAINT ck_customer_addresses_type CHECK (type IN ('billing', 'shipping')),
    CONSTRAINT uq_customer_addresses_store_id_customer_id_type_place_key UNIQUE (store_id, customer_id, type, place_key),
    CONSTRAINT fk_customer_addresses_store_id_customer_id_customers FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_customer_addresses_place ON customer_addresses (store_id, place_key);

CREATE TABLE customer_ips (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    customer_id UUID NOT NULL,
    ip_address INET NOT NULL,
    country_code TEXT,
    region TEXT,
    city TEXT,
    postal_code TEXT,
    latitude FLOAT,
    longitude FLOAT,
    timezone TEXT,
    isp TEXT,
    organization TEXT,
    connection_type TEXT,
    is_vpn BOOLEAN,
    is_proxy BOOLEAN,
    is_tor BOOLEAN,
    is_datacenter BOOLEAN,
    is_mobile BOOLEAN,
    fraud_score INTEGER,
    abuse_velocity TEXT,
    recent_abuse BOOLEAN,
    user_agent TEXT,
    browser TEXT,
    browser_version TEXT,
    os TEXT,
    os_version TEXT,
    device_type TEXT,
    device_brand TEXT,
    device_model TEXT,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    activity_count INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_customer_ips PRIMARY KEY (store_id, id),
    CONSTRAINT uq_customer_ips_store_id_customer_id_ip_address UNIQUE (store_id, customer_id, ip_address),
    CONSTRAINT fk_customer_ips_store_id_customer_id_customers FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_customer_ips_address ON customer_ips (store_id, ip_address);

CREATE INDEX ix_customer_ips_seen ON customer_ips (store_id, last_seen_at);

CREATE TABLE customer_activities_default PARTITION OF customer_activities DEFAULT;

CREATE INDEX ix_customers_search ON customers USING gin ((coalesce(email, '') || ' ' || coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(phone, '')) gin_trgm_ops);

CREATE INDEX ix_customers_active ON customers (store_id, last_active_at DESC NULLS LAST, id DESC) INCLUDE (status, risk_level, primary_source, country_code, created_at) WHERE deleted_at IS NULL;

CREATE INDEX ix_customers_domain ON customers (store_id, split_part(email, '@', 2)) WHERE email IS NOT NULL;

