"""The parts of setup.py. Each makes one thing that is missing, or says in one sentence why it cannot."""
