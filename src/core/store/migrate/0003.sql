-- What is kept of one zone is summed for its quota: read from here, not from the rows with their bytes.
CREATE INDEX evidence_zone ON evidence (zone, place, size);
