"""Knowledge of third-party and standard-library names: what blocks, what awaits, what returns which type."""
