"""A trained model to ONNX, with proof: both answer the same rows, and the answers are compared.

Runs in an environment of its own, made for one model. Reads one JSON object on stdin, and writes one
to the file that it names; nothing else is read, written or fetched.
"""
