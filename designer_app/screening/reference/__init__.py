"""The reference set: known crystals as one potential relaxes them, and what is made of them."""
