"""Claims, renders and sends email."""
