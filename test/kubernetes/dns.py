#!/usr/bin/env python3
"""dns.py ADDRESS API_SERVER PKI: the names of a cluster's Services, as they are in the API server at the moment asked.

Answers A queries over UDP for SERVICE.NAMESPACE.svc.cluster.local: the Service's address, or those of its ready endpoints
where it is headless. What a cluster's DNS does besides (SRV, TCP, names of pods, forwarding) is not needed here.
"""
import http.client
import json
import socket
import ssl
import struct
import sys
import urllib.parse

listen, server, pki = sys.argv[1:]
server = urllib.parse.urlparse(server)
tls = ssl.create_default_context(cafile=f"{pki}/ca.crt")
tls.load_cert_chain(f"{pki}/admin.crt", f"{pki}/admin.key")
SUFFIX = ["svc", "cluster", "local"]
NO_ERROR, SERVER_FAILURE, NO_NAME = 0, 2, 3
A, IN = 1, 1


def get(path):
    connection = http.client.HTTPSConnection(server.hostname, server.port, context=tls, timeout=2)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        if response.status == 404:
            return None
        if response.status != 200:
            raise OSError(f"{path}: {response.status}")
        return json.loads(body)
    finally:
        connection.close()


def addresses_of(labels):
    """None where there is no such name."""
    if labels[2:] != SUFFIX:
        return None
    name, namespace = (urllib.parse.quote(label, safe="") for label in labels[:2])
    service = get(f"/api/v1/namespaces/{namespace}/services/{name}")
    if service is None:
        return None
    address = service["spec"].get("clusterIP")
    if address != "None":
        return [address]
    endpoints = get(f"/api/v1/namespaces/{namespace}/endpoints/{name}") or {}
    return [a["ip"] for subset in endpoints.get("subsets") or [] for a in subset.get("addresses") or []]


def question_of(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii").lower())
        at += 1 + query[at]
    kind, _ = struct.unpack_from(">HH", query, at + 1)
    return labels, kind, query[12:at + 5]


def answer(query):
    labels, kind, question = question_of(query)
    code, addresses = NO_ERROR, []
    try:
        found = addresses_of(labels)
        if found is None:
            code = NO_NAME
        elif kind == A:
            addresses = found[:20]  # 512 bytes
    except (OSError, ValueError, http.client.HTTPException) as failure:
        print(f"{'.'.join(labels)}: {failure}", flush=True)
        code = SERVER_FAILURE
    header = struct.pack(">2sHHHHH", query[:2], 0x8580 | code, 1, len(addresses), 0, 0)
    records = b"".join(struct.pack(">HHHIH4s", 0xC00C, A, IN, 1, 4, socket.inet_aton(a)) for a in addresses)
    return header + question + records


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
    endpoint.bind((listen, 53))
    while True:
        message, client = endpoint.recvfrom(4096)
        try:
            endpoint.sendto(answer(message), client)
        except (IndexError, UnicodeDecodeError, struct.error) as malformed:
            print(f"a query that is not one: {malformed}", flush=True)
