"""What all figures share, whatever they show: the frame and the looks. Drawing touches no display
and writes SVG and PNG."""
