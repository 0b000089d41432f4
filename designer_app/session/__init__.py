"""What the window remembers and runs: documents, settings, jobs. QtCore and QtGui only."""
