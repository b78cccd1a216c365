ALTER TABLE orders ADD COLUMN placed_version text
