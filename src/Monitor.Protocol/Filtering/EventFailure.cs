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
        _ => false,
    };

    /// <summary>Whether a connection attempt with this outcome counts as a failure.</summary>
    public static bool IsFailure(this ConnectionDetail.Types.Outcome outcome) =>
        outcome is ConnectionDetail.Types.Outcome.Failed or ConnectionDetail.Types.Outcome.Abandoned;
}
