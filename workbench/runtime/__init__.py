"""Devices, compile cache, engine and trace: what turns segments into results."""
