"""Takes bounces and complaints back, and says what they mean."""
