"""The kinds of received mail."""

HUMAN_REPLY, AUTO_REPLY = "human_reply", "auto_reply"
BOUNCE_HARD, BOUNCE_SOFT = "bounce_hard", "bounce_soft"
DELIVERY_RECEIPT, READ_RECEIPT, READ_RECEIPT_DECLINED = "delivery_receipt", "read_receipt", "read_receipt_declined"
COMPLAINT, LIST_OR_BULK, OTHER = "complaint", "list_or_bulk", "other"

BOUNCES = (BOUNCE_HARD, BOUNCE_SOFT)
RECEIPTS = (DELIVERY_RECEIPT, READ_RECEIPT, READ_RECEIPT_DECLINED)
REPORTS = (*BOUNCES, *RECEIPTS, COMPLAINT)
KINDS = (HUMAN_REPLY, AUTO_REPLY, *REPORTS, LIST_OR_BULK, OTHER)
