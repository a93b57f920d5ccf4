"""Measurements that anyone can repeat; tests never time anything."""
