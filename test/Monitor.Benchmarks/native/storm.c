// SPDX-License-Identifier: MIT
/*
 * Makes the kernel work, and measures how long each call takes.
 *
 *   storm connect CALLS            connect() on one UDP socket, as fast as it goes; destinations take turns
 *   storm paced RATE SECONDS       the same, RATE times a second; the last 100 us before each are waited for awake
 *   storm getppid CALLS            a system call that nobody watches
 *   storm cycle CALLS              a TCP connection on loopback: connect(), accept(), and close() on both sides
 *
 * Prints "calls N cost_ns X median_ns Y". The cost is the mean of all calls, other processes on the same CPU left out:
 * at full speed by the thread's own CPU time, and where it is paced, and one call is all that can be timed, by leaving
 * out the slowest hundredth. The median is of wall-clock time, of blocks of 1000 calls (of single calls where paced).
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1000, DESTINATIONS = 16, AWAKE_NS = 100000 };

static int descriptor;
static struct sockaddr_in destinations[DESTINATIONS];

static unsigned long long now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void connect_once(unsigned long long i)
{
	if (connect(descriptor, (struct sockaddr *)&destinations[i % DESTINATIONS], sizeof(destinations[0]))) {
		perror("connect");
		exit(1);
	}
}

static void getppid_once(unsigned long long i)
{
	(void)i;
	syscall(SYS_getppid);
}

/* The side that accepted closes first, so that the port which connected is free again at once. */
static void cycle_once(unsigned long long i)
{
	int client = socket(AF_INET, SOCK_STREAM, 0), accepted;

	if (connect(client, (struct sockaddr *)&destinations[i % DESTINATIONS], sizeof(destinations[0]))) {
		perror("connect");
		exit(1);
	}
	accepted = accept(descriptor, NULL, NULL);
	if (accepted < 0) {
		perror("accept");
		exit(1);
	}
	close(accepted);
	close(client);
}

/* One listener at many addresses, so that connections of before are seldom met again. */
static void listen_for_cycles(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	socklen_t length = sizeof(any);

	descriptor = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(descriptor, (struct sockaddr *)&any, length) || listen(descriptor, 128) ||
	    getsockname(descriptor, (struct sockaddr *)&any, &length)) {
		perror("listen");
		exit(1);
	}
	for (int i = 0; i < DESTINATIONS; i++) {
		destinations[i].sin_port = any.sin_port;
		destinations[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK + i);
	}
}

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static void run(void (*call)(unsigned long long), unsigned long long calls)
{
	unsigned long long blocks = (calls + BLOCK - 1) / BLOCK, cpu = now(CLOCK_THREAD_CPUTIME_ID);
	double *samples = calloc(blocks, sizeof(*samples));

	for (unsigned long long block = 0, i = 0; block < blocks; block++) {
		unsigned long long count = calls - i < BLOCK ? calls - i : BLOCK, begin = now(CLOCK_MONOTONIC);

		for (unsigned long long last = i + count; i < last; i++)
			call(i);
		samples[block] = (double)(now(CLOCK_MONOTONIC) - begin) / count;
	}
	cpu = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
	qsort(samples, blocks, sizeof(*samples), by_value);
	printf("calls %llu cost_ns %.2f median_ns %.2f\n", calls, (double)cpu / calls, samples[blocks / 2]);
}

static void wait_until(unsigned long long due)
{
	unsigned long long early = due - AWAKE_NS;
	struct timespec time = {.tv_sec = early / 1000000000, .tv_nsec = early % 1000000000};

	if (now(CLOCK_MONOTONIC) < early)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
	while (now(CLOCK_MONOTONIC) < due)
		;
}

static void run_paced(unsigned long long rate, unsigned long long seconds)
{
	unsigned long long calls = rate * seconds, counted = calls - calls / 100, start = now(CLOCK_MONOTONIC);
	double *samples = calloc(calls, sizeof(*samples)), sum = 0;

	for (unsigned long long i = 0; i < calls; i++) {
		unsigned long long begin;

		wait_until(start + i * 1000000000ull / rate);
		begin = now(CLOCK_MONOTONIC);
		connect_once(i);
		samples[i] = now(CLOCK_MONOTONIC) - begin;
	}
	qsort(samples, calls, sizeof(*samples), by_value);
	for (unsigned long long i = 0; i < counted; i++)
		sum += samples[i];
	printf("calls %llu cost_ns %.2f median_ns %.2f\n", calls, sum / counted, samples[calls / 2]);
}

int main(int argc, char **argv)
{
	unsigned long long first = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	unsigned long long second = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;

	for (int i = 0; i < DESTINATIONS; i++) {
		destinations[i].sin_family = AF_INET;
		destinations[i].sin_port = htons(9000 + i);
		destinations[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	descriptor = socket(AF_INET, SOCK_DGRAM, 0);
	if (argc == 3 && first && !strcmp(argv[1], "connect"))
		run(connect_once, first);
	else if (argc == 4 && first && second && !strcmp(argv[1], "paced"))
		run_paced(first, second);
	else if (argc == 3 && first && !strcmp(argv[1], "getppid"))
		run(getppid_once, first);
	else if (argc == 3 && first && !strcmp(argv[1], "cycle")) {
		listen_for_cycles();
		run(cycle_once, first);
	} else
		return 2;
	return 0;
}
