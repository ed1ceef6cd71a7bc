"""The pages that people see: HTML without scripts, made on the server; what they say comes from the use cases."""
