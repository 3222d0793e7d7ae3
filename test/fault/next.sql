-- A step that no release has: what a store must go through when it meets a newer program.
CREATE TABLE fault_next (id @key, text @text NOT NULL);
INSERT INTO fault_next (id, text) VALUES (1, 'moved');
CREATE INDEX fault_next_text ON fault_next (text);
