"""Process, settings, logs, metrics, the Kafka door and the delivery loop."""
