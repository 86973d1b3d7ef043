// SPDX-License-Identifier: MIT
/*
 * Whether its CPU is there: sleeps a millisecond at a time, before every ordinary thread. A wake-up that comes late
 * means that the machine itself did not have the CPU: it is a virtual one, and its host ran something else. From that
 * follows how far behind a consumer fell that needs half of the CPU: by the time that it was away, and back by the time
 * that it was there.
 *
 *   gaps
 *
 * Prints "ready", and at SIGTERM "behind_ns N", the furthest.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { PERIOD_NS = 1000000 };

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
	(void)signal;
	stopping = 1;
}

static int fail(const char *what)
{
	fprintf(stderr, "gaps: %s: %s\n", what, strerror(errno));
	return 1;
}

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(void)
{
	const struct sched_param first = {.sched_priority = 1};
	const struct timespec period = {.tv_nsec = PERIOD_NS};
	struct sigaction action = {.sa_handler = stop};
	long long before, behind = 0, furthest = 0;

	sigaction(SIGTERM, &action, NULL);
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		return fail("sched_setscheduler");
	if (mlockall(MCL_CURRENT))
		return fail("mlockall");

	puts("ready");
	fflush(stdout);
	before = now_ns();
	while (!stopping) {
		long long now, late;

		nanosleep(&period, NULL);
		now = now_ns();
		late = now - before - PERIOD_NS;
		behind += late - PERIOD_NS;
		if (behind < 0)
			behind = 0;
		if (behind > furthest)
			furthest = behind;
		before = now;
	}

	printf("behind_ns %lld\n", furthest);
	return 0;
}
