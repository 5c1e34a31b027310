"""What the network sees at each step, and what it is compared with."""
