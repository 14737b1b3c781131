-- +goose Up
-- What is to be done about a service stands on its own row: work is a JSON object, see packed.go.

ALTER TABLE services ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE services ADD COLUMN work TEXT NOT NULL DEFAULT '{}';
-- The clock looks at every service that is there already, and then sets the right instant itself.
UPDATE services SET due_at = 1 WHERE status <> 'terminated';
-- The services that have to be looked at, and nothing else.
CREATE INDEX services_due ON services (due_at) WHERE due_at > 0;
