"""`make bench`: what can be measured, as ratios and counts side by side in one run."""

from tests.performance import cold_start, fan_out, latency, lists

if __name__ == "__main__":
    cold_start.main()
    print()
    lists.main()
    print()
    fan_out.main()
    print()
    latency.main()
