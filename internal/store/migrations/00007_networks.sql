-- +goose Up
-- Network services by what asks for them: their edge, and their owner. Servers have no entry in either.

CREATE INDEX services_edge ON services (provider) WHERE sort = 'network' AND status <> 'terminated';
CREATE INDEX services_networks ON services (user_id, id) WHERE sort = 'network';
