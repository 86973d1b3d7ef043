namespace Monitor.V1;

/// <summary>
/// Which events report a failure, for the filter <c>failed</c>: a dropped packet, or a connection attempt that failed or
/// was abandoned. An attempt with an unknown outcome is not a failure.
/// </summary>
public static class EventFailure
{
    /// <summary>Whether the event reports a failure.</summary>
    public static bool ReportsFailure(this Event reported) => reported.DetailCase switch
    {
        Event.DetailOneofCase.PacketDrop => true,
        Event.DetailOneofCase.Connection => reported.Connection.Outcome.IsFailure(),
        Event.DetailOneofCase.Accept => reported.Accept.Abandoned,
        Event.DetailOneofCase.Close => reported.Close.Cause.IsFailure(),
        Event.DetailOneofCase.Reset or Event.DetailOneofCase.ListenOverflow => true,
        Event.DetailOneofCase.Dns =>
            reported.Dns.Outcome.IsFailure(System.Text.Encoding.UTF8.GetBytes(reported.Dns.ResponseCode)),
        Event.DetailOneofCase.Custom => reported.Custom.Failed,
        _ => false,
    };

    /// <summary>Whether a connection attempt with this outcome counts as a failure.</summary>
    public static bool IsFailure(this ConnectionDetail.Types.Outcome outcome) =>
        outcome is ConnectionDetail.Types.Outcome.Failed or ConnectionDetail.Types.Outcome.Abandoned;

    /// <summary>Whether a connection that ended like this was broken off.</summary>
    public static bool IsFailure(this CloseDetail.Types.Cause cause) => cause
        is CloseDetail.Types.Cause.LocalReset or CloseDetail.Types.Cause.RemoteReset or CloseDetail.Types.Cause.TimedOut
        or CloseDetail.Types.Cause.KeepAlive or CloseDetail.Types.Cause.Error;

    /// <summary>Whether a question to a name server did not get what it asked for.</summary>
    /// <param name="outcome">What became of it.</param>
    /// <param name="responseCode">The response code's name, UTF-8; empty where there is none.</param>
    public static bool IsFailure(this DnsDetail.Types.Outcome outcome, ReadOnlySpan<byte> responseCode) =>
        outcome == DnsDetail.Types.Outcome.Unanswered || !(responseCode.IsEmpty || responseCode.SequenceEqual("NOERROR"u8));
}
