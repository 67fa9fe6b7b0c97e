"""How orders come in from other systems and their status goes back: messages and CSV.

Words: a message is one file; a payment information block has one debtor and day and many payments;
an instruction is one payment that can be ordered; a rejected one says why it cannot. Entry points:
`files` (a kind of file: read and answered), of which `credit_transfers` reads messages and
`status_reports` answers them; `reasons`.
"""
