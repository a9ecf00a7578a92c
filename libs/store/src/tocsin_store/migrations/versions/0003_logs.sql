-- Which topic of that name the offset is of; null: whichever was there before this was kept.
ALTER TABLE merged_offset ADD COLUMN topic_id uuid;
