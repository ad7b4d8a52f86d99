"""The one worker: does what requests leave behind (tasks, text indexing, clean-up), in a thread or in a process of its own."""
