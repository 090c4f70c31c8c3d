"""What workers in Python share: the conversation with the conductor, the schedule of timers and the
histogram of the protocol. With nothing but the standard library."""
