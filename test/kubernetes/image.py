#!/usr/bin/env python3
"""image.py ARCHIVE NAME FOLDER COMMAND...: an OCI image of one layer with the files of FOLDER, for `ctr images import`.

MONITOR_IMAGE_USER is the user that it runs as, root unless given.
"""
import hashlib
import io
import json
import os
import platform
import sys
import tarfile

archive, name, folder, *command = sys.argv[1:]
architecture = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def as_root(member):
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def descriptor(kind, content):
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest(content), "size": len(content)}


buffer = io.BytesIO()
with tarfile.open(fileobj=buffer, mode="w") as layer_archive:
    layer_archive.add(folder, arcname=".", filter=as_root)
layer = buffer.getvalue()
config = json.dumps({
    "architecture": architecture, "os": "linux",
    "config": {"Entrypoint": command, "User": os.environ.get("MONITOR_IMAGE_USER", ""),
               "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},
    "rootfs": {"type": "layers", "diff_ids": [digest(layer)]}}).encode()
manifest = json.dumps({
    "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": descriptor("config.v1+json", config), "layers": [descriptor("layer.v1.tar", layer)]}).encode()
index = json.dumps({"schemaVersion": 2, "manifests": [{
    **descriptor("manifest.v1+json", manifest),
    "annotations": {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name},
    "platform": {"architecture": architecture, "os": "linux"}}]}).encode()

with tarfile.open(archive, "w") as image:
    def put(path, content):
        member = tarfile.TarInfo(path)
        member.size = len(content)
        image.addfile(member, io.BytesIO(content))

    put("oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
    put("index.json", index)
    for blob in layer, config, manifest:
        put("blobs/sha256/" + digest(blob)[7:], blob)
