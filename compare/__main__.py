"""`python -m compare`: call the command line, exit with its code.

Nothing is imported before a Ctrl-C would end in words.
"""


def main() -> int:
    """Run it so that Ctrl-C and a full disk end in words, and nothing is lost."""
    from compare.interrupts import Polite

    polite = Polite()
    polite.install()
    import sys

    from compare import cli, streams

    output = streams.make_last()
    polite.has_begun = True
    code = cli.main()
    if output.failure:
        sys.stderr.write(
            f"error: standard output could not be written ({output.failure}); files "
            "are complete\n"
        )
        code = code or 1
    return code


def run() -> int:
    """Do as `main`, also before and after there is something to do.

    `mlp-compare` and `python -m compare` call this.
    """
    try:
        import signal
        import sys

        if sys.platform == "win32":  # where a pipe would not take Greek letters
            for stream in (sys.stdout, sys.stderr):
                stream.reconfigure(encoding="utf-8")
        exit_code = main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to interrupt
    except KeyboardInterrupt:  # before there was anything to do
        from compare.interrupts import end_at_once

        end_at_once()
    return exit_code


if __name__ == "__main__":
    raise SystemExit(run())
