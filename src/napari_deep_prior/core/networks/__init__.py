"""Networks: their shapes, layers, and a catalogue of named ones."""
