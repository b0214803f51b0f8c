"""Steps on single media files: recognise, read, preview. Every decoder runs in the process behind `worker.DecodePool`.

The rest of the program imports `facts`, `sniff` and `worker`; the other files load decoders and belong to that process.
"""
