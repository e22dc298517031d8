"""The pages of recordings for staff: the panel of calls, listening with a reason, and the audio."""
