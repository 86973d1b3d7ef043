using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Benchmarks.Measures;

/// <summary>
/// Connection attempts of a thousand pods on fifty nodes, as agents in Kubernetes send them, spread over a time that ends now.
/// What is different in each event is written, before one of fifty thousand tails that are made up once.
/// </summary>
internal sealed class WeekOfEvents
{
    private const int Pods = 1000;
    private const int Nodes = 50;
    private const int Services = 200;
    private const int Tails = 50_000;
    private const int MaxHeadBytes = 128;

    // Events of the rare pod.
    private const int Rare = 50;

    private static readonly string[] Errors = ["ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"];

    private readonly EventLog _log;
    private readonly Random _random = new(1);
    private readonly (byte[] Encoded, EventColumns Columns)[] _tails;
    private readonly (byte[] Encoded, EventColumns Columns) _rare;
    private readonly byte[] _buffer = new byte[4096];
    private readonly long _first;
    private readonly double _step;
    private readonly long _rareEvery;
    private long _bytes;

    public WeekOfEvents(EventLog log, long count, TimeSpan length)
    {
        _log = log;
        _tails = [.. Enumerable.Range(0, Tails).Select(number => Encode(Make(number, _random.Next(Pods))))];
        var rare = Make(Tails, Pods - 1);
        rare.K8SPodName = RarePod;
        _rare = Encode(rare);
        _first = UnixNanos.From(DateTimeOffset.UtcNow - length);
        _step = length.TotalNanoseconds / count;
        _rareEvery = count / Rare;
    }

    /// <summary>One of the pods.</summary>
    public string Pod => NameOf(17);

    /// <summary>A pod that has fifty events.</summary>
    public string RarePod => "once-a-while-0";

    public long Appended { get; private set; }

    public double BytesPerEvent => (double)_bytes / Appended;

    /// <summary>Appends the next events, and publishes.</summary>
    public void Append(long count)
    {
        for (var end = Appended + count; Appended < end; Appended++)
        {
            ref readonly var tail = ref Appended % _rareEvery == 0 ? ref _rare : ref _tails[_random.Next(Tails)];
            var time = _first + (long)(_step * Appended);
            var length = WriteHead(_log.NextSequence, time);
            tail.Encoded.CopyTo(_buffer, length);
            length += tail.Encoded.Length;
            var columns = tail.Columns;
            columns.Time = time;
            _log.Append(columns, _buffer.AsSpan(0, length));
            _bytes += length;
        }

        _log.Publish();
    }

    private int WriteHead(ulong sequence, long time)
    {
        var writer = new WireWriter(_buffer.AsSpan(0, MaxHeadBytes));
        writer.Varint(Event.SequenceFieldNumber, sequence);
        var id = writer.Begin(Event.IdFieldNumber);
        writer.Fragment("0123456789abcdef-"u8);
        writer.Digits(sequence);
        writer.End(id);
        writer.Varint(Event.TimestampFieldNumber, (ulong)(time - _first));
        writer.SecondsAndNanos(Event.TimeFieldNumber, time);
        return writer.Length;
    }

    private (byte[] Encoded, EventColumns Columns) Encode(Event made)
    {
        var encoded = made.ToByteArray();
        return EventColumns.TryParse(encoded, _log.Types, out var columns)
            ? (encoded, columns)
            : throw new InvalidOperationException($"This is no event: {made}");
    }

    private static string NameOf(int pod) => $"app-{pod % 100}-{pod * 7919 % 100_000:x5}-{pod:x4}";

    private Event Make(int number, int pod)
    {
        var (node, service) = (pod % Nodes, _random.Next(Services));
        var made = new Event
        {
            Type = "connection",
            NodeName = $"node-{node:00}.cluster.example",
            K8SNodeName = $"node-{node:00}.cluster.example",
            K8SPodName = NameOf(pod),
            K8SNamespace = $"team-{pod % 20}",
            K8SContainerName = "main",
            K8SWorkloadKind = "Deployment",
            K8SWorkloadName = $"app-{pod % 100}",
            Attribution = Attribution.Cgroup,
            Pid = (uint)(2000 + pod * 3),
            Tid = (uint)(2000 + pod * 3 + _random.Next(4)),
            Uid = 1000,
            Command = $"worker-{pod % 30}",
            CgroupId = (ulong)(7000 + pod),
            NetworkNamespace = 4_026_531_840u + (uint)pod,
            Protocol = "TCP",
            SocketType = "STREAM",
            AddressFamily = "IPv4",
            SourceIp = $"10.244.{node}.{pod / Nodes + 2}",
            SourcePort = (uint)_random.Next(32_768, 61_000),
            DestinationIp = $"10.96.{service / 100}.{service % 100 + 1}",
            DestinationPort = (uint)(service % 3 == 0 ? 443 : service % 3 == 1 ? 8080 : 5432),
            DestinationName = $"svc-{service}.team-{service % 20}.svc.cluster.local",
            ConnectionId = (ulong)(1_000_000 + number * 3 + _random.Next(3)),
        };
        made.Destination = $"{made.DestinationIp}:{made.DestinationPort}";
        made.Connection = _random.Next(20) == 0
            ? new ConnectionDetail
            {
                Outcome = ConnectionDetail.Types.Outcome.Failed,
                ReturnCode = -111,
                Error = Errors[_random.Next(Errors.Length)],
                NonBlocking = true,
            }
            : new ConnectionDetail
            {
                Outcome = ConnectionDetail.Types.Outcome.Connected,
                ReturnCode = 0,
                HandshakeTime = new Duration { Nanos = _random.Next(50_000, 5_000_000) },
                NonBlocking = true,
            };
        return made;
    }
}
