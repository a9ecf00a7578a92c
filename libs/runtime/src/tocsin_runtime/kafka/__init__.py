"""The Kafka door: the only place that imports aiokafka."""
