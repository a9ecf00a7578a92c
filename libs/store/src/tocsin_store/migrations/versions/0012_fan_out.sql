-- The same ids as before. Bits 11 and 10 of the hash become the variant; a hyphen may follow any four digits.
CREATE OR REPLACE FUNCTION delivery_id(alert uuid, version int, member uuid, contact_point uuid, wave int)
RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (left(alert::text, 14) || '8' || left(encode(set_bit(set_bit(sha256((
    alert::text || '|' || version::text || '|' || member::text || '|' || contact_point::text || '|' || wave::text)::bytea),
    11, 1), 10, 0), 'hex'), 19))::uuid;

-- Ids are hashes: to compress them takes longer than to write them, and saves nothing.
ALTER TABLE chunk ALTER COLUMN delivery_ids SET STORAGE EXTERNAL;
