-- Tables as of the first release. Frozen: later changes are later migrations.

CREATE TABLE installations (
    mark TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    is_former BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT pk_installations PRIMARY KEY (mark)
);

CREATE TABLE organizations (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    domain TEXT,
    plan_type TEXT DEFAULT 'self_hosted' NOT NULL,
    timezone TEXT DEFAULT 'UTC' NOT NULL,
    postal_address TEXT,
    settings JSONB DEFAULT '{}' NOT NULL,
    sending_held TEXT,
    sending_held_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_organizations PRIMARY KEY (id),
    CONSTRAINT ck_organizations_plan_type CHECK (plan_type IN ('self_hosted', 'free', 'pro'))
);

CREATE TABLE sign_in_attempts (
    id UUID NOT NULL,
    email_key TEXT NOT NULL,
    ip TEXT NOT NULL,
    succeeded BOOLEAN NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_sign_in_attempts PRIMARY KEY (id)
);

CREATE INDEX ix_sign_in_attempts_email_key_at ON sign_in_attempts (email_key, at);

CREATE INDEX ix_sign_in_attempts_ip_at ON sign_in_attempts (ip, at);

CREATE TABLE analytics_events (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    event_type TEXT NOT NULL,
    live_name TEXT,
    campaign_id UUID,
    lead_id UUID,
    enrollment_id UUID,
    send_id UUID,
    email_account_id UUID,
    sequence_id UUID,
    variant TEXT,
    event_data JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    CONSTRAINT pk_analytics_events PRIMARY KEY (organization_id, id, created_at),
    CONSTRAINT fk_analytics_events_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
)
 PARTITION BY RANGE (created_at);

CREATE INDEX ix_analytics_events_organization_id_campaign_id_created_at ON analytics_events (organization_id, campaign_id, created_at);

CREATE INDEX ix_analytics_events_organization_id_lead_id ON analytics_events (organization_id, lead_id);

CREATE INDEX ix_analytics_events_organization_id_seq ON analytics_events (organization_id, seq);

CREATE TABLE audit_log (
    user_id UUID,
    action TEXT NOT NULL,
    subject TEXT,
    detail JSONB DEFAULT '{}' NOT NULL,
    ip TEXT DEFAULT '' NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_audit_log PRIMARY KEY (organization_id, id),
    CONSTRAINT fk_audit_log_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_audit_log_organization_id_at_id ON audit_log (organization_id, at, id);

CREATE TABLE campaign_stats (
    campaign_id UUID NOT NULL,
    sequence_id UUID NOT NULL,
    variant TEXT NOT NULL,
    email_account_id UUID NOT NULL,
    day DATE NOT NULL,
    sent INTEGER DEFAULT 0 NOT NULL,
    failed INTEGER DEFAULT 0 NOT NULL,
    bounced INTEGER DEFAULT 0 NOT NULL,
    refused INTEGER DEFAULT 0 NOT NULL,
    replied INTEGER DEFAULT 0 NOT NULL,
    auto_replied INTEGER DEFAULT 0 NOT NULL,
    interested INTEGER DEFAULT 0 NOT NULL,
    unsubscribed INTEGER DEFAULT 0 NOT NULL,
    opened INTEGER DEFAULT 0 NOT NULL,
    opened_machine INTEGER DEFAULT 0 NOT NULL,
    clicked INTEGER DEFAULT 0 NOT NULL,
    clicked_machine INTEGER DEFAULT 0 NOT NULL,
    organization_id UUID NOT NULL,
    CONSTRAINT pk_campaign_stats PRIMARY KEY (organization_id, campaign_id, sequence_id, variant, email_account_id, day),
    CONSTRAINT fk_campaign_stats_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_campaign_stats_organization_id_day ON campaign_stats (organization_id, day);

CREATE TABLE cap_usage (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    day DATE NOT NULL,
    reserved INTEGER DEFAULT 0 NOT NULL,
    used INTEGER DEFAULT 0 NOT NULL,
    organization_id UUID NOT NULL,
    CONSTRAINT pk_cap_usage PRIMARY KEY (organization_id, scope, key, day),
    CONSTRAINT ck_cap_usage_scope CHECK (scope IN ('mailbox', 'domain', 'campaign', 'new_leads', 'company')),
    CONSTRAINT fk_cap_usage_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE idempotency_keys (
    user_id UUID NOT NULL,
    key TEXT NOT NULL,
    route TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    status INTEGER,
    body TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (organization_id, user_id, key),
    CONSTRAINT fk_idempotency_keys_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE notifications (
    user_id UUID,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    detail TEXT DEFAULT '' NOT NULL,
    subject TEXT,
    read_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_notifications PRIMARY KEY (organization_id, id),
    CONSTRAINT fk_notifications_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_notifications_organization_id_created_at_id ON notifications (organization_id, created_at, id);

CREATE TABLE one_time_tokens (
    user_id UUID,
    purpose TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    email TEXT,
    data JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_one_time_tokens PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_one_time_tokens_token_hash UNIQUE (token_hash),
    CONSTRAINT ck_one_time_tokens_purpose CHECK (purpose IN ('reset_password', 'verify_email', 'invite', 'oauth_state')),
    CONSTRAINT fk_one_time_tokens_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE organization_seq (
    last BIGINT DEFAULT 0 NOT NULL,
    organization_id UUID NOT NULL,
    CONSTRAINT pk_organization_seq PRIMARY KEY (organization_id),
    CONSTRAINT fk_organization_seq_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE suppressions (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    source TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_suppressions PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_suppressions_organization_id_kind_value UNIQUE (organization_id, kind, value),
    CONSTRAINT ck_suppressions_kind CHECK (kind IN ('email', 'domain', 'hash')),
    CONSTRAINT ck_suppressions_reason CHECK (reason IN ('unsubscribed', 'bounced', 'complained', 'asked', 'manual', 'erased')),
    CONSTRAINT fk_suppressions_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE tracked_links (
    url TEXT NOT NULL,
    url_key TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_tracked_links PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_tracked_links_organization_id_url_key UNIQUE (organization_id, url_key),
    CONSTRAINT fk_tracked_links_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE usage_days (
    day DATE NOT NULL,
    metric TEXT NOT NULL,
    used INTEGER DEFAULT 0 NOT NULL,
    organization_id UUID NOT NULL,
    CONSTRAINT pk_usage_days PRIMARY KEY (organization_id, day, metric),
    CONSTRAINT fk_usage_days_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE users (
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    timezone TEXT,
    is_active BOOLEAN DEFAULT true NOT NULL,
    session_version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_users_email_key UNIQUE (email_key),
    CONSTRAINT ck_users_role CHECK (role IN ('admin', 'user', 'viewer')),
    CONSTRAINT fk_users_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE webhooks (
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    events JSONB NOT NULL,
    is_active BOOLEAN DEFAULT true NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_webhooks PRIMARY KEY (organization_id, id),
    CONSTRAINT fk_webhooks_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE api_keys (
    user_id UUID NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    key_hash BYTEA NOT NULL,
    permissions JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_api_keys PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_api_keys_key_hash UNIQUE (key_hash),
    CONSTRAINT fk_api_keys_organization_id_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_api_keys_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE campaigns (
    user_id UUID,
    name TEXT NOT NULL,
    status TEXT DEFAULT 'draft' NOT NULL,
    status_reason TEXT,
    paused_for TEXT,
    send_schedule JSONB NOT NULL,
    daily_cap INTEGER,
    new_leads_cap INTEGER,
    company_cap INTEGER,
    settings JSONB DEFAULT '{}' NOT NULL,
    seed BIGINT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    failures_in_a_row INTEGER DEFAULT 0 NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    resumed_at TIMESTAMP WITH TIME ZONE,
    paused_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_campaigns PRIMARY KEY (organization_id, id),
    CONSTRAINT ck_campaigns_status CHECK (status IN ('draft', 'active', 'paused', 'completed', 'archived')),
    CONSTRAINT ck_campaigns_paused_for CHECK (paused_for IN ('hand', 'failures', 'late', 'plan')),
    CONSTRAINT fk_campaigns_organization_id_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE SET NULL (user_id),
    CONSTRAINT fk_campaigns_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_campaigns_organization_id_created_at_id ON campaigns (organization_id, created_at, id);

CREATE TABLE email_accounts (
    user_id UUID,
    provider TEXT NOT NULL,
    email_address TEXT NOT NULL,
    email_key TEXT NOT NULL,
    display_name TEXT DEFAULT '' NOT NULL,
    access_token TEXT,
    refresh_token TEXT,
    smtp_password TEXT,
    imap_password TEXT,
    token_expires_at TIMESTAMP WITH TIME ZONE,
    smtp_config JSONB,
    imap_config JSONB,
    is_active BOOLEAN DEFAULT true NOT NULL,
    status TEXT DEFAULT 'connected' NOT NULL,
    status_reason TEXT,
    failures_in_a_row INTEGER DEFAULT 0 NOT NULL,
    daily_limit INTEGER NOT NULL,
    min_gap_seconds INTEGER NOT NULL,
    gap_jitter_seconds INTEGER NOT NULL,
    ramp_enabled BOOLEAN DEFAULT false NOT NULL,
    ramp_start INTEGER DEFAULT 10 NOT NULL,
    ramp_step INTEGER DEFAULT 3 NOT NULL,
    ramp_started_at TIMESTAMP WITH TIME ZONE,
    timezone TEXT DEFAULT 'UTC' NOT NULL,
    workday JSONB,
    absences JSONB DEFAULT '[]' NOT NULL,
    signature TEXT DEFAULT '' NOT NULL,
    reply_to TEXT,
    tracking_domain TEXT,
    tags JSONB DEFAULT '[]' NOT NULL,
    sync_cursor JSONB DEFAULT '{}' NOT NULL,
    files_sent BOOLEAN,
    next_sync_at TIMESTAMP WITH TIME ZONE,
    last_synced_at TIMESTAMP WITH TIME ZONE,
    sync_error TEXT,
    sync_lease_until TIMESTAMP WITH TIME ZONE,
    next_turn_at TIMESTAMP WITH TIME ZONE,
    last_handed_at TIMESTAMP WITH TIME ZONE,
    not_before TIMESTAMP WITH TIME ZONE,
    lease_attempt UUID,
    lease_until TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_email_accounts PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_email_accounts_email_key UNIQUE (email_key),
    CONSTRAINT fk_email_accounts_organization_id_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE SET NULL (user_id),
    CONSTRAINT ck_email_accounts_provider CHECK (provider IN ('gmail', 'outlook', 'smtp')),
    CONSTRAINT ck_email_accounts_status CHECK (status IN ('connected', 'auth_failed', 'unreachable', 'paused_failures', 'disconnected')),
    CONSTRAINT fk_email_accounts_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_email_accounts_sync ON email_accounts (next_sync_at) WHERE next_sync_at IS NOT NULL;

CREATE INDEX ix_email_accounts_turn ON email_accounts (next_turn_at) WHERE next_turn_at IS NOT NULL;

CREATE TABLE saved_views (
    user_id UUID NOT NULL,
    noun TEXT NOT NULL,
    name TEXT NOT NULL,
    query JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_saved_views PRIMARY KEY (organization_id, id),
    CONSTRAINT fk_saved_views_organization_id_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT uq_saved_views_organization_id_user_id_noun_name UNIQUE (organization_id, user_id, noun, name),
    CONSTRAINT fk_saved_views_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE sessions (
    user_id UUID NOT NULL,
    family_id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    successor_sealed TEXT,
    user_agent TEXT DEFAULT '' NOT NULL,
    ip TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    rotated_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_sessions_organization_id_user_id FOREIGN KEY(organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_sessions_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_sessions_organization_id_family_id ON sessions (organization_id, family_id);

CREATE INDEX ix_sessions_organization_id_user_id ON sessions (organization_id, user_id);

CREATE TABLE webhook_deliveries (
    webhook_id UUID NOT NULL,
    event_id UUID NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    next_attempt_at TIMESTAMP WITH TIME ZONE,
    response_status INTEGER,
    response_text TEXT,
    payload JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_webhook_deliveries PRIMARY KEY (organization_id, id),
    CONSTRAINT fk_webhook_deliveries_organization_id_webhook_id FOREIGN KEY(organization_id, webhook_id) REFERENCES webhooks (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_webhook_deliveries_status CHECK (status IN ('waiting', 'delivered', 'failed')),
    CONSTRAINT fk_webhook_deliveries_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'waiting';

CREATE TABLE campaign_email_accounts (
    campaign_id UUID NOT NULL,
    email_account_id UUID NOT NULL,
    weight INTEGER DEFAULT 1 NOT NULL,
    organization_id UUID NOT NULL,
    CONSTRAINT pk_campaign_email_accounts PRIMARY KEY (organization_id, campaign_id, email_account_id),
    CONSTRAINT fk_campaign_email_accounts_organization_id_campaign_id FOREIGN KEY(organization_id, campaign_id) REFERENCES campaigns (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_campaign_email_accounts_organization_id_email_account_id FOREIGN KEY(organization_id, email_account_id) REFERENCES email_accounts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_campaign_email_accounts_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_campaign_email_accounts_organization_id_email_account_id ON campaign_email_accounts (organization_id, email_account_id);

CREATE TABLE email_sequences (
    campaign_id UUID NOT NULL,
    sequence_number INTEGER NOT NULL,
    delay_days INTEGER DEFAULT 0 NOT NULL,
    delay_hours INTEGER DEFAULT 0 NOT NULL,
    working_days_only BOOLEAN DEFAULT false NOT NULL,
    subject_template TEXT DEFAULT '' NOT NULL,
    email_template TEXT DEFAULT '' NOT NULL,
    is_active BOOLEAN DEFAULT true NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_email_sequences PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_email_sequences_organization_id_campaign_id_sequence_number UNIQUE (organization_id, campaign_id, sequence_number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_email_sequences_organization_id_campaign_id FOREIGN KEY(organization_id, campaign_id) REFERENCES campaigns (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_email_sequences_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE imports (
    user_id UUID,
    campaign_id UUID,
    filename TEXT DEFAULT '' NOT NULL,
    status TEXT NOT NULL,
    mapping JSONB,
    headers JSONB DEFAULT '[]' NOT NULL,
    options JSONB DEFAULT '{}' NOT NULL,
    bytes_total INTEGER DEFAULT 0 NOT NULL,
    bytes_done INTEGER DEFAULT 0 NOT NULL,
    rows_read INTEGER DEFAULT 0 NOT NULL,
    imported INTEGER DEFAULT 0 NOT NULL,
    updated INTEGER DEFAULT 0 NOT NULL,
    skipped INTEGER DEFAULT 0 NOT NULL,
    failed INTEGER DEFAULT 0 NOT NULL,
    suppressed INTEGER DEFAULT 0 NOT NULL,
    enrolled INTEGER DEFAULT 0 NOT NULL,
    error TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    undone_at TIMESTAMP WITH TIME ZONE,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_imports PRIMARY KEY (organization_id, id),
    CONSTRAINT ck_imports_status CHECK (status IN ('uploading', 'queued', 'running', 'completed', 'failed', 'undoing', 'undone')),
    CONSTRAINT fk_imports_organization_id_campaign_id FOREIGN KEY(organization_id, campaign_id) REFERENCES campaigns (organization_id, id) ON DELETE SET NULL (campaign_id),
    CONSTRAINT fk_imports_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_imports_organization_id_created_at_id ON imports (organization_id, created_at, id);

CREATE TABLE import_rows (
    import_id UUID NOT NULL,
    line INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT DEFAULT '' NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    raw JSONB DEFAULT '[]' NOT NULL,
    lead_id UUID,
    before JSONB,
    organization_id UUID NOT NULL,
    CONSTRAINT pk_import_rows PRIMARY KEY (organization_id, import_id, line),
    CONSTRAINT fk_import_rows_organization_id_import_id FOREIGN KEY(organization_id, import_id) REFERENCES imports (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_import_rows_outcome CHECK (outcome IN ('failed', 'skipped', 'updated')),
    CONSTRAINT fk_import_rows_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_import_rows_lead ON import_rows (organization_id, import_id, lead_id) WHERE lead_id IS NOT NULL;

CREATE INDEX ix_import_rows_reported ON import_rows (organization_id, import_id, line) WHERE lead_id IS NULL;

CREATE TABLE leads (
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    domain TEXT NOT NULL,
    first_name TEXT DEFAULT '' NOT NULL,
    last_name TEXT DEFAULT '' NOT NULL,
    company TEXT DEFAULT '' NOT NULL,
    position TEXT DEFAULT '' NOT NULL,
    country TEXT DEFAULT '' NOT NULL,
    timezone TEXT DEFAULT '' NOT NULL,
    mail_provider TEXT DEFAULT '' NOT NULL,
    custom_fields JSONB DEFAULT '{}' NOT NULL,
    verification TEXT DEFAULT 'unverified' NOT NULL,
    verification_reason TEXT,
    verified_at TIMESTAMP WITH TIME ZONE,
    enriched_at TIMESTAMP WITH TIME ZONE,
    source TEXT DEFAULT '' NOT NULL,
    lawful_basis TEXT DEFAULT '' NOT NULL,
    import_id UUID,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    search_text TEXT GENERATED ALWAYS AS (lower(email_key || ' ' || first_name || ' ' || last_name || ' ' || company || ' ' || position)) STORED NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_leads PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_leads_organization_id_email_key UNIQUE (organization_id, email_key),
    CONSTRAINT fk_leads_organization_id_import_id FOREIGN KEY(organization_id, import_id) REFERENCES imports (organization_id, id) ON DELETE SET NULL (import_id),
    CONSTRAINT ck_leads_verification CHECK (verification IN ('unverified', 'deliverable', 'risky', 'undeliverable', 'unknown')),
    CONSTRAINT fk_leads_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_leads_import ON leads (organization_id, import_id, created_at, id);

CREATE INDEX ix_leads_organization_id_created_at_id ON leads (organization_id, created_at, id);

CREATE INDEX ix_leads_search ON leads USING gin (search_text gin_trgm_ops);

CREATE INDEX ix_leads_unenriched ON leads (organization_id, id) WHERE enriched_at IS NULL;

CREATE INDEX ix_leads_verification ON leads (organization_id, verification, created_at, id);

CREATE TABLE sequence_variants (
    sequence_id UUID NOT NULL,
    label TEXT NOT NULL,
    subject_template TEXT DEFAULT '' NOT NULL,
    email_template TEXT DEFAULT '' NOT NULL,
    weight INTEGER DEFAULT 1 NOT NULL,
    is_active BOOLEAN DEFAULT true NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_sequence_variants PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_sequence_variants_organization_id_sequence_id_label UNIQUE (organization_id, sequence_id, label),
    CONSTRAINT fk_sequence_variants_organization_id_sequence_id FOREIGN KEY(organization_id, sequence_id) REFERENCES email_sequences (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_sequence_variants_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE upload_chunks (
    import_id UUID NOT NULL,
    number INTEGER NOT NULL,
    data BYTEA NOT NULL,
    organization_id UUID NOT NULL,
    CONSTRAINT pk_upload_chunks PRIMARY KEY (organization_id, import_id, number),
    CONSTRAINT fk_upload_chunks_organization_id_import_id FOREIGN KEY(organization_id, import_id) REFERENCES imports (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_upload_chunks_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE enrollments (
    campaign_id UUID NOT NULL,
    lead_id UUID NOT NULL,
    email_account_id UUID,
    status TEXT DEFAULT 'pending' NOT NULL,
    next_step INTEGER DEFAULT 1 NOT NULL,
    next_due_at TIMESTAMP WITH TIME ZONE,
    sort_key TEXT COLLATE "C" DEFAULT '' NOT NULL,
    held_until TIMESTAMP WITH TIME ZONE,
    blocked_reason TEXT,
    blocked_detail TEXT,
    blocked_until TIMESTAMP WITH TIME ZONE,
    stopped_reason TEXT,
    personalization JSONB DEFAULT '{}' NOT NULL,
    personalized_at TIMESTAMP WITH TIME ZONE,
    thread_message_id TEXT,
    thread_references TEXT DEFAULT '' NOT NULL,
    thread_subject TEXT,
    last_sent_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_enrollments PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_enrollments_organization_id_campaign_id_lead_id UNIQUE (organization_id, campaign_id, lead_id),
    CONSTRAINT fk_enrollments_organization_id_campaign_id FOREIGN KEY(organization_id, campaign_id) REFERENCES campaigns (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_enrollments_organization_id_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_enrollments_organization_id_email_account_id FOREIGN KEY(organization_id, email_account_id) REFERENCES email_accounts (organization_id, id) ON DELETE SET NULL (email_account_id),
    CONSTRAINT ck_enrollments_status CHECK (status IN ('pending', 'active', 'held', 'replied', 'bounced', 'unsubscribed', 'completed', 'stopped', 'failed')),
    CONSTRAINT fk_enrollments_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_enrollments_blocked ON enrollments (organization_id, campaign_id) WHERE blocked_reason IS NOT NULL;

CREATE INDEX ix_enrollments_due_first ON enrollments (organization_id, email_account_id, next_due_at, sort_key) WHERE next_due_at IS NOT NULL AND last_sent_at IS NULL;

CREATE INDEX ix_enrollments_due_later ON enrollments (organization_id, email_account_id, next_due_at, sort_key) WHERE next_due_at IS NOT NULL AND last_sent_at IS NOT NULL;

CREATE INDEX ix_enrollments_organization_id_campaign_id_status_id ON enrollments (organization_id, campaign_id, status, id);

CREATE INDEX ix_enrollments_organization_id_lead_id ON enrollments (organization_id, lead_id);

CREATE TABLE lead_facts (
    lead_id UUID NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    source TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_lead_facts PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_lead_facts_organization_id_lead_id_name_source UNIQUE (organization_id, lead_id, name, source),
    CONSTRAINT fk_lead_facts_organization_id_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_lead_facts_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE threads (
    email_account_id UUID,
    lead_id UUID,
    campaign_id UUID,
    enrollment_id UUID,
    contact_email TEXT DEFAULT '' NOT NULL,
    contact_name TEXT DEFAULT '' NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    snippet TEXT DEFAULT '' NOT NULL,
    intent TEXT DEFAULT 'unclear' NOT NULL,
    last_kind TEXT DEFAULT 'reply' NOT NULL,
    unread BOOLEAN DEFAULT true NOT NULL,
    snoozed_until TIMESTAMP WITH TIME ZONE,
    last_message_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_threads PRIMARY KEY (organization_id, id),
    CONSTRAINT fk_threads_organization_id_email_account_id FOREIGN KEY(organization_id, email_account_id) REFERENCES email_accounts (organization_id, id) ON DELETE SET NULL (email_account_id),
    CONSTRAINT fk_threads_organization_id_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) ON DELETE SET NULL (lead_id),
    CONSTRAINT fk_threads_organization_id_campaign_id FOREIGN KEY(organization_id, campaign_id) REFERENCES campaigns (organization_id, id) ON DELETE SET NULL (campaign_id),
    CONSTRAINT fk_threads_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_threads_organization_id_last_message_at_id ON threads (organization_id, last_message_at, id);

CREATE INDEX ix_threads_organization_id_lead_id ON threads (organization_id, lead_id);

CREATE TABLE email_sends (
    kind TEXT NOT NULL,
    intent_key TEXT NOT NULL,
    campaign_id UUID,
    enrollment_id UUID,
    lead_id UUID,
    email_account_id UUID,
    sequence_id UUID,
    step INTEGER DEFAULT 0 NOT NULL,
    variant TEXT DEFAULT 'A' NOT NULL,
    to_email TEXT NOT NULL,
    status TEXT NOT NULL,
    attempt_id UUID,
    attempts INTEGER DEFAULT 0 NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    planned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    claimed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    handed_at TIMESTAMP WITH TIME ZONE,
    sent_at TIMESTAMP WITH TIME ZONE,
    opened_at TIMESTAMP WITH TIME ZONE,
    clicked_at TIMESTAMP WITH TIME ZONE,
    opened_machine_at TIMESTAMP WITH TIME ZONE,
    clicked_machine_at TIMESTAMP WITH TIME ZONE,
    replied_at TIMESTAMP WITH TIME ZONE,
    bounced_at TIMESTAMP WITH TIME ZONE,
    unsubscribed_at TIMESTAMP WITH TIME ZONE,
    message_id TEXT NOT NULL,
    provider_message_id TEXT,
    provider_thread_id TEXT,
    subject TEXT DEFAULT '' NOT NULL,
    body_text TEXT,
    content_hash TEXT DEFAULT '' NOT NULL,
    links UUID[] DEFAULT '{}' NOT NULL,
    reply_code INTEGER,
    reply_text TEXT,
    reason TEXT,
    settled_by TEXT,
    caps JSONB DEFAULT '[]' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_email_sends PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_email_sends_organization_id_intent_key UNIQUE (organization_id, intent_key),
    CONSTRAINT ck_email_sends_kind CHECK (kind IN ('campaign', 'reply', 'test')),
    CONSTRAINT ck_email_sends_status CHECK (status IN ('claimed', 'sending', 'sent', 'refused', 'deferred', 'unknown', 'cancelled', 'quarantined')),
    CONSTRAINT fk_email_sends_organization_id_campaign_id FOREIGN KEY(organization_id, campaign_id) REFERENCES campaigns (organization_id, id),
    CONSTRAINT fk_email_sends_organization_id_enrollment_id FOREIGN KEY(organization_id, enrollment_id) REFERENCES enrollments (organization_id, id) ON DELETE SET NULL (enrollment_id),
    CONSTRAINT fk_email_sends_organization_id_lead_id FOREIGN KEY(organization_id, lead_id) REFERENCES leads (organization_id, id) ON DELETE SET NULL (lead_id),
    CONSTRAINT fk_email_sends_organization_id_email_account_id FOREIGN KEY(organization_id, email_account_id) REFERENCES email_accounts (organization_id, id) ON DELETE SET NULL (email_account_id),
    CONSTRAINT fk_email_sends_organization_id_sequence_id FOREIGN KEY(organization_id, sequence_id) REFERENCES email_sequences (organization_id, id),
    CONSTRAINT fk_email_sends_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_email_sends_campaign ON email_sends (organization_id, campaign_id, id);

CREATE INDEX ix_email_sends_enrollment ON email_sends (organization_id, enrollment_id);

CREATE INDEX ix_email_sends_handed ON email_sends (organization_id, email_account_id, handed_at) WHERE handed_at IS NOT NULL;

CREATE INDEX ix_email_sends_lead ON email_sends (organization_id, lead_id);

CREATE INDEX ix_email_sends_message ON email_sends (organization_id, message_id);

CREATE INDEX ix_email_sends_open ON email_sends (lease_until) WHERE lease_until IS NOT NULL;

CREATE INDEX ix_email_sends_provider ON email_sends (organization_id, provider_message_id) WHERE provider_message_id IS NOT NULL;

CREATE INDEX ix_email_sends_tests ON email_sends (to_email, created_at) WHERE kind = 'test';

CREATE INDEX ix_email_sends_unknown ON email_sends (organization_id, email_account_id) WHERE status = 'unknown';

CREATE TABLE inbound_messages (
    email_account_id UUID NOT NULL,
    thread_id UUID,
    send_id UUID,
    lead_id UUID,
    campaign_id UUID,
    enrollment_id UUID,
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    intent TEXT DEFAULT 'unclear' NOT NULL,
    from_email TEXT DEFAULT '' NOT NULL,
    from_name TEXT DEFAULT '' NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    body_text TEXT DEFAULT '' NOT NULL,
    facts JSONB DEFAULT '{}' NOT NULL,
    raw BYTEA NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_inbound_messages PRIMARY KEY (organization_id, id),
    CONSTRAINT uq_inbound_messages_organization_id_email_account_id_message_id UNIQUE (organization_id, email_account_id, message_id),
    CONSTRAINT fk_inbound_messages_organization_id_email_account_id FOREIGN KEY(organization_id, email_account_id) REFERENCES email_accounts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_inbound_messages_organization_id_thread_id FOREIGN KEY(organization_id, thread_id) REFERENCES threads (organization_id, id) ON DELETE SET NULL (thread_id),
    CONSTRAINT fk_inbound_messages_organization_id_send_id FOREIGN KEY(organization_id, send_id) REFERENCES email_sends (organization_id, id) ON DELETE SET NULL (send_id),
    CONSTRAINT ck_inbound_messages_kind CHECK (kind IN ('reply', 'auto_reply', 'bounce', 'complaint', 'unsubscribe', 'unknown')),
    CONSTRAINT fk_inbound_messages_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_inbound_messages_organization_id_thread_id ON inbound_messages (organization_id, thread_id);
