namespace EndToEnd.Tests;

/// <summary>What a program of a test has beside its options: nothing, unless the test is about it.</summary>
internal sealed class ServerSetup
{
    /// <summary>Certificates and readers; null: clear text for everyone.</summary>
    public TestCredentials? Credentials { get; init; }

    /// <summary>A wall clock of its own; null: that of the machine.</summary>
    public FakeClock? Clock { get; init; }

    /// <summary>Where standard error goes; null: to the test directly.</summary>
    public SmallDisk? LogDisk { get; init; }

    /// <summary>Where it keeps its history; null: nowhere.</summary>
    public SmallDisk? HistoryDisk { get; init; }

    /// <summary>Variables of its environment beside those of the test.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The options that say who may read.</summary>
    /// <param name="file">Name of its certificate's files.</param>
    public string[] Access(string file) => Credentials is { } credentials ? [.. credentials.Options(file), .. credentials.Readers] : ["--insecure"];

    /// <summary>The options that say where it keeps its history.</summary>
    public string[] History() => HistoryDisk is { } disk ? ["--history", disk.Folder, "--history-size", "32MiB"] : [];

    /// <summary>A client of REST that the program accepts.</summary>
    public HttpClient Http() => Credentials?.HttpWithoutACheck() ?? PatientHttp.Client();
}
