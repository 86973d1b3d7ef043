namespace Monitor.Events;

/// <summary>
/// What an event is to its connection. Roles come in pairs, one for each end, which differ in the lowest bit. The first of a
/// pair counts; the second one does where the first is not there.
/// </summary>
internal enum ConnectionRole : byte
{
    /// <summary>An attempt that connected.</summary>
    Attempt = 0,

    /// <summary>The accept of the other end.</summary>
    Accept = 1,

    /// <summary>The close of the end that had opened it.</summary>
    OutboundClose = 2,

    /// <summary>The close of the other end.</summary>
    InboundClose = 3,

    /// <summary>A reset at the end that sent it.</summary>
    SentReset = 4,

    /// <summary>The reset at the end that received it.</summary>
    ReceivedReset = 5,
}
