"""Live plots of runs. pyqtgraph is imported when the first plot is made, after the first paint."""
