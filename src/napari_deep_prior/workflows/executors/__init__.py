"""Where planes are restored, besides this process: the workers of a dask cluster."""
