"""Countersign: the gate between the channels that order transfers and the rails that carry them."""
