-- Whether a camera looks where it should; null: nobody watches that. The rules that wait meanwhile, as JSON.
ALTER TABLE camera ADD COLUMN view TEXT;
ALTER TABLE camera ADD COLUMN view_since_us BIGINT;
ALTER TABLE camera ADD COLUMN suspended_rules TEXT NOT NULL DEFAULT '[]';
