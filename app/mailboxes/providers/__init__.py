"""What a mailbox can do, spoken in the words of each provider."""
