"""The figures of the planted results: what each runtime's work came to, round by round. The records
are made of them by planted_results.py.

Most figures are `around` a value: the three rounds have 7 % more, the value, and 3 % less. So the
median is the value itself, and neither the first run, the last nor the mean. CPU times are given
round by round, because they are held against the floor's of the same round: there the median of the
differences is not the difference of the medians.
"""

from __future__ import annotations

ROUNDS = 3
RATES = {"open-low": 10_007, "open-mid": 20_011, "open-high": 30_011}


def around(value):
    """Three rounds, in whole steps of a hundredth, at least of 1: 100 becomes 107, 100, 97."""
    step = value // 100 or min(value, 1)
    return value + 7 * step, value, value - 3 * step


# CPU time of an operation in ns, round by round.
CPU = {
    "fixed": {
        "coroutine": (5003, 5407, 5209), "coroutine_uring": (4603, 4507, 4703),
        "fiber": (5303, 5501, 5923), "fiber_uring": (4801, 4909, 4787),
        "thread": (7307, 7411, 7603), "libuv": (6101, None, 6227),
        "epoll_floor": (4001, 4799, 4099),
    },
    "open-low": {"coroutine": (12_101, 12_203, 12_401), "fiber": (11_903, 11_597, 11_701),
                 "thread": (17_203, 17_401, 17_107), "epoll_floor": (12_007, 11_503, 11_801)},
    "open-mid": {"coroutine": (11_101, 11_003, 11_411), "fiber": (10_103, 10_211, 10_007),
                 "thread": (16_103, 16_411, 16_301), "epoll_floor": (10_501, 10_601, 10_303)},
    "open-high": {"coroutine": (9_103, 9_203, 9_001), "fiber": (9_403, 9_601, 9_511),
                  "epoll_floor": (8_101, 8_209, 8_311)},
    "spread": {"coroutine": (911, 937, 919), "fiber": (1_013, 1_051, 1_103),
               "thread": (4_201, 4_303, 4_409), "libuv": (1_201, 1_301, 1_223),
               "epoll_floor": (811, 853, 823)},
    "cancels": {"coroutine": (733, 757, 743), "libuv": (641, 661, 653)},
}  # fmt: skip

# By runtime, of fixed work: requests a second; latency p50, p90, p99; service time p50, p99; user
# CPU, ksoftirqd's; bytes per connection in user memory and the kernel, and of both as one slope.
FIXED = {
    "coroutine": (199_100, 43_100, 61_300, 151_300, 31_700, 121_300, 613, 21, 211, 8_101, 8_313),
    "coroutine_uring": (217_100, 39_100, 58_300, 141_700, 28_100, 113_100, 503, 1_301, 223, 9_103,
                        9_329),
    "fiber": (187_300, 46_700, 66_100, 163_300, 33_700, 131_700, 641, 23, 4_133, 8_211, 12_347),
    "fiber_uring": (208_700, 41_900, 63_700, 147_100, 29_300, 117_700, 547, 1_409, 4_153, 9_211,
                    13_367),
    "thread": (134_300, 66_700, 97_300, 243_100, 51_100, 199_700, 1_109, 29, 8_543, 30_603,
               39_149),
    "libuv": (163_700, 51_700, 73_900, 181_300, 38_300, 147_900, 809, 31, 337, 8_009, 8_349),
    "epoll_floor": (241_300, 34_100, 49_900, 109_300, 25_700, 91_300, 401, 19, 29, 7_901, 7_933),
}  # fmt: skip
# At a rate, p50 and p99 of latency and p99 of service time; and the rate that was achieved, in
# per cent of what was offered.
AT_RATE = {
    "open-low": {"coroutine": (21_100, 83_300, 71_300, 100), "fiber": (22_300, 87_100, 75_700, 100),
                 "thread": (31_700, 131_900, 117_100, 99), "epoll_floor": (19_300, 73_700, 63_100,
                                                                           100)},
    "open-mid": {"coroutine": (27_100, 103_700, 93_100, 100), "fiber": (28_900, 113_900, 97_700,
                                                                        100),
                 "thread": (71_900, 911_300, 373_300, 95), "epoll_floor": (23_900, 89_300, 79_100,
                                                                           100)},
    "open-high": {"coroutine": (37_300, 157_700, 143_300, 99), "fiber": (39_700, 173_100, 151_900,
                                                                         98),
                  "epoll_floor": (32_300, 127_300, 119_300, 100)},
}  # fmt: skip
# Idle: user, kernel and both B per connection, fixed user bytes, peak, mappings; of the messages
# that end it p50, p99, CPU.
IDLE = {
    "coroutine": (197, 8_017, 8_219, 1_507_000, 5_303_000, 61, 703_100, 1_103_300, 8_707),
    "fiber": (4_127, 8_039, 12_172, 1_607_000, 9_311_000, 2_081, 733_700, 1_151_300, 8_831),
    "thread": (8_539, 30_577, 39_127, 1_709_000, 13_513_000, 3_083, 1_307_900, 2_203_700, 15_307),
    "epoll_floor": (23, 7_993, 8_029, 1_409_000, 4_903_000, 53, 601_700, 907_300, 7_703),
}
# Memory at 0 tasks and what a quarter, a half and all of them add: user bytes, and the kernel's
# three parts. The middle round has these figures.
IDLE_POINTS = {
    "coroutine": ((0, 1_507_000, 16_384, 61_440, 91_100),
                  (250, 50_000, 0, 4_000, 2_000_000), (500, 99_000, 0, 8_000, 4_000_000),
                  (1000, 197_000, 0, 16_000, 8_000_000)),
    "fiber": ((0, 1_607_000, 16_384, 65_536, 91_700),
              (250, 1_030_000, 0, 40_000, 2_010_000), (500, 2_060_000, 0, 80_000, 4_020_000),
              (1000, 4_127_000, 0, 160_000, 8_040_000)),
    "thread": ((0, 1_709_000, 32_768, 69_632, 92_300),
               (250, 2_130_000, 4_096_000, 1_010_000, 3_500_000),
               (500, 4_270_000, 8_192_000, 2_020_000, 7_000_000),
               (1000, 8_539_000, 16_384_000, 4_040_000, 14_000_000)),
    "epoll_floor": ((0, 1_409_000, 16_384, 57_344, 90_700),
                    (250, 6_000, 0, 0, 1_990_000), (500, 12_000, 0, 0, 3_980_000),
                    (1000, 23_000, 0, 0, 7_960_000)),
}  # fmt: skip
# Timers: user, kernel and both B per timer, mappings; lateness p50, p99, max; early count of each
# round, earliest of each; spawn, arm + cancel.
SPREAD = {
    "coroutine": (131, 3, 137, 67, 35_300, 279_700, 1_301_000, (0, 0, 0), None, 307, None),
    "fiber": (4_099, 41, 4_143, 2_089, 50_900, 737_100, 2_203_000, (0, 0, 0), None, 1_409, None),
    "thread": (8_513, 22_717, 31_237, 3_089, 104_700, None, 5_303_000, (0, 0, 0), None, 15_101,
               None),
    "libuv": (227, 2, 233, 71, 577_900, 1_143_700, 3_307_000, (37, 0, 111),
              (611_000, None, 877_000), 211, None),
    "epoll_floor": (17, 0, 19, 59, 43_300, 91_100, 401_000, (0, 0, 0), None, 101, None),
}  # fmt: skip
CANCELS = {
    "coroutine": (139, 5, 149, 73, 31_100, None, 809_000, (0, 0, 0), None, 313, 727),
    "libuv": (229, 7, 239, 79, 513_700, None, 1_907_000, (0, 0, 0), None, 217, 617),
}

# The lowest step of a recorded distribution; each further one is twice that. All are the highest
# values of their buckets, so that they are read back as they are.
LATENCY_STEP_NS = {"coroutine": 40_959, "coroutine_uring": 38_911, "fiber": 45_055,
                   "fiber_uring": 43_007, "thread": 61_439, "libuv": 49_151,
                   "epoll_floor": 36_863}  # fmt: skip
SERVICE_STEP_NS = {"coroutine": 20_479, "coroutine_uring": 19_455, "fiber": 22_527,
                   "fiber_uring": 21_503, "thread": 30_719, "libuv": 24_575,
                   "epoll_floor": 18_431}  # fmt: skip
LATENESS_STEP_NS = {"coroutine": 34_815, "fiber": 53_247, "thread": 106_495, "libuv": 548_863,
                    "epoll_floor": 43_007}  # fmt: skip
# How many samples each of the four steps has, by round: 20,000 in all, of which 200 lie beyond p99.
COUNTS = ((10_400, 9_400, 150, 50), (10_000, 9_800, 150, 50), (9_500, 10_300, 150, 50))
SERVICE_COUNTS = ((11_000, 8_900, 80, 20), (12_000, 7_900, 70, 30), (13_000, 6_900, 60, 40))
# At a rate there are 70,000: too few for the p99.9 of a run, enough for that of all three.
RATE_COUNTS = ((40_000, 29_000, 900, 100), (41_000, 28_000, 900, 100), (42_000, 27_000, 900, 100))
# Of 5,000 timers (threads) there are too few for any p99, merged or not; of the canceller's timers
# 6,667 make three runs one sample more than p99 needs.
THREAD_COUNTS = ((2_600, 2_300, 70, 30), (2_500, 2_400, 70, 30), (2_400, 2_500, 70, 30))
CANCEL_COUNTS = ((3_400, 3_200, 50, 17), (3_300, 3_300, 50, 17), (3_200, 3_400, 50, 17))
FEWER_CANCEL_COUNTS = ((3_400, 3_200, 50, 16), (3_300, 3_300, 50, 16), (3_200, 3_400, 50, 16))
