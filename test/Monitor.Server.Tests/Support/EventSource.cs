using Google.Protobuf;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server.Tests.Support;

/// <summary>Writes events to a log as an agent does, without a kernel.</summary>
internal sealed class EventSource(EventLog log)
{
    /// <summary>2026-01-01T00:00:00Z.</summary>
    public const long Start = 1_767_225_600_000_000_000;

    /// <summary>Appends events of one type, a millisecond apart, and publishes them.</summary>
    public void Append(int count, string type = "connection", Action<Event>? change = null)
    {
        for (var i = 0; i < count; i++)
        {
            var sequence = log.NextSequence;
            var time = Start + (long)sequence * 1_000_000;
            var made = new Event
            {
                Id = EventId.Format(log.Epoch, sequence),
                Type = type,
                Sequence = sequence,
                Timestamp = sequence * 1_000_000,
                Time = UnixNanos.ToTimestamp(time),
                NodeName = "node-1",
                Pid = 4242,
                Tid = 4243,
                Uid = 0,
                Command = "curl",
                AddressFamily = "IPv4",
                Protocol = "TCP",
                SourceIp = "192.0.2.1",
                SourcePort = 40000,
                DestinationIp = "198.51.100.7",
                DestinationPort = 443,
                Destination = "198.51.100.7:443",
            };
            change?.Invoke(made);
            var bytes = made.ToByteArray();
            if (!EventColumns.TryParse(bytes, log.Types, out var columns) || !log.Append(columns, bytes))
            {
                throw new InvalidOperationException("The log refused an event.");
            }
        }

        log.Publish();
    }

    /// <summary>Appends a loss and publishes it.</summary>
    public void AppendLoss(ulong count)
    {
        log.AppendLoss(new Loss { NodeName = "node-1", Type = "connection", Cause = LossCause.RingFull, Count = count });
        log.Publish();
    }
}
