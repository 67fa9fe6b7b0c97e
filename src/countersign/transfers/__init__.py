"""Credit transfers: what an order says, the digest over it, and the life that its status allows.

Words: an order is the instruction as it came in; a transfer is its whole life. Entry points:
`order.ORDER_TABLE` (the fields under the digest), `model.Status`, `model.Decision`, `store`.
"""
