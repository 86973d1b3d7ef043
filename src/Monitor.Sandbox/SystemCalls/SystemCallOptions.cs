namespace Monitor.Sandbox.SystemCalls;

/// <summary>What a program does besides serving.</summary>
public sealed record SystemCallOptions
{
    /// <summary>Reads the maps of BPF programs. Default: no.</summary>
    public bool ReadsPrograms { get; init; }

    /// <summary>Attaches BPF programs that are loaded. Default: no.</summary>
    public bool AttachesPrograms { get; init; }

    /// <summary>Loads BPF programs and opens perf events while it runs. Default: no.</summary>
    public bool LoadsPrograms { get; init; }

    /// <summary>Keeps a database: renames files, and gives them owner and rights. Default: no.</summary>
    public bool KeepsDatabase { get; init; }

    /// <summary>
    /// Runs programs of others, which are bound by the same filter: everything is allowed then but what only somebody needs
    /// who took the process over. Default: no.
    /// </summary>
    public bool RunsHelpers { get; init; }
}
