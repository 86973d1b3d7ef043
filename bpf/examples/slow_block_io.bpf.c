// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Requests to disks that take long.
 *
 * A request is seen twice: when the driver gets it (issue) and when it is done (complete). A map remembers the first
 * until the second. Completion comes in an interrupt, so the process is taken at the issue; for writes it is often a
 * thread of the kernel that sends what processes have written before.
 */
#include <monitor.h>

#define kernel_struct __attribute__((preserve_access_index))

struct trace_event_raw_block_rq {
	__u32 dev;
	__u64 sector;
} kernel_struct;

/* The name of the structure changed with 5.16. One of the two is there, and the program asks which. */
struct trace_event_raw_block_rq_completion {
	__u32 dev;
	__u64 sector;
	unsigned int nr_sector;
	int error;
	char rwbs[8];
} kernel_struct;

struct trace_event_raw_block_rq_complete {
	__u32 dev;
	__u64 sector;
	unsigned int nr_sector;
	int error;
	char rwbs[8];
} kernel_struct;

/* A knob, set before the object is loaded. */
const volatile __u64 threshold_nanoseconds = 10000000;

struct slow_block_io_record {
	__u64 timestamp;
	struct monitor_process process DOC("Who had the request sent to the disk.");
	nanoseconds_t duration DOC("From when the driver got it until it was done.");
	__u64 sector DOC("Where it begins, in units of 512 bytes.");
	__u32 bytes;
	__u32 major DOC("Number of the disk, with minor: see lsblk.");
	__u32 minor;
	error_number_t error;
	char operation[8] DOC("R read, W write, D discard, F flush; then S synchronous, M metadata, A ahead.");
};
MONITOR(struct slow_block_io_record, "Requests to disks that take long.");

struct request_key {
	__u64 sector;
	__u32 device;
	__u32 pad; /* keys are compared byte by byte: no holes */
};

struct issued {
	__u64 timestamp;
	struct monitor_process process;
};

/* The least recently used makes room: a request whose end is not seen does not stay for ever. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct request_key);
	__type(value, struct issued);
} in_flight SEC(".maps");

SEC("tp/block/block_rq_issue")
int on_issue(struct trace_event_raw_block_rq *ctx)
{
	struct request_key key = {.sector = ctx->sector, .device = ctx->dev};
	struct issued issued = {};

	if (!fill_process(&issued.process))
		return 0;
	issued.timestamp = now();
	bpf_map_update_elem(&in_flight, &key, &issued, BPF_ANY);
	return 0;
}

/* Fills in what the structure of this kernel says. */
#define read_completion(type)                                                                                          \
	do {                                                                                                           \
		struct type *done = ctx;                                                                               \
		key.sector = done->sector;                                                                             \
		key.device = done->dev;                                                                                \
		record.bytes = done->nr_sector * 512;                                                                  \
		record.error = done->error;                                                                            \
		bpf_probe_read_kernel_str(record.operation, sizeof(record.operation), done->rwbs);                     \
	} while (0)

SEC("tp/block/block_rq_complete")
int on_complete(void *ctx)
{
	struct slow_block_io_record record = {};
	struct request_key key = {};
	struct issued *issued;

	if (bpf_core_type_exists(struct trace_event_raw_block_rq_completion))
		read_completion(trace_event_raw_block_rq_completion);
	else
		read_completion(trace_event_raw_block_rq_complete);
	issued = bpf_map_lookup_elem(&in_flight, &key);
	if (!issued)
		return 0;
	record.process = issued->process;
	record.timestamp = now();
	record.duration = record.timestamp - issued->timestamp;
	bpf_map_delete_elem(&in_flight, &key); /* issued must not be touched any more */
	if (record.duration < threshold_nanoseconds)
		return 0;
	record.sector = key.sector;
	record.major = key.device >> 20;
	record.minor = key.device & 0xfffff;
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
