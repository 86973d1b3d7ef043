/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The TCP sockets that listen: one map for all objects that include this. */
#ifndef TCP_LISTENING_H
#define TCP_LISTENING_H

#include "built_in.h"

/*
 * By address of the socket, as long as it listens: how many packets it had dropped when somebody last looked. Listeners
 * beyond the limit are not watched for overflows. The agent shares one map among the objects that have it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u32);
} listening SEC(".maps");

static __always_inline void begins_to_listen(struct sock *sk)
{
	__u32 drops = BPF_CORE_READ(sk, sk_drops.counter);
	__u64 key = (__u64)sk;

	bpf_map_update_elem(&listening, &key, &drops, BPF_ANY);
}

static __always_inline void ends_to_listen(struct sock *sk)
{
	__u64 key = (__u64)sk;

	bpf_map_delete_elem(&listening, &key);
}

#endif
