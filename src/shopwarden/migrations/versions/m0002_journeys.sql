ALTER TABLE visitors
  ADD COLUMN merged_into uuid,
  ADD COLUMN ip_crowd integer,
  ADD COLUMN device_crowd integer;

CREATE INDEX ix_visitors_merged ON visitors (store_id, merged_into) WHERE merged_into IS NOT NULL;

CREATE INDEX ix_visitors_bots ON visitors (store_id, last_seen, id) WHERE is_bot;

CREATE INDEX ix_visitors_travel ON visitors (store_id, last_seen, id) INCLUDE (fastest_travel_kmh)
  WHERE fastest_travel_kmh IS NOT NULL;

CREATE INDEX ix_visitors_patterns ON visitors (store_id, last_seen, id) WHERE patterns <> '{}';

ALTER TABLE sessions
  ADD COLUMN number integer DEFAULT 1 NOT NULL,
  ADD COLUMN source text DEFAULT 'direct' NOT NULL,
  ADD COLUMN path text DEFAULT '' NOT NULL,
  ADD COLUMN basket_value numeric(14, 2) DEFAULT 0 NOT NULL,
  ADD COLUMN visible_seconds double precision DEFAULT 0 NOT NULL,
  ADD COLUMN inputs integer DEFAULT 0 NOT NULL;

CREATE INDEX ix_orders_session ON orders (store_id, session_id) WHERE session_id IS NOT NULL;

CREATE INDEX ix_orders_tied ON orders (store_id, created_at) WHERE visitor_id IS NOT NULL OR session_id IS NOT NULL;

CREATE TABLE page_counts (
  store_id uuid NOT NULL,
  day date NOT NULL,
  page_kind text NOT NULL,
  source text NOT NULL,
  country_code text NOT NULL,
  device_kind text NOT NULL,
  views bigint DEFAULT 0 NOT NULL,
  CONSTRAINT pk_page_counts PRIMARY KEY (store_id, day, page_kind, source, country_code, device_kind)
);

CREATE TABLE visitor_changes (
  store_id uuid NOT NULL,
  id uuid NOT NULL,
  at timestamptz NOT NULL,
  action text NOT NULL,
  visitor_id uuid NOT NULL,
  other_id uuid NOT NULL,
  key_id uuid,
  user_id uuid,
  reason text,
  idempotency_key text,
  CONSTRAINT uq_visitor_changes_store_id_idempotency_key UNIQUE (store_id, idempotency_key),
  CONSTRAINT pk_visitor_changes PRIMARY KEY (store_id, id),
  CONSTRAINT ck_visitor_changes_action CHECK (action IN ('merge', 'split'))
);

CREATE INDEX ix_visitor_changes_visitor ON visitor_changes (store_id, visitor_id, at);

CREATE INDEX ix_visitor_changes_other ON visitor_changes (store_id, other_id, at);

CREATE TABLE forgotten (
  store_id uuid NOT NULL,
  digest bytea NOT NULL,
  at timestamptz NOT NULL,
  CONSTRAINT pk_forgotten PRIMARY KEY (store_id, digest)
);

CREATE TABLE crowds (
  store_id uuid NOT NULL,
  kind text NOT NULL,
  value text NOT NULL,
  people integer NOT NULL,
  counted_at timestamptz NOT NULL,
  CONSTRAINT pk_crowds PRIMARY KEY (store_id, kind, value),
  CONSTRAINT ck_crowds_kind CHECK (kind IN ('ip', 'device'))
);

CREATE TABLE crowd_progress (
  store_id uuid NOT NULL,
  last_seen timestamptz NOT NULL,
  visitor_id uuid NOT NULL,
  CONSTRAINT pk_crowd_progress PRIMARY KEY (store_id)
);
