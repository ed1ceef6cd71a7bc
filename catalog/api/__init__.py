"""HTTP: what programs and people ask of the service becomes a call of a use case, and its outcome an answer; nothing else."""
