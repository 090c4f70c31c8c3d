"""The plots, one module each: what a figure shows is decided there, what all figures look like in
style.py. Drawing touches no display and writes SVG and PNG."""
