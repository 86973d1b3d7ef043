// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * TCP segments that are sent again: tcp/tcp_retransmit_skb.
 *
 * One record each, but in a storm: of one connection's within a second, the first eight are reported, and from then on
 * the 16th, the 32nd and so on. The others are held, and the next record of the connection stands for them too; where
 * there is none for a second, the agent's walk finds them. Nothing is lost by that, so it counts as pending and not as
 * rate-limited.
 */
#include "tcp_connections.h"

const volatile bool samples = false; /* the agent can walk over what is held */

#define SECOND	  1000000000ULL
#define REPORTED  8	      /* of each second, before only powers of two are */
#define GIVING_UP 50000000ULL /* ns; the program takes less for one segment by far */

/* Keeps the record's layout in the BTF of the object. */
const struct retransmit_record *layout __attribute__((unused));

/* The second of a connection that is being counted. */
struct window {
	__u64 began;
	__u64 connection_id;
	__u64 seen;
};

/* By address of the socket. What makes room begins its second anew, and so passes. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct window);
} windows SEC(".maps");

/* What is held of a connection, as one record. */
struct held {
	struct retransmit_record record; /* of the last; its count is that of all */
	__u64 given_up;			 /* when the walk found it to be old; nobody else touches it from then on */
};

/* By address of the socket, as long as there is something. Where it is full, nothing is held. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct held);
} pending SEC(".maps");

static __always_inline void count_removed(__u64 number)
{
	__u32 zero = 0;
	struct counters *counts = bpf_map_lookup_elem(&counters, &zero);

	if (counts)
		__sync_fetch_and_add(&counts->pending_removed, number);
}

/* Whether it is one too many for its second. The kernel sends under the socket's lock: nobody else counts it now. */
static __always_inline bool in_storm(__u64 key, const struct tcp_record *tcp)
{
	struct window *window = bpf_map_lookup_elem(&windows, &key);
	struct window fresh = {.began = tcp->timestamp, .connection_id = tcp->connection_id, .seen = 1};

	if (!window || window->connection_id != tcp->connection_id || tcp->timestamp - window->began >= SECOND) {
		bpf_map_update_elem(&windows, &key, &fresh, BPF_ANY);
		return false;
	}
	window->seen++;
	return window->seen > REPORTED && window->seen & (window->seen - 1);
}

/* What is held of this connection; not of one that had its address before. */
static __always_inline struct held *held_of(__u64 key, const struct tcp_record *tcp)
{
	struct held *held = bpf_map_lookup_elem(&pending, &key);

	return held && !held->given_up && held->record.tcp.connection_id == tcp->connection_id &&
			       held->record.tcp.source_port == tcp->source_port &&
			       held->record.tcp.destination_port == tcp->destination_port
		       ? held
		       : NULL;
}

/* False: there is no room. */
static __always_inline bool hold(__u64 key, const struct retransmit_record *record)
{
	struct held *held = held_of(key, &record->tcp), first = {};

	if (held) {
		held->record.count++;
		held->record.retransmits = record->retransmits;
		held->record.tcp.timestamp = record->tcp.timestamp;
	} else {
		first.record = *record;
		if (bpf_map_update_elem(&pending, &key, &first, BPF_NOEXIST))
			return false;
	}
	count(pending_added);
	return true;
}

/* Takes out what is held. */
static __always_inline __u32 take(__u64 key, const struct tcp_record *tcp)
{
	struct held *held = held_of(key, tcp);
	__u32 number;

	if (!held)
		return 0;
	number = held->record.count;
	bpf_map_delete_elem(&pending, &key);
	count_removed(number);
	return number;
}

SEC("raw_tp/tcp_retransmit_skb")
int tcp_retransmit_skb(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	struct retransmit_record record = {.count = 1};
	struct connection *connection = connection_of(sk, false);
	__u64 key = (__u64)sk;

	if (!is_read())
		return 0;
	fill_owner(&record.tcp, sk, connection);
	fill_socket(&record.tcp, sk, connection ? connection->direction : 0, false);
	if (unwanted(&record.tcp, sk))
		return 0;
	record.tcp.timestamp = now();
	record.tcp.state = BPF_CORE_READ(sk, __sk_common.skc_state);
	record.retransmits = BPF_CORE_READ((struct tcp_sock *)sk, total_retrans);
	if (samples && in_storm(key, &record.tcp) && hold(key, &record))
		return 0;
	if (over_rate_limit(record.tcp.timestamp))
		return 0;
	if (samples)
		record.count += take(key, &record.tcp);
	emit(ctx, &record, sizeof(record));
	return 0;
}

/*
 * Reports what was held for a second. In two turns, for the program may be at work on it: in the first the walk says
 * that it is its own from now on, and in the next it takes it.
 */
static __always_inline void settle(void *ctx, __u64 key)
{
	struct held *held = bpf_map_lookup_elem(&pending, &key);
	struct retransmit_record record;
	__u64 time = now();

	if (!held)
		return;
	if (!held->given_up) {
		if ((__s64)(time - held->record.tcp.timestamp) >= (__s64)SECOND)
			held->given_up = time;
		return;
	}
	if (time - held->given_up < GIVING_UP)
		return;
	record = held->record;
	if (bpf_map_delete_elem(&pending, &key))
		return;
	count_removed(record.count);
	emit(ctx, &record, sizeof(record));
}

/* ctx of iter/bpf_map and of iter/bpf_map_elem (5.8, 6086d29def80 and a5cbe05a6673) */
struct bpf_iter_meta;

struct bpf_iter__bpf_map {
	struct bpf_iter_meta *meta;
	void *map;
} relocated;

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	void *map;
	const __u64 *key;
	const struct held *value;
} relocated;

static long settle_element(void *map, const __u64 *key, const struct held *held, void **ctx)
{
	settle(*ctx, *key);
	return 0;
}

/* One of the two, as in dns.bpf.c: some kernels refuse the one, and some the other. */
SEC("?iter/bpf_map")
int sweep_pending(struct bpf_iter__bpf_map *ctx)
{
	void *context = ctx;

	/* Behind the last of all maps, once. */
	if (!ctx->map)
		bpf_for_each_map_elem(&pending, settle_element, &context, 0);
	return 0;
}

SEC("?iter/bpf_map_elem")
int walk_pending(struct bpf_iter__bpf_map_elem *ctx)
{
	const __u64 *key = ctx->key;

	if (key)
		settle(ctx, *key);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
