namespace Monitor.Sandbox.Files;

/// <summary>What a program uses after its start, besides what every .NET program does.</summary>
public sealed record RestrictionOptions
{
    /// <summary>Files that are read again while it runs. Another may take the place of each, so everything beside them can be
    /// read too, and beside what they are links to. Default: none.</summary>
    public IReadOnlyList<string> Watched { get; init; } = [];

    /// <summary>Folders that are read with all that is below. Default: none.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];

    /// <summary>Folders whose files are written, made and removed. Default: none.</summary>
    public IReadOnlyList<string> Written { get; init; } = [];

    /// <summary>Whether it finds addresses of names, for which it reads /etc. Default: no.</summary>
    public bool ResolvesNames { get; init; }

    /// <summary>Where it listens for TCP; 0 is any free port.</summary>
    public required IReadOnlyList<int> ListensAt { get; init; }

    /// <summary>Whether it makes TCP connections, to whatever port. Default: no.</summary>
    public bool Connects { get; init; }
}
