using System.Text.Json;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>The metrics of the network, and what an event adds to which of them. To count one more thing, add it here; where it
/// is a field that nothing reads yet, to <see cref="ShapeReader"/> too.</summary>
internal sealed class NetworkFamilies
{
    // From 100 µs, which a connection on this machine takes, to the 10 s after which people give up.
    private static readonly long[] Bounds =
        [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000, 300_000_000, 1_000_000_000, 3_000_000_000, 10_000_000_000];

    private static readonly string[] Outcomes = NamesOf<ConnectionDetail.Types.Outcome>();
    private static readonly string[] Severities = NamesOf<DropSeverity>();
    private static readonly string[] Causes = NamesOf<CloseDetail.Types.Cause>();
    private static readonly string[] Directions = NamesOf<ConnectionDirection>();
    private static readonly string[] DnsOutcomes = NamesOf<DnsDetail.Types.Outcome>();

    private readonly SeriesFamily _attempts, _failures, _handshakes, _drops, _accepts, _closes, _sent, _received, _retransmits, _resets,
        _overflows, _questions, _dnsFailures, _latencies;

    /// <param name="labels">Of all of them.</param>
    /// <param name="maxSeries">Most series of a metric. A histogram has a tenth as many sets of labels, each of which is a dozen
    /// series.</param>
    /// <param name="isShared">Whether there is more than one node; see <see cref="SeriesFamily"/>.</param>
    public NetworkFamilies(IReadOnlyList<NetworkLabel> labels, int maxSeries, bool isShared)
    {
        string[] names = [.. labels.Select(label => label.Name)];
        // An agent lies about its events, but not about their node.
        isShared &= labels is [{ Field: Event.NodeNameFieldNumber }, ..];
        SeriesFamily Counter(string name, string help, string? open = null, params string[] closed) =>
            new(name, help, open is null ? names : [.. names, open], closed, maxSeries, isShared: isShared);
        SeriesFamily Histogram(string name, string help) =>
            new(name, help, names, [], Math.Max(1, maxSeries / 10), Bounds, isShared);

        _attempts = Counter("monitor_connection_attempts_total", "Outbound connection attempts, by outcome.", null, "outcome");
        _failures = Counter("monitor_connection_failures_total", "Outbound connection attempts that failed, by error; none where the client gave up.", "error");
        _handshakes = Histogram("monitor_connection_handshake_duration_seconds", "How long the handshakes of outbound connections took.");
        _drops = Counter("monitor_packet_drops_total", "Packets that the kernel dropped, by its reason and what that means.", "reason", "severity");
        _accepts = Counter("monitor_connection_accepts_total", "Inbound connections that were accepted, or abandoned before.", null, "outcome");
        _closes = Counter("monitor_connection_closes_total", "TCP connections that ended, by who opened them and what ended them.", null, "direction", "cause");
        _sent = Counter("monitor_connection_sent_bytes_total", "Bytes that connections sent, counted when they end.", null, "direction");
        _received = Counter("monitor_connection_received_bytes_total", "Bytes that connections received, counted when they end.", null, "direction");
        _retransmits = Counter("monitor_connection_retransmits_total", "Segments that were sent again, by who opened the connection.", null, "direction");
        _resets = Counter("monitor_connection_resets_total", "Resets that were sent and received.", null, "direction", "sent");
        _overflows = Counter("monitor_listen_overflows_total", "Connections that found no room in the queue of a listening socket.");
        _questions = Counter("monitor_dns_questions_total", "Questions to name servers, by outcome.", null, "outcome");
        _dnsFailures = Counter("monitor_dns_failures_total", "Questions to name servers without a useful answer, by response code; none where no answer came.", "response_code");
        _latencies = Histogram("monitor_dns_latency_seconds", "How long name servers took to answer.");
        All =
        [
            _attempts, _failures, _handshakes, _drops, _accepts, _closes, _sent, _received, _retransmits, _resets, _overflows, _questions,
            _dnsFailures, _latencies,
        ];
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<SeriesFamily> All { get; }

    /// <summary>What events like this one count in.</summary>
    /// <param name="read">Has read it.</param>
    /// <param name="entry">It.</param>
    /// <param name="failed">Whether it reports a failure.</param>
    public EventShape.Increment[] IncrementsOf(ShapeReader read, ReadOnlySpan<byte> entry, bool failed)
    {
        var direction = Name(Directions, (int)read.Direction);
        var increments = new List<EventShape.Increment>(3);
        switch (read.Detail)
        {
            case Event.ConnectionFieldNumber:
                increments.Add(One(_attempts, read.Labels(entry, Name(Outcomes, read.Code))));
                AddIf(failed, increments, _failures, read.Labels(entry, read.Text.Length > 0 ? read.Text : "none"));
                AddDuration(increments, _handshakes, read, entry);
                break;
            case Event.PacketDropFieldNumber:
                increments.Add(One(_drops, read.Labels(entry, read.Text, Name(Severities, read.Code))));
                break;
            case Event.AcceptFieldNumber:
                increments.Add(One(_accepts, read.Labels(entry, read.Code != 0 ? "abandoned" : "accepted")));
                break;
            case Event.CloseFieldNumber:
                increments.Add(One(_closes, read.Labels(entry, direction, Name(Causes, read.Code))));
                AddNumber(increments, _sent, read.Labels(entry, direction), read.Numbers.First);
                AddNumber(increments, _received, read.Labels(entry, direction), read.Numbers.Second);
                break;
            case Event.RetransmitFieldNumber:
                // Older agents say no number.
                increments.Add(new(_retransmits, _retransmits.Get(read.Labels(entry, direction)), read.Numbers.First, Least: 1));
                break;
            case Event.ResetFieldNumber:
                increments.Add(One(_resets, read.Labels(entry, direction, read.Code != 0 ? "true" : "false")));
                break;
            case Event.ListenOverflowFieldNumber:
                increments.Add(new(_overflows, _overflows.Get(read.Labels(entry)), read.Numbers.First, Least: 1));
                break;
            case Event.DnsFieldNumber:
                increments.Add(One(_questions, read.Labels(entry, Name(DnsOutcomes, read.Code))));
                AddIf(failed, increments, _dnsFailures, read.Labels(entry, read.Text.Length > 0 ? read.Text : "none"));
                AddDuration(increments, _latencies, read, entry);
                break;
        }

        return [.. increments];
    }

    private static EventShape.Increment One(SeriesFamily family, string[] labels) => new(family, family.Get(labels));

    private static void AddIf(bool wanted, List<EventShape.Increment> increments, SeriesFamily family, string[] labels)
    {
        if (wanted)
        {
            increments.Add(One(family, labels));
        }
    }

    private static void AddNumber(List<EventShape.Increment> increments, SeriesFamily family, string[] labels, int at)
    {
        if (at >= 0)
        {
            increments.Add(new(family, family.Get(labels), at));
        }
    }

    private static void AddDuration(List<EventShape.Increment> increments, SeriesFamily family, ShapeReader read, ReadOnlySpan<byte> entry)
    {
        if (read.Duration is (var at, > 0 and var length))
        {
            increments.Add(new(family, family.Get(read.Labels(entry)), at, length));
        }
    }

    /// <summary>The names of an enumeration by their numbers, as labels: <c>LocalReset</c> is local_reset, 0 unspecified.</summary>
    private static string[] NamesOf<T>()
        where T : struct, Enum
    {
        var names = new string[Enum.GetValues<T>().Max(value => Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture)) + 1];
        Array.Fill(names, "unspecified");
        foreach (var value in Enum.GetValues<T>())
        {
            names[Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture)] = JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
        }

        return names;
    }

    // A later version's number.
    private static string Name(string[] names, int number) => (uint)number < (uint)names.Length ? names[number] : "unspecified";
}
