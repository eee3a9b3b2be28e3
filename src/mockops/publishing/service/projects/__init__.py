"""Files as code across slices: reading a project's folder, planning and applying it."""
