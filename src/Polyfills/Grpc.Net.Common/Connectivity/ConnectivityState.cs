namespace Grpc.Core;

/// <summary>Whether a channel has a connection.</summary>
public enum ConnectivityState
{
    /// <summary>None, and none is being made: no call has asked for one.</summary>
    Idle = 0,

    /// <summary>One is being made.</summary>
    Connecting = 1,

    /// <summary>There is one.</summary>
    Ready = 2,

    /// <summary>The last attempt failed; the next one follows.</summary>
    TransientFailure = 3,

    /// <summary>The channel has been shut down.</summary>
    Shutdown = 4,
}
