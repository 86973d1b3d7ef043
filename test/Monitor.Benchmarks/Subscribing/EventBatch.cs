using System.Buffers;
using Grpc.Core;
using Monitor.Bpf.Kernel;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Benchmarks.Subscribing;

/// <summary>
/// A StreamEventsResponse of which only the envelope is read, and where it is wanted the age of each event: what the
/// receiver does must not hide what the sender can do.
/// </summary>
internal sealed class EventBatch
{
    private const uint TimestampTag = Event.TimestampFieldNumber << 3 | WireReader.Varint;

    public int Events { get; private set; }

    public int Losses { get; private set; }

    /// <summary>Ages of the events when the message arrived, ns; empty where they were not wanted.</summary>
    public List<long> Ages { get; } = [];

    /// <summary>The stream, with messages of this kind.</summary>
    public static Method<StreamEventsRequest, EventBatch> Method(bool withAges) => new(
        MethodType.ServerStreaming,
        EventService.Descriptor.FullName,
        "StreamEvents",
        Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, StreamEventsRequest.Parser.ParseFrom),
        Marshallers.Create<EventBatch>(
            (_, _) => throw new NotSupportedException(), context => Read(context.PayloadAsReadOnlySequence(), withAges)));

    private static EventBatch Read(ReadOnlySequence<byte> payload, bool withAges)
    {
        var now = KernelClock.BootNanoseconds;
        var length = (int)payload.Length;
        var copy = payload.IsSingleSegment ? null : ArrayPool<byte>.Shared.Rent(length);
        if (copy is not null)
        {
            payload.CopyTo(copy);
        }

        var batch = new EventBatch();
        var message = new WireReader(copy is null ? payload.FirstSpan : copy.AsSpan(0, length));
        while (!message.AtEnd && message.TryReadTag(out var tag))
        {
            if (tag == EventTags.ResponseEvent && message.TryReadBytes(out var encoded))
            {
                batch.Events++;
                if (withAges)
                {
                    batch.Ages.Add(now - TimestampOf(encoded));
                }
            }
            else
            {
                batch.Losses += tag == EventTags.ResponseLoss ? 1 : 0;
                message.TrySkip(tag);
            }
        }

        if (copy is not null)
        {
            ArrayPool<byte>.Shared.Return(copy);
        }

        return batch;
    }

    private static long TimestampOf(ReadOnlySpan<byte> encoded)
    {
        var reader = new WireReader(encoded);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == TimestampTag && reader.TryReadVarint(out var timestamp))
            {
                return (long)timestamp;
            }

            reader.TrySkip(tag);
        }

        throw new InvalidDataException("An event has no timestamp.");
    }
}
