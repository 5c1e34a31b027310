"""Devices and memory."""
