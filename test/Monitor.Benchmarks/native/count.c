// SPDX-License-Identifier: MIT
/*
 * The least that a consumer can do: loads a BPF object of ours, attaches the programs that the agent attaches, drains
 * the rings as the agent does, and only counts. What it adds to a call is the kernel's share of an event.
 *
 *   count OBJECT PROGRAM... [-- OBJECT PROGRAM...]...
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

enum { MAX_OBJECTS = 16 };

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

/* Maps that the objects share, as the agent has them do. */
static const char *const shared_names[] = {"connections", "entry_counts", "broken", "listening"};
static int shared[sizeof(shared_names) / sizeof(*shared_names)];

static struct perf_buffer *rings_of[MAX_OBJECTS];
static struct bpf_link *walker;
static int cgroup;

static void share(struct bpf_object *object, bool loaded)
{
	for (unsigned i = 0; i < sizeof(shared) / sizeof(*shared); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, shared_names[i]);

		if (!map)
			continue;
		if (loaded && !shared[i])
			shared[i] = bpf_map__fd(map);
		else if (!loaded && shared[i])
			bpf_map__reuse_fd(map, shared[i]);
	}
}

/* Loads an object, attaches the wanted programs of it, and opens its rings. */
static int begin(const char *path, char **wanted, struct perf_buffer **rings)
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
	__u64 all = ~0ULL;
	__u32 zero = 0;
	struct bpf_program *program;
	struct bpf_object *object;

	object = bpf_object__open(path);
	if (!object)
		return fail(path);
	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);

		bpf_program__set_autoload(program, is_wanted(name, wanted));
		if (!strcmp(name, "connect_unix"))
			bpf_program__set_expected_attach_type(program, (enum bpf_attach_type)CGROUP_UNIX_CONNECT);
	}
	share(object, false);
	if (bpf_object__load(object))
		return fail(path);
	share(object, true);

	*rings = perf_buffer__new_raw(bpf_object__find_map_fd_by_name(object, "events"),
				      RING_BYTES / sysconf(_SC_PAGESIZE), &attributes, on_record, NULL, NULL);
	if (!*rings)
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
	if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "reading"), &zero, &all, BPF_ANY))
		return fail("reading");
	return 0;
}

int main(int argc, char **argv)
{
	int objects = 0;

	if (argc < 3)
		return 2;
	cgroup = open("/sys/fs/cgroup/unified", O_DIRECTORY | O_RDONLY);
	if (cgroup < 0)
		cgroup = open("/sys/fs/cgroup", O_DIRECTORY | O_RDONLY);
	signal(SIGTERM, stop);
	for (int i = 1; i < argc && objects < MAX_OBJECTS;) {
		char **wanted = argv + i + 1;

		for (int end = i; end < argc; end++)
			if (!strcmp(argv[end], "--"))
				argv[end] = NULL, end = argc;
		if (begin(argv[i], wanted, &rings_of[objects++]))
			return 1;
		while (i < argc && argv[i])
			i++;
		i++;
	}
	puts("ready");
	fflush(stdout);

	for (unsigned drain = 1; !stopping; drain++) {
		struct epoll_event event;

		epoll_wait(perf_buffer__epoll_fd(rings_of[0]), &event, 1, DRAIN_MS);
		for (int i = 0; i < objects; i++)
			perf_buffer__consume(rings_of[i]);
		if (walker && drain % DRAINS_PER_WALK == 0)
			walk(walker);
	}
	for (int i = 0; i < objects; i++)
		perf_buffer__consume(rings_of[i]);
	printf("samples %llu lost %llu\n", samples, lost);
	return 0;
}
