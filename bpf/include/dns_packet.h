/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* From a packet to the messages of DNS in it. */
#ifndef DNS_PACKET_H
#define DNS_PACKET_H

#include "built_in.h"
#include <bpf/bpf_endian.h>

#define MAX_DNS_PORTS 8

/* Ports of name servers, host byte order. What the array does not fill is 0. */
const volatile __u16 dns_ports[MAX_DNS_PORTS] = {53};

/* Extension headers that are followed; a packet with more is none of ours. */
#define MAX_EXTENSION_HEADERS 6

#define DNS_HEADER_BYTES      12

/* IANA protocol numbers */
enum {
	HOP_BY_HOP = 0,
	TCP = 6,
	UDP = 17,
	ROUTING = 43,
	DESTINATION_OPTIONS = 60,
};

struct packet {
	__u8 source[16]; /* IPv4 is mapped into IPv6 */
	__u8 destination[16];
	__u16 source_port; /* host byte order */
	__u16 destination_port;
	__u16 protocol;
	__u32 payload; /* offset of what the transport carries, from the IP header on */
	__u32 end;
};

/* The header of a message, as far as it is of interest here. */
struct dns_header {
	__be16 id;
	__u8 flags; /* the highest bit: a response; the next four: what is asked for, 0 is a question */
	__u8 more_flags;
	__be16 questions; /* nobody asks more than one (RFC 9619) */
};

#define DNS_RESPONSE 0x80
#define DNS_OPCODE   0x78

static __always_inline bool is_dns_port(__u16 port)
{
#pragma unroll
	for (int i = 0; i < MAX_DNS_PORTS; i++)
		if (dns_ports[i] && port == dns_ports[i])
			return true;
	return false;
}

static __always_inline bool load(struct __sk_buff *skb, __u32 offset, void *to, __u32 size)
{
	return !bpf_skb_load_bytes(skb, offset, to, size);
}

static __always_inline void map_ipv4(__u8 *to, __be32 address)
{
	__builtin_memset(to, 0, 10);
	to[10] = to[11] = 0xff;
	__builtin_memcpy(to + 12, &address, sizeof(address));
}

/*
 * Whether the port of the name server's side may be one of DNS: read in place, where most packets have it. What has
 * options or extension headers, or lies elsewhere, may be anything until it is parsed.
 */
static __always_inline bool may_have_dns_port(struct __sk_buff *skb, bool at_source)
{
	const __u8 *packet = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32 port = at_source ? 0 : 2;

	if (packet + 48 > end)
		return true;
	if (packet[0] == 0x45)
		return (packet[9] == UDP || packet[9] == TCP) &&
		       is_dns_port(packet[20 + port] << 8 | packet[21 + port]);
	return packet[0] >> 4 != 6 || (packet[6] != UDP && packet[6] != TCP) ||
	       is_dns_port(packet[40 + port] << 8 | packet[41 + port]);
}

/* Reads the IP header and those that extend it. Fragments are whole again at these hooks, or not yet taken apart. */
static __always_inline bool parse_network(struct __sk_buff *skb, struct packet *packet)
{
	__u8 byte;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		__be32 addresses[2];

		if (!load(skb, 0, &byte, 1) || !load(skb, 12, addresses, sizeof(addresses)))
			return false;
		packet->payload = (byte & 15) * 4;
		map_ipv4(packet->source, addresses[0]);
		map_ipv4(packet->destination, addresses[1]);
		if (!load(skb, 9, &byte, 1))
			return false;
		packet->protocol = byte;
		return packet->payload >= 20;
	}
	/* Both addresses, which follow each other in the packet as here. */
	if (!load(skb, 6, &byte, 1) || !load(skb, 8, packet->source, 32))
		return false;
	packet->protocol = byte;
	packet->payload = 40;
#pragma unroll
	for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
		struct {
			__u8 next;
			__u8 length;
		} extension;

		if (packet->protocol != HOP_BY_HOP && packet->protocol != ROUTING &&
		    packet->protocol != DESTINATION_OPTIONS)
			break;
		if (!load(skb, packet->payload, &extension, sizeof(extension)))
			return false;
		packet->protocol = extension.next;
		packet->payload += (extension.length + 1) * 8;
	}
	return true;
}

/* Reads the ports. False: it is no packet of UDP or TCP. */
static __always_inline bool parse_ports(struct __sk_buff *skb, struct packet *packet)
{
	__be16 ports[2];

	if (!parse_network(skb, packet) || (packet->protocol != UDP && packet->protocol != TCP) ||
	    !load(skb, packet->payload, ports, sizeof(ports)))
		return false;
	packet->source_port = bpf_ntohs(ports[0]);
	packet->destination_port = bpf_ntohs(ports[1]);
	return true;
}

/* Moves on behind the header of the transport. False: the packet carries nothing that could be a message. */
static __always_inline bool skip_transport(struct __sk_buff *skb, struct packet *packet)
{
	packet->end = skb->len;
	if (packet->protocol == UDP) {
		__be16 length;

		if (!load(skb, packet->payload + 4, &length, sizeof(length)))
			return false;
		/* 0 stands for what the field cannot hold. */
		if (length && packet->payload + bpf_ntohs(length) < packet->end)
			packet->end = packet->payload + bpf_ntohs(length);
		packet->payload += 8;
	} else {
		__u8 header_length;

		if (!load(skb, packet->payload + 12, &header_length, sizeof(header_length)))
			return false;
		packet->payload += (header_length >> 4) * 4;
	}
	return packet->payload + DNS_HEADER_BYTES <= packet->end;
}

static __always_inline bool is_message(const struct dns_header *header, bool response)
{
	return (header->flags & (DNS_RESPONSE | DNS_OPCODE)) == (response ? DNS_RESPONSE : 0);
}

/*
 * Whether a segment of TCP has such a message here. The count tells it from the middle of another message, and from one
 * that lies two bytes beside: without a length in front of it, a question read two bytes too late asks for nothing.
 */
static __always_inline bool is_tcp_message(const struct dns_header *header, bool response)
{
	__u16 questions = bpf_ntohs(header->questions);

	return is_message(header, response) && (questions == 1 || (response && !questions));
}

/*
 * Finds the message that begins at packet->payload and moves behind it. TCP puts its length in front of it, which may
 * be in a segment of its own: then there is only the message.
 *
 * offset, length: where it is, and what it has, which may be more than the packet
 * False: there is no message of that kind, as in the later segments of a long one.
 */
static __always_inline bool next_message(struct __sk_buff *skb, struct packet *packet, bool response,
					 struct dns_header *header, __u32 *offset, __u32 *length)
{
	*offset = packet->payload;
	*length = packet->end - packet->payload;
	packet->payload = packet->end;
	if (packet->protocol == TCP) {
		__be16 prefix;

		if (load(skb, *offset, &prefix, sizeof(prefix)) && bpf_ntohs(prefix) >= DNS_HEADER_BYTES &&
		    load(skb, *offset + 2, header, sizeof(*header)) && is_tcp_message(header, response)) {
			*offset += 2;
			*length = bpf_ntohs(prefix);
			if (*offset + *length < packet->end)
				packet->payload = *offset + *length;
			return true;
		}
	}
	return load(skb, *offset, header, sizeof(*header)) &&
	       (packet->protocol == TCP ? is_tcp_message(header, response) : is_message(header, response));
}

#endif
