"""Streams events from an agent or an aggregator: python3 events.py TARGET TYPE COUNT"""
import sys

import grpc
from monitor.v1 import event_service_pb2, event_service_pb2_grpc


def main(target, event_type, count):
    with grpc.insecure_channel(target) as channel:
        service = event_service_pb2_grpc.EventServiceStub(channel)
        request = event_service_pb2.StreamEventsRequest(type=[event_type])
        while count > 0:
            try:
                for response in service.StreamEvents(request):
                    for loss in response.losses:
                        print(f"{loss.count} events of {loss.node_name} are missing")
                    for event in response.events:
                        print(event.id, event.command, event.destination)
                        count -= 1
                        if count == 0:
                            return
                    # Where to go on after an interruption, without gap and without repetition.
                    request.resume_token = response.resume_token
                    sys.stdout.flush()
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
