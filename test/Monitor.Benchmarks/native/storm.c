// SPDX-License-Identifier: MIT
/*
 * Makes the kernel work, and measures how long each call takes.
 *
 *   storm connect CALLS            connect() on one UDP socket, as fast as it goes; destinations take turns
 *   storm paced RATE SECONDS       the same, RATE times a second, waiting in between without sleeping
 *   storm getppid CALLS            a system call that nobody watches
 *
 * Prints "calls N mean_ns X median_ns Y": the mean is over the whole run, the median of blocks of 1000 calls (of single
 * calls where paced).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1000, DESTINATIONS = 16 };

static int descriptor;
static struct sockaddr_in destinations[DESTINATIONS];

static unsigned long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
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

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static void report(unsigned long long calls, double mean, double *samples, unsigned long long count)
{
	qsort(samples, count, sizeof(*samples), by_value);
	printf("calls %llu mean_ns %.1f median_ns %.1f\n", calls, mean, count ? samples[count / 2] : mean);
}

static void run(void (*call)(unsigned long long), unsigned long long calls)
{
	unsigned long long blocks = (calls + BLOCK - 1) / BLOCK, start = now(), begin = start, end = start;
	double *samples = calloc(blocks + 1, sizeof(*samples));

	for (unsigned long long block = 0, i = 0; block < blocks; block++) {
		unsigned long long count = calls - i < BLOCK ? calls - i : BLOCK;

		for (unsigned long long last = i + count; i < last; i++)
			call(i);
		end = now();
		samples[block] = (double)(end - begin) / count;
		begin = end;
	}
	report(calls, (double)(end - start) / calls, samples, blocks);
}

static void run_paced(unsigned long long rate, unsigned long long seconds)
{
	unsigned long long calls = rate * seconds, start = now();
	double *samples = calloc(calls + 1, sizeof(*samples)), sum = 0;

	for (unsigned long long i = 0; i < calls; i++) {
		unsigned long long due = start + i * 1000000000ull / rate, begin;

		while ((begin = now()) < due)
			;
		connect_once(i);
		samples[i] = now() - begin;
		sum += samples[i];
	}
	report(calls, sum / calls, samples, calls);
}

int main(int argc, char **argv)
{
	for (int i = 0; i < DESTINATIONS; i++) {
		destinations[i].sin_family = AF_INET;
		destinations[i].sin_port = htons(9000 + i);
		destinations[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	descriptor = socket(AF_INET, SOCK_DGRAM, 0);
	if (argc == 3 && !strcmp(argv[1], "connect"))
		run(connect_once, strtoull(argv[2], NULL, 10));
	else if (argc == 4 && !strcmp(argv[1], "paced"))
		run_paced(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
	else if (argc == 3 && !strcmp(argv[1], "getppid"))
		run(getppid_once, strtoull(argv[2], NULL, 10));
	else
		return 2;
	return 0;
}
