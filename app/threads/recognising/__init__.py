"""What a received mail is: a person's answer, a machine's, a report that it did not arrive, a receipt, a list; and why we say so."""
