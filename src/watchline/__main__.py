"""`python -m watchline` is the same as `watchline`."""

from watchline.cli import main

if __name__ == "__main__":
    main()
