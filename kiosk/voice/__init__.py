"""What the loudspeaker may say, how it is spoken, and where a community's own recordings lie."""
