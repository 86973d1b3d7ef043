using System.Globalization;
using Monitor.Protocol;
using Monitor.V1;
using Outcomes = Monitor.V1.ConnectionDetail.Types.Outcome;

namespace Monitor.Server;

/// <summary>One event in plain words, with its figures. Names come from packets and processes, and may be anything.</summary>
internal static class Sentences
{
    // Of the addresses that a name server gave.
    private const int MaxAnswers = 3;

    /// <summary>The steps that an event tells of, oldest first.</summary>
    public static IEnumerable<(long Time, string Text)> Steps(Event told)
    {
        var (start, end) = (EventTimes.StartOf(told), EventTimes.EndOf(told));
        switch (told.DetailCase)
        {
            case Event.DetailOneofCase.Connection when end > start:
                yield return (start, $"{Who(told)} connects to {Destination(told)} over {told.Protocol}");
                yield return (end, Outcome(told));
                break;
            case Event.DetailOneofCase.Connection:
                yield return (end, $"{Who(told)} connects to {Destination(told)} over {told.Protocol}. {Outcome(told)}");
                break;
            case Event.DetailOneofCase.Dns:
                yield return (start, Lookup(told));
                break;
            default:
                yield return (end, Single(told));
                break;
        }
    }

    /// <summary>"curl (pid 4242) in pod shop/front"; "the kernel" where no process is known.</summary>
    public static string Who(Event told)
    {
        var process = told.HasCommand ? $"{Shown(told.Command)} (pid {Number(told.Pid)})" : told.HasPid ? $"pid {Number(told.Pid)}" : "";
        var pod = told.HasK8SPodName ? $"pod {Shown(told.K8SNamespace)}/{Shown(told.K8SPodName)}" : "";
        return (process, pod) switch
        {
            ("", "") => "the kernel",
            ("", _) => pod,
            (_, "") => process,
            _ => $"{process} in {pod}",
        };
    }

    /// <summary>"10.1.2.3:80 (cart.shop.svc)".</summary>
    public static string Destination(Event told)
    {
        var name = told.HasDestinationName ? told.DestinationName
            : told.HasPeerServiceName ? $"service {told.PeerNamespace}/{told.PeerServiceName}"
            : told.HasPeerPodName ? $"pod {told.PeerNamespace}/{told.PeerPodName}"
            : "";
        var address = told.Destination.Length > 0 ? told.Destination : told.DestinationIp;
        return (address, name) switch
        {
            ("", _) => "an unknown address",
            (_, "") => Shown(address),
            _ => $"{Shown(address)} ({Shown(name)})",
        };
    }

    /// <summary>"10.1.1.1:40000".</summary>
    public static string Source(Event told) =>
        !told.HasSourceIp ? "an unknown address"
        : !told.HasSourcePort ? Shown(told.SourceIp)
        : told.SourceIp.Contains(':', StringComparison.Ordinal) ? $"[{Shown(told.SourceIp)}]:{Number(told.SourcePort)}"
        : $"{Shown(told.SourceIp)}:{Number(told.SourcePort)}";

    /// <summary>What became of a question, without who asked.</summary>
    public static string Answer(Event lookup)
    {
        var dns = lookup.Dns;
        if (dns.Outcome == DnsDetail.Types.Outcome.Unanswered)
        {
            return $"had no answer within {Figures.Time(dns.Latency)}";
        }

        var answers = string.Join(", ", dns.Answers.Take(MaxAnswers).Select(Shown));
        var more = Math.Max(dns.AnswerCount, (uint)dns.Answers.Count) - Math.Min(dns.Answers.Count, MaxAnswers);
        var had = dns.HasResponseCode && dns.ResponseCode != "NOERROR" ? $"was told {Shown(dns.ResponseCode)}{MeaningOf(dns.ResponseCode)}"
            : dns.Truncated ? "had an answer that did not fit in a datagram"
            : answers.Length == 0 ? "had an answer without addresses"
            : more > 0 ? $"had {answers} and {Number(more)} more"
            : $"had {answers}";
        return $"{had} after {Figures.Time(dns.Latency)}";
    }

    /// <summary>A text of others, on one line and not endless.</summary>
    public static string Shown(string text) => MessageText.Shorten(text, 100);

    private static string Lookup(Event told)
    {
        var type = told.Dns.HasQueryType ? $" ({Shown(told.Dns.QueryType)})" : "";
        var name = told.Dns.HasName ? Shown(told.Dns.Name) : "a name that could not be read";
        return $"{Who(told)} asked {Shown(told.DestinationIp)} for {name}{type} and {Answer(told)}";
    }

    private static string Outcome(Event told)
    {
        var detail = told.Connection;
        var after = detail.HandshakeTime is null ? "" : $" after {Figures.Time(detail.HandshakeTime)}";
        return detail.Outcome switch
        {
            Outcomes.Connected when told.Protocol == "TCP" => $"The handshake is complete{after}",
            Outcomes.Connected => "The socket has its peer",
            Outcomes.Failed => $"The attempt fails{after}{(detail.HasError ? $": {Shown(detail.Error)}" : "")}",
            Outcomes.Abandoned => $"The socket is closed{after}, before an answer arrived",
            _ => "What became of it is not known",
        };
    }

    private static string Single(Event told) => told.DetailCase switch
    {
        Event.DetailOneofCase.Accept => Accepted(told),
        Event.DetailOneofCase.Retransmit when told.Retransmit.Count > 1 =>
            $"{Number(told.Retransmit.Count)} times a segment is sent again in state {Shown(told.Retransmit.State)}{Side(told.Retransmit.Direction)}, "
            + $"the last one {Ordinal(told.Retransmit.Retransmits)} of this connection",
        Event.DetailOneofCase.Retransmit =>
            $"A segment is sent again in state {Shown(told.Retransmit.State)}{Side(told.Retransmit.Direction)}, {Ordinal(told.Retransmit.Retransmits)} of this connection",
        Event.DetailOneofCase.Reset =>
            $"A reset is {(told.Reset.Sent ? "sent" : "received")}{(told.Reset.HasState ? $" in state {Shown(told.Reset.State)}" : "")}"
            + $"{Side(told.Reset.Direction)}{(told.Reset.HasReason ? $": {Shown(told.Reset.Reason)}" : "")}",
        Event.DetailOneofCase.PacketDrop => Dropped(told),
        Event.DetailOneofCase.Close => Closed(told),
        Event.DetailOneofCase.ListenOverflow =>
            $"The queue of the listener at {Destination(told)} is full: {Figures.Count((long)Math.Min(told.ListenOverflow.Count, (ulong)long.MaxValue), "packet")} "
            + $"of new connections dropped, {Number(told.ListenOverflow.QueueLength)} of {Number(told.ListenOverflow.Backlog)} places taken",
        _ => $"{Shown(told.Type)}: {Who(told)}, {Source(told)} to {Destination(told)}",
    };

    private static string Accepted(Event told) =>
        told.Accept.Abandoned ? $"The connection from {Source(told)} to {Destination(told)} is closed before a process took it"
        : told.Accept.AcceptQueueTime is null ? $"The connection from {Source(told)} is complete at the listener {Destination(told)} of {Who(told)}"
        : $"{Who(told)} takes the connection from {Source(told)} at {Destination(told)}, after {Figures.Time(told.Accept.AcceptQueueTime)} in the accept queue";

    private static string Dropped(Event told)
    {
        var detail = told.PacketDrop;
        var place = (detail.HasInterface ? $" on {Shown(detail.Interface)}" : "") + (detail.HasSymbol ? $" in {Shown(detail.Symbol)}" : "");
        var text = $"A packet of {Number(detail.Length)} bytes from {Source(told)} to {Destination(told)} is dropped{place}: {Shown(detail.Reason)}";
        return detail.Explanation.Length == 0 ? text : $"{text}. {MessageText.Shorten(detail.Explanation, 250).TrimEnd('.')}";
    }

    private static string Closed(Event told)
    {
        var detail = told.Close;
        var lasted = detail.Duration is null ? "" : $" after {Figures.Time(detail.Duration)}";
        var rtt = detail.SmoothedRtt is null ? "" : $", round-trip time {Figures.Time(detail.SmoothedRtt)}";
        return $"The connection ends{lasted}: {CauseOf(detail)}. This side{Side(detail.Direction)} sent {Figures.Bytes(detail.BytesSent)} "
            + $"and received {Figures.Bytes(detail.BytesReceived)}, {Number(detail.Retransmits)} of {Number(detail.SegmentsSent)} segments sent again{rtt}";
    }

    /// <summary>Why a connection ended, as the side of the event sees it.</summary>
    public static string CauseOf(CloseDetail close) => close.Cause switch
    {
        CloseDetail.Types.Cause.Local => "this side closed it",
        CloseDetail.Types.Cause.Remote => "the other side closed it",
        CloseDetail.Types.Cause.LocalReset => "this side broke it off by a reset",
        CloseDetail.Types.Cause.RemoteReset => "the other side broke it off by a reset",
        CloseDetail.Types.Cause.TimedOut => "what this side sent was not acknowledged in time",
        CloseDetail.Types.Cause.KeepAlive => "the other side did not answer keep-alive probes",
        CloseDetail.Types.Cause.ProcessEnded => "the process ended with the connection open",
        CloseDetail.Types.Cause.Error => $"an error ended it{(close.HasError ? $", {Shown(close.Error)}" : "")}",
        _ => "why is not known",
    };

    private static string Side(ConnectionDirection direction) => direction switch
    {
        ConnectionDirection.Outbound => " by the side that connected",
        ConnectionDirection.Inbound => " by the side that accepted",
        _ => "",
    };

    private static string MeaningOf(string responseCode) => responseCode switch
    {
        "NXDOMAIN" => " (there is no such name)",
        "SERVFAIL" => " (the name server could not find out)",
        "REFUSED" => " (the name server does not answer this client)",
        _ => "",
    };

    private static string Ordinal(uint number) => $"number {Number(number)}";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
