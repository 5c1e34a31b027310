"""The window: the only folder that knows napari and Qt. Importing it loads neither torch nor the engine."""
