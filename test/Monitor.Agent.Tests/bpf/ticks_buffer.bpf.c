/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Ticks by way of a ring buffer. */
#define MONITOR_RING_BUFFER (1 << 16)
#include "ticks.bpf.c"
