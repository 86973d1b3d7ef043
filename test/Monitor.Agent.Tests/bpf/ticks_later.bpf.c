/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A later version of ticks. */
#define VERSION 2
#include "ticks.bpf.c"
