CREATE TABLE forwarded_events (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    store_id UUID NOT NULL,
    sink TEXT NOT NULL,
    message_id TEXT NOT NULL,
    body BYTEA NOT NULL,
    tries INTEGER DEFAULT '0' NOT NULL,
    run_after TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_error TEXT,
    CONSTRAINT pk_forwarded_events PRIMARY KEY (id)
);

CREATE INDEX ix_forwarded_events_due ON forwarded_events (sink, store_id, run_after, id);

CREATE TABLE sync_cursors (
    store_id UUID NOT NULL,
    source TEXT NOT NULL,
    stream TEXT NOT NULL,
    cursor TEXT,
    detail JSONB DEFAULT '{}' NOT NULL,
    read BIGINT DEFAULT '0' NOT NULL,
    last_error TEXT,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_sync_cursors PRIMARY KEY (store_id, source, stream)
);

CREATE TABLE vendor_accounts (
    store_id UUID NOT NULL,
    vendor TEXT NOT NULL,
    sealed BYTEA,
    is_on BOOLEAN DEFAULT 'true' NOT NULL,
    policy TEXT DEFAULT 'worthwhile' NOT NULL,
    prices JSONB DEFAULT '{}' NOT NULL,
    daily_budget NUMERIC(12, 4),
    monthly_budget NUMERIC(12, 4),
    faults INTEGER DEFAULT '0' NOT NULL,
    open_until TIMESTAMP WITH TIME ZONE,
    last_fault_kind TEXT,
    last_fault TEXT,
    last_fault_at TIMESTAMP WITH TIME ZONE,
    last_answer_at TIMESTAMP WITH TIME ZONE,
    checked_at TIMESTAMP WITH TIME ZONE,
    check_result TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by TEXT,
    CONSTRAINT pk_vendor_accounts PRIMARY KEY (store_id, vendor),
    CONSTRAINT ck_vendor_accounts_policy CHECK (policy IN ('always', 'worthwhile', 'by_hand'))
);

CREATE TABLE vendor_answers (
    store_id UUID NOT NULL,
    lookup TEXT NOT NULL,
    digest BYTEA NOT NULL,
    state TEXT NOT NULL,
    answers JSONB DEFAULT '[]' NOT NULL,
    reference TEXT,
    made_up BOOLEAN DEFAULT 'false' NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    fresh_until TIMESTAMP WITH TIME ZONE,
    fault_kind TEXT,
    fault TEXT,
    tries INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_vendor_answers PRIMARY KEY (store_id, lookup, digest),
    CONSTRAINT ck_vendor_answers_state CHECK (state IN ('asking', 'answered', 'missed', 'failed', 'lost'))
);

CREATE INDEX ix_vendor_answers_asked ON vendor_answers (asked_at);

CREATE TABLE vendor_calls (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    vendor TEXT NOT NULL,
    lookup TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    milliseconds INTEGER NOT NULL,
    cost NUMERIC(12, 4) DEFAULT '0' NOT NULL,
    is_late BOOLEAN DEFAULT 'false' NOT NULL,
    made_up BOOLEAN DEFAULT 'false' NOT NULL,
    detail TEXT,
    CONSTRAINT pk_vendor_calls PRIMARY KEY (store_id, id)
);

CREATE INDEX ix_vendor_calls_at ON vendor_calls (store_id, vendor, at);

CREATE TABLE vendor_days (
    store_id UUID NOT NULL,
    vendor TEXT NOT NULL,
    lookup TEXT NOT NULL,
    day DATE NOT NULL,
    calls INTEGER DEFAULT '0' NOT NULL,
    answered INTEGER DEFAULT '0' NOT NULL,
    missed INTEGER DEFAULT '0' NOT NULL,
    faults INTEGER DEFAULT '0' NOT NULL,
    from_store INTEGER DEFAULT '0' NOT NULL,
    not_worth INTEGER DEFAULT '0' NOT NULL,
    over_budget INTEGER DEFAULT '0' NOT NULL,
    changed INTEGER DEFAULT '0' NOT NULL,
    cost NUMERIC(12, 4) DEFAULT '0' NOT NULL,
    CONSTRAINT pk_vendor_days PRIMARY KEY (store_id, vendor, lookup, day)
);

CREATE TABLE vendor_subjects (
    store_id UUID NOT NULL,
    lookup TEXT NOT NULL,
    digest BYTEA NOT NULL,
    customer_id UUID NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_vendor_subjects PRIMARY KEY (store_id, lookup, digest, customer_id)
);

CREATE INDEX ix_vendor_subjects_customer ON vendor_subjects (store_id, customer_id);

