"""`make bench`: what can be measured, as ratios side by side in one run."""

from tests.performance import cold_start

if __name__ == "__main__":
    cold_start.main()
