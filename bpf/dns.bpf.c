// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Questions to name servers and their answers, one record for both.
 *
 * cgroup_skb/egress sees the question, in the context of the process that sends it, and puts it into the map of pending
 * questions; cgroup_skb/ingress sees the answer at the same socket and takes it out. What gets no answer is reported
 * when the agent walks the pending questions. A server's own view of what it is asked is no event: only the side of the
 * server's port that asks is looked at.
 *
 * These programs run for every packet of every socket, so what is not DNS leaves at once: a connected socket knows the
 * port of its peer. They are preemptible, and ingress may interrupt egress on the same CPU: nothing is kept in memory
 * of the CPU. A question is written straight into its place in the map; an answer is appended to the record by the
 * kernel.
 */
#include "context.h"
#include "dns_pending.h"

const volatile __u64 answer_timeout_ns = 5000000000; /* as long as resolvers wait by default */

/* Messages of one segment that are looked at. */
#define MAX_MESSAGES 4

/*
 * Whether the packet may be one of DNS, by what its socket says: where it is connected, the port that the process asked
 * for counts, whatever the packet's has been translated to.
 */
static __always_inline bool may_be_dns(struct __sk_buff *skb, bool *connected)
{
	struct bpf_sock *sk = skb->sk;
	__be16 port;

	if (!sk)
		return false;
	port = sk->dst_port;
	*connected = port;
	return !port || is_dns_port(bpf_ntohs(port));
}

/* Finds the place of a question to this server: a free one, the one of the same question before, or else the last. */
static __always_inline struct dns_record *find_place(struct question_key *key, const struct packet *packet)
{
	struct dns_record *stored;

	for (int i = 0; i < SERVERS; i++) {
		key->server = i;
		stored = bpf_map_lookup_elem(&pending, key);
		if (!stored || is_same_address(stored->destination, packet->destination))
			return stored;
	}
	return stored;
}

/* Puts a question into the map that the caller has claimed. False: there is no room, or the packet cannot be read. */
static __always_inline bool insert(struct __sk_buff *skb, const struct question_key *key, const struct packet *packet,
				   __u32 offset, __u32 length, __u32 pid)
{
	struct sock *sk = untyped(skb->sk);
	struct dns_record *record;
	__u64 copied, last;

	if (bpf_map_update_elem(&pending, key, &empty_record, BPF_NOEXIST))
		return false;
	count(pending_added);
	record = bpf_map_lookup_elem(&pending, key);
	if (!record)
		return false;
	record->timestamp = now();
	record->connection_id = key->socket;
	record->network_namespace = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	__builtin_memcpy(record->source, packet->source, sizeof(record->source));
	__builtin_memcpy(record->destination, packet->destination, sizeof(record->destination));
	record->source_port = packet->source_port;
	record->destination_port = packet->destination_port;
	record->transaction_id = bpf_ntohs(key->id);
	record->protocol = packet->protocol;
	fill_caller(record, sk, pid);
	copied = length < packet->end - offset ? length : packet->end - offset;
	if (copied > sizeof(record->question))
		copied = sizeof(record->question);
	/* Compared as one less, so that one comparison tells the verifier of every kernel both bounds. */
	last = copied - 1;
	barrier_var(last);
	if (last >= sizeof(record->question) || bpf_skb_load_bytes(skb, offset, record->question, last + 1)) {
		remove(key);
		return false;
	}
	record->question_length = copied;
	return true;
}

static __always_inline void ask(struct __sk_buff *skb, const struct packet *packet, __be16 id, __u32 offset,
				__u32 length, __u32 pid)
{
	struct question_key key = {.socket = bpf_get_socket_cookie(skb), .id = id};
	struct dns_record *earlier = find_place(&key, packet);
	bool is_waiting = false;

	/* A segment that is sent again, and not a question that is asked again. */
	if (earlier && packet->protocol == TCP)
		return;
	if (!admit(untyped(skb->sk), pid, packet->destination_port))
		return;
	if (claim(&key)) {
		earlier = bpf_map_lookup_elem(&pending, &key);
		if (earlier)
			end(skb, &key, earlier, DNS_UNANSWERED, 0);
		is_waiting = insert(skb, &key, packet, offset, length, pid);
		release(&key);
	}
	if (!is_waiting) {
		count(produced);
		count(lost);
	}
}

static __always_inline void answer(struct __sk_buff *skb, const struct packet *packet, __be16 id, __u32 offset,
				   __u32 length)
{
	struct question_key key = {.socket = bpf_get_socket_cookie(skb), .id = id};
	__u32 copied = packet->end, server = SERVERS;
	struct dns_record *record;

	/* From the server that was asked. If it was asked by another address, which was translated, there is but one.
	 */
#pragma unroll
	for (int i = 0; i < SERVERS; i++) {
		key.server = i;
		record = bpf_map_lookup_elem(&pending, &key);
		if (!record)
			continue;
		if (is_same_address(record->destination, packet->source)) {
			server = i;
			break;
		}
		if (server == SERVERS)
			server = i;
	}
	key.server = server;
	if (server == SERVERS || !claim(&key))
		return;
	record = bpf_map_lookup_elem(&pending, &key);
	if (record) {
		/* What the process knows them by. */
		__builtin_memcpy(record->source, packet->destination, sizeof(record->source));
		__builtin_memcpy(record->destination, packet->source, sizeof(record->destination));
		record->destination_port = packet->source_port;
		if (copied > offset + length)
			copied = offset + length;
		if (copied > DNS_PACKET_BYTES)
			copied = DNS_PACKET_BYTES;
		record->answer_offset = offset;
		record->answer_copied = copied > offset ? copied - offset : 0;
		record->answer_length = length;
		end(skb, &key, record, DNS_ANSWERED, copied);
	}
	release(&key);
}

SEC("cgroup_skb/egress")
int see_question(struct __sk_buff *skb)
{
	struct dns_header header;
	struct packet packet;
	__u32 offset, length, pid = 0;
	bool connected;

	if (!may_be_dns(skb, &connected) || (!connected && !may_have_dns_port(skb, false)) ||
	    !parse_ports(skb, &packet) || !(connected || is_dns_port(packet.destination_port)) || !is_read() ||
	    !skip_transport(skb, &packet))
		return 1;
	prefer_addresses_of(untyped(skb->sk), &packet);
	if (in_task(&packet))
		pid = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), tgid);
	for (int i = 0; i < MAX_MESSAGES; i++) {
		if (packet.payload >= packet.end || !next_message(skb, &packet, false, &header, &offset, &length))
			break;
		ask(skb, &packet, header.id, offset, length, pid);
	}
	return 1;
}

SEC("cgroup_skb/ingress")
int see_answer(struct __sk_buff *skb)
{
	struct dns_header header;
	struct packet packet;
	__u32 offset, length;
	bool connected;

	if (!may_be_dns(skb, &connected) || (!connected && !may_have_dns_port(skb, true)) ||
	    !parse_ports(skb, &packet) || !(connected || is_dns_port(packet.source_port)) ||
	    !skip_transport(skb, &packet))
		return 1;
	for (int i = 0; i < MAX_MESSAGES; i++) {
		if (packet.payload >= packet.end || !next_message(skb, &packet, true, &header, &offset, &length))
			break;
		answer(skb, &packet, header.id, offset, length);
	}
	return 1;
}

/* Reports a question that has waited too long. */
static __always_inline void expire(void *ctx, const struct question_key *key, __u64 asked)
{
	struct dns_record *record;

	if ((__s64)(now() - asked) < (__s64)answer_timeout_ns || !claim(key))
		return;
	record = bpf_map_lookup_elem(&pending, key);
	/* Another question may be in its place by now. */
	if (record && record->timestamp == asked)
		end(ctx, key, record, DNS_UNANSWERED, 0);
	release(key);
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
	const struct question_key *key;
	const struct dns_record *value;
} relocated;

static long expire_element(void *map, const struct question_key *stored_key, const struct dns_record *stored,
			   void **ctx)
{
	struct question_key key = *stored_key;

	expire(*ctx, &key, stored->timestamp);
	return 0;
}

/*
 * The agent has the pending questions looked through now and then. Not every kernel lets an iterator walk over a map,
 * and helpers for that came with 5.13 (69c087ba6225): one of these two programs is refused by some kernels, and the
 * other runs.
 */
SEC("?iter/bpf_map")
int sweep_pending(struct bpf_iter__bpf_map *ctx)
{
	void *context = ctx;

	/* Behind the last of all maps, once. */
	if (!ctx->map)
		bpf_for_each_map_elem(&pending, expire_element, &context, 0);
	return 0;
}

SEC("?iter/bpf_map_elem")
int walk_pending(struct bpf_iter__bpf_map_elem *ctx)
{
	const struct question_key *stored_key = ctx->key;
	const struct dns_record *stored = ctx->value;
	struct question_key key;

	if (!stored_key || !stored)
		return 0;
	key = *stored_key;
	expire(ctx, &key, stored->timestamp);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
