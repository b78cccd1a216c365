CREATE TABLE shop_checks (
    store_id UUID NOT NULL,
    day DATE NOT NULL,
    kind TEXT NOT NULL,
    theirs INTEGER NOT NULL,
    ours INTEGER NOT NULL,
    found INTEGER DEFAULT '0' NOT NULL,
    detail JSONB DEFAULT '{}' NOT NULL,
    checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_shop_checks PRIMARY KEY (store_id, day, kind)
);

CREATE TABLE shop_installs (
    digest BYTEA NOT NULL,
    shop_domain TEXT NOT NULL,
    store_id UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_shop_installs PRIMARY KEY (digest)
);

CREATE TABLE shop_subscriptions (
    store_id UUID NOT NULL,
    topic TEXT NOT NULL,
    external_id TEXT,
    state TEXT NOT NULL,
    last_error TEXT,
    checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    repaired_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_shop_subscriptions PRIMARY KEY (store_id, topic),
    CONSTRAINT ck_shop_subscriptions_state CHECK (state IN ('there', 'repaired', 'refused', 'by_hand'))
);

CREATE TABLE shop_syncs (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    operation_id TEXT,
    task_id UUID,
    objects BIGINT,
    lines BIGINT DEFAULT '0' NOT NULL,
    total_lines BIGINT,
    byte_offset BIGINT DEFAULT '0' NOT NULL,
    detail JSONB DEFAULT '{}' NOT NULL,
    last_error TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_shop_syncs PRIMARY KEY (store_id, id),
    CONSTRAINT ck_shop_syncs_kind CHECK (kind IN ('customers', 'orders')),
    CONSTRAINT ck_shop_syncs_state CHECK (state IN ('asked', 'collecting', 'reading', 'done', 'failed'))
);

CREATE TABLE shop_tokens (
    store_id UUID NOT NULL,
    shop_domain TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    refresh_expires_at TIMESTAMP WITH TIME ZONE,
    scopes TEXT[] DEFAULT '{}' NOT NULL,
    state TEXT DEFAULT 'active' NOT NULL,
    api_version TEXT,
    last_error TEXT,
    installed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_shop_tokens PRIMARY KEY (store_id),
    CONSTRAINT ck_shop_tokens_state CHECK (state IN ('active', 'needs_reauth', 'uninstalled')),
    CONSTRAINT uq_shop_tokens_shop_domain UNIQUE (shop_domain)
);

CREATE TABLE shop_writes (
    store_id UUID NOT NULL,
    subject TEXT NOT NULL,
    subject_id UUID NOT NULL,
    what TEXT NOT NULL,
    digest BYTEA NOT NULL,
    last_error TEXT,
    written_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_shop_writes PRIMARY KEY (store_id, subject, subject_id, what)
);

