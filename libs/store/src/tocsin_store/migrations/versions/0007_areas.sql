-- Which of the alert's areas a shape belongs to, as they were posted, from 0 on; null: it was posted before this was kept.
ALTER TABLE alert_shape ADD COLUMN area smallint;
