"""What a node of the demo does: serves, and talks to the other node once a second.

    traffic.py OWN-ADDRESS PEER-ADDRESS
"""

import socket
import sys
import threading
import time

TCP_PORT = 8000
UDP_PORT = 5300
CLOSED_PORT = 8001  # nobody listens
DROPPED_PORT = 9  # nft drops it where it arrives; see demo.sh


def serve_tcp(listener):
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"hello\n")


def serve_udp(receiver):
    while True:
        receiver.recv(512)


def connect(address, port):
    try:
        with socket.create_connection((address, port), timeout=2) as connection:
            connection.recv(512)
    except OSError:
        pass  # refused is what the closed port is for; the other node may not be up yet


def send(address, port):
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.connect((address, port))
        try:
            sender.send(b"hello\n")
        except OSError:
            pass


def main():
    own, peer = sys.argv[1:]
    listener = socket.create_server((own, TCP_PORT))
    receiver = socket.socket(type=socket.SOCK_DGRAM)
    receiver.bind((own, UDP_PORT))
    for serve, server in ((serve_tcp, listener), (serve_udp, receiver)):
        threading.Thread(target=serve, args=(server,), daemon=True).start()
    while True:
        connect(peer, TCP_PORT)
        connect(peer, CLOSED_PORT)
        send(peer, UDP_PORT)
        send(peer, DROPPED_PORT)
        time.sleep(1)


main()
