namespace Monitor.V1;

/// <summary>
/// Which events report a failure, as the filter <c>failed</c> has it: a dropped packet, or a connection that did not
/// come about, be it refused or given up. An attempt whose outcome is unknown is no failure.
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
