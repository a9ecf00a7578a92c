"""What every service knows of texts: what they say, how they are billed, to which numbers they may go."""
