// SPDX-License-Identifier: MIT
/*
 * The least that a consumer can do: loads one of our BPF objects, attaches it as the agent does, drains the rings as
 * the agent does (watermark, 10 ms), and only counts. What the kernel's share of an event costs is measured with this.
 *
 * count OBJECT [print]
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <arpa/inet.h>
#include "../../../bpf/include/connection.h"

enum { RING_PAGES = 1024, CONNECT_UNIX = 49 };

static volatile sig_atomic_t stopping;
static unsigned long long samples, lost;
static bool print;

static void stop(int signal)
{
	(void)signal;
	stopping = 1;
}

static enum bpf_perf_event_ret on_record(void *context, int cpu, struct perf_event_header *header)
{
	(void)context;
	(void)cpu;
	if (header->type == PERF_RECORD_SAMPLE)
		samples++;
	else if (header->type == PERF_RECORD_LOST)
		lost += ((unsigned long long *)(header + 1))[1];
	if (print && header->type == PERF_RECORD_SAMPLE) {
		struct connection_record *r = (void *)((char *)header + sizeof(*header) + 4);
		char s[64], d[64];
		inet_ntop(AF_INET6, r->source, s, 64);
		inet_ntop(AF_INET6, r->destination, d, 64);
		printf("pid=%u tid=%u uid=%u netns=%u cg=%llu %s [%s]:%u -> [%s]:%u proto=%u type=%u outcome=%u err=%u "
		       "rc=%d flags=%x hs=%llu\n",
		       r->pid, r->tid, r->uid, r->network_namespace, r->cgroup_id, r->command, s, r->source_port, d,
		       r->destination_port, r->protocol, r->socket_type, r->outcome, r->error, r->return_code, r->flags,
		       r->handshake_ns);
		fflush(stdout);
	}
	return LIBBPF_PERF_EVENT_CONT;
}

int main(int argc, char **argv)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.watermark = 1,
		.wakeup_watermark = RING_PAGES * 4096 / 4,
	};
	struct bpf_program *program;
	struct bpf_object *object;
	struct perf_buffer *rings;
	struct bpf_link *walk = NULL;
	int cgroup = open("/sys/fs/cgroup/unified", O_DIRECTORY | O_RDONLY);
	if (cgroup < 0)
		cgroup = open("/sys/fs/cgroup", O_DIRECTORY | O_RDONLY);

	if (argc < 2)
		return 2;
	print = argc > 2;
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	object = bpf_object__open(argv[1]);
	if (!object)
		return 1;
	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);
		if (!strcmp(name, "connect_unix")) {
			bpf_program__set_expected_attach_type(program, CONNECT_UNIX);
			bpf_program__set_autoload(program, true);
		}
		if (!strcmp(name, "sock_release") || !strcmp(name, "walk_pending"))
			bpf_program__set_autoload(program, true);
	}
	if (bpf_object__load(object))
		return 1;
	bpf_object__for_each_program(program, object)
	{
		struct bpf_link *link = NULL;
		enum bpf_prog_type type = bpf_program__type(program);
		if (!bpf_program__autoload(program))
			continue;
		if (type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR || type == BPF_PROG_TYPE_CGROUP_SOCK)
			link = bpf_program__attach_cgroup(program, cgroup);
		else if (!strcmp(bpf_program__name(program), "walk_pending")) {
			union bpf_iter_link_info info = {.map.map_fd =
								 bpf_object__find_map_fd_by_name(object, "pending")};
			LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
			link = walk = bpf_program__attach_iter(program, &opts);
		} else
			link = bpf_program__attach(program);
		if (!link) {
			fprintf(stderr, "%s: %s\n", bpf_program__name(program), strerror(errno));
			return 1;
		}
	}
	rings = perf_buffer__new_raw(bpf_object__find_map_fd_by_name(object, "events"), RING_PAGES, &attr, on_record,
				     NULL, NULL);
	if (!rings)
		return 1;
	puts("ready");
	fflush(stdout);
	for (unsigned round = 0; !stopping; round++) {
		struct epoll_event event;
		epoll_wait(perf_buffer__epoll_fd(rings), &event, 1, 10);
		perf_buffer__consume(rings);
		if (walk && round % 10 == 0) {
			char buffer[64];
			int fd = bpf_iter_create(bpf_link__fd(walk));
			while (read(fd, buffer, sizeof(buffer)) > 0)
				;
			close(fd);
		}
	}
	perf_buffer__consume(rings);
	printf("samples %llu lost %llu\n", samples, lost);
	return 0;
}
