"""The plots, one module each: what a figure shows is decided there, what all figures look like in
the package drawing."""
