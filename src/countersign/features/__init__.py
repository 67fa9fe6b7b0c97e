"""What an account usually does, in numbers that rules compare with.

Words: a window is a span that ends at the batch time; an observation is one decided order. The
state of all entities is `model.Features`: gate state, changed only when an order is decided.
"""
