"""The command line as `python -m fairshare.cli`."""

from fairshare.cli.app import main

if __name__ == "__main__":
    main()
