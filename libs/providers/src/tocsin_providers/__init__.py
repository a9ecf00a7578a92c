"""What providers of texts and calls say: one folder a provider, known to the services that speak or listen to it."""
