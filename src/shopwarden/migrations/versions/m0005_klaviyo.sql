CREATE TABLE audiences (
    store_id UUID NOT NULL,
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    detail JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_audiences PRIMARY KEY (store_id, source, external_id)
);

CREATE INDEX ix_audiences_kind ON audiences (store_id, source, kind);

CREATE TABLE consents (
    store_id UUID NOT NULL,
    source TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    consent TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE,
    method TEXT,
    can_receive BOOLEAN,
    suppressed_for TEXT,
    suppressed_at TIMESTAMP WITH TIME ZONE,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_consents PRIMARY KEY (store_id, source, profile_id, channel)
);

CREATE TABLE engagements (
    store_id UUID NOT NULL,
    source TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    received INTEGER DEFAULT '0' NOT NULL,
    opened INTEGER DEFAULT '0' NOT NULL,
    opened_by_machine INTEGER DEFAULT '0' NOT NULL,
    clicked INTEGER DEFAULT '0' NOT NULL,
    bounced INTEGER DEFAULT '0' NOT NULL,
    spam_reports INTEGER DEFAULT '0' NOT NULL,
    unsubscribes INTEGER DEFAULT '0' NOT NULL,
    last_received_at TIMESTAMP WITH TIME ZONE,
    last_opened_at TIMESTAMP WITH TIME ZONE,
    last_clicked_at TIMESTAMP WITH TIME ZONE,
    unsubscribed_at TIMESTAMP WITH TIME ZONE,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_engagements PRIMARY KEY (store_id, source, profile_id, channel)
);

