using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>The states of sockets as the contract names them.</summary>
public static class ConnectionStates
{
    /// <summary>A socket that waits for connections.</summary>
    public const string Listen = "LISTEN";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE_WAIT", "LAST_ACK", Listen, "CLOSING",
    ];

    /// <summary>Those that a request means which names none, as `ss` does.</summary>
    public static IReadOnlyList<string> Default { get; } = [.. All.Except([Listen, "SYN_RECV", "TIME_WAIT"])];

    /// <summary>The states that a request asks for, in the order of <see cref="All"/>.</summary>
    /// <exception cref="FilterException">One of them does not exist, or they are too many.</exception>
    internal static IReadOnlyList<string> Read(IReadOnlyList<string> asked)
    {
        if (asked.Count > ContractLimits.MaxFilterValues)
        {
            throw new FilterException(
                "state", $"{asked.Count} values", $"must be at most {ContractLimits.MaxFilterValues} values.");
        }

        foreach (var state in asked)
        {
            if (!All.Contains(state, StringComparer.OrdinalIgnoreCase))
            {
                throw new FilterException("state", state, $"must be one of {string.Join(", ", All)}.");
            }
        }

        return asked.Count == 0 ? Default : [.. All.Where(state => asked.Contains(state, StringComparer.OrdinalIgnoreCase))];
    }
}
