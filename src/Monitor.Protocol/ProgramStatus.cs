namespace Monitor.Protocol;

/// <summary>The values of Program.status and Hook.status.</summary>
public static class ProgramStatus
{
    /// <summary>It runs.</summary>
    public const string Active = "active";

    /// <summary>It runs without one of its hooks. Programs only.</summary>
    public const string Degraded = "degraded";

    /// <summary>It runs on demand, and nobody asks for its events. Programs only.</summary>
    public const string Waiting = "waiting";

    /// <summary>It does not run; its error says why.</summary>
    public const string Failed = "failed";

    /// <summary>It does not run and need not: the settings leave it out, or the hook is not needed or not there.</summary>
    public const string Disabled = "disabled";

    /// <summary>Its agent is out of reach. Programs only, and only from an aggregator.</summary>
    public const string Unknown = "unknown";
}
