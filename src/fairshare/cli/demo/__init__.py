"""The demo: the main job, end to end, on data that no one here wrote, told by the commands themselves."""
