CREATE TABLE rules (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    condition TEXT NOT NULL,
    effect JSONB DEFAULT '{}' NOT NULL,
    state TEXT DEFAULT 'draft' NOT NULL,
    share INTEGER DEFAULT '100' NOT NULL,
    position INTEGER DEFAULT '0' NOT NULL,
    version INTEGER DEFAULT '1' NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    archived_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_rules PRIMARY KEY (store_id, id),
    CONSTRAINT ck_rules_state CHECK (state IN ('draft', 'shadow', 'partial', 'live', 'off'))
);

CREATE INDEX ix_rules_listed ON rules (store_id, position) WHERE archived_at IS NULL;

CREATE TABLE rulesets (
    store_id UUID NOT NULL,
    version INTEGER NOT NULL,
    rules JSONB DEFAULT '[]' NOT NULL,
    changed_by TEXT NOT NULL,
    reason TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_rulesets PRIMARY KEY (store_id, version)
);

CREATE TABLE list_entries (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    list TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    shown TEXT,
    reason TEXT,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_list_entries PRIMARY KEY (store_id, id),
    CONSTRAINT ck_list_entries_list CHECK (list IN ('allow', 'block', 'watch')),
    CONSTRAINT ck_list_entries_kind CHECK (kind IN ('customer', 'email', 'domain', 'phone', 'ip', 'device', 'address', 'card')),
    CONSTRAINT uq_list_entries_store_id_kind_value_list UNIQUE (store_id, kind, value, list)
);

CREATE INDEX ix_list_entries_expiring ON list_entries (expires_at) WHERE expires_at IS NOT NULL;

CREATE INDEX ix_list_entries_recent ON list_entries (store_id, list, kind, created_at DESC, id DESC);

CREATE TABLE backtests (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT,
    state TEXT DEFAULT 'queued' NOT NULL,
    policy JSONB DEFAULT '{}' NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE NOT NULL,
    until_at TIMESTAMP WITH TIME ZONE NOT NULL,
    done INTEGER DEFAULT '0' NOT NULL,
    total INTEGER,
    result JSONB DEFAULT '{}' NOT NULL,
    error TEXT,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    claimed_until TIMESTAMP WITH TIME ZONE,
    claimed_by UUID,
    idempotency_key TEXT,
    CONSTRAINT pk_backtests PRIMARY KEY (store_id, id),
    CONSTRAINT ck_backtests_state CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    CONSTRAINT uq_backtests_store_id_idempotency_key UNIQUE (store_id, idempotency_key)
);

CREATE INDEX ix_backtests_due ON backtests (created_at) WHERE state IN ('queued', 'running');

CREATE INDEX ix_backtests_recent ON backtests (store_id, created_at DESC);

CREATE TABLE cases (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    subject TEXT NOT NULL,
    subject_id UUID NOT NULL,
    customer_id UUID,
    order_external_id TEXT,
    order_name TEXT,
    verdict_id UUID,
    opened_by TEXT NOT NULL,
    opened_for TEXT,
    state TEXT DEFAULT 'open' NOT NULL,
    score INTEGER,
    advice TEXT,
    amount NUMERIC(14, 2),
    currency TEXT,
    expected_loss NUMERIC(14, 2) DEFAULT '0' NOT NULL,
    urgency INTEGER DEFAULT '0' NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    assigned_to TEXT,
    assigned_at TIMESTAMP WITH TIME ZONE,
    seen_until TIMESTAMP WITH TIME ZONE,
    seen_by TEXT,
    decision TEXT,
    reason_code TEXT,
    decision_note TEXT,
    decided_by TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    settled_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT '1' NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_cases PRIMARY KEY (store_id, id),
    CONSTRAINT ck_cases_subject CHECK (subject IN ('order', 'customer')),
    CONSTRAINT ck_cases_state CHECK (state IN ('open', 'escalated', 'decided')),
    CONSTRAINT ck_cases_decision CHECK (decision IN ('approve', 'decline'))
);

CREATE INDEX ix_cases_assigned ON cases (store_id, assigned_to) WHERE state <> 'decided';

CREATE INDEX ix_cases_customer ON cases (store_id, customer_id);

CREATE INDEX ix_cases_decided ON cases (store_id, decided_at DESC, id) WHERE state = 'decided';

CREATE INDEX ix_cases_decided_by ON cases (store_id, decided_by, decided_at DESC, id) WHERE state = 'decided';

CREATE INDEX ix_cases_due ON cases (store_id, due_at, id) WHERE state <> 'decided';

CREATE INDEX ix_cases_queue ON cases (store_id, urgency DESC, expected_loss DESC, opened_at, id) WHERE state <> 'decided';

CREATE INDEX ix_cases_subject ON cases (store_id, subject, subject_id, opened_at DESC);

CREATE UNIQUE INDEX uq_cases_undecided ON cases (store_id, subject, subject_id) WHERE state <> 'decided';

CREATE TABLE case_notes (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    author TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_case_notes PRIMARY KEY (store_id, id)
);

CREATE INDEX ix_case_notes_case ON case_notes (store_id, case_id, created_at);

CREATE TABLE case_events (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    detail JSONB DEFAULT '{}' NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_case_events PRIMARY KEY (store_id, id)
);

CREATE INDEX ix_case_events_case ON case_events (store_id, case_id, at);

CREATE TABLE labels (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    order_external_id TEXT,
    order_id UUID,
    customer_id UUID,
    label TEXT NOT NULL,
    source TEXT NOT NULL,
    reference TEXT NOT NULL,
    reason_code TEXT,
    note TEXT,
    amount NUMERIC(14, 2),
    currency TEXT,
    event_at TIMESTAMP WITH TIME ZONE NOT NULL,
    known_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    withdrawn_by TEXT,
    CONSTRAINT pk_labels PRIMARY KEY (store_id, id),
    CONSTRAINT ck_labels_label CHECK (label IN ('fraud', 'legitimate')),
    CONSTRAINT ck_labels_source CHECK (source IN ('dispute', 'refund', 'cancellation', 'analyst', 'riskified', 'sift', 'import', 'api', 'delivered')),
    CONSTRAINT uq_labels_store_id_source_reference UNIQUE (store_id, source, reference)
);

CREATE INDEX ix_labels_customer ON labels (store_id, customer_id);

CREATE INDEX ix_labels_known ON labels (store_id, known_at);

CREATE INDEX ix_labels_order ON labels (store_id, order_external_id);

CREATE INDEX ix_labels_recent ON labels (store_id, created_at DESC, id DESC);

CREATE INDEX ix_labels_source ON labels (store_id, source, created_at DESC, id DESC);

CREATE INDEX ix_labels_told ON labels (store_id, order_external_id) WHERE source <> 'delivered';

CREATE TABLE alerts (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    group_key TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT DEFAULT '' NOT NULL,
    subject TEXT,
    subject_id TEXT,
    facts JSONB DEFAULT '{}' NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    count INTEGER DEFAULT '1' NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    risen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE,
    told_count INTEGER DEFAULT '1' NOT NULL,
    acknowledged_by TEXT,
    acknowledged_at TIMESTAMP WITH TIME ZONE,
    resolved_by TEXT,
    resolved_at TIMESTAMP WITH TIME ZONE,
    escalated_at TIMESTAMP WITH TIME ZONE,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_alerts PRIMARY KEY (store_id, id),
    CONSTRAINT ck_alerts_severity CHECK (severity IN ('info', 'warning', 'critical')),
    CONSTRAINT ck_alerts_state CHECK (state IN ('open', 'acknowledged', 'resolved'))
);

CREATE INDEX ix_alerts_changed ON alerts (store_id, changed_at);

CREATE INDEX ix_alerts_kind ON alerts (store_id, kind, last_at DESC, id);

CREATE INDEX ix_alerts_open ON alerts (store_id, severity) WHERE state = 'open';

CREATE INDEX ix_alerts_recent ON alerts (store_id, last_at DESC, id);

CREATE INDEX ix_alerts_severity ON alerts (store_id, severity, last_at DESC, id);

CREATE INDEX ix_alerts_subject ON alerts (store_id, subject_id);

CREATE INDEX ix_alerts_unresolved ON alerts (store_id, last_at DESC, id) WHERE state <> 'resolved';

CREATE UNIQUE INDEX uq_alerts_unresolved ON alerts (store_id, group_key) WHERE state <> 'resolved';

CREATE TABLE alert_causes (
    store_id UUID NOT NULL,
    cause TEXT NOT NULL,
    alert_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_alert_causes PRIMARY KEY (store_id, cause)
);

CREATE INDEX ix_alert_causes_alert ON alert_causes (store_id, alert_id, at);

CREATE INDEX ix_alert_causes_at ON alert_causes USING brin (at);

CREATE TABLE alert_channels (
    store_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    shown TEXT NOT NULL,
    least_severity TEXT DEFAULT 'warning' NOT NULL,
    kinds TEXT[] DEFAULT '{}' NOT NULL,
    quiet JSONB DEFAULT '{}' NOT NULL,
    for_escalation BOOLEAN DEFAULT 'false' NOT NULL,
    enabled BOOLEAN DEFAULT 'true' NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_delivered_at TIMESTAMP WITH TIME ZONE,
    last_failed_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    resting_until TIMESTAMP WITH TIME ZONE,
    failures INTEGER DEFAULT '0' NOT NULL,
    lease UUID,
    leased_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_alert_channels PRIMARY KEY (store_id, id),
    CONSTRAINT ck_alert_channels_kind CHECK (kind IN ('apprise', 'webhook')),
    CONSTRAINT ck_alert_channels_least_severity CHECK (least_severity IN ('info', 'warning', 'critical'))
);

CREATE TABLE alert_deliveries (
    store_id UUID NOT NULL,
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    channel_id UUID NOT NULL,
    alert_id UUID,
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    urgent BOOLEAN DEFAULT 'false' NOT NULL,
    body JSONB DEFAULT '{}' NOT NULL,
    state TEXT DEFAULT 'pending' NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    status_code INTEGER,
    last_error TEXT,
    CONSTRAINT pk_alert_deliveries PRIMARY KEY (store_id, id),
    CONSTRAINT ck_alert_deliveries_kind CHECK (kind IN ('raised', 'repeated', 'escalated', 'resolved', 'test')),
    CONSTRAINT ck_alert_deliveries_state CHECK (state IN ('pending', 'delivered', 'dead')),
    CONSTRAINT uq_alert_deliveries_store_id_channel_id_message_id UNIQUE (store_id, channel_id, message_id)
);

CREATE INDEX ix_alert_deliveries_alert ON alert_deliveries (store_id, alert_id);

CREATE INDEX ix_alert_deliveries_due ON alert_deliveries (channel_id, id) WHERE state = 'pending';

CREATE INDEX ix_alert_deliveries_recent ON alert_deliveries (store_id, channel_id, id DESC);

CREATE TABLE user_sessions (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    csrf_hash BYTEA NOT NULL,
    way TEXT NOT NULL,
    second_factor BOOLEAN DEFAULT 'false' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    ip TEXT,
    user_agent TEXT,
    CONSTRAINT pk_user_sessions PRIMARY KEY (id),
    CONSTRAINT ck_user_sessions_way CHECK (way IN ('password', 'sso')),
    CONSTRAINT uq_user_sessions_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_user_sessions_user ON user_sessions (user_id, created_at DESC);

CREATE TABLE user_tokens (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    kind TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_user_tokens PRIMARY KEY (id),
    CONSTRAINT ck_user_tokens_kind CHECK (kind IN ('invitation', 'reset')),
    CONSTRAINT uq_user_tokens_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_user_tokens_user ON user_tokens (user_id);

CREATE TABLE sign_in_failures (
    digest BYTEA NOT NULL,
    failures INTEGER DEFAULT '0' NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    blocked_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_sign_in_failures PRIMARY KEY (digest)
);

CREATE INDEX ix_sign_in_failures_last ON sign_in_failures (last_at);

CREATE TABLE sso_providers (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    sealed_secret BYTEA,
    domains TEXT[] DEFAULT '{}' NOT NULL,
    default_role TEXT,
    enabled BOOLEAN DEFAULT 'true' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_sso_providers PRIMARY KEY (id),
    CONSTRAINT uq_sso_providers_name UNIQUE (name)
);

CREATE TABLE sso_states (
    state_hash BYTEA NOT NULL,
    provider_id UUID NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    back_to TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_sso_states PRIMARY KEY (state_hash)
);

CREATE TABLE audit_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    store_id UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id TEXT,
    before JSONB,
    after JSONB,
    reason TEXT,
    address TEXT,
    CONSTRAINT pk_audit_log PRIMARY KEY (id)
);

CREATE INDEX ix_audit_log_action ON audit_log (store_id, action, id DESC);

CREATE INDEX ix_audit_log_actor ON audit_log (actor, id DESC);

CREATE INDEX ix_audit_log_at ON audit_log (store_id, at);

CREATE INDEX ix_audit_log_store ON audit_log (store_id, id DESC);

CREATE INDEX ix_audit_log_subject ON audit_log (store_id, subject, subject_id, id DESC);

ALTER TABLE verdicts ADD COLUMN ruleset_version INTEGER DEFAULT '0' NOT NULL, ADD COLUMN rule_hits UUID[], ADD COLUMN heard BYTEA;

ALTER TABLE orders ADD COLUMN decision TEXT, ADD COLUMN decided_by TEXT, ADD COLUMN decided_at TIMESTAMP WITH TIME ZONE,
    ADD CONSTRAINT ck_orders_decision CHECK (decision IN ('approve', 'decline'));

ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL, ADD COLUMN name TEXT, ADD COLUMN store_id UUID,
    ADD COLUMN password_changed_at TIMESTAMP WITH TIME ZONE, ADD COLUMN sealed_totp BYTEA,
    ADD COLUMN totp_confirmed_at TIMESTAMP WITH TIME ZONE, ADD COLUMN totp_last_step BIGINT,
    ADD COLUMN recovery_hashes BYTEA[] DEFAULT '{}' NOT NULL, ADD COLUMN sso_issuer TEXT, ADD COLUMN sso_subject TEXT;

-- Keys that could do everything still can.
UPDATE api_keys SET scopes = scopes || ARRAY['decisions:read', 'decisions:write', 'policy:write', 'accounts:write', 'audit:read']
 WHERE 'admin' = ANY(scopes) AND user_id IS NULL;

CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;

CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only();

CREATE TRIGGER audit_log_whole BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();

CREATE INDEX ix_verdicts_time ON verdicts (store_id, subject, created_at);

CREATE INDEX ix_verdicts_rule_hits ON verdicts USING gin (rule_hits) WHERE rule_hits IS NOT NULL;

CREATE UNIQUE INDEX uq_users_sso ON users (sso_issuer, sso_subject) WHERE sso_subject IS NOT NULL;

CREATE INDEX ix_sessions_patterns ON sessions (store_id, started_at) WHERE patterns <> '{}';

CREATE INDEX ix_payment_attempts_at ON payment_attempts (store_id, at);

-- What disputes, cancellations and refunds told before there were labels.
INSERT INTO labels (store_id, id, order_external_id, order_id, customer_id, label, source, reference, reason_code, amount,
                    currency, event_at, known_at, created_by, created_at)
SELECT t.store_id, gen_random_uuid(), t.order_external_id, o.id, o.customer_id, t.label, t.source,
       t.subject || '|' || t.label || '|' || extract(epoch FROM t.known_at)::text, t.reason_code, t.amount, t.currency,
       t.event_at, t.known_at, 'shopify', statement_timestamp()
  FROM (
    SELECT store_id, 'dispute' AS source, external_id AS subject, order_external_id, reason AS reason_code, amount, currency,
           CASE WHEN status = 'won' THEN 'legitimate'
                WHEN reason IS NULL OR reason NOT IN ('bank_cannot_process', 'credit_not_processed', 'duplicate',
                  'incorrect_account_details', 'insufficient_funds', 'product_not_received', 'product_unacceptable',
                  'subscription_canceled') THEN 'fraud' END AS label,
           coalesce(initiated_at, updated_at) AS event_at, least(updated_at, statement_timestamp()) AS known_at
      FROM disputes WHERE order_external_id IS NOT NULL AND kind IS DISTINCT FROM 'inquiry'
    UNION ALL
    SELECT store_id, 'cancellation', external_id, external_id, cancel_reason, total, currency, 'fraud',
           coalesce(cancelled_at, updated_at), least(coalesce(cancelled_at, updated_at), statement_timestamp())
      FROM orders WHERE cancel_reason = 'fraud' AND source = 'shopify' AND NOT is_test
    UNION ALL
    SELECT store_id, 'refund', external_id, order_external_id, NULL, amount, currency, 'fraud', created_at,
           least(created_at, statement_timestamp())
      FROM refunds WHERE note ILIKE '%fraud%') AS t
  LEFT JOIN orders o ON o.store_id = t.store_id AND o.source = 'shopify' AND o.external_id = t.order_external_id
 WHERE t.label IS NOT NULL;
