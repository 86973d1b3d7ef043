using Monitor.V1;

namespace Monitor.Events.Tests;

/// <summary>What the metrics of some events must be, by the plainest means: parsed events and a dictionary.</summary>
internal sealed class NetworkModel
{
    /// <summary>By name and labels. Of a histogram the number of durations, and with the suffix _nanos their sum.</summary>
    public Dictionary<string, long> Sums { get; } = [];

    public void Add(Event e)
    {
        var workload = e.HasK8SWorkloadKind && e.K8SWorkloadKind.Length > 0 ? $"{e.K8SWorkloadKind}/{e.K8SWorkloadName}" : e.K8SWorkloadName;
        var labels = $"{e.NodeName}|{e.K8SNamespace}|{workload}";
        switch (e.DetailCase)
        {
            case Event.DetailOneofCase.Connection:
                Add("monitor_connection_attempts_total", $"{labels}|{Outcome(e.Connection.Outcome)}");
                if (e.ReportsFailure())
                {
                    Add("monitor_connection_failures_total", $"{labels}|{(e.Connection.Error.Length > 0 ? e.Connection.Error : "none")}");
                }

                AddDuration("monitor_connection_handshake_duration_seconds", labels, e.Connection.HandshakeTime);
                break;
            case Event.DetailOneofCase.PacketDrop:
                Add("monitor_packet_drops_total", $"{labels}|{e.PacketDrop.Reason}|{e.PacketDrop.Severity.ToString().ToLowerInvariant()}");
                break;
            case Event.DetailOneofCase.Accept:
                Add("monitor_connection_accepts_total", $"{labels}|{(e.Accept.Abandoned ? "abandoned" : "accepted")}");
                break;
            case Event.DetailOneofCase.Close:
                var direction = $"{labels}|{e.Close.Direction.ToString().ToLowerInvariant()}";
                Add("monitor_connection_closes_total", $"{direction}|{Cause(e.Close.Cause)}");
                Add("monitor_connection_sent_bytes_total", direction, (long)e.Close.BytesSent);
                Add("monitor_connection_received_bytes_total", direction, (long)e.Close.BytesReceived);
                break;
            case Event.DetailOneofCase.Retransmit:
                Add("monitor_connection_retransmits_total", $"{labels}|{e.Retransmit.Direction.ToString().ToLowerInvariant()}", Math.Max(1, e.Retransmit.Count));
                break;
            case Event.DetailOneofCase.Reset:
                Add("monitor_connection_resets_total", $"{labels}|{e.Reset.Direction.ToString().ToLowerInvariant()}|{(e.Reset.Sent ? "true" : "false")}");
                break;
            case Event.DetailOneofCase.ListenOverflow:
                Add("monitor_listen_overflows_total", labels, Math.Max(1, (long)e.ListenOverflow.Count));
                break;
            case Event.DetailOneofCase.Dns:
                Add("monitor_dns_questions_total", $"{labels}|{Name(e.Dns.Outcome, DnsDetail.Types.Outcome.Unanswered)}");
                if (e.ReportsFailure())
                {
                    Add("monitor_dns_failures_total", $"{labels}|{(e.Dns.ResponseCode.Length > 0 ? e.Dns.ResponseCode : "none")}");
                }

                AddDuration("monitor_dns_latency_seconds", labels, e.Dns.Latency);
                break;
        }
    }

    /// <summary>The same of what was counted.</summary>
    public static Dictionary<string, long> SumsOf(IReadOnlyList<SeriesFamily> families)
    {
        var sums = new Dictionary<string, long>();
        foreach (var family in families)
        {
            foreach (var series in family.Series)
            {
                var key = $"{family.Name}{{{string.Join('|', series.Labels)}}}";
                sums.Add(key, family.IsHistogram ? series.BucketCounts.Sum() : series.Value);
                if (family.IsHistogram)
                {
                    sums.Add(key + "_nanos", series.BucketNanos.Sum());
                }
            }
        }

        return sums;
    }

    private static string Outcome(ConnectionDetail.Types.Outcome outcome) => Name(outcome, ConnectionDetail.Types.Outcome.Unknown);

    private static string Name<T>(T value, T last)
        where T : struct, Enum =>
        Comparer<T>.Default.Compare(value, last) > 0 ? "unspecified" : value.ToString().ToLowerInvariant();

    private static string Cause(CloseDetail.Types.Cause cause) => cause switch
    {
        CloseDetail.Types.Cause.LocalReset => "local_reset",
        CloseDetail.Types.Cause.RemoteReset => "remote_reset",
        CloseDetail.Types.Cause.TimedOut => "timed_out",
        CloseDetail.Types.Cause.KeepAlive => "keep_alive",
        CloseDetail.Types.Cause.ProcessEnded => "process_ended",
        _ => Name(cause, CloseDetail.Types.Cause.Error),
    };

    private void AddDuration(string name, string labels, Google.Protobuf.WellKnownTypes.Duration? duration)
    {
        if (duration is not null)
        {
            Add(name, labels);
            Sums[$"{name}{{{labels}}}_nanos"] = Sums.GetValueOrDefault($"{name}{{{labels}}}_nanos") + duration.Seconds * 1_000_000_000 + duration.Nanos;
        }
    }

    private void Add(string name, string labels, long amount = 1)
    {
        // A field that is 0 is not in the bytes, and begins no series.
        if (amount != 0)
        {
            Sums[$"{name}{{{labels}}}"] = Sums.GetValueOrDefault($"{name}{{{labels}}}") + amount;
        }
    }
}
