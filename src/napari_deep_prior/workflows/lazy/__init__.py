"""Results that are computed when they are asked for, for whoever has their images in dask arrays."""
