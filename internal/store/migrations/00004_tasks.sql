-- +goose Up
-- What is to be done about a service stands on its own row: work is a JSON object, see packed.go.

ALTER TABLE services ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE services ADD COLUMN work TEXT NOT NULL DEFAULT '{}';
-- The clock looks at every service that is there already in a week, and then sets the right instant itself: nothing is
-- renewed, suspended or deleted before an operator has had the time to see what it would do.
UPDATE services SET due_at = {in a week} WHERE status <> 'terminated';
-- The services that have to be looked at, and nothing else.
CREATE INDEX services_due ON services (due_at) WHERE due_at > 0;
