"""A pretend Google, a pretend Microsoft and the inboxes of the people who get mail, spoken to over HTTP as the real ones are."""
