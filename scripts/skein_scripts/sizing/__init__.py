"""What a host can hold: predictions from measured figures, and what they are held against."""
