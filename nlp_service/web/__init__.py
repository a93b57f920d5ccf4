"""The workbench: pages for people, rendered here, with a little script for the keyboard."""
