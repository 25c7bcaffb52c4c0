"""The process that works through a queue with nobody looking, and how it is started."""
