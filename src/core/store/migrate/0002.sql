-- Schema 2. Who holds a value that should be one device's own (kind_field.shared): "key.fingerprint" and the like. Every asset is
-- looked at again, which fills the table.
CREATE TABLE shared (field @text NOT NULL, value @text NOT NULL, asset @int NOT NULL, seq @int NOT NULL, idx @int NOT NULL,
	PRIMARY KEY (field, value, asset)) @norowid;
CREATE INDEX shared_asset ON shared (asset);
INSERT INTO expiry (asset, at) SELECT id, 1 FROM asset WHERE merged_into = 0 ON CONFLICT (asset) DO UPDATE SET at = 1;
