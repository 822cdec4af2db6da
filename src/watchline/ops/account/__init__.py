"""What the line could see in every minute, and what it could not: the account beside the core."""
