"""A training as a film, for `watch`: panels of SVG that move together, in a page of their own.

A `Panel` is a picture whose numbers change: a `Scene` of what the network says about its samples,
the losses, and the circuit of the network at one sample. A `Camera` takes their numbers from a copy
of the model, at any values of its parameters; a `Film` shows them, as a still and as a page.
film.js moves the same pictures; tests hold it to what Python draws.
"""
