using System.Globalization;
using System.Text.RegularExpressions;
using Monitor.V1;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>A line of `ss`, as far as the contract has its columns.</summary>
internal sealed partial record SocketStatistics
{
    public required string State { get; init; }

    public required ulong ConnectionId { get; init; }

    public required uint ReceiveQueue { get; init; }

    public required uint SendQueue { get; init; }

    /// <summary>Local and peer, "address:port".</summary>
    public required string Addresses { get; init; }

    /// <summary>All of them, in order.</summary>
    public required string Pids { get; init; }

    public required string Counts { get; init; }

    /// <summary>The sockets of a namespace, by cookie.</summary>
    public static Dictionary<ulong, SocketStatistics> Of(NetworkNamespace inside) =>
        inside.Execute("ss", "-OtinepHa").Output.Split('\n').Select(Parse).ToDictionary(socket => socket.ConnectionId);

    /// <summary>What `ss` would say of a connection.</summary>
    public static SocketStatistics Of(OpenConnection connection)
    {
        var source = Join(connection.SourceIp, connection.SourcePort);
        var destination = Join(connection.DestinationIp, connection.DestinationPort);
        var inbound = connection.Direction == ConnectionDirection.Inbound;
        return new SocketStatistics
        {
            State = connection.State,
            ConnectionId = connection.ConnectionId,
            ReceiveQueue = connection.ReceiveQueue,
            SendQueue = connection.SendQueue,
            Addresses = connection.State == "LISTEN" ? $"{destination} *" : inbound ? $"{destination} {source}" : $"{source} {destination}",
            Pids = connection.HasPid ? string.Join(' ', connection.OtherPid.Prepend(connection.Pid)) : "",
            Counts = connection.HasBytesSent
                ? Describe(
                    connection.BytesSent, connection.BytesAcknowledged, connection.BytesReceived, connection.SegmentsSent,
                    connection.SegmentsReceived, connection.Retransmits, connection.CongestionWindow, connection.SegmentSize,
                    connection.SmoothedRtt?.ToTimeSpan().TotalMicroseconds, connection.MinimumRtt?.ToTimeSpan().TotalMicroseconds)
                : "",
        };
    }

    private static SocketStatistics Parse(string line)
    {
        var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var state = columns[0] switch
        {
            "ESTAB" => "ESTABLISHED",
            "FIN-WAIT-1" => "FIN_WAIT1",
            "FIN-WAIT-2" => "FIN_WAIT2",
            var other => other.Replace('-', '_'),
        };
        var pids = ProcessIds().Matches(line).Select(match => uint.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).Distinct().Order();
        var hasCounts = state != "LISTEN" && line.Contains(" cwnd:");
        return new SocketStatistics
        {
            State = state,
            ConnectionId = ulong.Parse(Cookie().Match(line).Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            ReceiveQueue = uint.Parse(columns[1], CultureInfo.InvariantCulture),
            SendQueue = uint.Parse(columns[2], CultureInfo.InvariantCulture),
            Addresses = state == "LISTEN" ? $"{columns[3]} *" : $"{columns[3]} {columns[4]}",
            Pids = string.Join(' ', pids),
            Counts = hasCounts
                ? Describe(
                    Number(line, "bytes_sent:(\\d+)"), Number(line, "bytes_acked:(\\d+)"), Number(line, "bytes_received:(\\d+)"),
                    Number(line, "segs_out:(\\d+)"), Number(line, "segs_in:(\\d+)"), Number(line, "retrans:\\d+/(\\d+)"),
                    Number(line, "cwnd:(\\d+)"), Number(line, " mss:(\\d+)"), Micros(line, " rtt:([\\d.]+)/"), Micros(line, "minrtt:([\\d.]+)"))
                : "",
        };
    }

    private static string Describe(
        ulong sent, ulong acknowledged, ulong received, ulong out_, ulong in_, ulong retransmits, ulong window, ulong segment, double? rtt, double? minimum) =>
        string.Create(CultureInfo.InvariantCulture, $"{sent} {acknowledged} {received} {out_} {in_} {retransmits} {window} {segment} {rtt} {minimum}");

    // `ss` leaves out what is 0.
    private static ulong Number(string line, string pattern) =>
        Regex.Match(line, pattern) is { Success: true } match ? ulong.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    private static double? Micros(string line, string pattern) =>
        Regex.Match(line, pattern) is { Success: true } match
            ? Math.Round(double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * 1000)
            : null;

    private static string Join(string address, uint port) =>
        address.Contains(':') ? $"[{address}]:{port}" : $"{address}:{port}";

    [GeneratedRegex("pid=(\\d+)")]
    private static partial Regex ProcessIds();

    [GeneratedRegex(" sk:([0-9a-f]+)")]
    private static partial Regex Cookie();
}
