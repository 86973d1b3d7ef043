// SPDX-License-Identifier: MIT
/*
 * The least that a consumer can do: loads a BPF object of ours, attaches the programs that the agent attaches, drains
 * the rings as the agent does, and only counts. What it adds to a call is the kernel's share of an event.
 *
 *   count OBJECT PROGRAM...
 *
 * Prints "ready" when everything is attached, and at SIGTERM "samples N lost N".
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* As the agent has it: 4 MiB for each CPU, a wake-up for each quarter, a drain every 10 ms, a walk every 100 ms. */
enum { RING_BYTES = 4 << 20, DRAIN_MS = 10, DRAINS_PER_WALK = 10 };

/* BPF_CGROUP_UNIX_CONNECT, since 6.7; Debian's headers are older. */
enum { CGROUP_UNIX_CONNECT = 49 };

static volatile sig_atomic_t stopping;
static unsigned long long samples, lost;

static void stop(int signal)
{
	(void)signal;
	stopping = 1;
}

static int fail(const char *what)
{
	fprintf(stderr, "count: %s: %s\n", what, strerror(errno));
	return 1;
}

static enum bpf_perf_event_ret on_record(void *context, int cpu, struct perf_event_header *header)
{
	(void)context;
	(void)cpu;
	if (header->type == PERF_RECORD_SAMPLE)
		samples++;
	else if (header->type == PERF_RECORD_LOST)
		lost += ((unsigned long long *)(header + 1))[1];
	return LIBBPF_PERF_EVENT_CONT;
}

static bool is_wanted(const char *program, char **wanted)
{
	while (*wanted && strcmp(*wanted, program))
		wanted++;
	return *wanted;
}

static struct bpf_link *attach_walk(struct bpf_program *program, struct bpf_object *object)
{
	union bpf_iter_link_info info = {.map.map_fd = bpf_object__find_map_fd_by_name(object, "pending")};
	LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info, .link_info_len = sizeof(info));

	return bpf_program__attach_iter(program, &options);
}

static void walk(struct bpf_link *link)
{
	char nothing[64];
	int pass = bpf_iter_create(bpf_link__fd(link));

	while (read(pass, nothing, sizeof(nothing)) > 0)
		;
	close(pass);
}

int main(int argc, char **argv)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.watermark = 1,
		.wakeup_watermark = RING_BYTES / 4,
	};
	int cgroup = open("/sys/fs/cgroup/unified", O_DIRECTORY | O_RDONLY);
	__u32 zero = 0, on = 1;
	struct bpf_program *program;
	struct bpf_object *object;
	struct bpf_link *walker = NULL;
	struct perf_buffer *rings;

	if (argc < 3)
		return 2;
	if (cgroup < 0)
		cgroup = open("/sys/fs/cgroup", O_DIRECTORY | O_RDONLY);
	signal(SIGTERM, stop);

	object = bpf_object__open(argv[1]);
	if (!object)
		return fail(argv[1]);
	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);

		bpf_program__set_autoload(program, is_wanted(name, argv + 2));
		if (!strcmp(name, "connect_unix"))
			bpf_program__set_expected_attach_type(program, (enum bpf_attach_type)CGROUP_UNIX_CONNECT);
	}
	if (bpf_object__load(object))
		return fail(argv[1]);

	rings = perf_buffer__new_raw(bpf_object__find_map_fd_by_name(object, "events"),
				     RING_BYTES / sysconf(_SC_PAGESIZE), &attributes, on_record, NULL, NULL);
	if (!rings)
		return fail("rings");
	bpf_object__for_each_program(program, object)
	{
		enum bpf_prog_type type = bpf_program__type(program);
		struct bpf_link *link;

		if (!bpf_program__autoload(program))
			continue;
		if (type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR || type == BPF_PROG_TYPE_CGROUP_SOCK)
			link = bpf_program__attach_cgroup(program, cgroup);
		else if (!strcmp(bpf_program__name(program), "walk_pending"))
			link = walker = attach_walk(program, object);
		else
			link = bpf_program__attach(program);
		if (!link)
			return fail(bpf_program__name(program));
	}
	/* The programs report nothing before somebody says that he reads. */
	if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "reading"), &zero, &on, BPF_ANY))
		return fail("reading");
	puts("ready");
	fflush(stdout);

	for (unsigned drain = 1; !stopping; drain++) {
		struct epoll_event event;

		epoll_wait(perf_buffer__epoll_fd(rings), &event, 1, DRAIN_MS);
		perf_buffer__consume(rings);
		if (walker && drain % DRAINS_PER_WALK == 0)
			walk(walker);
	}
	perf_buffer__consume(rings);
	printf("samples %llu lost %llu\n", samples, lost);
	return 0;
}
