"""The pages on which a resource or a pack is read, its previews, and what an address says when the thing is gone."""
