"""A child process that never says whether it is ready."""

import signal

if __name__ == "__main__":
    signal.pause()
