using Monitor.Agent.Monitors;
using Monitor.Agent.OpenConnections;

namespace Monitor.Agent.Loading;

/// <summary>The monitors, by whether they run.</summary>
/// <param name="Loaded">They run.</param>
/// <param name="Failed">The settings ask for them, and they do not run.</param>
/// <param name="Disabled">The settings leave them out.</param>
/// <param name="Sockets">What reads the open connections.</param>
/// <param name="Connections">What the monitors keep of connections; null where none does.</param>
internal sealed record LoadOutcome(
    IReadOnlyList<LoadedMonitor> Loaded,
    IReadOnlyList<FailedMonitor> Failed,
    IReadOnlyList<MonitorDefinition> Disabled,
    SocketIterators Sockets,
    ConnectionTable? Connections);
