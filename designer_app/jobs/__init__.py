"""Bodies of the jobs: `run(spec, control)`, one file each."""
