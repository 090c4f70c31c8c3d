"""What all figures share, whatever they show: the frame and the looks."""
