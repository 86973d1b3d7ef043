using System.Globalization;
using System.Net;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>`/proc/net/tcp` of a network namespace, IPv4 alone.</summary>
internal static class SocketTable
{
    // By their numbers in include/net/tcp_states.h.
    private static readonly string[] States =
    [
        "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
        "SYN_RECV",
    ];

    /// <summary>One line for each socket, as <see cref="Line"/> has it.</summary>
    public static IReadOnlyList<string> Of(NetworkNamespace inside) =>
        [.. inside.Execute("cat", "/proc/net/tcp").Output.Split('\n').Skip(1).Select(Parse)];

    /// <summary>What it would say of a socket.</summary>
    public static string Line(SocketStatistics socket) => socket.State == "LISTEN"
        ? $"{socket.Addresses} LISTEN {socket.ReceiveQueue}"
        : $"{socket.Addresses} {socket.State} {socket.SendQueue} {socket.ReceiveQueue}";

    // "0: 0100007F:1BBC 0100007F:A1D2 01 00000032:00000000 ..."; of a listener the second queue is that of connections.
    private static string Parse(string line)
    {
        var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var state = States[Hex(columns[3])];
        var queues = columns[4].Split(':').Select(Hex).ToArray();
        return state == "LISTEN"
            ? $"{Address(columns[1])} * LISTEN {queues[1]}"
            : $"{Address(columns[1])} {Address(columns[2])} {state} {queues[0]} {queues[1]}";
    }

    private static string Address(string text)
    {
        var parts = text.Split(':');
        return $"{new IPAddress((uint)Hex(parts[0]))}:{Hex(parts[1])}";
    }

    private static int Hex(string text) => (int)uint.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
