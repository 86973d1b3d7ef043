namespace Monitor.Agent.Handover;

/// <summary>
/// What the image of the process that loaded the programs leaves for the one that reads them. The reading image does not
/// trust it: whoever starts the program can write one.
/// </summary>
internal sealed record HandoverDescription
{
    /// <summary>Version of the program that wrote it: an update may exchange the file in between.</summary>
    public required string Version { get; init; }

    /// <summary>The settings, each by its environment variable.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>The capabilities that the loading image had; a bit for each.</summary>
    public required ulong HeldCapabilities { get; init; }

    /// <summary>Why the reading image has more capabilities than it needs to read; empty where it has not.</summary>
    public required IReadOnlyList<string> RightsNotes { get; init; }

    /// <summary>Why the reading image can open more files than it needs; null where it should not.</summary>
    public required string? FilesProblem { get; init; }

    public required IReadOnlyList<HandedMonitor> Loaded { get; init; }

    /// <summary>What reads the open connections.</summary>
    public required HandedSockets Sockets { get; init; }

    /// <summary>What is kept of connections; null where no monitor does.</summary>
    public required HandedConnections? Connections { get; init; }

    /// <summary>The monitors that failed, each with the reason.</summary>
    public required IReadOnlyDictionary<string, string> Failed { get; init; }

    /// <summary>The monitors that the settings leave out.</summary>
    public required IReadOnlyList<string> Disabled { get; init; }
}
