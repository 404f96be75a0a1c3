"""Demo data: modelled microscopy, a few users and where everything belongs."""
