"""The engine: how an operation is defined and recorded, and the sweeps back and forth over what was recorded."""
