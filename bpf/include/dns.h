/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The record of a question to a name server. The agent compares its own layout with this one's BTF and refuses a
 * difference. */
#ifndef DNS_H
#define DNS_H

#include <linux/types.h>

/* A header, the longest name, type and class: the rest of a question is seldom of interest. */
#define DNS_QUESTION_BYTES 272

/* Most of a packet that goes along with an answer, IP header included: what one Ethernet frame carries. */
#define DNS_PACKET_BYTES 1500

enum dns_outcome {
	DNS_ANSWERED = 1,
	DNS_UNANSWERED = 2,
};

enum dns_flags {
	DNS_PROCESS = 1, /* the question was sent in the context of this process */
};

/* Behind the record of an answer lies the packet that brought it, from its IP header on, as far as it is copied. */
struct dns_record {
	__u64 timestamp;     /* CLOCK_BOOTTIME, ns: of the answer, or of when it was given up; while it waits, of the
				question */
	__u64 latency_ns;    /* from the question to that */
	__u64 connection_id; /* cookie of the socket */
	__u64 cgroup_id;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 network_namespace;
	__u8 source[16]; /* IPv4 is mapped into IPv6 */
	__u8 destination[16];
	__u16 source_port; /* host byte order */
	__u16 destination_port;
	__u16 transaction_id;
	__u16 protocol;
	__u16 question_length; /* bytes of the question that are here */
	__u16 answer_offset;   /* of the answer in the packet */
	__u16 answer_copied;   /* bytes of it that are here */
	__u16 answer_length;   /* bytes that it has */
	__u8 outcome;
	__u8 flags;
	__u8 padding[6];
	char command[16];
	__u8 question[DNS_QUESTION_BYTES]; /* the message, from its header on */
};

#endif
