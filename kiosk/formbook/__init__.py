"""The forms of a community: what each is called, its columns, what fills it, and the files made of it."""
