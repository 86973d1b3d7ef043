namespace Monitor.Agent.Monitors;

/// <summary>The states of TCP connections, as Linux numbers them (include/net/tcp_states.h).</summary>
internal static class TcpStates
{
    public const byte Max = 13;

    private static readonly byte[][] Names =
    [
        [], [.. "ESTABLISHED"u8], [.. "SYN_SENT"u8], [.. "SYN_RECV"u8], [.. "FIN_WAIT1"u8], [.. "FIN_WAIT2"u8], [.. "TIME_WAIT"u8],
        [.. "CLOSE"u8], [.. "CLOSE_WAIT"u8], [.. "LAST_ACK"u8], [.. "LISTEN"u8], [.. "CLOSING"u8], [.. "NEW_SYN_RECV"u8],
        [.. "BOUND_INACTIVE"u8],
    ];

    /// <summary>Its name, as in the kernel's sources; empty for 0, which is not known.</summary>
    /// <param name="state">At most <see cref="Max"/>.</param>
    public static ReadOnlySpan<byte> Name(byte state) => Names[state];
}
