/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What part of the machine is watched. */
#ifndef SCOPE_H
#define SCOPE_H

#include "kernel.h"

/* Of monitor.h, or of the object where it is no monitor. */
extern const volatile __u32 network_namespace;
extern const volatile __u64 cgroup_id;

static __always_inline bool namespace_excluded(__u32 inode)
{
	return network_namespace && inode != network_namespace;
}

/* Whether a cgroup is outside of the watched one. */
static __always_inline bool cgroup_excluded(struct cgroup *cgroup)
{
#pragma unroll
	for (int level = 0; level < 16; level++) {
		if (BPF_CORE_READ(cgroup, kn, id) == cgroup_id)
			return false;
		cgroup = (struct cgroup *)BPF_CORE_READ(cgroup, self.parent); /* of the root: NULL, and so on */
	}
	return true;
}

/* The cgroup (v2) of whoever made the socket; an accepted one has that of its listener. NULL where it has none. */
static __always_inline struct cgroup *cgroup_of(struct sock *sk)
{
	struct sock_cgroup_data___shared *shared;
	__u64 value;

	if (bpf_core_field_exists(struct sock_cgroup_data, cgroup))
		return BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
	shared = (void *)__builtin_preserve_access_index(&sk->sk_cgrp_data);
	value = BPF_CORE_READ(shared, val);
	return value & 3 ? NULL : (struct cgroup *)value;
}

#endif
