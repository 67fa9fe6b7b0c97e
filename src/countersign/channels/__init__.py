"""How orders come in from other systems and their status goes back: ISO 20022 messages.

Words: a message is one file; a payment information block has one debtor and day and many payments;
an instruction is one payment that can be ordered; a rejected one says why it cannot. Entry points:
`pain001.check_message`, `pain001.read_instructions`, `pain002.write_status_report`, `reasons`.
"""
